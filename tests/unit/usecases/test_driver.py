import numpy as np
import pandas as pd
import pytest

from evforecast.errors import EmptyInputError, HorizonError, InputError, MissingColumnsError
from evforecast.panel import STATUS, StatusForecast, StatusPaths, evse_table
from evforecast.timegrid import as_step, as_time
from evforecast.usecases import driver

HERE = (48.0, 2.0)
LATER = "2020-10-26 00:15"


def make(lat=(48.0, 48.0, 49.0, None), free=(0.1, 0.9, 0.5, 0.5)):
    table = pd.DataFrame({"evse_id": list("abcd"), "lat": lat, "lon": [2.0, 2.0, 2.0, None]})
    p = np.zeros((2, 4, 5))
    p[..., 0], p[..., 1] = free, 1 - np.array(free)
    p[1] = p[1, ::-1]
    return StatusForecast(
        p,
        cutoff=as_time("2020-10-26"),
        step=as_step("15min"),
        horizons=[1, 4],
        evse=evse_table(list("abcd"), table),
        scheme=STATUS,
    )


def test_nearest_first_and_at_one_place_the_likeliest():
    answer = driver.free(make(), near=HERE, arrive=LATER)
    assert answer.evse_id.tolist() == ["b", "a", "c"]
    np.testing.assert_allclose(answer.p_free, [0.9, 0.1, 0.5], rtol=1e-6)
    # one degree of latitude is 111.195 km on a sphere of 6,371 km
    np.testing.assert_allclose(answer.distance_m, [0, 0, 111_194.9], atol=0.1)
    assert len(driver.free(make(), near=HERE, arrive=LATER, n=1)) == 1


def test_between_two_horizons_the_later_one_counts():
    answer = driver.free(make(), near=HERE, arrive="2020-10-26 00:20")
    np.testing.assert_allclose(answer.p_free, [0.5, 0.5, 0.9], rtol=1e-6)


def test_refusals():
    with pytest.raises(InputError, match=r"no \(latitude, longitude\)"):
        driver.free(make(), near=(148.0, 2.0), arrive=LATER)
    with pytest.raises(EmptyInputError, match="coordinates"):
        driver.free(make(lat=[None] * 4), near=HERE, arrive=LATER)
    with pytest.raises(HorizonError, match="not covered"):
        driver.free(make(), near=HERE, arrive="2020-10-27")


def test_chargers_that_are_hardly_free_can_be_left_out():
    likely = driver.free(make(), near=HERE, arrive=LATER, at_least=0.5)
    everything = driver.free(make(), near=HERE, arrive=LATER)
    assert likely.evse_id.tolist() == ["b", "c"]
    assert set(likely.evse_id) < set(everything.evse_id)


# ---- any at a location ----


def futures(codes=None, lat=(48.0, 48.0, 49.0, None)):
    """Return paths in which a and b, at one place, are free together half of the time; c never."""
    table = pd.DataFrame(
        {
            "evse_id": list("abcd"),
            "location_id": list("xxyz"),
            "lat": lat,
            "lon": [2.0, 2.0, 2.0, None],
        }
    )
    if codes is None:
        codes = np.ones((100, 2, 4), np.int8)
        codes[::2, 0, :2] = 0
        codes[:, 1, 3] = 0
    return StatusPaths(
        codes,
        cutoff=as_time("2020-10-26"),
        step=as_step("15min"),
        horizons=[1, 4],
        evse=evse_table(list("abcd"), table),
        scheme=STATUS,
    )


def test_chargers_that_are_free_together_are_no_more_than_one():
    answer = driver.any_free(futures(), near=HERE, arrive=LATER)
    assert answer.location_id.tolist() == ["x", "y"]  # z stands nowhere
    assert answer.p_any_free.tolist() == [0.5, 0]
    assert answer.p_if_independent.tolist() == pytest.approx([0.75, 0])
    assert answer.expected.tolist() == [1, 0]
    assert answer.n.tolist() == [2, 1]
    np.testing.assert_allclose(answer.distance_m, [0, 111_194.9], atol=0.1)


def test_chargers_drawn_one_by_one_give_the_same_both_ways():
    codes = np.random.default_rng(0).integers(0, 2, (4000, 2, 4)).astype(np.int8)
    answer = driver.any_free(futures(codes), by=None)
    assert answer.network.tolist() == ["all"]
    assert answer.p_any_free.item() == pytest.approx(15 / 16, abs=0.02)
    assert answer.p_any_free.item() == pytest.approx(answer.p_if_independent.item(), abs=0.02)


def test_without_a_place_all_come_and_the_likeliest_first_at_the_last_horizon():
    answer = driver.any_free(futures())
    assert answer.location_id.tolist() == ["z", "x", "y"]
    assert "distance_m" not in answer
    coarse = driver.any_free(futures().coarsen("free"))
    assert coarse.equals(answer)


def test_a_group_stands_in_the_middle_of_its_chargers():
    answer = driver.any_free(futures(lat=(48.0, 50.0, 48.5, None)), near=(49.0, 2.0), arrive=LATER)
    assert answer.location_id.tolist() == ["x", "y"]
    assert answer.distance_m.iloc[0] == pytest.approx(0, abs=1e-6)


def test_refusals_of_any_free():
    with pytest.raises(InputError, match=r"any_free.*no \(latitude, longitude\)"):
        driver.any_free(futures(), near=(148.0, 2.0))
    with pytest.raises(EmptyInputError, match=r"any_free.*coordinates"):
        driver.any_free(futures(lat=[None] * 4), near=HERE)
    with pytest.raises(HorizonError, match="not covered"):
        driver.any_free(futures(), arrive="2020-10-27")
    with pytest.raises(MissingColumnsError, match="'street'"):
        driver.any_free(futures(), by="street")
    with pytest.raises(InputError, match="'free'"):
        driver.any_free(futures().coarsen("down"))
