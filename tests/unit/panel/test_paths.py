import numpy as np
import pytest

from evforecast import STATUS, StatusPaths
from evforecast.errors import InputError, MissingColumnsError, UnknownChargerError
from evforecast.panel import evse_table

CUTOFF, QUARTER = np.datetime64("2020-01-01T00:00", "s"), np.timedelta64(900, "s")
TABLE = evse_table(
    ["a", "b", "c"], evse_table(["a", "b", "c"]).assign(area=["north", "south", "north"])
)


def paths(codes, horizons=(1, 4)):
    return StatusPaths(
        np.asarray(codes), cutoff=CUTOFF, step=QUARTER, horizons=horizons, evse=TABLE, scheme=STATUS
    )


@pytest.fixture
def drawn():
    return paths(np.random.default_rng(0).integers(0, 5, (50, 2, 3)))


def test_counts_against_a_loop(drawn):
    counts, names = drawn.counts("charging", by="area")
    assert list(names) == ["north", "south"]
    for path in range(50):
        for place in range(2):
            row = drawn.codes[path, place]
            assert counts[path, place].tolist() == [
                int(row[0] == 1) + int(row[2] == 1),
                row[1] == 1,
            ]
    whole, names = drawn.counts("charging")
    assert list(names) == ["all"]
    assert (whole[..., 0] == counts.sum(axis=-1)).all()


def test_the_shares_of_paths_are_a_forecast(drawn):
    forecast = drawn.to_forecast()
    assert forecast.proba.shape == (2, 3, 5)
    assert forecast.proba[1, 2, 4] == pytest.approx((drawn.codes[:, 1, 2] == 4).mean())
    assert (forecast.times == drawn.times).all()


def test_a_coarser_view_and_some_of_the_chargers(drawn):
    free = drawn.coarsen("free").select(["c", "a"])
    assert free.scheme.names == ("not free", "free")
    assert free.evse.index.to_list() == ["c", "a"]
    assert (free.codes == (drawn.codes[:, :, [2, 0]] == 0)).all()
    assert drawn.select("b").codes.shape == (50, 2, 1)


def test_what_is_no_set_of_paths_is_refused(drawn):
    with pytest.raises(InputError, match="the first axis is the path"):
        paths(np.zeros((2, 3)))
    with pytest.raises(InputError, match="one at least is needed"):
        paths(np.zeros((0, 2, 3), int))
    with pytest.raises(InputError, match="missing status"):
        paths(np.full((1, 2, 3), -1))
    with pytest.raises(InputError, match="allow -1"):
        paths(np.full((1, 2, 3), 5))
    with pytest.raises(UnknownChargerError):
        drawn.select(["z"])
    with pytest.raises(MissingColumnsError, match=r"StatusPaths\.counts"):
        drawn.counts("free", by="region")
