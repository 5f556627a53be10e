import numpy as np
import pytest

from evforecast.features import DayTypes, StatusCounter, time_of_day_profile
from evforecast.inwarehouse.pushdown.habits import Habits
from evforecast.inwarehouse.pushdown.local import LocalTime
from evforecast.inwarehouse.pushdown.paneltable import PanelTable
from evforecast.timegrid import TimeGrid
from evforecast.warehouse import DUCKDB, SNOWFLAKE

DAY = 96


@pytest.mark.parametrize(("horizon", "row"), [(1, 3), (96, 800), (97, 800), (768, 800)])
def test_habits_are_the_profile_of_the_library(duck, put, gappy, horizon, row):
    panel = gappy(horizon + row, n_evse=4, days=9)
    put(panel)
    table = PanelTable.of(panel.grid.start, panel.grid.last, tz=panel.tz)
    grid = TimeGrid(panel.grid.start - 8 * DAY * panel.step, panel.step, 17 * DAY + horizon)
    habits = Habits(DUCKDB, table, horizon, LocalTime(grid, panel.tz))
    source = f"WITH histories AS ({table.histories(table.states(table.cells(DUCKDB)))})"
    listed = ", ".join(f"habit_{code}" for code in range(5))
    found = duck.run(
        f"{source} SELECT {listed} FROM ({habits.cells('histories', f'k = {row}')}) ORDER BY evse_id"
    )
    order = np.argsort(panel.evse.index.to_numpy())
    want = time_of_day_profile(
        StatusCounter(panel.codes, 5),
        np.full(panel.n_evse, row),
        order,
        horizon,
        panel.step,
        day_types=DayTypes(panel).of,
    )
    np.testing.assert_allclose(np.array(found), want, rtol=2e-6, atol=1e-9)
    np.testing.assert_allclose(np.sum(found, axis=1), 1, rtol=1e-9)


def test_counts_and_weights_are_floats_before_they_are_divided():
    table = PanelTable.of("2020-10-25", "2020-10-26")
    habits = Habits(SNOWFLAKE, table, 4, LocalTime(table.grid_rows, "UTC"))
    sql = habits.cells("histories", "k = 1")
    for name in [f"w_{back}" for back in habits.days] + [f"p_{code}" for code in range(5)]:
        assert f" AS {name}" in sql
        assert sql.count(f" AS {name},") == sql.count(f" AS FLOAT) AS {name},")
