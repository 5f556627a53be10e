"""What the columns of a delimited file hold: the types that give every value back as it stood."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evforecast.errors import EmptyInputError, FileFormatError, first_few
from evforecast.migration.delimited import (
    DelimitedFile,
    engine_of,
    options_of,
    reading,
)
from evforecast.warehouse.naming import literal

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["infer"]

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}(:[0-5][0-9](\.[0-9]{1,6})?)?"
_OFFSET = "(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)"
# An exponent needs its sign, as programs write it: '12E3' is as likely the name of a charger.
_NUMBER = r"-?((0|[1-9][0-9]*)(\.[0-9]+)?|\.[0-9]+)([eE][+-][0-9]{1,3})?"
_DIGITS = "length(ltrim(regexp_replace({c}, '[eE].*|[-.]', '', 'g'), '0'))"
_MOMENT = (
    "{{c}} >= '0001' AND TRY_CAST(left({{c}}, 16) AS TIMESTAMP) IS NOT NULL "
    "AND regexp_full_match({{c}}, '{}')"
)

# What must be true of every value of a column, for a type of PostgreSQL to give it back as it stood.
_HOLDS = {
    "boolean": "bool_and({c} IN ('true', 'false')) OR bool_and({c} IN ('True', 'False')) "
    "OR bool_and({c} IN ('TRUE', 'FALSE'))",
    # leading zeros, signs, spaces and 0x10 do not come back
    "bigint": "bool_and(coalesce(TRY_CAST({c} AS BIGINT)::VARCHAR = {c}, FALSE))",
    # 15 digits always survive a double
    "double precision": f"bool_and(regexp_full_match({{c}}, '{_NUMBER}') AND CASE "
    f"WHEN length({{c}}) <= 15 AND NOT contains(lower({{c}}), 'e') THEN TRUE "
    f"ELSE {_DIGITS} = 0 OR {_DIGITS} <= 15 "
    "AND coalesce(abs(TRY_CAST({c} AS DOUBLE)) BETWEEN 1e-300 AND 1e300, FALSE) END)",
    "numeric": f"bool_and(regexp_full_match({{c}}, '{_NUMBER}') AND length({{c}}) <= 1000)",
    "date": f"bool_and(regexp_full_match({{c}}, '{_DAY}') AND {{c}} >= '0001' "
    "AND TRY_CAST({c} AS DATE) IS NOT NULL)",
    "time": f"bool_and(regexp_full_match({{c}}, '{_CLOCK}') AND TRY_CAST({{c}} AS TIME) IS NOT NULL)",
    "timestamp": f"bool_and({_MOMENT.format(f'{_DAY}[ T]{_CLOCK}')})",
    "timestamptz": f"bool_and({_MOMENT.format(f'{_DAY}[ T]{_CLOCK}{_OFFSET}')})",
}
_NUMBERS = ("bigint", "double precision", "numeric")
_MOMENTS = ("timestamp", "timestamptz")
# What DuckDB may say that a column holds, and the types of PostgreSQL to try for it, in this order.
_CANDIDATES = {
    "BOOLEAN": ("boolean",),
    "BIGINT": _NUMBERS,
    "HUGEINT": _NUMBERS,
    "DOUBLE": _NUMBERS,
    "DECIMAL": _NUMBERS,
    "DATE": ("date",),
    "TIME": ("time",),
    "TIMESTAMP": _MOMENTS,
    "TIMESTAMP WITH TIME ZONE": _MOMENTS,
}


def infer(file: DelimitedFile, null: str) -> tuple[int, dict[str, str]]:
    r"""Return how many rows a file has, and the type of PostgreSQL that keeps each column as it stands.

    DuckDB says from all rows what a column seems to hold. It is believed where every value comes back from
    PostgreSQL as it stood, or as the same number or time; the column is text otherwise.

    Parameters
    ----------
    file : DelimitedFile
    null : str
        What stands for NULL.

    Raises
    ------
    FileFormatError
        If a row has more or fewer values than the header, or quotes that do not end; or if the first line
        holds values.
    EmptyInputError
        If there is no row.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from evforecast.migration.delimited import survey
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "a.csv"
    >>> path.write_text("id,n,at\n007,7,2023-01-30 12:00:00\n008,8,\n") and None
    >>> infer(survey(path, lambda count: None), "")
    (2, {'id': 'text', 'n': 'bigint', 'at': 'timestamp'})
    """
    with engine_of() as engine:
        tried = _sniffed(engine, file, null)
        asked = [(place, kind) for place, kinds in enumerate(tried) for kind in kinds]
        listed = [f"count(c{place})" for place in range(len(file.names))]
        listed += [_holds(kind, place) for place, kind in asked]
        query = f"SELECT count(*), {', '.join(listed)} FROM {reading(file, null, rejects=True)}"
        rows, *found = _run(engine, file, query)
        refused = engine.execute(
            "SELECT line, error_type::VARCHAR, error_message FROM reject_errors ORDER BY line LIMIT 1"
        ).fetchone()
        if refused is not None:
            raise FileFormatError(_ragged(file, *refused))
        if not rows:
            msg = f"{file.path}: a header and no row. Rows were expected."
            raise EmptyInputError(msg)
        types = dict.fromkeys(file.names, "text")
        for (place, kind), holds in zip(asked, found[len(file.names) :], strict=True):
            if holds and types[file.names[place]] == "text":
                types[file.names[place]] = kind
        _require_names(engine, file, types)
    return rows, types


def _holds(kind: str, place: int) -> str:
    """Return the condition that every value of a column, NULL apart, comes back from a type."""
    condition = _HOLDS[kind] + ("" if kind == "boolean" else " FILTER ({c} IS NOT NULL)")
    return condition.replace("{c}", f"c{place}")


def _sniffed(engine: DuckDBPyConnection, file: DelimitedFile, null: str) -> list[tuple[str, ...]]:
    """Return the types to try for each column; none where the file's rows are not of one shape."""
    import duckdb

    options = f"{options_of(file, null)}, sample_size=-1, delim={literal(file.delimiter)}"
    try:
        found = engine.execute(f"SELECT Columns FROM sniff_csv({options})").fetchone()
    except duckdb.InvalidInputException:
        found = None  # the check of every row, which comes next, says what is wrong and where
    columns = found[0] if found else ()
    if len(columns) != len(file.names):
        return [() for _ in file.names]
    return [_CANDIDATES.get(column["type"].split("(")[0], ()) for column in columns]


