"""The suite must fail for warehouses that break a promise: one culprit for each."""

from contextlib import nullcontext

import pytest

from evforecast.testing import WAREHOUSE_CHECKS, check_warehouse
from evforecast.warehouse import DuckDBWarehouse, Merged


class KeepsTables(DuckDBWarehouse):
    def drop(self, table):
        pass


class Interpolates(DuckDBWarehouse):
    def run(self, sql, values=()):
        return super().run(sql, [str(value).replace("'", "") for value in values])


class KeepsFiles(DuckDBWarehouse):
    def purge(self, prefix):
        pass


class LoadsTwice(DuckDBWarehouse):
    def copy_into(self, table, columns, prefix, files, *, on_error="abort"):
        kept = self.run(f"SELECT * FROM {table.sql}")
        done = super().copy_into(table, columns, prefix, files, on_error=on_error)
        if kept:
            self.run(f"INSERT INTO {table.sql} SELECT * FROM {table.sql}")
        return done


class SkipsBadRows(DuckDBWarehouse):
    def copy_into(self, table, columns, prefix, files, **_):
        return super().copy_into(table, columns, prefix, files, on_error="continue")


class OnlyInserts(DuckDBWarehouse):
    def merge(self, source, target, columns, _):
        done = super().merge(source, target, columns, [])
        return Merged(done.inserted, 0)


class CountsRows(DuckDBWarehouse):
    def fingerprint(self, table, columns, *, slice_by=None, few=()):
        return super().fingerprint(table, columns[:1], slice_by=slice_by, few=few)


class CommitsAtOnce(DuckDBWarehouse):
    def transaction(self):
        return nullcontext()


@pytest.mark.parametrize(
    ("culprit", "check"),
    [
        (KeepsTables, "tables are made and dropped"),
        (Interpolates, "values are bound"),
        (KeepsFiles, "files are staged and removed"),
        (LoadsTwice, "every value arrives once"),
        (SkipsBadRows, "a bad row is refused"),
        (OnlyInserts, "a merge brings what lacks"),
        (CountsRows, "fingerprints are those of DuckDB"),
        (CommitsAtOnce, "transactions are whole"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_a_broken_promise_is_named(culprit, check, tmp_path):
    with (
        culprit(tmp_path / "ev.duckdb") as warehouse,
        pytest.raises(AssertionError, match=f"{culprit.__name__} breaks '{check}'"),
    ):
        check_warehouse(warehouse, only=[check])


def test_duckdb_passes_all_and_is_left_as_it_was(tmp_path):
    with DuckDBWarehouse(tmp_path / "ev.duckdb") as warehouse:
        before = warehouse.run("SELECT table_name FROM duckdb_tables() ORDER BY 1")
        assert check_warehouse(warehouse) == list(WAREHOUSE_CHECKS)
        tables = warehouse.run("SELECT table_name FROM duckdb_tables() ORDER BY 1")
        assert not {name for (name,) in tables if "check" in name}, before
