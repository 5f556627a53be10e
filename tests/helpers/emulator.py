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

So tests of CSV say that our statements are grammatical, name the right things and are answered as we read
the answers; that Snowflake itself keeps every value is for the ``live`` test to say.
"""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from unittest import mock

import pytest

_WHY = "no Snowflake emulator here: it needs pandas 3, or is not installed"
fakesnow = pytest.importorskip("fakesnow", reason=_WHY)
copying = pytest.importorskip("fakesnow.copy_into", reason=_WHY)
cursors = pytest.importorskip("fakesnow.cursor", reason=_WHY)
stages = pytest.importorskip("fakesnow.transforms.stage", reason=_WHY)
sqlglot = pytest.importorskip("sqlglot", reason=_WHY)
exp = sqlglot.exp
duckdb = pytest.importorskip("duckdb", reason=_WHY)
theirs = pytest.importorskip("snowflake.connector.errors", reason=_WHY)

WARNINGS = "ignore:Arrow output on a DB-API result makes an extra copy:UserWarning"
"""fakesnow's own, about how it asks DuckDB 2; in server mode an error of its thread would be an HTTP 500."""

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
_RESULT = (
    "file, status, rows_parsed, rows_loaded, error_limit, errors_seen, first_error, "
    "first_error_line, first_error_character, first_error_column_name"
)
_NOT_FOUND = 91016
_FOLDER = re.compile(r"(LIST|REMOVE) @(\w+)/(.+)/$")
_LOCK = threading.RLock()
_server = fakesnow.server  # once it has run, a module stands under that name
_execute, _step, _load, _inserts = (
    cursors.FakeSnowflakeCursor.execute,
    cursors.FakeSnowflakeCursor._execute,
    copying.copy_into,
    copying._inserts,
)
_table_types: list[list[str]] = [[]]  # of the columns that the running COPY names


@contextmanager
def taught() -> Iterator[None]:
    """Teach the emulator, in this process, for as long as the context is open."""
    with ExitStack() as stack:
        for owner, attribute, new in (
            (cursors.FakeSnowflakeCursor, "execute", locked_execute),
            (cursors.FakeSnowflakeCursor, "_execute", locked_step),
            (cursors, "copy_into", copy),
            (copying, "_source_urls", staged_files),
            (copying, "_strip_json_extract", quoted_paths),
            (copying, "_inserts", typed_inserts),
            (copying, "handle_csv", as_csv),
        ):
            stack.enter_context(mock.patch.object(owner, attribute, new))
        yield


@contextmanager
def serving() -> Iterator[dict]:
    """Start the emulator's server; yield what ``snowflake.connector.connect`` needs to reach it."""
    with _server() as arguments:
        # else the connector tries a refused statement again for minutes
        yield {**arguments, "network_timeout": 3, "login_timeout": 5}


def locked_execute(self, command, *args, **kwargs):
    """Keep the threads of one connection apart, and answer what the emulator refuses."""
    with _LOCK:
        if found := _FOLDER.match(command):
            command = folder_sql(self._conn, *found.groups())
        return _execute(self, command, *args, **kwargs)


def locked_step(self, *args, **kwargs):
    """The same for what the server asks by itself, to describe a result."""
    with _LOCK:
        return _step(self, *args, **kwargs)


def folder_sql(connection, verb, name, path):
    """LIST and REMOVE of a folder: done here, and answered by a query of the result."""
    root = Path(stages.internal_dir(f"{connection.database}.{connection.schema}.{name.upper()}"))
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
    values = as_values(rows or [(None, None)])
    return f'SELECT * FROM ({values}) AS t("name", "{second}") WHERE "name" IS NOT NULL'


def as_values(rows):
    """Write rows as VALUES."""
    listed = (", ".join(exp.convert(value).sql("duckdb") for value in row) for row in rows)
    return f"VALUES {', '.join(f'({row})' for row in listed)}"


def staged_files(source, files):
    """FILES of a stage, which the emulator joins to addresses of a cloud only."""
    paths = [f"{source}{name}" for name in files]
    for path in paths:
        if not Path(path).is_file():
            msg = f"Remote file '{path}' was not found."
            raise theirs.ProgrammingError(msg=msg, errno=_NOT_FOUND)
    return paths


