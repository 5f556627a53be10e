import numpy as np
import pandas as pd
import pytest

from evforecast.monitoring import Checks, grade
from evforecast.reporting import Page
from evforecast.reporting.alerts import alert_table, alerts, check_tables, headline


def check(value, name="mix", subject="down", group="drift"):
    """Return a check that is a WARNING from 1 and an ERROR from 2."""
    return grade(group, name, subject, value, warning=1, error=2, reason=f"It is {value}.")


FINE, LATE, BAD, NONE = check(0.5), check(1.5), check(2.5), check(np.nan)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([FINE, FINE], "All well: 2 checks are OK."),
        ([FINE, NONE], "All well; 1 of 2 checks could not be judged."),
        ([], "Nothing could be judged."),
        ([NONE, NONE], "Nothing could be judged."),
        ([FINE, LATE], "1 warning: mix (down)."),
        ([BAD, BAD, LATE], "2 errors, 1 warning: mix (down) and 1 more, mix (down)."),
        ([NONE, BAD], "1 error: mix (down). 1 of 2 checks could not be judged."),
        (
            [check(3, name) for name in "abcde"],
            "5 errors: a (down), b (down), c (down), and 2 more.",
        ),
    ],
)
def test_how_it_stands_in_a_sentence(found, said):
    assert headline(Checks(found)) == said


def test_the_worst_comes_first_and_its_kind_is_one_row():
    found = alerts(
        Checks(
            [
                NONE,
                LATE,
                check(2.5, subject="down"),
                check(9.0, subject="offline"),
                check(3.0, "age", "network", "feed"),
                FINE,
            ]
        )
    )
    assert found["status"].tolist() == ["ERROR", "ERROR", "WARNING", "EMPTY"]
    assert found["what"].tolist()[:2] == ["mix (offline) and 1 more", "age (network)"]
    assert found["value"].tolist()[:3] == [9.0, 3.0, 1.5]
    assert found["threshold"].tolist()[:3] == [2.0, 2.0, 1.0]
    assert found["threshold"].isna().tolist()[3]
    assert found["reason"].tolist()[0] == "It is 9.0."


def test_checks_that_warn_from_0_on_are_ordered_too():
    least = [
        grade("feed", "words", name, value, warning=0, error=np.inf, reason="")
        for name, value in (("a", 0.0), ("b", 3.0))
    ]
    assert alerts(Checks(least)).what.tolist() == ["words (b) and 1 more"]


def test_no_table_where_all_is_well():
    page = Page("Title", "Lead")
    alert_table(page, Checks([FINE]), most=3)
    assert not page.frames()
    alert_table(page, Checks([LATE]), most=3)
    assert page.frames()["alerts"]["status"].tolist() == ["WARNING"]


def test_all_checks_of_a_group_are_there_once():
    page = Page("Title", "Lead")
    check_tables(page, Checks([FINE, NONE, LATE, BAD, LATE]), "drift")
    frames = page.frames()
    assert frames["drift: not OK"]["status"].tolist() == ["ERROR", "WARNING", "WARNING", "EMPTY"]
    assert frames["drift: OK"]["status"].tolist() == ["OK"]
    text = page.markdown()
    assert "4 of 5 checks of drift are not OK" in text
    assert "1 of 5 checks of drift are OK" in text
    # what is OK is there for those who ask
    assert page.html().count("<details>") == 1


def test_a_threshold_that_cannot_be_reached_is_a_dash():
    page = Page("Title", "Lead")
    never = grade("feed", "new", "columns", 0, warning=1, error=np.inf, reason="None.")
    check_tables(page, Checks([never]), "the data")
    assert "| OK | new | columns | 0 | 1 | – | None. |" in page.markdown()
    assert "All 1 check of the data are OK" in page.markdown()


def test_no_check_no_table():
    page = Page("Title", "Lead")
    check_tables(page, Checks([]), "skill")
    assert not page.frames()
    assert isinstance(alerts(Checks([])), pd.DataFrame)
