"""The fast propagation against the plainest one: a dictionary from (status, age) to mass."""

import numpy as np
import pytest

from evforecast.forecasting import propagation
from evforecast.forecasting.hazards import UNIT_PARTS, fit_hazards
from evforecast.forecasting.propagation import OpenRuns, propagate


def slow(hazards, unit, status, age, parts, hours, n_step):
    mass = {(status, age): 1.0}
    laws = []
    for step in range(n_step):
        after = {}
        for (now, held), weight in mass.items():
            law = hazards.one_step(unit, parts[step], hours[step], now, held)
            for to, share in enumerate(law):
                state = (to, held + 1 if to == now else 1)
                after[state] = after.get(state, 0.0) + weight * float(share)
        mass = after
        law = np.zeros(hazards.n_status)
        for (now, _), weight in mass.items():
            law[now] += weight
        laws.append(law)
    return np.array(laws)


@pytest.fixture(scope="module")
def hazards():
    rng = np.random.default_rng(0)
    codes = np.repeat(rng.integers(0, 3, (400, 4)), rng.integers(1, 9, 400), axis=0).astype(np.int8)
    codes[rng.random(codes.shape) < 0.05] = -1
    part = np.arange(len(codes)) // 2 % 48
    return fit_hazards(codes, part, np.array([1, 2, 4, 9]), np.array([1, 4]), 3)


def clock(n, lead, offset=37):
    rows = np.arange(1 - lead, n + 1) + offset
    return rows // 2 % 48, rows // 4 % UNIT_PARTS


@pytest.mark.parametrize("horizons", [[1], [1, 2, 30], [40]])
def test_exact_against_the_dictionary(hazards, horizons):
    rng = np.random.default_rng(1)
    n = 20
    start = OpenRuns(
        rng.integers(0, 5, n),
        rng.integers(0, 3, n),
        rng.integers(1, 15, n),
        rng.choice([0, 0, 1, 5, 12], n),
    )
    lead = int(start.stale.max())
    parts, hours = clock(max(horizons), lead)
    fast = propagate(hazards, start, parts, hours, np.array(horizons))
    for place in range(n):
        first = lead - start.stale[place]
        laws = slow(
            hazards,
            start.unit[place],
            start.status[place],
            start.age[place],
            parts[first:],
            hours[first:],
            max(horizons) + start.stale[place],
        )
        expected = laws[np.array(horizons) + start.stale[place] - 1]
        np.testing.assert_allclose(fast[:, place], expected, atol=2e-6)


def test_chunks_do_not_matter(hazards, monkeypatch):
    start = OpenRuns(
        *(
            np.array(x)
            for x in ([0, 1, 2, 3, 4], [0, 1, 2, 0, 1], [1, 2, 3, 9, 20], [0, 3, 0, 1, 0])
        )
    )
    parts, hours = clock(20, 3)
    whole = propagate(hazards, start, parts, hours, np.array([5, 20]))
    monkeypatch.setattr(propagation, "_CHUNK", 2)
    # a chunk whose chargers are all fresh starts later in the same clock
    np.testing.assert_allclose(
        propagate(hazards, start, parts, hours, np.array([5, 20])), whole, atol=1e-6
    )


def test_mass_is_kept(hazards):
    start = OpenRuns(np.arange(5), np.zeros(5, int), np.ones(5, int), np.zeros(5, int))
    parts, hours = clock(200, 0)
    law = propagate(hazards, start, parts, hours, np.arange(1, 201))
    np.testing.assert_allclose(law.sum(axis=-1), 1, atol=1e-4)
