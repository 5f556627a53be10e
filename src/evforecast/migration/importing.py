"""`import_file`: a delimited file into a table of PostgreSQL, with COPY, once."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evforecast.errors import InputError, MissingColumnsError
from evforecast.migration.delimited import DelimitedFile, check_null, survey
from evforecast.migration.errors import MigrationError
from evforecast.migration.inference import infer
from evforecast.migration.progress import Bar, Progress
from evforecast.migration.source import connected
from evforecast.migration.waiting import wait
from evforecast.warehouse.naming import TableName, quote

__all__ = ["ImportReport", "import_file"]

_COMMENT = "evforecast: sha256={sha256} rows={rows}"
_MARK = re.compile(r"evforecast: sha256=([0-9a-f]{64}) rows=(\d+)")


@dataclass(frozen=True)
class ImportReport:
    """What an import did.

    Attributes
    ----------
    table : str
    rows : int
    columns : dict of str to str
        The type of PostgreSQL of each column.
    sha256 : str
        Of the file, hexadecimal; the table's comment keeps it.
    seconds : float
    already : bool
        Whether the table held this file before, and nothing was done.
    """

    table: str
    rows: int
    columns: dict[str, str]
    sha256: str
    seconds: float
    already: bool

    def __str__(self) -> str:
        """Say in a line what was imported."""
        if self.already:
            return f"{self.table}: holds this file already, {self.rows:,} rows"
        listed = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        return f"{self.table}: {self.rows:,} rows in {self.seconds:.1f} s ({listed})"


def import_file(
    source: str,
    path: str | Path,
    table: str,
    *,
    types: Mapping[str, str] | None = None,
    null: str = "",
    replace: bool = False,
    progress: bool | None = None,
) -> ImportReport:
    """Load a delimited file with a header into a new table of PostgreSQL.

    Types are inferred from all rows, and never change a value: ``007`` stays text. The table is made and
    filled in one transaction, and its comment keeps the hash of the file: the same file is not loaded twice.

    Parameters
    ----------
    source : str
        PostgreSQL's address.
    path : path or str
        CSV, with ``,``, ``;``, tabs or ``|`` between values; plain, or packed with gzip or zstd.
    table : str
        Its schema has to be there.
    types : mapping of str to str, optional
        The type of PostgreSQL of some columns, where it is known better.
    null : str
        What stands for NULL; by default an empty value without quotes.
    replace : bool
        Whether a table that holds something else is replaced.
    progress : bool, optional
        Whether a bar is drawn; by default where a person sees it.

    Returns
    -------
    ImportReport

    Raises
    ------
    FileFormatError, EmptyInputError
        If the file cannot be read as a table; the message names the line or the byte.
    MissingColumnsError, InputError
        If `types` names a column that is not there, or a type that PostgreSQL does not know.
    MigrationError
        If the table holds something else, or a value is not of the type that was given.

    Examples
    --------
    >>> import_file("postgresql://localhost/ev", "no-such-file.csv", "status")
    Traceback (most recent call last):
    FileNotFoundError: ...
    """
    start = time.perf_counter()
    path, name = Path(path), TableName.parse(table)
    shown = Progress(shown=progress)
    size = path.stat().st_size
    with shown.phase("look at the file", total=size, unit="B") as bar:
        file = survey(path, bar.add)
    check_null(null, file.delimiter)
    if missing := [column for column in types or {} if column not in file.names]:
        raise MissingColumnsError(missing, file.names, f"import_file({path.name}), types")
    work = _Import(source, file, name, dict(types or {}), null, replace=replace)
    held = wait(work.held())
    if held is not None:
        return ImportReport(str(name), held[0], held[1], file.sha256, 0.0, already=True)
    rows, inferred = infer(file, null)
    columns = {**inferred, **(types or {})}
    with shown.phase("import", total=rows, unit=" rows") as bar:
        wait(work.load(rows, columns, bar))
    seconds = time.perf_counter() - start
    return ImportReport(str(name), rows, columns, file.sha256, seconds, already=False)


class _Import:
    """One import: what it needs of PostgreSQL."""

    def __init__(
        self,
        dsn: str,
        file: DelimitedFile,
        table: TableName,
        types: dict[str, str],
        null: str,
        *,
        replace: bool,
    ) -> None:
        self.dsn, self.file, self.table = dsn, file, table
        self.types, self.null, self.replace = types, null, replace

    async def held(self) -> tuple[int, dict[str, str]] | None:
        """Return rows and types if the table holds this file already."""
        async with connected(self.dsn) as connection:
            await self._check_types(connection)
            oid = await connection.fetchval("SELECT to_regclass($1)::oid", self.table.sql)
            if oid is None:
                return None
            mark = await connection.fetchval("SELECT obj_description($1, 'pg_class')", oid)
            found = _MARK.search(mark or "")
            if found is not None and found.group(1) == self.file.sha256:
                rows = await connection.fetch(
                    "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
                    "WHERE attrelid = $1 AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
                    oid,
                )
                return int(found.group(2)), dict(map(tuple, rows))
            if not self.replace:
                msg = (
                    f"table {self.table} is there already and holds something else than "
                    f"{self.file.path.name}. Pass replace=True to replace it, or name another table."
                )
                raise MigrationError(msg)
            return None

    async def _check_types(self, connection: Any) -> None:
        import asyncpg

        for column, kind in self.types.items():
            # a type is written into a statement: only one that PostgreSQL itself recognises
            try:
                known = await connection.fetchval("SELECT to_regtype($1)", kind)
            except asyncpg.PostgresError:
                known = None
            if known is None:
                msg = f"types: {kind!r}, for column {column!r}, is no type that PostgreSQL knows."
                raise InputError(msg)

    async def load(self, rows: int, columns: dict[str, str], bar: Bar) -> None:
        """Make the table and fill it, in one transaction."""
        listed = ", ".join(f"{quote(column)} {kind}" for column, kind in columns.items())
        comment = _COMMENT.format(sha256=self.file.sha256, rows=rows)
        async with connected(self.dsn) as connection, connection.transaction():
            if self.replace:
                await connection.execute(f"DROP TABLE IF EXISTS {self.table.sql}")
            await connection.execute(f"CREATE TABLE {self.table.sql} ({listed})")
            await self._copy(connection, rows, bar)
            await connection.execute(f"COMMENT ON TABLE {self.table.sql} IS '{comment}'")
            if self.file.changed:
                msg = f"{self.file.path}: the file was changed while it was read. Import it again."
                raise MigrationError(msg)

    async def _copy(self, connection: Any, rows: int, bar: Bar) -> None:
        import asyncpg

        async def send() -> AsyncIterator[bytes]:
            for data, count in self.file.rows(self.null, rows):
                bar.add(count)
                yield data

        try:
            *schema, name = self.table.parts
            await connection.copy_to_table(
                name, schema_name=schema[-1] if schema else None, source=send(), format="csv"
            )
        except asyncpg.DataError as error:
            raise MigrationError(self._refused(error)) from error

    def _refused(self, error: Any) -> str:
        """Say which line and column PostgreSQL refused."""
        place = re.search(r"line (\d+)(?:, column (.*?))?(?:: \"|$)", error.context or "")
        line = self.file.line(int(place.group(1))) if place else 0
        column = place.group(2) if place and place.group(2) else "?"
        return (
            f"{self.file.path}, line {line:,}, column {column!r}: {error}. Correct the line, or give the "
            "column another type (types). Nothing was loaded."
        )
