"""Runs and reruns on every warehouse: what is missing is moved, and nothing else."""

import pytest
from moving import fill, rows_in, rows_of

from evforecast.migration import Migration, MigrationError, MigrationPlan, compare_layouts, migrate
from evforecast.migration.export import Exporter

pytestmark = [
    pytest.mark.integration,
    # the emulator's own, about how it asks DuckDB 2
    pytest.mark.filterwarnings("ignore:Arrow output on a DB-API result:UserWarning"),
]


@pytest.fixture
def move(dsn, warehouse, tmp_path):
    def moved(**options):
        options = {"table": "status", "workdir": tmp_path / "work", "progress": False, **options}
        return migrate(dsn, warehouse, **options)

    return moved


def moved_slices(report):
    frame = report.to_frame()
    return frame.loc[frame["moved"], "slice"].tolist()


@pytest.mark.parametrize("layout", ["complete", "halves", "month", "day"])
def test_a_table_arrives_in_every_layout(sql, warehouse, move, layout):
    fill(sql)
    report = move(layout=layout)
    assert report.complete
    assert rows_in(warehouse) == rows_of(sql)
    files = {"complete": 1, "halves": 2, "month": 2, "day": 38}[layout]
    assert report.to_frame()["files"].sum() == files
    assert warehouse.staged("status") == []


def test_only_what_is_missing_or_differs_is_moved_again(sql, warehouse, move):
    fill(sql)
    assert moved_slices(move(layout="month")) == ["2020-01", "2020-02"]
    assert moved_slices(move(layout="month")) == []
    warehouse.run(
        """DELETE FROM "status" WHERE "evse_id" = 'S1' AND "observed_at" < '2020-02-01'"""
    )
    report = move(layout="month")
    assert report.complete
    assert moved_slices(report) == ["2020-01"]
    assert (
        report.round.merged["inserted"]
        == sql("SELECT count(*) FROM status WHERE evse_id = 'S1' AND observed_at < '2020-02-01'")[
            0
        ][0]
    )
    assert report.round.merged["updated"] == 0
    sql("UPDATE status SET status = 'offline' WHERE observed_at >= '2020-02-20' AND evse_id = 'S2'")
    sql("INSERT INTO status VALUES ('2020-03-01', 'S0', 'down')")
    report = move(layout="month")
    assert report.complete
    assert moved_slices(report) == ["2020-02", "2020-03"]
    assert report.round.merged["inserted"] == 1
    assert report.round.merged["updated"] > 0
    assert rows_in(warehouse) == rows_of(sql)


def test_rows_without_a_key_are_counted(sql, warehouse, move):
    fill(sql, key=False)
    sql("INSERT INTO status SELECT * FROM status WHERE evse_id = 'S1'")
    assert move(layout="month").complete
    before = len(rows_in(warehouse))
    warehouse.run("""DELETE FROM "status" WHERE "evse_id" = 'S1' AND "status" IS NULL""")
    lost = before - len(rows_in(warehouse))
    assert lost > 0
    report = move(layout="month")
    assert report.complete
    assert report.round.merged["inserted"] == lost
    assert rows_in(warehouse) == rows_of(sql)


def test_rows_that_only_the_target_has_are_told_and_left(sql, warehouse, move):
    fill(sql)
    move(layout="month")
    warehouse.run("""INSERT INTO "status" VALUES ('2019-05-01', 'S9', 'down')""")
    warehouse.run("""INSERT INTO "status" VALUES ('2020-02-01 00:00:01', 'S9', 'down')""")
    report = move(layout="month")
    assert not report.complete
    differs = report.round.ended["differences"]
    assert differs["2019-05"] == ["1 rows that the source has not"]
    january = sum(row[0].month == 1 for row in rows_of(sql))
    assert differs["2020-02"][0] == f"{901 - january} rows against {900 - january}"
    assert len(rows_in(warehouse)) == len(rows_of(sql)) + 2


def test_an_empty_table(sql, warehouse, move):
    sql("CREATE TABLE status (a int, b numeric, c timestamp)")
    report = move()
    assert report.complete
    assert report.rows == 0
    assert warehouse.run('SELECT * FROM "status"') == []


def test_names_of_every_kind(sql, warehouse, move):
    sql('CREATE SCHEMA "My Schema"')
    sql('CREATE TABLE "My Schema"."Select" ("Order" int PRIMARY KEY, "a.b" text, "été" text)')
    sql("""INSERT INTO "My Schema"."Select" VALUES (1, 'x', 'y'), (2, NULL, '')""")
    report = move(table='"My Schema"."Select"', layout="column", slice_by="Order")
    assert report.complete
    assert report.to_frame()["slice"].tolist() == ["Order=1", "Order=2"]
    assert sorted(r[0] for r in warehouse.run('SELECT "Order" FROM "Select"')) == [1, 2]


def test_rows_changed_during_the_export_change_nothing(sql, dsn, warehouse, move, monkeypatch):
    fill(sql)
    before = rows_of(sql)
    export_one, times = Exporter._export_one, []

    async def meddling(self, connection, task):
        import asyncpg

        if not times:
            other = await asyncpg.connect(dsn)
            await other.execute("DELETE FROM status WHERE evse_id = 'S0'")
            await other.execute("UPDATE status SET observed_at = observed_at + interval '40 days'")
            await other.close()
        times.append(task.name)
        return await export_one(self, connection, task)

    monkeypatch.setattr(Exporter, "_export_one", meddling)
    report = move(layout="month")
    assert len(times) == 2
    assert report.complete
    assert rows_in(warehouse) == before


def test_each_phase_alone_and_twice(sql, dsn, warehouse, tmp_path):
    fill(sql)
    moving = Migration(
        dsn, warehouse, MigrationPlan("status", layout="month"), tmp_path / "w", progress=False
    )
    assert moving.phase == "plan"
    for phase, following in (
        ("plan", "export"),
        ("export", "stage"),
        ("stage", "load"),
        ("load", "check"),
        ("check", "merge"),
        ("merge", "done"),
    ):
        getattr(moving, phase)()
        assert moving.phase == following
        if phase != "merge":  # after the last, the next call begins another round
            getattr(moving, phase)()
            assert moving.phase == following
    assert moving.report().complete
    assert rows_in(warehouse) == rows_of(sql)


def test_a_target_with_other_columns_is_refused(sql, warehouse, move):
    fill(sql)
    warehouse.run('CREATE TABLE "status" ("observed_at" DATE, "evse_id" VARCHAR, "more" VARCHAR)')
    with pytest.raises(
        MigrationError, match="'status' is missing, 'more' is not expected, 'observed_at' is date"
    ):
        move()


def test_the_layouts_side_by_side(sql, dsn, warehouse, tmp_path):
    fill(sql)
    frame = compare_layouts(
        dsn, warehouse, MigrationPlan("status"), workdir=tmp_path / "layouts", progress=False
    )
    assert frame["files"].tolist() == [1, 1, 2, 2, 2]
    assert frame["equal"].all()
    assert (frame["rows"] == 900).all()
    assert not (tmp_path / "layouts").exists()


def test_more_files_than_one_copy_can_name(sql, dsn, duck, tmp_path):
    sql("CREATE TABLE many AS SELECT n AS id, 'x' || n AS t FROM generate_series(1, 1050) AS n")
    report = migrate(
        dsn,
        duck,
        workdir=tmp_path / "w",
        progress=False,
        table="many",
        layout="column",
        slice_by="id",
    )
    assert report.complete
    assert report.to_frame()["files"].sum() == 1050
