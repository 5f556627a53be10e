"""`load_script`: what DuckDB is told to load files and merge them, as a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from evforecast.warehouse.base import FileFormat, OnError
from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import DUCKDB
from evforecast.warehouse.duckdb_sql import insert_file, merge_inserts, merge_update
from evforecast.warehouse.naming import TableName, literal
from evforecast.warehouse.statements import create_table

__all__ = ["load_script"]


def load_script(
    table: TableName,
    columns: Sequence[Column],
    files: Mapping[Path, FileFormat],
    *,
    key: Sequence[str] = (),
    on_error: OnError = "abort",
) -> str:
    """Return the statements that load files to a table of their own and merge it into another.

    Parameters
    ----------
    table : TableName
        Where the rows go in the end.
    columns : sequence of Column
    files : mapping of path to FileFormat
    key : sequence of str
        Empty where rows are compared whole.
    on_error : {'abort', 'skip_file', 'continue'}

    Examples
    --------
    >>> text = load_script(TableName(("t",)), [Column("n", "int4")], {Path("a.csv"): FileFormat()})
    >>> text.splitlines()[0]
    'CREATE OR REPLACE TABLE "t__load" ("n" INTEGER);'
    """
    load = table.renamed(f"{table.name}__load")
    keep_going = on_error == "continue"
    lines = [create_table(DUCKDB, load, columns, transient=True), "BEGIN"]
    for path, file_format in files.items():
        insert = insert_file(load, columns, file_format, keep_going=keep_going)
        # the path is bound where the library runs it; a script has to spell it out
        head, _, tail = insert.rpartition("(?")
        lines.append(f"{head}({literal(str(path))}{tail}")
    lines += ["COMMIT", create_table(DUCKDB, table, columns, transient=False), "BEGIN"]
    if key:
        lines += merge_update(load, table, columns, key, parts=1)
    lines += merge_inserts(load, table, columns, key, parts=1)
    lines += ["COMMIT", f"DROP TABLE {load.sql}"]
    return ";\n".join(lines) + ";"
