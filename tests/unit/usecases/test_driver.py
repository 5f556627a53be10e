import numpy as np
import pandas as pd
import pytest

from evforecast.errors import EmptyInputError, HorizonError, InputError
from evforecast.panel import STATUS, StatusForecast, evse_table
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
