import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from evforecast.errors import EmptyInputError, MissingColumnsError
from evforecast.plotting import coverage

DAYS = pd.date_range("2026-11-20", periods=6, freq="D")
PLANNED = pd.DataFrame({"belib-status": 96.0, "paris$traffic$": 4.0}, index=DAYS)
ANSWERED = PLANNED.copy()
ANSWERED["belib-status"] = [96, 96, 95, 50, 1, 0]


def bands(ax):
    """Return by level the row, the first day and the days of each band."""
    found = {}
    for bars in ax.collections:
        name = bars.get_label()
        for path in bars.get_paths():
            (x0, y0), (x1, _) = path.vertices.min(axis=0), path.vertices.max(axis=0)
            day = pd.Timestamp(plt.matplotlib.dates.num2date(x0)).tz_localize(None)
            found.setdefault(bars.get_facecolor().tobytes(), []).append(
                (int(y0), day, round(x1 - x0), name)
            )
    return [sorted(each) for each in found.values()]


def test_a_band_for_each_level_and_run_of_days(ax):
    coverage(PLANNED, ANSWERED, ax=ax)
    everything, most, half, less, nothing = bands(ax)
    assert [each[:3] for each in everything] == [(0, DAYS[0], 2), (1, DAYS[0], 6)]
    assert [each[:3] for each in most] == [(0, DAYS[2], 1)]
    assert [each[:3] for each in half] == [(0, DAYS[3], 1)]
    assert [each[:3] for each in less] == [(0, DAYS[4], 1)]
    assert [each[:3] for each in nothing] == [(0, DAYS[5], 1)]


def test_what_is_told_by_colour_is_told_by_words_and_by_lightness(ax):
    coverage(PLANNED, ANSWERED, ax=ax)
    words = [text.get_text() for text in ax.get_legend().get_texts()]
    assert words == ["all", "90% or more", "half or more", "less", "nothing"]
    filled = [bars.get_facecolor()[0] for bars in ax.collections if not bars.get_hatch()]
    filled = [colour[:3] @ [0.299, 0.587, 0.114] for colour in filled]
    steps = np.diff(sorted(set(np.round(filled, 6))))
    assert len(steps) == 3
    assert (steps > 0.1).all()
    assert ax.collections[-1].get_hatch()


def test_the_share_of_all_days_is_never_rounded_up(ax):
    planned = pd.DataFrame({"a": [9999, 1], "b": [10_000, 0], "c": [0, 0]}, index=DAYS[:2])
    answered = planned.assign(a=planned["a"] - [1, 0])
    coverage(planned, answered, ax=ax)
    said = [text.get_text() for text in ax.texts]
    assert said == ["a", "99.9%", "b", "100%", "c", "nothing planned"]


def test_names_stay_as_they_are(ax):
    coverage(PLANNED, ANSWERED, ax=ax)
    assert ax.texts[2].get_text() == r"paris\$traffic\$"


def test_a_day_that_was_not_planned_is_blank_and_the_axis_goes_on(ax):
    planned = PLANNED.drop(DAYS[2])
    planned.loc[DAYS[0], "paris$traffic$"] = np.nan
    coverage(planned, planned, ax=ax)
    (everything,) = bands(ax)
    assert [each[:3] for each in everything] == [
        (0, DAYS[0], 2),
        (0, DAYS[3], 3),
        (1, DAYS[1], 1),
        (1, DAYS[3], 3),
    ]
    assert np.ptp(ax.get_xlim()) == 6


def test_only_levels_that_occur_are_explained(ax):
    coverage(PLANNED, PLANNED, ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["all"]


def test_one_day(ax):
    coverage(PLANNED.head(1), ANSWERED.head(1), ax=ax)
    assert np.ptp(ax.get_xlim()) == 1


def test_without_axes_a_notebook_gets_a_figure():
    assert coverage(PLANNED, ANSWERED).figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said():
    with pytest.raises(MissingColumnsError, match=r"plotting\.coverage: answered.*belib-status"):
        coverage(PLANNED, ANSWERED.drop(columns="belib-status"))
    with pytest.raises(EmptyInputError, match="no request was planned"):
        coverage(PLANNED * 0, ANSWERED)
    with pytest.raises(EmptyInputError, match="no request was planned"):
        coverage(PLANNED.iloc[:0], ANSWERED)
    assert not plt.get_fignums()
