"""What DuckDB does with one file of a load, and what it remembers of it: each file is loaded once."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from evforecast.warehouse.base import CopyError, FileFormat, LoadedFile, OnError
from evforecast.warehouse.columns import Column
from evforecast.warehouse.duckdb_sql import insert_file
from evforecast.warehouse.naming import TableName, quote
from evforecast.warehouse.zstd import is_whole

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "HISTORY",
    "copy_file",
    "first_line",
    "forget",
    "loaded_before",
    "make_history",
    "remember",
]

HISTORY = quote("evforecast_load_history")
_REJECTED = quote("evforecast_rejected_rows")

_TOO_LONG = (
    "a row is longer than the 2 MB that DuckDB reads from a CSV file. Migrate this table as Parquet, which "
    "knows no such limit"
)


def make_history(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the files loaded and of the rows rejected, if they do not stand."""
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {HISTORY} (table_name VARCHAR, file_name VARCHAR, "
        "file_size BIGINT, row_count BIGINT, status VARCHAR, loaded_at TIMESTAMP)"
    )
    connection.execute(
        f"CREATE TABLE IF NOT EXISTS {_REJECTED} (table_name VARCHAR, file_name VARCHAR, "
        "line BIGINT, column_name VARCHAR, reason VARCHAR, line_text VARCHAR)"
    )


def forget(connection: duckdb.DuckDBPyConnection, table: TableName) -> None:
    """Delete what is known of the loads of a table."""
    for known in (HISTORY, _REJECTED):
        connection.execute(f"DELETE FROM {known} WHERE table_name = ?", [str(table)])


def loaded_before(
    connection: duckdb.DuckDBPyConnection, table: TableName, prefix: str
) -> dict[str, LoadedFile]:
    """Return the files below a prefix that a table has already, with the rows that each of them lost."""
    known = [str(table), f"{prefix}/"]
    where = "WHERE table_name = ? AND starts_with(file_name, ?)"
    counts = connection.execute(f"SELECT file_name, row_count FROM {HISTORY} {where}", known)
    found = {
        name.removeprefix(known[1]): LoadedFile(name.removeprefix(known[1]), "loaded before", rows)
        for name, rows in counts.fetchall()
    }
    rejected = connection.execute(
        f"SELECT file_name, line, column_name, reason, line_text FROM {_REJECTED} {where} "
        "ORDER BY file_name, line",
        known,
    )
    for name, *row in rejected.fetchall():
        found[name.removeprefix(known[1])].rejected.append(_rejected_row(*row))
    return found


def remember(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    prefix: str,
    size: int,
    file: LoadedFile,
) -> None:
    """Record that a file was loaded, and its rejected rows; in the transaction of its rows."""
    name = f"{prefix}/{file.name}"
    # now()::TIMESTAMP would be the time of the machine's zone
    connection.execute(
        f"INSERT INTO {HISTORY} VALUES (?, ?, ?, ?, ?, make_timestamp(epoch_us(now())))",
        [str(table), name, size, file.rows, file.status],
    )
    if file.rejected:
        connection.executemany(
            f"INSERT INTO {_REJECTED} VALUES (?, ?, ?, ?, ?, ?)",
            [[str(table), name, *row.values()] for row in file.rejected],
        )


def copy_file(
    connection: duckdb.DuckDBPyConnection,
    table: TableName,
    columns: Sequence[Column],
    path: Path,
    file_format: FileFormat,
    *,
    on_error: OnError,
) -> LoadedFile:
    """Load one file inside a transaction, which is begun anew where the file is skipped.

    Raises
    ------
    CopyError
        If it cannot be read and is not to be skipped.
    """
    import duckdb

    is_csv = file_format.kind == "csv"
    keep_going = is_csv and on_error == "continue"
    rows, rejected, reason = 0, [], None
    if is_csv and file_format.compression == "zstd" and not is_whole(path):
        reason = "it is cut short, or no zstd file"
    else:
        try:
            if keep_going:  # this temporary table outlives the transaction that filled it
                connection.execute("DROP TABLE IF EXISTS temp.reject_errors")
            sql = insert_file(table, columns, file_format, keep_going=keep_going)
            rows = connection.execute(sql, [str(path)]).fetchall()[0][0]
            rejected = _rejected(connection) if keep_going else []
        except duckdb.Error as error:
            if _is_machine(error, path):
                raise
            reason = first_line(error)
    if reason is not None:
        if on_error != "skip_file":
            msg = f"{path}: it cannot be loaded: {reason}"
            raise CopyError(msg, path.name)
        # the failed statement ended the transaction: begin another for the record
        connection.execute("ROLLBACK")
        connection.execute("BEGIN")
        rejected = [_rejected_row(None, None, reason, None)]
    status: Literal["loaded", "partly loaded", "skipped"] = "loaded"
    if rejected:
        status = "partly loaded" if rows else "skipped"
    return LoadedFile(path.name, status, rows, rejected)


def _rejected(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """Return the rows that the last statement rejected: one each, however many of its values are wrong."""
    rows = connection.execute(
        "SELECT line, arg_min(column_name, column_idx), "
        "string_agg(error_message, '; ' ORDER BY column_idx), any_value(csv_line) "
        "FROM temp.reject_errors GROUP BY line, line_byte_position ORDER BY line, line_byte_position"
    )
    return [_rejected_row(*row) for row in rows.fetchall()]


def _rejected_row(
    line: int | None, column: str | None, reason: str, text: str | None
) -> dict[str, Any]:
    return {"line": line, "column": column, "reason": reason, "text": text}


def _is_machine(error: duckdb.Error, path: Path) -> bool:
    """Return whether memory or disk ran out: then the file is as good as any, and is not to be skipped."""
    import duckdb

    if isinstance(error, duckdb.OutOfMemoryException):
        return True
    text = str(error).replace(str(path), "")
    return isinstance(error, duckdb.IOException) and ("rite" in text or "No space" in text)


def first_line(error: Exception) -> str:
    r"""Return what an error says before DuckDB's own advice, in one line.

    Examples
    --------
    >>> first_line(ValueError("no number\n in line 3\n\nPossible solutions: …"))
    'no number; in line 3'
    """
    text = str(error).strip()
    if "Maximum line size" in text:
        return _TOO_LONG
    lines = [line.strip() for line in text.split("\n\n")[0].splitlines()]
    return "; ".join(line for line in lines if line)[:500]
