"""`migration_script`: the same load as a script, for those who run SQL themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from evforecast.errors import InputError
from evforecast.warehouse.base import FileFormat, OnError, check_on_error
from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import SNOWFLAKE
from evforecast.warehouse.naming import TableName, quote
from evforecast.warehouse.snowflake import sql
from evforecast.warehouse.snowflake.settings import SESSION
from evforecast.warehouse.snowflake.stages import Stage
from evforecast.warehouse.statements import create_table, insert_more

__all__ = ["migration_script"]


def migration_script(
    table: TableName | str,
    columns: Sequence[Column],
    files: Mapping[Path, FileFormat],
    prefix: str,
    *,
    key: Sequence[str] = (),
    on_error: OnError = "abort",
    stage: Stage | str = "named",
    rows: int | None = None,
) -> str:
    """Return the SQL that loads files into a table, as the library would, to be run by hand.

    It uploads the files, loads them into a transient table of its own, shows what came, and only then touches
    the table itself. It may be run again from the start at any time.

    Parameters
    ----------
    table : TableName or str
        Where the rows are to end.
    columns : sequence of Column
        In the order of the files.
    files : mapping of path to FileFormat
        On the machine that will run the script.
    prefix : str
        The folder of the stage to use, one a run.
    key : sequence of str
        Columns that name a row: rows of the table with the same key are updated. Without a key rows are
        compared whole.
    on_error : {'abort', 'skip_file', 'continue'}
        What a row that cannot be loaded stops: everything, its file, or only itself.
    stage : Stage or str
        As for `SnowflakeWarehouse`.
    rows : int, optional
        How many rows the files hold, to be compared with.

    Returns
    -------
    str

    Raises
    ------
    InputError
        If there are no files, the key has another column, or a name would need quoting where there is none.

    Examples
    --------
    >>> text = migration_script(
    ...     "status",
    ...     [Column("id", "int8")],
    ...     {Path("/data/a.csv.gz"): FileFormat("csv", "gzip")},
    ...     "run-1",
    ... )
    >>> [line for line in text.splitlines() if line.startswith("LIST")]
    ['LIST @evforecast_stage/run-1/;']
    """
    check_on_error(on_error)
    table = TableName.parse(table)
    load = table.renamed(f"{table.name}__load")
    known = [column.name for column in columns]
    if not files:
        msg = f"migration_script: no files to load into {table}"
        raise InputError(msg)
    if strange := [name for name in key if name not in known]:
        msg = f"migration_script: the key has {strange}, the table {known}"
        raise InputError(msg)
    place = stage if isinstance(stage, Stage) else Stage.parse(stage)
    location = place.location(prefix)
    groups = (
        _header(table, len(files)),
        _session(),
        _places(place, table, load, columns, list(files.values())),
        _uploads(place, location, files),
        _loads(load, columns, location, files, on_error),
        _check(load, on_error, rows),
        _merge(table, load, columns, key),
        _tidy(place, location, load),
    )
    return "\n\n".join("\n".join(group) for group in groups) + "\n"


def _header(table: TableName, n_files: int) -> Iterator[str]:
    shown = str(table).replace("\n", " ").replace("\r", " ")
    yield f"-- Load {n_files:,} file(s) into {shown}. Written by evforecast."
    yield "-- Run it on the machine that has the files, with the Snowflake CLI or with SnowSQL:"
    yield "--     snow sql --connection NAME --filename THIS_FILE"
    yield "--     snowsql --connection NAME --filename THIS_FILE --option exit_on_error=true"
    yield "-- The connection names the database, the schema, the role and the warehouse."
    yield "-- It may be run again from the start at any time: nothing is loaded twice."


def _session() -> Iterator[str]:
    settings = " ".join(
        f"{name} = {str(value).upper() if isinstance(value, bool) else sql.literal(value)}"
        for name, value in SESSION.items()
    )
    yield "-- 1. A session that reads dates, times and names as they were written"
    yield f"ALTER SESSION SET {settings};"


def _places(
    place: Stage,
    table: TableName,
    load: TableName,
    columns: Sequence[Column],
    formats: Sequence[FileFormat],
) -> Iterator[str]:
    yield "-- 2. File formats, stage and tables"
    for file_format in dict.fromkeys(formats):
        yield f"{sql.create_file_format(file_format)};"
    if place.kind == "named":
        yield f"{sql.create_stage(place)};"
    yield f"{create_table(SNOWFLAKE, table, columns, transient=False)};"
    yield f"{create_table(SNOWFLAKE, load, columns, transient=True)};"


def _uploads(place: Stage, location: str, files: Mapping[Path, FileFormat]) -> Iterator[str]:
    if place.kind == "external":
        yield "-- 3. The stage is external: copy these files there with the cloud's own tool first"
        for path in files:
            yield f"--     {path.absolute().as_posix()}"
    else:
        yield "-- 3. Upload"
        for path in files:
            yield f"{sql.put(path, location)};"
    yield f"{sql.list_files(location)};"


def _loads(
    load: TableName,
    columns: Sequence[Column],
    location: str,
    files: Mapping[Path, FileFormat],
    on_error: OnError,
) -> Iterator[str]:
    yield "-- 4. Load"
    for file_format in dict.fromkeys(files.values()):
        listed = [path.name for path, kind in files.items() if kind == file_format]
        for batch in sql.batches(listed):
            yield f"{sql.copy_into(load, columns, location, batch, file_format, on_error=on_error)};"
            if on_error != "abort" and file_format.kind == "csv":
                yield f"{sql.rejected_rows(load)};"


def _check(load: TableName, on_error: OnError, rows: int | None) -> Iterator[str]:
    yield "-- 5. Check"
    if rows is None:
        yield f"SELECT COUNT(*) AS {quote('rows loaded')} FROM {load.sql};"
        return
    yield (
        f"SELECT COUNT(*) AS {quote('rows loaded')}, {rows} AS {quote('rows written')}, "
        f"COUNT(*) = {rows} AS {quote('all there')} FROM {load.sql};"
    )
    if on_error == "abort":
        # a script has no other way to stop than an error
        yield (
            f"SELECT 1 / IFF(COUNT(*) = {rows}, 1, 0) AS {quote('stops here if rows are missing')} "
            f"FROM {load.sql};"
        )


def _merge(
    table: TableName, load: TableName, columns: Sequence[Column], key: Sequence[str]
) -> Iterator[str]:
    yield "-- 6. Into the table itself, all of it or nothing"
    if key:
        yield f"{sql.merge(load, table, columns, key)};"
    else:
        yield f"{insert_more(load, table, columns)};"


def _tidy(place: Stage, location: str, load: TableName) -> Iterator[str]:
    yield "-- 7. Tidy up"
    if place.kind != "external":
        yield f"{sql.remove(location)};"
    yield f"DROP TABLE IF EXISTS {load.sql};"
