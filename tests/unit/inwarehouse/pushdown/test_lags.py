import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.features import lag_feature_names, lag_features
from evforecast.inwarehouse.pushdown.lags import lag_query
from evforecast.inwarehouse.pushdown.paneltable import PanelTable
from evforecast.warehouse import DUCKDB


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(
    "options",
    [{"start": 0, "window": 5}, {"lags": (1, 96, 3), "start": 200}, {"lags": (2, 672)}],
    ids=["from the first row", "unsorted lags", "defaults"],
)
def test_the_table_of_lags_is_that_of_the_panel(duck, put, gappy, seed, options):
    panel = gappy(seed, n_evse=4, days=8)
    put(panel)
    stop = panel.n_time + (seed == 0)  # with the step after the panel too
    want = lag_features(panel, stop=stop, **options)
    table = PanelTable.of(panel.grid.start, panel.grid.last, tz=panel.tz)
    names = lag_feature_names(
        panel.scheme.names, options.get("lags", (1, 2, 3, 4, 5, 6, 7, 8, 96, 672))
    )
    listed = ", ".join(f'"{name}"' for name in names)
    query = lag_query(DUCKDB, table, stop=stop, **options)
    rows = duck.run(f'SELECT {listed} FROM ({query}) ORDER BY "time", "evse_id"')
    found = np.array(rows, dtype=np.float64).astype(np.float32).reshape(*want.shape[1:], -1)
    order = np.argsort(panel.evse.index.to_numpy())
    np.testing.assert_array_equal(found, want[:, :, order].transpose(1, 2, 0))
    times = duck.run(f'SELECT MIN("time"), MAX("time") FROM ({query})')[0]
    first = panel.grid.start + (stop - want.shape[1]) * panel.step
    assert [np.datetime64(time, "s") for time in times] == [
        first,
        panel.grid.start + (stop - 1) * panel.step,
    ]


@pytest.mark.parametrize(
    "options",
    [{"lags": ()}, {"lags": (0,)}, {"window": 0}, {"start": 99}, {"stop": 99}, {"start": -1}],
)
def test_what_does_not_fit_is_refused(options):
    table = PanelTable.of("2020-10-25", "2020-10-25T06:00")
    with pytest.raises(InputError, match="lag_query"):
        lag_query(DUCKDB, table, **{"lags": (1,), **options})
