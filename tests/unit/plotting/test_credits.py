import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from evforecast.errors import EmptyInputError
from evforecast.plotting.credits import credits_by_day

DAYS = pd.to_datetime(["2026-11-26", "2026-11-27", "2026-11-28"])
USED = pd.DataFrame({"load": [1.0, 2.0, 3.0], "predict": [4.0, 4.0, np.nan]}, index=DAYS)
IDLE = pd.DataFrame({"load": [0.5, 0.0, 0.25], "predict": [1.0, 2.0, 0.0]}, index=DAYS)


def bars(ax):
    """Return by label and whether they are hatched: the bottom and the height of each bar."""
    found = {}
    for group in ax.containers:
        look = group.patches[0]
        label = group.get_label()
        key = (label if not label.startswith("_") else "", bool(look.get_hatch()))
        found[key] = found.get(key, []) + [(bar.get_y(), bar.get_height()) for bar in group.patches]
    return found


def words(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_steps_are_stacked_the_largest_at_the_bottom_and_idle_on_top_of_each(ax):
    credits_by_day(USED, IDLE, ax=ax)
    found = bars(ax)
    assert found["predict", False] == [(0, 4), (0, 4), (0, 0)]
    assert found["load", False] == [(5, 1), (6, 2), (0, 3)]
    assert found["", True] == [(4, 1), (4, 2), (0, 0), (6, 0.5), (8, 0), (3, 0.25)]
    assert words(ax) == ["predict", "load", "idle"]
    assert ax.get_ylim()[1] > 8


def test_idle_has_the_colour_of_its_step(ax):
    credits_by_day(USED, IDLE, ax=ax)
    full, hatched = ax.containers[0].patches[0], ax.containers[1].patches[0]
    assert hatched.get_edgecolor() == full.get_facecolor()
    assert hatched.get_facecolor()[3] == 0


def test_what_is_idle_for_nobody_stands_on_top(ax):
    credits_by_day(USED, IDLE, nobody=pd.Series([0.5], DAYS[:1]), ax=ax)
    assert bars(ax)["idle for nobody", True] == [(6.5, 0.5), (8, 0), (3.25, 0)]


def test_no_idle_is_not_explained(ax):
    credits_by_day(USED, IDLE * 0, nobody=pd.Series([0.0], DAYS[:1]), ax=ax)
    assert words(ax) == ["predict", "load"]
    assert not any(patch.get_hatch() for patch in ax.patches)


def test_more_steps_than_colours(ax):
    many = pd.DataFrame({f"s{n}": [float(10 - n)] for n in range(8)}, index=DAYS[:1])
    credits_by_day(many, many * 0, ax=ax)
    assert words(ax) == ["s0", "s1", "s2", "s3", "s4", "other steps"]
    assert bars(ax)["other steps", False] == [(40, 12)]
    colours = [group.patches[0].get_facecolor() for group in ax.containers]
    assert len(set(colours)) == 6


def test_a_day_of_one_table_alone_is_drawn(ax):
    credits_by_day(USED.head(1), IDLE.tail(1), nobody=pd.Series([1.0], DAYS[1:2]), ax=ax)
    assert bars(ax)["predict", False] == [(0, 4), (0, 0), (0, 0)]
    assert bars(ax)["load", False] == [(4, 1), (0, 0), (0, 0)]
    assert bars(ax)["", True] == [(5, 0), (0, 0), (0, 0.25)]
    assert bars(ax)["idle for nobody", True] == [(5, 0), (0, 1), (0.25, 0)]


def test_a_step_that_only_stood_idle(ax):
    credits_by_day(USED[["load"]], IDLE, ax=ax)
    assert "predict" in words(ax)


def test_names_stay_as_they_are(ax):
    named = USED[["load"]].rename(columns={"load": "a$b$"})
    credits_by_day(named, named * 0, ax=ax)
    assert words(ax) == [r"a\$b\$"]


def test_days_without_credits(ax):
    credits_by_day(USED * 0, IDLE * 0, ax=ax)
    assert ax.get_ylim() == (0, 1)


def test_a_day_is_as_wide_as_a_day(ax):
    credits_by_day(USED, IDLE, ax=ax)
    (first, second, _) = ax.containers[0].patches
    assert second.get_x() - first.get_x() == pytest.approx(1)
    assert ax.get_xlabel() == "day (UTC)"


def test_without_axes_a_notebook_gets_a_figure():
    assert credits_by_day(USED, IDLE).figure.number in plt.get_fignums()


def test_no_day_is_said():
    with pytest.raises(EmptyInputError, match="there is no day"):
        credits_by_day(USED.head(0), IDLE.head(0))
    assert not plt.get_fignums()
