import numpy as np
import pytest

from evforecast.errors import HorizonError, InputError, UnknownChargerError
from evforecast.panel import STATUS, StatusForecast
from evforecast.timegrid import as_step, as_time


def make(horizons=(1, 4, 96), ids=("a", "b"), seed=0, **changes):
    p = np.random.default_rng(seed).dirichlet(np.ones(5), (len(horizons), len(ids)))
    args = {
        "proba": p,
        "cutoff": as_time("2020-10-26"),
        "step": as_step("15min"),
        "horizons": list(horizons),
        "evse": list(ids),
        "scheme": STATUS,
    }
    return StatusForecast(**(args | changes))


def test_times_and_horizons():
    forecast = make()
    assert forecast.times.astype(str).tolist() == [
        "2020-10-26T00:15:00",
        "2020-10-26T01:00:00",
        "2020-10-27T00:00:00",
    ]
    assert (forecast.horizon(4) == forecast.proba[1]).all()
    with pytest.raises(HorizonError, match=r"no horizon 5; this forecast has \[1, 4, 96\]"):
        forecast.horizon(5)


def test_at_takes_the_next_horizon_that_covers_the_time():
    forecast = make()
    assert (forecast.at("2020-10-26 00:15") == forecast.proba[0]).all()
    assert (forecast.at("2020-10-26 00:16") == forecast.proba[1]).all()
    assert (forecast.at("2020-10-26 02:00") == forecast.proba[2]).all()
    for outside in ("2020-10-26 00:00", "2020-10-27 00:01"):
        with pytest.raises(HorizonError, match="reaches from"):
            forecast.at(outside)


def test_long_frame_holds_everything():
    forecast = make()
    long = forecast.to_long()
    assert list(long.columns) == ["cutoff", "horizon", "time", "evse_id", *STATUS.names]
    row = long[(long.horizon == 96) & (long.evse_id == "b")].iloc[0]
    assert np.allclose(row[list(STATUS.names)].to_numpy(float), forecast.proba[2, 1])


def test_coarsen_select_and_most_likely():
    forecast = make()
    free = forecast.coarsen("free")
    assert np.allclose(free.proba[..., 1], forecast.proba[..., 0])
    assert np.allclose(free.proba.sum(-1), 1)
    assert forecast.select(["b"]).proba.tolist() == forecast.proba[:, [1]].tolist()
    assert (forecast.most_likely() == forecast.proba.argmax(-1)).all()
    with pytest.raises(UnknownChargerError):
        forecast.select(["z"])


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"proba": np.full((3, 2, 5), 0.3)}, "no probability distribution"),
        ({"proba": np.full((3, 2, 5), np.nan)}, "no probability distribution"),
        ({"proba": np.full((3, 2, 4), 0.25)}, "5 statuses"),
        ({"horizons": [4, 1, 96]}, "increasing"),
        ({"horizons": [0, 1, 2]}, "positive"),
    ],
)
def test_constructor_refuses(changes, match):
    with pytest.raises(InputError, match=match):
        make(**changes)


def test_negative_probabilities_are_refused():
    p = np.zeros((3, 2, 5))
    p[..., 0], p[..., 1] = 1.5, -0.5
    with pytest.raises(InputError, match="negative"):
        make(proba=p)


def test_save_and_load(tmp_path):
    forecast = make()
    forecast.save(tmp_path / "f.parquet")
    assert StatusForecast.load(tmp_path / "f.parquet").equals(forecast)
    assert not forecast.equals(make(seed=1))
