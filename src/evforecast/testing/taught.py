"""fakesnow, taught the few statements of a load that it does not know.

The library writes what Snowflake understands. Where the emulator does not, or understands otherwise, it is
the emulator that is changed, here and nowhere else:

====================================  ==============================================================
what Snowflake does                   what fakesnow 0.12.1 does
====================================  ==============================================================
LIST of a folder of a stage           looks for a stage of that name
LIST tells the encrypted size         does not encrypt, so not padded to blocks of 16 bytes
REMOVE                                refuses
FILES in a COPY from a stage          refuses
ON_ERROR = SKIP_FILE                  refuses (CONTINUE stays refused)
a COPY error names the file           does not; an unreadable file is an HTTP 500 in server mode
CSV: ZSTD, and options at defaults    refuses
CSV: ``""`` is an empty text          NULL
CSV: a field is of the column's type  guesses: '007' for a text is 7
CSV: BINARY_FORMAT = HEX              takes the characters themselves
``$1:"a name"``                       loses the quotes: blanks and reserved words fail
threads share a connection            results of one reach another
====================================  ==============================================================

So a load of CSV into it says that our statements are grammatical, name the right things and are answered as
we read the answers; that Snowflake itself keeps every value is for an account to say.
"""

from __future__ import annotations

import re
import shutil
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

__all__ = ["taught"]

_AS_READ = {
    "RECORD_DELIMITER": "\n",
    "ESCAPE": "NONE",
    "TRIM_SPACE": False,
    "SKIP_BLANK_LINES": False,
    "ERROR_ON_COLUMN_COUNT_MISMATCH": True,
    "REPLACE_INVALID_CHARACTERS": False,
    "ENCODING": "UTF8",
    "BINARY_FORMAT": "HEX",
    "DATE_FORMAT": "AUTO",
    "TIME_FORMAT": "AUTO",
    "TIMESTAMP_FORMAT": "AUTO",
}
_SAID = {"ESCAPE_UNENCLOSED_FIELD": "NONE", "NULL_IF": []}  # their defaults are others
_RESULT = (
    "file, status, rows_parsed, rows_loaded, error_limit, errors_seen, first_error, "
    "first_error_line, first_error_character, first_error_column_name"
)
_NOT_FOUND = 91016
_FOLDER = re.compile(r"(LIST|REMOVE) @(\w+)/(.+)/$")
_LOCK = threading.RLock()
_table_types: list[list[str]] = [[]]  # of the columns that the running COPY names


@dataclass(frozen=True)
class _Own:
    """What the emulator does by itself."""

    execute: Callable[..., Any]
    step: Callable[..., Any]
    load: Callable[..., Any]
    inserts: Callable[..., Any]


@cache
def _own() -> _Own:
    """Return it as it was before the first lesson, however often it is taught."""
    from fakesnow import copy_into, cursor

    one = cursor.FakeSnowflakeCursor
    return _Own(one.execute, one._execute, copy_into.copy_into, copy_into._inserts)  # noqa: SLF001


@contextmanager
def taught() -> Iterator[None]:
    """Teach the emulator, in this process, for as long as the context is open.

    Examples
    --------
    >>> with taught():  # doctest: +SKIP
    ...     snowflake.connector.connect(**arguments).cursor().execute("LIST @stage/folder/")
    """
    from fakesnow import copy_into, cursor

    _own()
    with ExitStack() as stack:
        for owner, attribute, new in (
            (cursor.FakeSnowflakeCursor, "execute", _locked_execute),
            (cursor.FakeSnowflakeCursor, "_execute", _locked_step),
            (cursor, "copy_into", _copy),
            (copy_into, "_source_urls", _staged_files),
            (copy_into, "_strip_json_extract", _quoted_paths),
            (copy_into, "_inserts", _typed_inserts),
            (copy_into, "handle_csv", _as_csv),
        ):
            stack.enter_context(mock.patch.object(owner, attribute, new))
        yield


def _locked_execute(self: Any, command: str, *args: Any, **kwargs: Any) -> Any:
    """Keep the threads of one connection apart, and answer what the emulator refuses."""
    with _LOCK:
        if found := _FOLDER.match(command):
            command = _folder_sql(self._conn, *found.groups())
        return _own().execute(self, command, *args, **kwargs)


def _locked_step(self: Any, *args: Any, **kwargs: Any) -> Any:
    """Keep apart what the server asks by itself, to describe a result, too."""
    with _LOCK, warnings.catch_warnings():
        # how it asks DuckDB 2; where warnings are errors, the server would answer with one
        warnings.filterwarnings("ignore", "Arrow output on a DB-API result", UserWarning)
        return _own().step(self, *args, **kwargs)


