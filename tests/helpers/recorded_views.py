"""Snowflake's records of queries and warehouses: as small frames, and in a session that answers for them.

The views of ACCOUNT_USAGE are tables in the emulator, so the statements that read them are run. What the
emulator does not know is answered here: parameters of the session, the virtual warehouse and what is done to
it, the history of the information schema. Every statement is written down, in order.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from unittest import mock

import numpy as np
import pandas as pd

from evforecast.inwarehouse.credits.tags import Tag
from evforecast.inwarehouse.credits.views import COLUMNS
from evforecast.warehouse.snowflake.errors import SnowflakeError
from evforecast.warehouse.snowflake.session import Session

WARNINGS = "ignore:Arrow output on a DB-API result makes an extra copy:UserWarning"
"""The emulator's own, about how it asks DuckDB 2."""

DAY = "2026-11-27"
NAMES = {
    "queries": "QUERY_HISTORY",
    "attribution": "QUERY_ATTRIBUTION_HISTORY",
    "metering": "WAREHOUSE_METERING_HISTORY",
    "daily": "METERING_DAILY_HISTORY",
}
_TYPES = {
    "START_TIME": "TIMESTAMP_LTZ",
    "END_TIME": "TIMESTAMP_LTZ",
    "USAGE_DATE": "DATE",
    "CREDITS_ATTRIBUTED_COMPUTE": "FLOAT",
    "CREDITS_USED_QUERY_ACCELERATION": "FLOAT",
}
_HISTORY = (
    r".* FROM TABLE\(INFORMATION_SCHEMA\.QUERY_HISTORY_BY_.*START => (.+), "
    r"END_TIME_RANGE_END => (.+), RESULT_LIMIT => (\d+)\)\)$"
)
_TEXTS = ("ID", "TAG", "NAME", "SIZE", "WAREHOUSE_TYPE", "STATUS", "SERVICE_TYPE")


def tag(step="predict", run="r1", as_of=""):
    """Return the text of a tag of ours."""
    return Tag(step, run, as_of).text


def at(clock, day=DAY):
    """Return a time of the day of the tests: ``at("08:00")``."""
    return pd.Timestamp(f"{day} {clock}", tz="UTC")


def query(name, start, seconds=0.0, **more):
    """Return a row of QUERY_HISTORY: a query that began to run at `start` and ran so long."""
    begin = start if isinstance(start, pd.Timestamp) else at(start)
    row = {
        "QUERY_ID": name,
        "QUERY_TAG": tag(),
        "WAREHOUSE_NAME": "EV",
        "WAREHOUSE_SIZE": "X-Small",
        "WAREHOUSE_TYPE": "STANDARD",
        "CLUSTER_NUMBER": 1,
        "EXECUTION_STATUS": "SUCCESS",
        "START_TIME": begin,
        "END_TIME": begin + pd.Timedelta(seconds=seconds),
        "TOTAL_ELAPSED_TIME": int(1000 * seconds),
        "COMPILATION_TIME": 0,
        "EXECUTION_TIME": int(1000 * seconds),
        "QUEUED_PROVISIONING_TIME": 0,
        "QUEUED_REPAIR_TIME": 0,
        "QUEUED_OVERLOAD_TIME": 0,
        "BYTES_SCANNED": 0,
        "ROWS_PRODUCED": 0,
        "BYTES_SPILLED_TO_LOCAL_STORAGE": 0,
        "BYTES_SPILLED_TO_REMOTE_STORAGE": 0,
        "CREDITS_USED_CLOUD_SERVICES": 0.0,
    }
    return _filled(row, more)


def cost(name, start, seconds, credits_, **more):
    """Return a row of QUERY_ATTRIBUTION_HISTORY."""
    begin = start if isinstance(start, pd.Timestamp) else at(start)
    row = {
        "QUERY_ID": name,
        "ROOT_QUERY_ID": None,
        "QUERY_TAG": tag(),
        "WAREHOUSE_NAME": "EV",
        "START_TIME": begin,
        "END_TIME": begin + pd.Timedelta(seconds=seconds),
        "CREDITS_ATTRIBUTED_COMPUTE": credits_,
        "CREDITS_USED_QUERY_ACCELERATION": None,
    }
    return _filled(row, more)


def hour(start, compute, attributed, cloud=0, **more):
    """Return a row of WAREHOUSE_METERING_HISTORY."""
    row = {
        "START_TIME": start if isinstance(start, pd.Timestamp) else at(start),
        "WAREHOUSE_NAME": "EV",
        "CREDITS_USED_COMPUTE": compute,
        "CREDITS_USED_CLOUD_SERVICES": cloud,
        "CREDITS_ATTRIBUTED_COMPUTE_QUERIES": attributed,
    }
    return _filled(row, more)


def day(date, service, compute, cloud, adjustment, **more):
    """Return a row of METERING_DAILY_HISTORY."""
    row = {
        "USAGE_DATE": pd.Timestamp(date),
        "SERVICE_TYPE": service,
        "CREDITS_USED_COMPUTE": compute,
        "CREDITS_USED_CLOUD_SERVICES": cloud,
        "CREDITS_ADJUSTMENT_CLOUD_SERVICES": adjustment,
        "CREDITS_BILLED": compute + cloud + adjustment,
    }
    return _filled(row, more)


def frame(view, *rows):
    """Return a view as a frame."""
    return pd.DataFrame(list(rows), columns=list(COLUMNS[view]))


def _filled(row, more):
    assert more.keys() <= row.keys(), f"no such column: {more.keys() - row.keys()}"
    return row | more


