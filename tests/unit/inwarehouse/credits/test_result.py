import json
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from recorded_views import at, frame, query, tag

from evforecast.errors import InputError
from evforecast.inwarehouse.credits import Refusal, Views, consumption

LATER = "2027-01-01"


def made(*rows, price=None):
    """Return the consumption of queries by the clock: day from 1, step, run, seconds; none beside another."""
    queries = [
        query(
            str(n),
            at("08:00", day=f"2026-11-{day:02}"),
            seconds,
            QUERY_TAG=tag(step, run=run),
            CLUSTER_NUMBER=n,
        )
        for n, (day, step, run, seconds) in enumerate(rows)
    ]
    views = Views(
        queries=frame("queries", *queries), refused=(Refusal("QUERY_HISTORY", 2003, "no.", "Ask."),)
    )
    return consumption(views, now=LATER, price=price, currency="EUR")


@pytest.fixture(scope="module")
def two_days():
    return made(
        (1, "load", "r1", 3600), (1, "predict", "r1", 900), (2, "predict", "r2", 1800), price="3.9"
    )


def test_the_lines_as_a_frame(two_days):
    table = two_days.to_frame()
    assert len(table) == 3
    assert table["day"].dtype == "datetime64[s]"
    assert table["total"].tolist() == [1.0, 0.25, 0.5]
    assert table["cost"].tolist() == [3.9, 0.975, 1.95]
    assert table[["run", "step"]].to_numpy().tolist() == [
        ["r1", "load"],
        ["r1", "predict"],
        ["r2", "predict"],
    ]
    kinds = table.drop(columns=["day", "run", "step", "as_of", "warehouse", "size", "basis"]).dtypes
    assert all(pd.api.types.is_numeric_dtype(kind) for kind in kinds)


def test_without_a_price_there_is_no_cost():
    found = made((1, "load", "r1", 3600))
    assert found.cost is None
    assert found.to_frame()["cost"].isna().all()
    assert found.by("day")["cost"].isna().all()


def test_without_a_line_frames_have_their_columns():
    found = consumption(Views(), now=LATER)
    assert list(found.to_frame().columns) == list(made((1, "a", "r", 1)).to_frame().columns)
    assert found.to_frame()["day"].dtype == "datetime64[s]"
    assert list(found.rest_frame().columns) == ["day", "warehouse", "kind", "credits"]
    assert list(found.serverless_frame().columns) == ["day", "service", "credits"]
    assert found.by("day", "step").empty
    assert found.trend().empty


def test_added_up(two_days):
    assert two_days.by("step")[["step", "queries", "total", "cost"]].to_numpy().tolist() == [
        ["load", 1, 1.0, 3.9],
        ["predict", 2, 0.75, 2.925],
    ]
    assert two_days.by("day")["total"].tolist() == [1.25, 0.5]
    assert two_days.by("run", "step").shape[0] == 3
    assert two_days.by()["total"].tolist() == [1.75]
    with pytest.raises(InputError, match="warehouse"):
        two_days.by("warehouse")


def test_the_price_of_a_thousand_forecasts(two_days):
    table = two_days.per_thousand({"r1": 500, "r2": 2_000, "r3": 10})
    assert table.to_numpy().tolist() == [
        ["r1", 500, 1.25, 2.5],
        ["r2", 2000, 0.5, 0.25],
        ["r3", 10, 0.0, 0.0],
    ]
    with pytest.raises(InputError, match="run 'r1' made 0 forecasts"):
        two_days.per_thousand({"r1": 0})


def test_the_trend_against_the_median_of_28_days():
    # on the 30th; the 2nd is 28 days before, the 1st is 29
    days = [(1, "load", "r", 36_000), (2, "load", "r", 3600), (10, "load", "r", 7200)]
    days += [(11, "load", "r", 10_800), (11, "load", "again", 3600), (30, "load", "r", 5400)]
    days += [(30, "predict", "r", 900)]
    table = made(*days).trend().set_index("step")
    # 1, 2 and, of two runs, 4 credits
    assert table.loc["load", ["credits", "days", "median", "ratio"]].tolist() == [1.5, 3, 2.0, 0.75]
    assert table.loc["predict", ["credits", "days"]].tolist() == [0.25, 0]
    assert table.loc["predict", ["median", "ratio"]].isna().all()
    assert table["day"].tolist() == [pd.Timestamp("2026-11-30")] * 2


def test_a_step_that_used_to_cost_nothing_has_no_ratio():
    found = made((1, "load", "r", 0), (2, "load", "r", 10))
    assert np.isnan(found.trend()["ratio"].item())


def test_as_json_with_all_the_digits(two_days):
    found = json.loads(json.dumps(two_days.to_dict()))
    assert Decimal(found["total"]) == Decimal("1.75")
    assert "E" not in found["total"]
    assert found["currency"] == "EUR"
    assert found["basis"] == "estimate"
    (line, *_) = found["lines"]
    assert (line["day"], line["step"], line["compute"]) == ("2026-11-01", "load", "1.000000000000")
    assert Decimal(line["cost"]) == Decimal("3.9")
    assert found["refused"] == [
        {"view": "QUERY_HISTORY", "code": 2003, "reason": "no.", "remedy": "Ask."}
    ]
    total = sum(Decimal(one["total"]) for one in found["lines"])
    assert total == Decimal(found["total"])


def test_the_least_certain_basis_is_that_of_all(two_days):
    assert two_days.basis == "estimate"
    assert {line.basis for line in two_days.lines} == {"estimate"}
