import pytest
from recorded_views import frame, query

from evforecast.errors import MissingColumnsError
from evforecast.inwarehouse.credits import Refusal, Views
from evforecast.inwarehouse.credits.views import COLUMNS, LATENCY


@pytest.mark.parametrize("view", COLUMNS)
def test_a_view_has_all_its_columns(view):
    Views(**{view: frame(view).assign(MORE=1)})
    for column in COLUMNS[view]:
        with pytest.raises(
            MissingColumnsError, match=f"Views: {view}: columns missing: '{column}'"
        ):
            Views(**{view: frame(view).drop(columns=column)})


def test_any_of_them_may_be_missing():
    found = Views(queries=frame("queries", query("a", "08:00")))
    assert found.metering is None
    assert found.latency == LATENCY["queries"]
    assert str(LATENCY["attribution"]) == "28800 seconds"


def test_a_refusal_is_a_sentence():
    said = str(Refusal("METERING_DAILY_HISTORY", 2003, "not authorized.", "Ask."))
    assert said == "METERING_DAILY_HISTORY is not read (error 002003): not authorized. Ask."
    assert str(Refusal("V", None, "no.", "")) == "V is not read: no. "
