import numpy as np

from evforecast.forecasting.dependence import Dependence, JointDraws
from evforecast.forecasting.hazards import Hazards
from evforecast.forecasting.propagation import OpenRuns
from evforecast.forecasting.walk import SemiMarkovWalk


def hazards():
    rng = np.random.default_rng(0)
    base = rng.uniform(0.01, 0.1, (48, 3, 3, 3)).astype(np.float32)
    for status in range(3):
        base[:, status, :, status] = 0
    ratio = rng.uniform(0.5, 2, (4, 2, 3, 3)).astype(np.float32)
    daily = rng.uniform(0.5, 2, (4, 24, 3, 3)).astype(np.float32)
    return Hazards(np.array([1, 3, 9]), np.array([0, 0, 1]), base, ratio, daily)


def clock(first, last):
    rows = np.arange(first, last + 1) + 40
    return rows // 2 % 48, rows // 4 % 24


def walk(start, known, lead, n_paths=3):
    draws = JointDraws(Dependence(), np.arange(len(known)), n_paths, np.random.default_rng(1))
    part, hour = clock(1 - lead, 50)
    return SemiMarkovWalk(
        hazards(),
        start,
        known,
        part=part,
        hour=hour,
        marginal=np.array([0.2, 0.5, 0.3]),
        n_paths=n_paths,
        draws=draws,
    )


def test_the_law_is_that_of_the_state_along_the_path():
    """The state is followed by hand: the age grows while the status holds, and starts again at 1."""
    start = OpenRuns(np.array([0, 3]), np.array([1, 2]), np.array([2, 8]), np.array([0, 0]))
    going = walk(start, np.array([True, True]), 0, n_paths=1)
    tables, rng = hazards(), np.random.default_rng(2)
    status, age = [1, 2], [2, 8]
    part, hour = clock(1, 50)
    for step in range(40):
        law = going.law()
        for unit, row in enumerate((0, 3)):
            expected = tables.one_step(row, part[step], hour[step], status[unit], age[unit])
            np.testing.assert_allclose(law[0, unit], expected, atol=1e-6)
        drawn = np.where(rng.random(2) < 0.7, status, rng.integers(0, 3, 2)).astype(np.int8)
        for unit in range(2):
            age[unit] = age[unit] + 1 if drawn[unit] == status[unit] else 1
            status[unit] = int(drawn[unit])
        going.move(drawn[None])


def test_a_charger_seen_long_ago_is_moved_to_the_cutoff():
    start = OpenRuns(np.array([0, 1]), np.array([1, 1]), np.array([1, 5]), np.array([30, 0]))
    going = walk(start, np.array([True, True]), 30, n_paths=200)
    assert len(np.unique(going._status[:, 0])) == 3  # after 30 rows it may be anywhere
    assert (going._status[:, 1] == 1).all()  # seen at the cutoff: there it is
    assert (going._age[:, 1] == 5).all()


def test_a_charger_never_seen_starts_by_the_shares_of_training():
    start = OpenRuns(*(np.zeros(1, int) for _ in range(4)))
    going = walk(start, np.array([False]), 0, n_paths=5000)
    shares = np.bincount(going._status[:, 0], minlength=3) / 5000
    np.testing.assert_allclose(shares, [0.2, 0.5, 0.3], atol=0.03)