def _folder_sql(connection: Any, verb: str, name: str, path: str) -> str:
    """LIST and REMOVE of a folder: done here, and answered by a query of the result."""
    from fakesnow.transforms import stage

    root = Path(stage.internal_dir(f"{connection.database}.{connection.schema}.{name.upper()}"))
    found = sorted(one for one in (root / path).rglob("*") if one.is_file())
    rows = [
        (
            f"{name.lower()}/{one.relative_to(root).as_posix()}",
            (one.stat().st_size // 16 + 1) * 16 if verb == "LIST" else "removed",
        )
        for one in found
    ]
    if verb == "REMOVE":
        shutil.rmtree(root / path, ignore_errors=True)
    second = "size" if verb == "LIST" else "result"
    values = _as_values(rows or [(None, None)])
    listed = f'({values}) AS t("name", "{second}")'
    return f'SELECT * FROM {listed} WHERE "name" IS NOT NULL'  # noqa: S608 - written as literals


def _as_values(rows: Iterable[Sequence[Any]]) -> str:
    """Write rows as VALUES."""
    from sqlglot import exp

    listed = (", ".join(exp.convert(value).sql("duckdb") for value in row) for row in rows)
    return f"VALUES {', '.join(f'({row})' for row in listed)}"


def _staged_files(source: str, files: Sequence[str]) -> list[str]:
    """FILES of a stage, which the emulator joins to addresses of a cloud only."""
    from snowflake.connector.errors import ProgrammingError

    paths = [f"{source}{name}" for name in files]
    for path in paths:
        if not Path(path).is_file():
            msg = f"Remote file '{path}' was not found."
            raise ProgrammingError(msg=msg, errno=_NOT_FOUND)
    return paths


def _quoted_paths(expression: Any) -> Any:
    """Replace ``$1:"a name"`` by the column of that name, its quotes kept."""
    from sqlglot import exp

    parameter = exp.Parameter(this=exp.Literal(this="1", is_string=False))
    for one in list(expression.find_all(exp.Parameter)):
        key = one == parameter and one.parent and one.parent.expression.find(exp.JSONPathKey)
        if key:
            one.parent.parent.args["this"] = exp.Identifier(this=key.this, quoted=True)
    return expression


def _as_csv(options: dict[str, Any]) -> _Csv:
    """Return the reader of a CSV format: it reads what these options say, and knows no others."""
    strange = {name for name, value in _AS_READ.items() if options.get(name, value) != value}
    strange |= {name for name, value in _SAID.items() if options.get(name) != value}
    if strange:
        msg = f"the emulator does not read CSV with {', '.join(sorted(strange))} set so"
        raise NotImplementedError(msg)
    return _Csv(str(options["COMPRESSION"]).lower())


@dataclass
class _Csv:
    """Every field as text, and only what stands in no quotes may be NULL."""

    compression: str

    def read_expression(self, url: str) -> Any:
        """Return the call of DuckDB's reader."""
        import sqlglot
        from fakesnow.copy_into import FileTypeHandler

        types = ", ".join(f"'column{n}': 'VARCHAR'" for n in range(len(_table_types[-1])))
        return sqlglot.parse_one(
            f"read_csv({FileTypeHandler.file_literal(url).sql('duckdb')}, columns={{{types}}}, "
            "auto_detect=false, header=false, delim=',', quote='\"', escape='\"', nullstr='', "
            f"allow_quoted_nulls=false, compression='{self.compression}')",
            read="duckdb",
        )


def _typed_inserts(expr: Any, params: Any, urls: list[str], parquet_info: Any = None) -> list[Any]:
    """Bytes are hexadecimal text; all else DuckDB casts as it inserts."""
    import sqlglot

    if not isinstance(params.file_format, _Csv):
        found: list[Any] = _own().inserts(expr, params, urls, parquet_info)
        return found
    columns = ", ".join(
        f"unhex(column{n})" if kind == "BLOB" else f"column{n}"
        for n, kind in enumerate(_table_types[-1])
    )
    head = f"INSERT INTO {expr.this.sql('duckdb')} SELECT {columns} FROM"
    read = (params.file_format.read_expression(url).sql("duckdb") for url in urls)
    return [sqlglot.parse_one(f"{head} {rows}", read="duckdb") for rows in read]


def _copy(  # noqa: PLR0917 - called so by the emulator
    connection: Any, database: str, schema: str, expr: Any, table_stages: Any, params: Any = None
) -> str:
    """COPY one file after the other, so that an error names its file and SKIP_FILE can go on."""
    import duckdb
    from fakesnow import copy_into
    from snowflake.connector.errors import ProgrammingError
    from sqlglot import exp

    table = copy_into._extract_table(expr.this)  # noqa: SLF001
    where = (table.catalog or database, table.db or schema, table.name)
    name = ".".join(exp.to_identifier(part, quoted=True).sql("duckdb") for part in where)
    types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {name}").fetchall()}
    options = {one.this.name.upper(): one for one in expr.args["params"]}
    skip = options["ON_ERROR"].expression.name.upper() == "SKIP_FILE"
    if skip:
        options["ON_ERROR"].set("expression", exp.Var(this="ABORT_STATEMENT"))
    rows: list[tuple[Any, ...]] = []
    _table_types.append([types[one.name] for one in expr.this.expressions])
    try:
        for file in [one.name for one in options["FILES"].find_all(exp.Literal)]:
            try:
                _own().load(connection, database, schema, _of(expr, file), table_stages, params)
                rows += connection.fetchall()
            except (ProgrammingError, duckdb.Error) as error:
                if getattr(error, "errno", 0) == _NOT_FOUND:
                    raise
                text = str(getattr(error, "msg", error)).split("\n\n", maxsplit=1)[0]
                if not skip:
                    text = f"{text}\n  File '{file}', line 1, character 1"
                    raise ProgrammingError(text, errno=100038, sqlstate="22018") from None
                rows.append((file, "LOAD_FAILED", 1, 0, 1, 1, text, 1, 1, None))
    finally:
        _table_types.pop()
    result = f"SELECT * FROM ({_as_values(rows)}) AS t({_RESULT})"  # noqa: S608 - written as literals
    connection.execute(result)
    return result


def _of(expr: Any, file: str) -> Any:
    """Return the statement for one of its files."""
    from sqlglot import exp

    part = expr.copy()
    for option in part.args["params"]:
        if option.this.name.upper() == "FILES":
            option.set("expression", None)
            option.set("expressions", [exp.Literal.string(file)])
    return part
