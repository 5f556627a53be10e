import numpy as np
import pandas as pd
import pytest

from evforecast.errors import InputError
from evforecast.inwarehouse.pushdown.phrases import (
    counted,
    instant,
    quotient,
    require_dialect,
    seconds,
    text,
    time_of,
    whole,
)
from evforecast.timegrid import as_time
from evforecast.warehouse import DUCKDB, POSTGRES, SNOWFLAKE

STAMPS = [
    "1969-12-31 23:59:59.5",
    "1970-01-01",
    "2020-10-25 00:59:59.999999",
    "2199-12-31 23:59:59",
]


@pytest.mark.parametrize("stamp", STAMPS)
def test_seconds_are_those_of_numpy_and_lead_back(duck, stamp):
    at = np.datetime64(stamp, "us")
    second = int(at.astype("datetime64[s]").astype(np.int64))
    column = f"'{stamp}'::TIMESTAMP"
    query = f"SELECT {seconds(DUCKDB, column)}, {time_of(DUCKDB, seconds(DUCKDB, column))}"
    assert duck.run(query) == [(second, pd.Timestamp(second, unit="s").to_pydatetime())]


def test_an_instant_is_the_literal_of_a_time(duck):
    time = as_time("2020-10-25T01:02:03")
    assert duck.run(f"SELECT {instant(DUCKDB, time)}") == [(pd.Timestamp(time).to_pydatetime(),)]
    assert instant(SNOWFLAKE, time).endswith("::TIMESTAMP_NTZ")


def test_whole_numbers_stay_whole(duck):
    assert duck.run(f"SELECT {whole('CEIL(1801 / 900)')}, {quotient('86399', 60)}") == [(3, 1439)]


def test_counted_numbers_start_at_0(duck):
    assert sorted(duck.run(counted(DUCKDB, 3))) == [(0,), (1,), (2,)]


def test_a_backslash_is_doubled_where_it_escapes():
    assert text(DUCKDB, "a\\'b") == "'a\\''b'"
    assert text(SNOWFLAKE, "a\\'b") == "'a\\\\''b'"


def test_other_databases_are_refused():
    with pytest.raises(InputError, match="postgres"):
        require_dialect(POSTGRES)
