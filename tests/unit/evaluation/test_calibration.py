import numpy as np
import pytest

from evforecast.errors import EmptyInputError, InputError
from evforecast.evaluation import calibration_error, reliability


def test_calibrated_forecasts_lie_on_the_diagonal():
    rng = np.random.default_rng(0)
    p = rng.random(50_000)
    table = reliability(p, (rng.random(50_000) < p).astype(np.int8))
    assert len(table) == 10
    assert table.n.sum() == 50_000
    assert (np.abs(table.forecast - table.observed) < 0.02).all()
    assert ((table.low <= table.observed) & (table.observed <= table.high)).all()


def test_wilson_interval_of_a_textbook_case():
    table = reliability(np.full(10, 0.5), np.array([1] * 7 + [0] * 3), bins=1)
    # 7 of 10, 95 %: 0.3968 to 0.8922 (Wilson 1927)
    assert table.loc[0, ["low", "high"]].to_numpy(float) == pytest.approx(
        [0.3968, 0.8922], abs=1e-4
    )


def test_unknown_truth_is_left_out_and_one_is_the_last_bin():
    table = reliability(np.array([1.0, 0.0, 0.4]), np.array([1, 0, -1]), bins=4)
    assert table.forecast.tolist() == [0.0, 1.0]
    assert table.n.tolist() == [1, 1]


def test_bad_input():
    with pytest.raises(InputError):
        reliability(np.zeros(2), np.zeros(3))
    with pytest.raises(InputError):
        reliability(np.zeros(2), np.zeros(2), bins=0)
    with pytest.raises(EmptyInputError):
        reliability(np.zeros(2), np.full(2, -1))


def test_calibration_error_is_the_gap_weighted_by_cases():
    p = np.array([0.1] * 6 + [0.8] * 2)
    obs = np.array([1, 1, 1, 0, 0, 0, 1, 1])
    assert calibration_error(p, obs, bins=2) == pytest.approx((6 * 0.4 + 2 * 0.2) / 8)
    assert calibration_error(obs.astype(float), obs) == 0
    with pytest.raises(EmptyInputError):
        calibration_error(p, np.full(8, -1))
