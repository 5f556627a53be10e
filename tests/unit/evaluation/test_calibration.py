import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.errors import EmptyInputError, InputError
from evforecast.evaluation import calibration_error, calibration_interval, reliability


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
    with pytest.raises(InputError, match="shapes must agree"):
        reliability(np.zeros(2), np.zeros(3))
    with pytest.raises(InputError, match="bins be >= 1"):
        reliability(np.zeros(2), np.zeros(2), bins=0)
    for wrong in (np.nan, -0.1, 1.1):
        with pytest.raises(InputError, match="probabilities of the event are needed"):
            reliability(np.array([0.5, wrong]), np.zeros(2))
    with pytest.raises(InputError, match="weights are negative"):
        reliability(np.zeros(2), np.zeros(2), weights=[1, -1])
    with pytest.raises(EmptyInputError, match="nothing to compare"):
        reliability(np.zeros(2), np.full(2, -1))
    with pytest.raises(EmptyInputError, match="nothing to compare"):
        reliability(np.zeros(2), np.array([1, -1]), weights=[0, 1])


def test_the_rounding_of_float32_is_no_error():
    p = np.array([1.0, 0.5], np.float32)
    p[0] = np.nextafter(p[0], np.float32(2))
    assert reliability(p, np.array([1, 1])).n.tolist() == [1, 1]


@given(
    st.integers(1, 30).flatmap(
        lambda n: st.tuples(
            hnp.arrays(np.float64, n, elements=st.floats(0, 1)),
            hnp.arrays(np.int8, n, elements=st.sampled_from([-1, 0, 1])),
            hnp.arrays(np.int64, n, elements=st.integers(0, 3)),
        )
    )
)
def test_a_weight_is_a_repetition(case):
    p, obs, times = case
    if not (times[obs >= 0] > 0).any():
        with pytest.raises(EmptyInputError):
            reliability(p, obs, weights=times)
        return
    plain = reliability(np.repeat(p, times), np.repeat(obs, times))
    np.testing.assert_allclose(reliability(p, obs, weights=times), plain, atol=1e-12)
    assert calibration_error(p, obs, weights=times) == pytest.approx(
        calibration_error(np.repeat(p, times), np.repeat(obs, times)), abs=1e-12
    )


def test_calibration_error_is_the_gap_weighted_by_cases():
    p = np.array([0.1] * 6 + [0.8] * 2)
    obs = np.array([1, 1, 1, 0, 0, 0, 1, 1])
    assert calibration_error(p, obs, bins=2) == pytest.approx((6 * 0.4 + 2 * 0.2) / 8)
    assert calibration_error(obs.astype(float), obs) == 0
    with pytest.raises(EmptyInputError):
        calibration_error(p, np.full(8, -1))


def cloudy_days(rng, n_days=30, slope=1.0, together=0.3):
    """Return forecasts, outcomes and days; a day is lucky or not as a whole, for some of its cases."""
    p = rng.random((n_days, 40))
    shared = rng.random(p.shape) < together
    luck = np.where(shared, rng.random((n_days, 1)), rng.random(p.shape))
    happened = np.where(rng.random(p.shape) < 0.1, -1, luck < 0.5 + slope * (p - 0.5))
    return p, happened, np.arange(n_days)[:, None]


def test_the_interval_against_a_plain_loop():
    p, obs, days = cloudy_days(np.random.default_rng(0), n_days=6)
    obs[3] = -1  # a day without any truth is not drawn
    weights = np.random.default_rng(1).random(p.shape)
    error, low, high = calibration_interval(
        p, obs, days, weights=weights, bins=5, n_draws=50, level=0.8, random_state=2
    )
    assert error == pytest.approx(calibration_error(p, obs, weights=weights, bins=5))

    def gaps(rows):
        total, sums = 0.0, np.zeros(5)
        for row in rows:
            for case in np.flatnonzero(obs[row] >= 0):
                total += weights[row, case]
                gap = weights[row, case] * (p[row, case] - obs[row, case])
                sums[int(p[row, case] * 5)] += gap
        return sums / total

    known = [0, 1, 2, 4, 5]
    draws = np.random.default_rng(2).multinomial(5, [0.2] * 5, size=50)
    moves = [np.abs(gaps(np.repeat(known, times)) - gaps(known)).sum() for times in draws]
    reach = np.quantile(moves, 0.8) * np.sqrt(5 / 4)
    assert [low, high] == pytest.approx([max(error - reach, 0), error + reach])


def test_the_interval_covers_what_many_cases_would_tell():
    rng = np.random.default_rng(0)
    for slope, true in ((1.0, 0.0), (0.4, 0.15)):
        found = [
            calibration_interval(*cloudy_days(rng, slope=slope), n_draws=200) for _ in range(150)
        ]
        error, low, high = np.array(found).T
        assert ((low <= true) & (true <= high)).mean() >= 0.9
        assert error.mean() > true  # biased
    assert (low > 0).mean() > 0.9  # what is clearly off is seen to be


def test_groups_of_any_kind_and_the_seed():
    p, obs, days = cloudy_days(np.random.default_rng(0))
    plain = calibration_interval(p, obs, days)
    times = np.datetime64("2020-10-01") + days
    texts = times.astype(str).astype(object)
    for groups in (times, texts, np.broadcast_to(days, p.shape)):
        assert calibration_interval(p, obs, groups) == plain
    assert calibration_interval(p, obs, days, random_state=1) != plain


def test_cases_that_go_together_say_less():
    p, obs, days = cloudy_days(np.random.default_rng(0), together=0.9)
    error, _, high = calibration_interval(p, obs, days)
    each, _, alone = calibration_interval(p, obs, np.arange(p.size).reshape(p.shape))
    assert error == pytest.approx(each)
    assert high - error > 1.5 * (alone - error)


def test_bad_input_of_the_interval():
    p, obs = np.full((4, 2), 0.5), np.ones((4, 2))
    days = np.arange(4)[:, None]
    for options in ({"level": 0}, {"level": 95}, {"n_draws": 0}):
        with pytest.raises(InputError, match="one draw at least"):
            calibration_interval(p, obs, days, **options)
    with pytest.raises(InputError, match=r"groups \(4,\) do not spread"):
        calibration_interval(p, obs, np.arange(4))
    with pytest.raises(InputError, match="a group is missing"):
        calibration_interval(p, obs, np.array([[0], [1], [2], [np.nan]]))
    with pytest.raises(InputError, match="in one group"):
        calibration_interval(p, np.where(days == 2, obs, -1), days)
    with pytest.raises(EmptyInputError, match="nothing to compare"):
        calibration_interval(p, -obs, days)
