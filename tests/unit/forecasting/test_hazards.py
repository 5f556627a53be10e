import numpy as np
import pytest

from evforecast.forecasting import hazards as module
from evforecast.forecasting.hazards import MAX_EXIT, fit_hazards

EDGES, GROUPS = np.array([1, 2, 4, 9]), np.array([1, 4])


def history(seed=0, n=500, n_unit=5):
    rng = np.random.default_rng(seed)
    codes = np.repeat(rng.integers(0, 3, (n, n_unit)), rng.integers(1, 9, n), axis=0).astype(
        np.int8
    )
    codes[rng.random(codes.shape) < 0.05] = -1
    return codes, np.arange(len(codes)) // 2 % 48


def test_counts_against_a_walk():
    codes, part = history(n=60)
    counts = np.concatenate([c for _, c in module._blocks(codes, part, EDGES, (48, 3, 4, 3))])
    slow = np.zeros_like(counts)
    for unit in range(codes.shape[1]):
        status, age = -1, 0
        for row in range(len(codes) - 1):
            code = codes[row, unit]
            age += 1
            if code >= 0 and code != status:
                status, age = code, 1
            later = codes[row + 1, unit]
            if code >= 0 and later >= 0:
                place = np.searchsorted(EDGES, age, side="right") - 1
                slow[unit, part[row + 1], status, place, later] += 1
    assert (counts == slow).all()


def test_one_step_is_a_distribution():
    codes, part = history()
    fitted = fit_hazards(codes, part, EDGES, GROUPS, 3)
    for unit in range(6):
        for status in range(3):
            for age in (1, 3, 8, 50):
                law = fitted.one_step(unit, 5, 2, status, age)
                assert law.sum() == pytest.approx(1, abs=1e-5)
                assert (law >= 0).all()
                assert 1 - law[status] <= MAX_EXIT + 1e-6


def test_many_laws_at_once_are_the_single_ones():
    codes, part = history()
    fitted = fit_hazards(codes, part, EDGES, GROUPS, 3)
    rng = np.random.default_rng(1)
    shape = (4, 30)
    unit, status = rng.integers(0, 6, 30), rng.integers(0, 3, shape)
    age = rng.integers(1, 60, shape)
    laws = fitted.laws(unit, np.intp(5), np.intp(2), status, age)
    assert laws.shape == (4, 30, 3)
    for path in range(4):
        for place in range(30):
            law = fitted.one_step(unit[place], 5, 2, status[path, place], age[path, place])
            np.testing.assert_allclose(laws[path, place], law, atol=1e-6)


def test_the_unseen_unit_is_the_network():
    codes, part = history()
    fitted = fit_hazards(codes, part, EDGES, GROUPS, 3)
    assert (fitted.ratio[-1] == 1).all()
    assert (fitted.daily[-1] == 1).all()
    assert fitted.ratio.shape == (6, 2, 3, 3)


def test_a_restless_unit_leaves_more_often_than_a_calm_one():
    calm = np.repeat(np.tile([0, 1], 40), 24)[:, None]
    restless = np.repeat(np.tile([0, 1], 320), 3)[:, None]
    codes = np.hstack([calm, restless]).astype(np.int8)
    fitted = fit_hazards(codes, np.arange(len(codes)) // 2 % 48, EDGES, GROUPS, 2)
    leave = [1 - fitted.one_step(unit, 0, 0, 0, 3)[0] for unit in (0, 2, 1)]
    assert leave[0] < leave[1] < leave[2]


def test_blocks_do_not_matter(monkeypatch):
    codes, part = history()
    whole = fit_hazards(codes, part, EDGES, GROUPS, 3)
    monkeypatch.setattr(module, "_BLOCK", 2)
    again = fit_hazards(codes, part, EDGES, GROUPS, 3)
    np.testing.assert_allclose(again.base, whole.base, rtol=1e-6)
    np.testing.assert_allclose(again.ratio, whole.ratio, rtol=1e-5)
    np.testing.assert_allclose(again.daily, whole.daily, rtol=1e-5)
