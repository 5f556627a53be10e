import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.features import DEFAULT_GROUPS, GROUPS, FeatureTable, feature_names
from evforecast.inwarehouse.pushdown.paneltable import PanelTable
from evforecast.inwarehouse.pushdown.table import GROUPS_IN_SQL, NOT_IN_SQL, feature_query
from evforecast.panel import Calendar
from evforecast.warehouse import DUCKDB, POSTGRES

HOLIDAYS = Calendar.of(public=["2020-10-30"], school=["2020-10-21", "2020-10-29"])


def features_of(duck, panel, horizon, groups, first, last):
    """Return the features in SQL as float32 [case, feature], cutoff by cutoff, chargers by name."""
    table = PanelTable.of(panel.grid.start, panel.grid.last, tz=panel.tz)
    query = feature_query(
        DUCKDB, table, horizon, groups=groups, calendar=HOLIDAYS, first=first, last=last
    )
    names = feature_names(panel.scheme.names, groups)
    listed = ", ".join(f'"{name}"' for name in names)
    rows = duck.run(f'SELECT {listed} FROM ({query}) ORDER BY "cutoff", "evse_id"')
    return names, np.array(rows, dtype=np.float64).astype(np.float32)


@pytest.mark.parametrize(
    ("seed", "horizon", "first"),
    [(0, 1, 900), (1, 16, 0), (2, 96, 900), (3, 200, 780), (4, 16, 900)],
)
def test_features_are_those_of_the_panel(duck, put, gappy, seed, horizon, first):
    panel = gappy(seed, n_evse=5)
    put(panel)
    last = first + 20
    names, found = features_of(duck, panel, horizon, GROUPS_IN_SQL, first, last)
    order = np.argsort(panel.evse.index.to_numpy())
    rows = np.repeat(np.arange(first, last + 1), panel.n_evse)
    table = FeatureTable(panel, groups=GROUPS_IN_SQL, calendar=HOLIDAYS)
    want = table.at(rows, np.tile(order, last - first + 1), horizon)
    # Only the profile is summed as float32 in the library.
    exact = np.array([not name.endswith("_profile") for name in names])
    for place in np.flatnonzero(exact):
        np.testing.assert_array_equal(found[:, place], want[:, place], err_msg=names[place])
    np.testing.assert_allclose(found[:, ~exact], want[:, ~exact], rtol=2e-6, atol=1e-9)
    assert np.isfinite(want[:, ~exact]).all()


def test_a_cutoff_is_the_same_whatever_comes_after_it(duck, put, gappy):
    panel = gappy(5, n_evse=4)
    put(panel)
    _, whole = features_of(duck, panel, 4, GROUPS_IN_SQL, 850, 850)
    _, short = features_of(duck, panel.until(panel.grid.times[850]), 4, GROUPS_IN_SQL, None, None)
    np.testing.assert_array_equal(whole, short)


@pytest.mark.parametrize("group", GROUPS_IN_SQL)
def test_a_group_can_be_asked_for_alone(duck, put, gappy, group):
    panel = gappy(6, n_evse=4, days=2)
    put(panel)
    names, found = features_of(duck, panel, 4, [group], None, None)
    assert found.shape == (4, len(names))


def test_every_group_is_in_sql_or_says_why_not():
    assert set(GROUPS_IN_SQL) == set(DEFAULT_GROUPS) - set(NOT_IN_SQL)
    assert set(GROUPS_IN_SQL) | set(NOT_IN_SQL) == set(GROUPS)
    table = PanelTable.of("2020-10-25", "2020-10-26")
    for group, reason in NOT_IN_SQL.items():
        with pytest.raises(InputError, match=f"{group!r} is not computed in SQL: {reason}"):
            feature_query(DUCKDB, table, 4, groups=[group])


@pytest.mark.parametrize(
    "options",
    [{"horizon": 0}, {"horizon": 769}, {"first": -1}, {"last": 25}, {"first": 3, "last": 2}],
)
def test_what_does_not_fit_is_refused(options):
    table = PanelTable.of("2020-10-25", "2020-10-25T06:00")
    with pytest.raises(InputError, match="do not fit a panel of 25 rows"):
        feature_query(DUCKDB, table, **{"horizon": 1, **options})


def test_other_databases_are_refused():
    with pytest.raises(InputError, match="postgres"):
        feature_query(POSTGRES, PanelTable.of("2020-10-25", "2020-10-26"), 4)
