"""The statements of a load, as text: each function returns one. Nothing here talks to Snowflake."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from evforecast.errors import InputError
from evforecast.warehouse.base import FileFormat, OnError
from evforecast.warehouse.columns import Column
from evforecast.warehouse.dialects import SNOWFLAKE
from evforecast.warehouse.naming import TableName, quote
from evforecast.warehouse.snowflake.stages import Stage, check_file_name
from evforecast.warehouse.statements import changes, differs, names, same_key

__all__ = [
    "FILES_AT_ONCE",
    "batches",
    "copy_into",
    "create_file_format",
    "create_schema",
    "create_stage",
    "describe",
    "format_name",
    "list_files",
    "literal",
    "load_history",
    "merge",
    "put",
    "rejected_rows",
    "remove",
]

FILES_AT_ONCE = 1000
"""The most files that one COPY can name."""

_ON_ERROR = {"abort": "ABORT_STATEMENT", "skip_file": "SKIP_FILE", "continue": "CONTINUE"}
_PARALLEL = 4
"""Parts of one large file that the connector uploads at once."""

# A format that stands is never changed, since another run may be reading with it: another definition gets
# another number.
_VERSION = "v1"

# Whatever matters is written out, defaults too, for a default of Snowflake's that changed would change data:
# NULL_IF, by default '\N', and ESCAPE_UNENCLOSED_FIELD, by default a backslash, do change data.
_CSV = (
    "FIELD_DELIMITER = ',' RECORD_DELIMITER = '\\n' SKIP_HEADER = 0 FIELD_OPTIONALLY_ENCLOSED_BY = '\"' "
    "ESCAPE = NONE ESCAPE_UNENCLOSED_FIELD = NONE NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE "
    "TRIM_SPACE = FALSE SKIP_BLANK_LINES = FALSE ERROR_ON_COLUMN_COUNT_MISMATCH = TRUE "
    "REPLACE_INVALID_CHARACTERS = FALSE ENCODING = 'UTF8' BINARY_FORMAT = HEX "
    # ISO forms, with and without fractions; SESSION in settings keeps an account's own formats away
    "DATE_FORMAT = AUTO TIME_FORMAT = AUTO TIMESTAMP_FORMAT = AUTO"
)
# Without USE_LOGICAL_TYPE times without a zone come as times of the session's zone.
_PARQUET = "USE_LOGICAL_TYPE = TRUE BINARY_AS_TEXT = FALSE NULL_IF = ()"


def literal(text: str) -> str:
    r"""Return a text in single quotes.

    Examples
    --------
    >>> print(literal("it's a \\"))
    'it''s a \\'
    """
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def format_name(file_format: FileFormat) -> str:
    """Return the name of the file format for some files.

    Examples
    --------
    >>> format_name(FileFormat("csv", "gzip"))
    'evforecast_csv_gzip_v1'
    """
    if file_format.kind == "parquet":
        return f"evforecast_parquet_{_VERSION}"
    return f"evforecast_csv_{file_format.compression}_{_VERSION}"


def create_file_format(file_format: FileFormat) -> str:
    """Return the statement that makes the file format for some files, unless it is there."""
    if file_format.kind == "parquet":
        options = f"TYPE = PARQUET COMPRESSION = AUTO {_PARQUET}"
    else:
        options = f"TYPE = CSV COMPRESSION = {file_format.compression.upper()} {_CSV}"
    return f"CREATE FILE FORMAT IF NOT EXISTS {format_name(file_format)} {options}"


def create_stage(stage: Stage) -> str:
    """Return the statement that makes a named stage, unless it is there."""
    return f"CREATE STAGE IF NOT EXISTS {stage.name}"


def create_schema(table: TableName) -> str:
    """Return the statement that makes the schema of a table, unless it is there."""
    return f"CREATE SCHEMA IF NOT EXISTS {'.'.join(map(quote, table.parts[:-1]))}"


def put(path: Path, location: str) -> str:
    """Return the statement that uploads one file, as it is, over one of the same name.

    Examples
    --------
    >>> put(Path("/data/a.csv.zst"), "@s/run-1/").split(" @")[0]
    "PUT 'file:///data/a.csv.zst'"

    Raises
    ------
    InputError
        If the path has characters that the connector would read as a pattern or a quote.
    """
    check_file_name(path.name)
    text = path.absolute().as_posix()
    if found := re.search(r"[*?\[\]'\"\\\x00-\x1f]", text):
        msg = (
            f"{text}: a folder with {found[0]!r} in its name cannot be uploaded from: the connector takes it "
            "for a pattern or a quote. Write the files to another folder."
        )
        raise InputError(msg)
    compression = {".gz": "GZIP", ".zst": "ZSTD"}.get(path.suffix, "NONE")
    url = f"file://{text}" if text.startswith("/") else f"file:///{text}"
    return (
        f"PUT {literal(url)} {location} AUTO_COMPRESS = FALSE SOURCE_COMPRESSION = {compression} "
        f"PARALLEL = {_PARALLEL} OVERWRITE = TRUE"
    )


def batches(listed: Sequence[str]) -> Iterator[Sequence[str]]:
    """Yield files in as many as one COPY can name."""
    for start in range(0, len(listed), FILES_AT_ONCE):
        yield listed[start : start + FILES_AT_ONCE]


def list_files(location: str) -> str:
    """Return the statement that lists the files of a folder."""
    return f"LIST {location}"


def remove(location: str) -> str:
    """Return the statement that removes the files of a folder."""
    return f"REMOVE {location}"


def describe(table: TableName) -> str:
    """Return the statement that lists the columns of a table."""
    return f"DESCRIBE TABLE {table.sql}"


def copy_into(
    table: TableName,
    columns: Sequence[Column],
    location: str,
    files: Sequence[str],
    file_format: FileFormat,
    *,
    on_error: OnError = "abort",
) -> str:
    """Return the statement that loads files of one format.

    Neither FORCE nor PURGE stands there: what was loaded stays loaded, and files go when all is checked.

    Raises
    ------
    InputError
        If there are no files, more than one statement can name, or one with a name that needs quoting.
    """
    if not 1 <= len(files) <= FILES_AT_ONCE:
        msg = f"one COPY names 1 to {FILES_AT_ONCE:,} files, not {len(files):,}"
        raise InputError(msg)
    listed = ", ".join(literal(check_file_name(name)) for name in files)
    source = location
    if file_format.kind == "parquet":
        if ".%" in location or location.startswith("@%"):
            msg = "Snowflake loads no Parquet from the stage of a table. Use a named stage or CSV."
            raise InputError(msg)
        source = f"(SELECT {', '.join(map(_from_parquet, columns))} FROM {location})"
    return (
        f"COPY INTO {table.sql} ({names(columns)}) FROM {source} FILES = ({listed}) "
        f"FILE_FORMAT = (FORMAT_NAME = {literal(format_name(file_format))}) ON_ERROR = {_ON_ERROR[on_error]}"
    )


def _from_parquet(column: Column) -> str:
    value = f"$1:{quote(column.name)}"
    if column.kind == "bytes":  # they travel as hexadecimal text
        return f"TO_BINARY({value}::VARCHAR, 'HEX')"
    return f"{value}::{SNOWFLAKE.type_of(column)}"


def rejected_rows(table: TableName, query_id: str = "_last") -> str:
    """Return the query for the rows that a COPY of CSV files left out."""
    return (
        "SELECT FILE, LINE, COLUMN_NAME, ERROR, REJECTED_RECORD FROM "
        f"TABLE(VALIDATE({table.sql}, JOB_ID => {literal(query_id)})) ORDER BY FILE, LINE"
    )


def load_history(table: TableName) -> str:
    """Return the query for the files below a folder that a table was loaded from, oldest first.

    To be bound: the schema, where it is said; the table's name; the folder, with slashes around.
    """
    *database, schema = table.parts[:-1] or ("",)
    view = ".".join([*map(quote, database), "INFORMATION_SCHEMA.LOAD_HISTORY"])
    return (
        f"SELECT FILE_NAME, ROW_COUNT FROM {view} WHERE SCHEMA_NAME = "
        f"{'?' if schema else 'CURRENT_SCHEMA()'} AND TABLE_NAME = ? AND CONTAINS(FILE_NAME, ?) "
        "ORDER BY LAST_LOAD_TIME"
    )


def merge(
    source: TableName, target: TableName, columns: Sequence[Column], key: Sequence[str]
) -> str:
    """Return the MERGE that inserts the rows whose key the target lacks and updates those that differ.

    Of rows of the source with one key, one is taken: MERGE refuses, or picks one at random, otherwise.
    """
    keys = names(key)
    others = [column.name for column in columns if column.name not in key]
    update = ""
    if others:
        update = f"WHEN MATCHED AND ({differs(others)}) THEN UPDATE SET {changes(others)} "
    return (
        f"MERGE INTO {target.sql} AS t USING (SELECT {names(columns)} FROM {source.sql} "
        f"QUALIFY ROW_NUMBER() OVER (PARTITION BY {keys} ORDER BY {keys}) = 1) AS s "
        f"ON {same_key(key)} {update}"
        f"WHEN NOT MATCHED THEN INSERT ({names(columns)}) VALUES ({names(columns, 's')})"
    )
