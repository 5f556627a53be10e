import pytest

from evforecast.errors import InputError
from evforecast.inwarehouse.pushdown.window import create_grid_window, grid_window
from evforecast.warehouse import DUCKDB, POSTGRES, SNOWFLAKE


@pytest.mark.parametrize("steps", [1, 40])
def test_a_window_is_the_tail_of_the_panel(duck, put, gappy, cells, steps):
    panel = gappy(0, days=1)
    put(panel)
    cutoff = panel.grid.start + 50 * panel.step
    want = cells(panel.until(cutoff).tail(steps))
    assert sorted(duck.run(grid_window(DUCKDB, cutoff, steps))) == want
    duck.run(create_grid_window(DUCKDB))
    asked = f"FROM grid_window(TIMESTAMP '{cutoff}', {steps})"
    assert sorted(duck.run(f"SELECT * {asked}")) == want


def test_no_rows_are_refused():
    with pytest.raises(InputError, match="steps=0"):
        grid_window(DUCKDB, "2020-10-25", 0)


def test_snowflake_gets_a_table_function():
    sql = create_grid_window(SNOWFLAKE, step="5min", grid="raw.status_grid")
    assert 'FROM "raw"."status_grid" WHERE' in sql
    assert "DATEADD('second', -steps * 300, cutoff)" in sql
    assert "NOT NULL" not in sql


def test_other_databases_are_refused():
    with pytest.raises(InputError, match="postgres"):
        create_grid_window(POSTGRES)
