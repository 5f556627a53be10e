import numpy as np
import pytest

import evforecast as ev
from evforecast.dataiku.datasets import read_frame, write_frame
from evforecast.dataiku.forecasts import read_forecasts, write_forecasts
from evforecast.errors import EmptyInputError, InputError


@pytest.fixture(scope="module")
def given(city):
    models = {"city-1": ev.MarkovForecaster([1, 4]), "persistence": ev.Persistence([4])}
    return {
        name: [model.fit(city.head(700)).predict_proba(city.head(n)) for n in (700, 720)]
        for name, model in models.items()
    }


def alike(one, other):
    return (
        one.cutoff == other.cutoff
        and one.step == other.step
        and one.horizons.tolist() == other.horizons.tolist()
        and one.evse_ids == other.evse_ids
        and np.array_equal(one.proba, other.proba)
    )


@pytest.mark.parametrize("chunk_rows", [3, 10_000])
def test_forecasts_come_back_to_the_last_digit(dss, given, chunk_rows):
    assert write_forecasts("forecast", given) == 30
    found = read_forecasts("forecast", chunk_rows=chunk_rows)
    assert list(found) == list(given)
    for name, forecasts in given.items():
        assert all(map(alike, found[name], forecasts))


def test_the_table_is_the_one_agreed_on(dss, given):
    write_forecasts("forecast", {"city-1": given["city-1"][0]})
    frame = read_frame("forecast")
    assert list(frame) == [
        *("model", "cutoff", "horizon", "evse_id"),
        *("p_available", "p_charging", "p_passive", "p_offline", "p_down"),
    ]


def test_some_of_the_cutoffs(dss, given):
    write_forecasts("forecast", given)
    (last,) = read_forecasts("forecast", since=given["city-1"][1].cutoff)["city-1"]
    assert alike(last, given["city-1"][1])
    assert len(read_forecasts("forecast", until=given["city-1"][0].cutoff)["persistence"]) == 1
    assert read_forecasts("forecast", since="2050-01-01") == {}


def test_a_recipe_that_was_run_again(dss, given):
    for _ in range(2):
        write_forecasts("forecast", given, append=True)
    found = read_forecasts("forecast")
    assert all(map(alike, found["city-1"], given["city-1"]))


def test_two_that_differ_are_refused(dss, given):
    write_forecasts("forecast", {"city-1": given["city-1"][0]})
    frame = read_frame("forecast")
    frame["p_down"], frame["p_available"] = frame["p_available"], frame["p_down"]
    write_frame("forecast", frame, append=True)
    with pytest.raises(InputError, match=r"'city-1' from .* is there twice"):
        read_forecasts("forecast")


def test_one_that_was_written_in_part(dss, given):
    write_forecasts("forecast", given)
    write_frame("forecast", read_frame("forecast").iloc[:9])
    with pytest.raises(InputError, match=r"'city-1' from .* in part only.* at horizon 4"):
        read_forecasts("forecast")
    write_forecasts("forecast", given, append=True)
    assert len(read_forecasts("forecast")) == 2


def test_cutoffs_as_text_without_a_zone(dss, given):
    write_forecasts("forecast", given)
    frame = read_frame("forecast")
    dss.add_table("table", frame.assign(cutoff=frame["cutoff"].dt.tz_localize(None)))
    assert all(map(alike, read_forecasts("table")["city-1"], given["city-1"]))


def test_none(dss):
    with pytest.raises(EmptyInputError):
        write_forecasts("forecast", {})
