import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from evforecast.plotting import theme
from evforecast.plotting.matrices import draw_matrix


def test_each_cell_has_its_number_in_its_place(ax):
    draw_matrix(ax, np.array([[0.25, 0.75, 0], [np.nan, 0.004, 1]]), ["a$", "b"], ["x", "y", "z"])
    said = {text.get_position(): text.get_text() for text in ax.texts}
    assert said == {(0, 0): "25%", (1, 0): "75%", (2, 0): "0%", (1, 1): "<1%", (2, 1): "100%"}
    assert [text.get_text() for text in ax.get_yticklabels()] == [r"a\$", "b"]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["x", "y", "z"]


@pytest.mark.parametrize("dark", [False, True])
def test_more_is_further_from_the_ground_and_always_read(dark):
    with theme(dark=dark):
        ax = Figure().add_subplot()
        draw_matrix(ax, np.linspace(0, 1, 11)[:, None], list("abcdefghijk"), ["x"])
        image, ground = ax.images[0], mpl.rcParams["axes.facecolor"]
    cells = image.to_rgba(np.linspace(0, 1, 11))[:, :3]
    np.testing.assert_allclose(cells[0], to_rgb(ground), atol=0.01)
    away = np.linalg.norm(cells - cells[0], axis=1)
    assert (np.diff(away) > 0).all()
    for cell, text in zip(cells, ax.texts, strict=True):
        # far apart in grey print
        assert abs(cell @ [0.299, 0.587, 0.114] - (text.get_color() == "white")) > 0.35