class Account:
    """What a session of Snowflake says of itself, beside the emulator, and what was asked of it."""

    def __init__(self):
        self.asked = []
        self.recorded = False
        self.parameters = {
            "QUERY_TAG": ('{"app":"evforecast"}', "SESSION"),
            "STATEMENT_TIMEOUT_IN_SECONDS": ("172800", ""),
        }
        self.machine = ["EV", "SUSPENDED", "STANDARD", "X-Small"]
        self.history = []  # rows as `query` makes them
        self.errors = []  # (pattern, error): for the statements that match

    def answer(self, statement):
        """Return the rows that a statement is answered with, None where the emulator is to do it."""
        self.asked.append(statement)
        for pattern, error in self.errors:
            if re.search(pattern, statement):
                raise error
        for pattern, method in (
            (r"SHOW PARAMETERS LIKE '(\w+)' IN SESSION$", self._show),
            (r"ALTER SESSION SET (\w+) = (.+)$", self._set),
            (r"ALTER SESSION UNSET (\w+)$", self._unset),
            (r"SELECT CURRENT_WAREHOUSE\(\)$", lambda: [(self.machine and self.machine[0],)]),
            (
                r"SHOW WAREHOUSES LIKE '",
                lambda: [tuple(self.machine), ("other", "STARTED", "", "")],
            ),
            (r'ALTER WAREHOUSE "EV" (.+)$', self._alter),
            (_HISTORY, self._latest),
        ):
            if found := re.match(pattern, statement):
                return method(*found.groups())
        return None

    def _show(self, name):
        value, level = self.parameters[name]
        return [(name, value, "", level, "", "")]

    def _set(self, name, value):
        if value.startswith("'"):
            value = value[1:-1].replace("''", "'").replace("\\\\", "\\")
        self.parameters[name] = (value, "SESSION")
        return [("done",)]

    def _unset(self, name):
        self.parameters[name] = ("", "")
        return [("done",)]

    def _alter(self, what):
        if what == "SUSPEND":
            if self.machine[1] == "SUSPENDED":
                msg = "Invalid state. Warehouse 'EV' cannot be suspended."
                raise SnowflakeError(msg, 90064)
            self.machine[1] = "SUSPENDED"
        elif what == "RESUME IF SUSPENDED":
            self.machine[1] = "STARTED"
        else:
            found = re.fullmatch(r"SET WAREHOUSE_SIZE = (\w+)( WAIT_FOR_COMPLETION = TRUE)?", what)
            assert found, what
            assert not (found[2] and self.machine[1] == "SUSPENDED"), "nothing to wait for"
            self.machine[3] = {"XSMALL": "X-Small", "MEDIUM": "Medium", "LARGE": "Large"}[found[1]]
        return [("done",)]

    def _latest(self, since, until, limit):
        """Return the queries that ended in a time, the latest first, and no more than so many."""
        first, last = (
            re.fullmatch(r"TO_TIMESTAMP_LTZ\('(.+)'\)", one)[1] for one in (since, until)
        )
        between = [
            row
            for row in sorted(self.history, key=lambda row: row["END_TIME"], reverse=True)
            if pd.Timestamp(first) <= row["END_TIME"] <= pd.Timestamp(last)
        ]
        names = COLUMNS["queries"]
        rows = [{**row, **dict.fromkeys(n for n in names if "SPILL" in n)} for row in between]
        for row in rows:
            for name in ("START_TIME", "END_TIME"):
                row[name] = row[name].tz_localize(None).to_pydatetime()
        return [tuple(row[name] for name in names) for row in rows[: int(limit)]]

    def record(self, warehouse, **views):
        """Keep views in the emulator; those that are not named may not be read."""
        database, schema = (
            warehouse._session.connection.database,
            warehouse._session.connection.schema,
        )
        warehouse.run("CREATE DATABASE IF NOT EXISTS SNOWFLAKE")
        warehouse.run("CREATE SCHEMA IF NOT EXISTS SNOWFLAKE.ACCOUNT_USAGE")
        for view, table in views.items():
            name = f"SNOWFLAKE.ACCOUNT_USAGE.{NAMES[view]}"
            columns = ", ".join(f"{column} {_type(column)}" for column in COLUMNS[view])
            warehouse.run(f"CREATE OR REPLACE TABLE {name} ({columns})")
            rows = table.to_dict("records")
            values = [None if pd.isna(v) else _bound(v) for row in rows for v in row.values()]
            select = f"SELECT {', '.join('?' for _ in COLUMNS[view])}"
            if rows:
                warehouse.run(
                    f"INSERT INTO {name} {' UNION ALL '.join([select] * len(rows))}", values
                )
        warehouse.run(f'USE SCHEMA "{database}"."{schema}"')
        self.recorded = True
        self.asked.clear()

    def forget(self, warehouse):
        """Let no view be read any more."""
        if self.recorded:
            self.errors.clear()
            warehouse.run("DROP SCHEMA SNOWFLAKE.ACCOUNT_USAGE CASCADE")


def _type(column):
    if column in _TYPES:
        return _TYPES[column]
    if column.startswith("CREDITS"):
        return "NUMBER(38,9)"
    return "VARCHAR" if column.endswith(_TEXTS) else "NUMBER(38,0)"


def _bound(value):
    if isinstance(value, pd.Timestamp):
        return str(value)
    return value.item() if isinstance(value, np.generic) else value


@contextmanager
def answering(account):
    """Let every session be answered by an account first, and by the emulator where that says nothing."""
    ask = Session.ask

    def answered(self, statement, values=()):
        rows = account.answer(statement)
        return ask(self, statement, values) if rows is None else (rows, None)

    with mock.patch.object(Session, "ask", answered):
        yield account
