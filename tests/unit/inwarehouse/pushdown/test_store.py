import pytest

from evforecast.errors import InputError
from evforecast.features import feature_names, lag_feature_names
from evforecast.inwarehouse.pushdown.lags import lag_query
from evforecast.inwarehouse.pushdown.paneltable import PanelTable
from evforecast.inwarehouse.pushdown.store import write_features, write_lags
from evforecast.inwarehouse.pushdown.table import feature_query
from evforecast.warehouse import DUCKDB, TableName

GROUPS = ("state", "shares")


@pytest.fixture
def table(duck, put, gappy):
    """Return a panel in the warehouse, and no tables of features yet."""
    panel = gappy(0, n_evse=3, days=1)
    put(panel)
    for name in ("features", "lags"):
        duck.drop(TableName((name,)))
    return PanelTable.of(panel.grid.start, panel.grid.last, tz=panel.tz)


def test_features_take_the_place_of_those_of_the_same_cutoffs(duck, table):
    options = {"groups": GROUPS, "first": 40, "last": 44}
    for _ in range(2):
        assert write_features(duck, table, [1, 4], **options) == 30
    assert write_features(duck, table, [4], groups=GROUPS, first=44, last=45) == 6
    counts = 'SELECT "horizon", COUNT(*) FROM "features" GROUP BY 1 ORDER BY 1'
    assert duck.run(counts) == [(1, 15), (4, 18)]
    names = ", ".join(
        f'"{n}"' for n in ("cutoff", "evse_id", *feature_names(table.scheme.names, GROUPS))
    )
    query = feature_query(DUCKDB, table, 4, groups=GROUPS, first=40, last=45)
    stored = f'SELECT {names} FROM "features" WHERE "horizon" = 4 ORDER BY 1, 2'
    assert duck.run(stored) == duck.run(f"SELECT {names} FROM ({query}) ORDER BY 1, 2")


def test_lags_take_the_place_of_those_of_the_same_times(duck, table):
    options = {"lags": (1, 4)}
    for _ in range(2):
        assert write_lags(duck, table, start=10, stop=20, **options) == 30
    assert write_lags(duck, table, start=19, stop=21, **options) == 6
    names = ", ".join(
        f'"{n}"' for n in ("time", "evse_id", *lag_feature_names(table.scheme.names, (1, 4)))
    )
    query = lag_query(DUCKDB, table, start=10, stop=21, **options)
    stored = duck.run(f'SELECT {names} FROM "lags" ORDER BY 1, 2')
    assert stored == duck.run(f"SELECT {names} FROM ({query}) ORDER BY 1, 2")


def test_a_table_of_other_features_is_refused(duck, table):
    write_lags(duck, table, lags=(1,))
    with pytest.raises(InputError, match="lag_2"):
        write_lags(duck, table, lags=(2,))
