import numpy as np
import pytest

from evforecast.features import StatusCounter, time_of_day_profile

STEP = np.timedelta64(900, "s")


def slow_own_share(codes, row, unit, horizon, n_status):
    """The decayed share of the charger's own days, before it leans on anything."""
    own, days, weight = np.zeros(n_status), 0.0, 1.0
    for back in range(-(-horizon // 96), 9):
        centre = row + horizon - back * 96
        window = codes[max(centre - 4, 0) : max(min(centre + 4, row) + 1, 0), unit]
        seen = window[window >= 0]
        if len(seen):
            own += weight * np.bincount(seen, minlength=n_status) / len(seen)
            days += weight
        weight *= 0.85
    return own, days


def test_own_days_against_a_loop():
    codes = np.random.default_rng(0).integers(-1, 3, (1000, 3)).astype(np.int8)
    counter = StatusCounter(codes, 3)
    rng = np.random.default_rng(1)
    for horizon in (1, 96, 100, 200):
        rows, units = rng.integers(0, 1000, 50), rng.integers(0, 3, 50)
        profile = time_of_day_profile(counter, rows, units, horizon, STEP)
        assert profile.sum(axis=1) == pytest.approx(1, abs=1e-5)
        for case in range(50):
            own, days = slow_own_share(codes, rows[case], units[case], horizon, 3)
            # what is left of the profile is the prior's, four days of it
            prior = profile[case] * (days + 4) - own
            assert (prior > -1e-5).all()
            assert prior.sum() == pytest.approx(4, abs=1e-4)


def test_a_habit_shows_at_its_hour():
    hours = np.arange(96 * 9) // 4 % 24
    codes = np.repeat(((hours >= 8) & (hours < 20)).astype(np.int8)[:, None], 2, axis=1)
    counter = StatusCounter(codes, 2)
    rows, units = np.array([96 * 8]), np.array([0])  # midnight
    noon = time_of_day_profile(counter, rows, units, 48, STEP)[0]
    night = time_of_day_profile(counter, rows, units, 8, STEP)[0]
    assert noon[1] > 0.9
    assert night[1] < 0.1


def test_without_a_past_the_network_speaks():
    codes = np.zeros((96 * 8, 20), np.int8)
    codes[:, 0] = -1
    counter = StatusCounter(codes, 2)
    assert time_of_day_profile(counter, np.array([700]), np.array([0]), 4, STEP)[0, 0] > 0.9


def test_nothing_observed_anywhere_still_sums_to_one():
    counter = StatusCounter(np.full((96, 2), -1, np.int8), 5)
    assert time_of_day_profile(
        counter, np.array([95]), np.array([0]), 4, STEP
    ).sum() == pytest.approx(1)


def test_a_day_of_the_same_type_counts_more():
    """Working days alone are busy; the target is on the next Saturday, a week after the last one."""
    day = np.arange(96 * 8) // 96
    codes = (day % 7 < 5).astype(np.int8)[:, None]
    counter = StatusCounter(codes, 2)
    cutoff, unit = np.array([96 * 6 - 1]), np.array([0])

    def types(rows):
        return np.where(rows // 96 % 7 < 5, 0, rows // 96 % 7 - 4).astype(np.int8)

    plain = time_of_day_profile(counter, cutoff, unit, 40 + 96 * 6, STEP)
    typed = time_of_day_profile(counter, cutoff, unit, 40 + 96 * 6, STEP, day_types=types)
    assert typed[0, 0] > plain[0, 0]
    assert typed.sum() == pytest.approx(1)


def test_days_all_of_one_type_change_nothing():
    codes = np.random.default_rng(0).integers(-1, 3, (1000, 3)).astype(np.int8)
    counter = StatusCounter(codes, 3)
    rows, units = np.array([900, 950]), np.array([0, 2])
    plain = time_of_day_profile(counter, rows, units, 96, STEP)
    typed = time_of_day_profile(
        counter, rows, units, 96, STEP, day_types=lambda rows: np.zeros(len(rows), np.int8)
    )
    np.testing.assert_allclose(typed, plain)
