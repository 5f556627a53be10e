import gzip

import pytest

from evforecast.migration import MigrationPlan
from evforecast.migration.export import Exporter, Task
from evforecast.migration.profile import fit_columns
from evforecast.migration.source import connected, inspect, snapshot
from evforecast.migration.waiting import wait
from evforecast.warehouse import FileFormat

pytestmark = pytest.mark.integration


@pytest.fixture
def export(sql, dsn, tmp_path):
    sql("CREATE TABLE t AS SELECT n, md5(n::text) AS s FROM generate_series(1, 60000) AS n")

    def exported(tasks, workers=2):
        parts, told = {}, []

        async def work():
            async with connected(dsn) as connection, snapshot(connection) as name:
                source = await inspect(connection, MigrationPlan("t"))
                columns = await fit_columns(connection, source, has_float4=True)
                exporter = Exporter(
                    dsn, source, columns, FileFormat("csv", "gzip"), tmp_path, told.append
                )
                await exporter.export(
                    tasks,
                    snapshot_name=name,
                    workers=workers,
                    done=lambda task, part: parts.update({task.name: part}),
                )

        wait(work())
        return parts, told

    return exported


@pytest.mark.parametrize("workers", [1, 3])
def test_each_task_is_a_file(export, tmp_path, workers):
    tasks = [Task("all", f"{k}.csv.gz", f"n % 4 = {k}") for k in range(4)]
    parts, told = export(tasks, workers)
    assert {name: part.rows for name, part in parts.items()} == {
        f"{k}.csv.gz": 15_000 for k in range(4)
    }
    assert sum(told) == sum(part.csv_size for part in parts.values())
    lines = [
        line
        for k in range(4)
        for line in gzip.decompress((tmp_path / f"{k}.csv.gz").read_bytes()).splitlines()
    ]
    assert sorted(int(line.split(b",")[0]) for line in lines) == list(range(1, 60_001))


def test_nothing_to_do(export):
    assert export([]) == ({}, [])


def test_what_fails_leaves_no_file(export, tmp_path):
    with pytest.raises(Exception, match="division by zero"):
        export([Task("all", "a.csv.gz", "1 / (n - 50000) > -9")])
    assert list(tmp_path.iterdir()) == []