def quoted_paths(expression):
    """Replace ``$1:"a name"`` by the column of that name, its quotes kept."""
    parameter = exp.Parameter(this=exp.Literal(this="1", is_string=False))
    for one in list(expression.find_all(exp.Parameter)):
        key = one == parameter and one.parent and one.parent.expression.find(exp.JSONPathKey)
        if key:
            one.parent.parent.args["this"] = exp.Identifier(this=key.this, quoted=True)
    return expression


def as_csv(options):
    """Return the reader of a CSV format: it reads what these options say, and knows no others."""
    for name, value in _AS_READ.items():
        assert options.pop(name, value) == value, f"{name} is not what the emulator reads"
    assert options["ESCAPE_UNENCLOSED_FIELD"] == "NONE"
    assert options["NULL_IF"] == []
    return Csv(str(options["COMPRESSION"]).lower())


class Csv(copying.FileTypeHandler):
    """Every field as text, and only what stands in no quotes may be NULL."""

    def __init__(self, compression):
        self.compression = compression

    def read_expression(self, url):
        types = ", ".join(f"'column{n}': 'VARCHAR'" for n in range(len(_table_types[-1])))
        return sqlglot.parse_one(
            f"read_csv({self.file_literal(url).sql('duckdb')}, columns={{{types}}}, "
            "auto_detect=false, header=false, delim=',', quote='\"', escape='\"', nullstr='', "
            f"allow_quoted_nulls=false, compression='{self.compression}')",
            read="duckdb",
        )


def typed_inserts(expr, params, urls, parquet_info=None):
    """Bytes are hexadecimal text; all else DuckDB casts as it inserts."""
    if not isinstance(params.file_format, Csv):
        return _inserts(expr, params, urls, parquet_info)
    columns = ", ".join(
        f"unhex(column{n})" if kind == "BLOB" else f"column{n}"
        for n, kind in enumerate(_table_types[-1])
    )
    return [
        sqlglot.parse_one(
            f"INSERT INTO {expr.this.sql('duckdb')} SELECT {columns} FROM "
            f"{params.file_format.read_expression(url).sql('duckdb')}",
            read="duckdb",
        )
        for url in urls
    ]


def copy(connection, database, schema, expr, table_stages, params=None):
    """COPY one file after the other, so that an error names its file and SKIP_FILE can go on."""
    table = copying._extract_table(expr.this)
    where = (table.catalog or database, table.db or schema, table.name)
    name = ".".join(exp.to_identifier(part, quoted=True).sql("duckdb") for part in where)
    types = {row[0]: row[1] for row in connection.execute(f"DESCRIBE {name}").fetchall()}
    options = {one.this.name.upper(): one for one in expr.args["params"]}
    skip = options["ON_ERROR"].expression.name.upper() == "SKIP_FILE"
    if skip:
        options["ON_ERROR"].set("expression", exp.Var(this="ABORT_STATEMENT"))
    rows = []
    _table_types.append([types[one.name] for one in expr.this.expressions])
    try:
        for file in [one.name for one in options["FILES"].find_all(exp.Literal)]:
            part = expr.copy()
            for option in part.args["params"]:
                if option.this.name.upper() == "FILES":
                    option.set("expression", None)
                    option.set("expressions", [exp.Literal.string(file)])
            try:
                _load(connection, database, schema, part, table_stages, params)
                rows += connection.fetchall()
            except (theirs.ProgrammingError, duckdb.Error) as error:
                if getattr(error, "errno", 0) == _NOT_FOUND:
                    raise
                text = str(getattr(error, "msg", error)).split("\n\n", maxsplit=1)[0]
                if not skip:
                    text = f"{text}\n  File '{file}', line 1, character 1"
                    raise theirs.ProgrammingError(text, errno=100038, sqlstate="22018") from None
                rows.append((file, "LOAD_FAILED", 1, 0, 1, 1, text, 1, 1, None))
    finally:
        _table_types.pop()
    result = f"SELECT * FROM ({as_values(rows)}) AS t({_RESULT})"
    connection.execute(result)
    return result
