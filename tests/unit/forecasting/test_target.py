import numpy as np
import pytest

from evforecast import STATUS
from evforecast.errors import InputError
from evforecast.forecasting.target import codes_after, future_codes, target_scheme


def slow_within(codes, horizon, members):
    n = max(len(codes) - horizon, 0)
    result = np.full((n, codes.shape[1]), -1, np.int8)
    for row in range(n):
        for unit in range(codes.shape[1]):
            window = codes[row + 1 : row + 1 + horizon, unit]
            if np.isin(window, members).any():
                result[row, unit] = 1
            elif 2 * (window >= 0).sum() >= horizon:
                result[row, unit] = 0
    return result


@pytest.mark.parametrize("horizon", [1, 2, 5, 39, 40, 60])
def test_within_against_a_loop(horizon):
    rng = np.random.default_rng(horizon)
    codes = rng.choice([-1, 0, 1, 4], (40, 6), p=[0.5, 0.3, 0.15, 0.05]).astype(np.int8)
    expected = slow_within(codes, horizon, [4])
    assert (future_codes(codes, STATUS, horizon, "down", within=True) == expected).all()
    if horizon < 6:
        assert set(np.unique(expected)) == {-1, 0, 1}


def test_at_the_horizon():
    codes = np.array([[0], [1], [-1], [4]], np.int8)
    assert future_codes(codes, STATUS, 1).ravel().tolist() == [1, -1, 4]
    assert future_codes(codes, STATUS, 2, "down").ravel().tolist() == [-1, 1]
    assert future_codes(codes, STATUS, 9).shape == (0, 1)


def test_the_names_say_what_is_asked():
    assert target_scheme(STATUS, None, within=False) is STATUS
    assert target_scheme(STATUS, "free", within=False).names == ("not free", "free")
    assert target_scheme(STATUS, "free", within=True).names == ("not free within", "free within")
    with pytest.raises(InputError, match="name it, target="):
        target_scheme(STATUS, None, within=True)
    with pytest.raises(InputError, match="no coarsening 'broken'"):
        target_scheme(STATUS, "broken", within=True)


@pytest.mark.parametrize(("target", "within"), [(None, False), ("free", False), ("down", True)])
def test_codes_after_some_rows_against_a_loop(target, within):
    codes = np.random.default_rng(0).integers(-1, 5, (30, 4)).astype(np.int8)
    rows, horizons = np.array([-2, 0, 7, 8, 28, 29, 40]), np.array([1, 3, 29])
    found = codes_after(codes, STATUS, rows, horizons, target, within=within)
    assert found.shape == (7, 3, 4)
    for origin, row in enumerate(rows):
        for place, horizon in enumerate(horizons.tolist()):
            future = future_codes(codes, STATUS, horizon, target, within=within)
            expected = future[row] if 0 <= row < len(future) else np.full(4, -1)
            assert (found[origin, place] == expected).all()
    assert (found >= 0).any()
