"""A small history in PostgreSQL, its migration in a process of its own, and how to kill that."""

import multiprocessing
import os
import signal

# One process loads the libraries; each migration is forked from it, and begins at once.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(
    ["evforecast.migration", "evforecast.warehouse.snowflake", "asyncpg", "duckdb", "pyarrow.csv"]
)

ROWS = 900
FILL = f"""
INSERT INTO status
SELECT TIMESTAMP '2020-01-20' + (n / 3) * INTERVAL '3 hours', 'S' || n % 3,
       CASE WHEN n % 11 = 0 THEN NULL ELSE (ARRAY['available', 'charging', 'down'])[1 + n % 3] END
FROM generate_series(0, {ROWS - 1}) AS n
"""  # January to February, the rows of a time together


def fill(sql, *, key=True):
    """Make the table ``status`` and its rows."""
    primary = ", PRIMARY KEY (observed_at, evse_id)" if key else ""
    sql(f"CREATE TABLE status (observed_at timestamp, evse_id text, status text{primary})")
    sql(FILL)


def rows_of(sql):
    """Return the rows of the source, sorted."""
    return sorted(map(tuple, sql("SELECT * FROM status")), key=repr)


def rows_in(warehouse):
    """Return the rows of the target, sorted."""
    return sorted(map(tuple, warehouse.run('SELECT * FROM "status"')), key=repr)


def _child(dsn, target, workdir, options, kill_at):
    from evforecast.migration import migrate
    from evforecast.migration.journal import Journal
    from evforecast.warehouse import connect
    from evforecast.warehouse.snowflake import SnowflakeWarehouse

    if kill_at is not None:
        number, when = kill_at
        record, seen = Journal.record, []

        def counted(self, event, **facts):
            seen.append(event)
            if when == "before" and len(seen) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            record(self, event, **facts)
            if when == "after" and len(seen) == number:
                os.kill(os.getpid(), signal.SIGKILL)

        Journal.record = counted
    opened = connect(target) if isinstance(target, str) else SnowflakeWarehouse.connect(target)
    with opened as warehouse:
        report = migrate(
            dsn, warehouse, workdir=workdir, resume=True, progress=False, table="status", **options
        )
    os._exit(0 if report.complete else 1)


def move(dsn, target, workdir, options, *, kill_at=None, kill_after=None):
    """Migrate in a process of its own, killed at a line of the journal or after some seconds.

    Return its exit code, negative if it was killed.
    """
    process = _CONTEXT.Process(target=_child, args=(dsn, target, workdir, options, kill_at))
    process.start()
    process.join(kill_after)
    if process.is_alive():
        process.kill()
    process.join(60)
    return process.exitcode
