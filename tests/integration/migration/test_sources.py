"""Tables of every make, and what PostgreSQL refuses."""

import pytest
from moving import fill, rows_in, rows_of

from evforecast.errors import InputError, MissingColumnsError
from evforecast.migration import LostConnectionError, MigrationError, migrate
from evforecast.migration.export import Exporter

pytestmark = pytest.mark.integration


@pytest.fixture
def move(dsn, duck, tmp_path):
    def moved(**options):
        options = {"table": "status", "workdir": tmp_path / "work", "progress": False, **options}
        return migrate(options.pop("source", dsn), duck, **options)

    return moved


def test_a_partitioned_table(sql, duck, move):
    sql(
        "CREATE TABLE status (observed_at timestamp, evse_id text, status text) "
        "PARTITION BY RANGE (observed_at)"
    )
    sql("CREATE TABLE s1 PARTITION OF status FOR VALUES FROM ('2020-01-01') TO ('2020-02-01')")
    sql("CREATE TABLE s2 PARTITION OF status DEFAULT")
    sql(
        "INSERT INTO status SELECT '2020-01-15'::date + n, 'S', 'down' FROM generate_series(1, 60) n"
    )
    for layout in ("auto", "halves", "month"):
        assert move(layout=layout, target=f"t_{layout}", workdir=f"{duck.path}_{layout}").complete


def test_a_view_and_a_query(sql, duck, move):
    fill(sql)
    sql("CREATE VIEW seen AS SELECT * FROM status WHERE status IS NOT NULL")
    assert move(table="seen", target="a").complete
    report = move(
        table=None,
        query="SELECT evse_id, count(*) AS n FROM status GROUP BY evse_id;",
        target="b",
        key=["evse_id"],
        workdir=f"{duck.path}_b",
    )
    assert report.complete
    assert duck.run("SELECT * FROM b ORDER BY 1") == [("S0", 300), ("S1", 300), ("S2", 300)]


def test_blocks_where_there_is_nothing_to_divide_by(sql, duck, move):
    sql("CREATE TABLE status AS SELECT md5(n::text) AS a FROM generate_series(1, 20000) AS n")
    sql("ANALYZE status")
    report = move(layout="auto", target_mb=[0.05, 0.2], workers=3)
    assert report.complete
    assert report.made.slicing.how == "blocks"
    assert report.to_frame()["files"].sum() > 2
    assert rows_in(duck) == rows_of(sql)


def test_rows_without_the_column_to_divide_by_are_a_slice(sql, duck, move):
    fill(sql, key=False)
    sql(
        "INSERT INTO status VALUES (NULL, 'S1', 'down'), (NULL, 'S1', 'down'), ('-infinity', NULL, NULL)"
    )
    sql("DELETE FROM status WHERE observed_at = '-infinity'")
    report = move(layout="month")
    assert report.to_frame()["slice"].tolist() == ["2020-01", "2020-02", "no observed_at"]
    assert rows_in(duck) == rows_of(sql)


def test_only_some_columns(sql, duck, move):
    fill(sql)
    assert move(columns=["status", "evse_id"], key=[]).complete
    assert duck.run("SELECT count(*) FROM status") == [(900,)]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"table": "nowhere"}, MigrationError, "no table nowhere .*public.status"),
        ({"columns": ["evse_id", "stat"]}, MissingColumnsError, "'stat'.*found: 'observed_at'"),
        ({"key": ["evse_id"]}, MigrationError, "not unique: .*'S0'"),
        ({"key": ["status"]}, MigrationError, "'status' is NULL in"),
        (
            {"layout": "month", "slice_by": "evse_id"},
            InputError,
            "'evse_id' is a column of kind text",
        ),
        ({"layout": "column"}, InputError, "name the column to divide table status by"),
        ({"columns": ["status"], "key": ["evse_id"]}, InputError, "have to include the key"),
        ({"table": None, "query": "SELEC 1", "target": "x"}, MigrationError, "syntax error"),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(sql, move, options, error, words):
    fill(sql)
    with pytest.raises(error, match=words):
        move(**options)


def test_a_schema_that_changed_since_the_plan(sql, duck, dsn, tmp_path, move):
    fill(sql)
    move()
    sql("ALTER TABLE status ADD COLUMN note text")
    with pytest.raises(MigrationError, match=r"since the plan was made.*'note' is not expected"):
        move()


def test_no_permission_to_read(sql, dsn, move):
    fill(sql)
    sql("DO $$ BEGIN CREATE ROLE stranger LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
    stranger = dsn.replace("postgres:@", "stranger:@")
    with pytest.raises(MigrationError, match=r"permission denied for table status.*GRANT SELECT"):
        move(source=stranger)


def test_a_server_that_is_not_there(move):
    with pytest.raises(LostConnectionError, match="cannot be reached"):
        move(source="postgresql://ana:secret@127.0.0.1:9/ev")
    try:
        move(source="postgresql://ana:secret@127.0.0.1:9/ev")
    except LostConnectionError as error:
        assert "secret" not in str(error)  # noqa: PT017 - the message is what is looked at


def test_an_address_that_is_none(move):
    with pytest.raises(InputError, match="no address of PostgreSQL"):
        move(source="mysql://ev")


async def _terminate(dsn, query):
    import asyncpg

    other = await asyncpg.connect(dsn)
    killed = await other.fetch(query)
    await other.close()
    return len(killed)


def test_a_worker_whose_connection_breaks_begins_again(sql, dsn, duck, move, monkeypatch):
    fill(sql)
    export_one, times = Exporter._export_one, []

    async def broken(self, connection, task):
        times.append(task.name)
        if len(times) == 1:
            pid = connection.get_server_pid()
            assert await _terminate(dsn, f"SELECT pg_terminate_backend({pid})") == 1
        return await export_one(self, connection, task)

    monkeypatch.setattr(Exporter, "_export_one", broken)
    assert move(layout="month", workers=1).complete
    assert len(times) == 3
    assert rows_in(duck) == rows_of(sql)


def test_a_lost_snapshot_ends_the_run_and_resume_goes_on(sql, dsn, duck, move, monkeypatch):
    fill(sql)
    export_one, times = Exporter._export_one, []

    async def broken(self, connection, task):
        times.append(task.name)
        if len(times) == 2:  # every connection of ours goes, the one that holds the snapshot too
            await _terminate(
                dsn,
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE application_name = 'evforecast' AND datname = current_database()",
            )
        return await export_one(self, connection, task)

    monkeypatch.setattr(Exporter, "_export_one", broken)
    with pytest.raises(LostConnectionError, match="resume"):
        move(layout="month", workers=1)
    monkeypatch.undo()
    report = move(layout="month", workers=1, resume=True)
    assert report.complete
    assert rows_in(duck) == rows_of(sql)
