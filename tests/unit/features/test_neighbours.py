import numpy as np

from evforecast.features import Neighbours


def test_against_a_plain_count():
    rng = np.random.default_rng(0)
    status = rng.integers(-1, 3, (30, 7)).astype(np.int8)
    location = np.array(["x", "y", "x", "z", "y", "x", "w"])
    neighbours = Neighbours(status, location, 3)
    rows, units = rng.integers(0, 30, 100), rng.integers(0, 7, 100)
    fast = neighbours.counts(rows, units)
    for case, (row, unit) in enumerate(zip(rows, units, strict=True)):
        others = [u for u in range(7) if location[u] == location[unit] and u != unit]
        assert fast[case].tolist() == [(status[row, others] == code).sum() for code in range(3)]
    assert neighbours.size.tolist() == [3, 2, 3, 1, 2, 3, 1]