def _require_names(engine: DuckDBPyConnection, file: DelimitedFile, types: dict[str, str]) -> None:
    """Raise FileFormatError if the first line holds what the columns hold: then the header is missing."""
    kinds = [
        ("numeric" if kind in _NUMBERS else kind, name)
        for name, kind in types.items()
        if kind != "text"
    ]
    if not kinds:
        return
    fits = " AND ".join(
        f"({_holds(kind, place)})"
        for place, (kind, _) in enumerate(kinds)
        for place, (kind, _) in enumerate(kinds)
    )
    values = ", ".join(f"{literal(name)} AS c{place}" for place, (_, name) in enumerate(kinds))
    (headless,) = _run(engine, file, f"SELECT {fits} FROM (SELECT {values})")
    if headless:
        msg = (
            f"{file.path}: the first line holds values, not names: {first_few(file.names)}. "
            "Put a line with the names of the columns before it."
        )
        raise FileFormatError(msg)


def _run(engine: DuckDBPyConnection, file: DelimitedFile, query: str) -> tuple[Any, ...]:
    import duckdb

    try:
        return engine.execute(query).fetchall()[0]  # to the end: rejects are told there
    except duckdb.InvalidInputException as error:
        first = str(error).splitlines()[0]
        msg = (
            f"{file.path}: cannot be read as a table with {file.delimiter!r} between its values: {first} "
            "Are its line ends all of one kind, and its quotes doubled inside of quotes?"
        )
        raise FileFormatError(msg) from error


def _ragged(file: DelimitedFile, line: int, kind: str, message: str) -> str:
    advice = {
        "MISSING COLUMNS": "Is the file cut short, or a line broken?",
        "TOO MANY COLUMNS": f"Put values that hold {file.delimiter!r} in double quotes.",
        "UNQUOTED VALUE": 'Double the quotes inside of quotes: "say ""hi""".',
    }.get(kind, "Correct that line.")
    return f"{file.path}, line {line:,}: {message.splitlines()[0].rstrip('.')}. {advice}"
