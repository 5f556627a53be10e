import pandas as pd
import pytest
from matplotlib.figure import Figure

from evforecast.errors import EmptyInputError, MissingColumnsError
from evforecast.plotting import layouts, picture


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "layout": ["complete, compressed", "by month, $x$ compressed"],
            "files": [1, 13],
            "mean_mb": [50.94, 0.404],
            "export_s": [8.0, 9.0],
            "stage_s": [1.0, 2.0],
            "load_s": [3.0, 2.0],
        }
    )


def test_a_bar_a_layout_its_phases_side_by_side(frame):
    ax = layouts(frame, ax=Figure().add_subplot())
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["export", "stage", "load"]
    bars = [(bar.get_x(), bar.get_width()) for bar in ax.patches]
    assert bars == [(0, 8), (0, 9), (8, 1), (9, 2), (9, 3), (11, 2)]
    assert [text.get_text() for text in ax.texts] == ["12.0 s", "13.0 s"]


def test_files_are_told_and_the_first_is_on_top(frame):
    ax = layouts(frame, ax=Figure().add_subplot())
    labels = [tick.get_text() for tick in ax.get_yticklabels()]
    assert labels[0] == "complete, compressed\n1 file of 50.9 MB"
    assert labels[1].endswith("13 files of 404 kB")
    assert ax.yaxis_inverted()


def test_light_and_dark(frame):
    drawn = picture(lambda ax: layouts(frame, ax=ax))
    assert drawn.light != drawn.dark


def test_frames_that_cannot_be_drawn(frame):
    with pytest.raises(MissingColumnsError, match="'load_s'"):
        layouts(frame.drop(columns="load_s"))
    with pytest.raises(EmptyInputError, match="no row"):
        layouts(frame.head(0))
