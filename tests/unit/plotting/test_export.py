import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from evforecast.plotting import picture


def test_light_and_dark_are_two_drawings():
    drawing = picture(lambda ax: ax.plot([1, 2]))
    assert drawing.mime == "image/svg+xml"
    assert drawing.light != drawing.dark
    assert drawing.light.lstrip().startswith(b"<?xml")
    assert b"#16191d" in drawing.dark.lower()


def test_the_same_drawing_gives_the_same_bytes():
    one, other = (picture(lambda ax: ax.plot([1, 2], label="a") and ax.legend()) for _ in range(2))
    assert one == other


def test_many_marks_become_pixels():
    rng = np.random.default_rng(0)
    drawing = picture(lambda ax: ax.scatter(*rng.random((2, 3_000))), size=(2, 2))
    assert drawing.mime == "image/png"
    assert drawing.light.startswith(b"\x89PNG")
    assert len(drawing.light) < 300_000


def test_nothing_is_left_behind():
    before = dict(mpl.rcParams)
    with pytest.raises(ZeroDivisionError):
        picture(lambda _: 1 / 0)
    picture(lambda ax: ax.plot([1, 2]))
    assert not plt.get_fignums()
    assert dict(mpl.rcParams) == before
