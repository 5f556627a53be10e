"""The rows that a forecast is made from, by partition, as SQL for DuckDB and Snowflake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import KW_ONLY, dataclass

import numpy as np

from evforecast.inwarehouse.handler import INPUT
from evforecast.inwarehouse.pushdown.phrases import text
from evforecast.warehouse import Column, Dialect, Kind, TableName, quote

__all__ = ["INPUT_COLUMNS", "PARTITION", "ROWS_AT_ONCE", "RowsQuery", "latest"]

PARTITION = "partition"
"""The column by which the rows are partitioned."""

_KINDS: dict[str, Kind] = {"text": "text", "time": "timestamp", "whole": "int2", "number": "float8"}
INPUT_COLUMNS = tuple(Column(name, _KINDS[kind]) for name, kind in INPUT.items())
"""The columns of `evforecast.inwarehouse.handler.INPUT`, as a warehouse has them."""

ROWS_AT_ONCE = 400_000
"""Rows that a partition has, about, where it may have as few: a hundred megabytes in the handler."""


def latest(grid: TableName) -> str:
    """Return the last time of the grid as SQL: the cutoff of a forecast that is made on a schedule.

    Examples
    --------
    >>> latest(TableName.parse("status_grid"))
    '(SELECT MAX("time") FROM "status_grid")'
    """
    return f"(SELECT MAX({quote('time')}) FROM {grid.sql})"


@dataclass(frozen=True)
class RowsQuery:
    """The query for the rows of all partitions.

    Parameters
    ----------
    dialect : Dialect
        Of DuckDB or of Snowflake.
    grid, evse : TableName
        The statuses on their grid, and the chargers.
    exog : TableName, optional
        Series of the whole network: a column ``time`` and one a series.
    lookback : int
        Rows of the grid that the forecast depends on, up to the cutoff.
    step : numpy.timedelta64
        Of the grid.
    series : tuple of str
        The columns of `exog` that the model looks at.
    per_partition : int
        Chargers in a partition, about; 0 puts the whole network into one.
    percent : int
        Take the chargers of so many locations of a hundred, always the same ones.

    Examples
    --------
    >>> from evforecast.warehouse import DUCKDB
    >>> grid, evse = TableName.parse("status_grid"), TableName.parse("evse")
    >>> query = RowsQuery(DUCKDB, grid, evse, None, lookback=193, step=np.timedelta64(900, "s"))
    >>> query.sql(latest(grid)).split(" AS ")[0]
    'WITH "span"'
    """

    dialect: Dialect
    grid: TableName
    evse: TableName
    exog: TableName | None
    _: KW_ONLY
    lookback: int
    step: np.timedelta64
    series: tuple[str, ...] = ()
    per_partition: int = 0
    percent: int = 100

    def sql(self, cutoff: str, *, chargers: str | None = None) -> str:
        """Return the query: a column ``partition``, and those of `INPUT_COLUMNS`.

        Parameters
        ----------
        cutoff : str
            SQL for the cutoff: `evforecast.inwarehouse.pushdown.phrases.instant` or `latest`.
        chargers : str, optional
            A table made of `chargers_sql`, where that was asked before.
        """
        before = self._before(cutoff)
        if chargers is None:
            chargers = quote("chargers")
            before += f", {chargers} AS ({self._chargers()})"
        return f"WITH {before} {' UNION ALL '.join(self._rows(chargers))}"

    def chargers_sql(self, cutoff: str) -> str:
        """Return the query for the chargers and their partitions."""
        return f"WITH {self._before(cutoff)} {self._chargers()}"

    def seen(self, cutoff: str) -> str:
        """Return the query for the statuses that count."""
        return f"WITH {self._before(cutoff)} SELECT * FROM {quote('window')}"

    def _before(self, cutoff: str) -> str:
        return f"{quote('span')} AS ({self._span(cutoff)}), {quote('window')} AS ({self._window()})"

    def _span(self, cutoff: str) -> str:
        """Select the cutoff, and the first time that counts: not before the history begins."""
        back = int((self.lookback - 1) * self.step / np.timedelta64(1, "s"))
        return (
            f"SELECT c.{quote('cutoff')}, GREATEST(c.{quote('cutoff')} - INTERVAL '{back} seconds', "
            f"LEAST(c.{quote('cutoff')}, f.{quote('first')})) AS {quote('since')} "
            f"FROM (SELECT {cutoff} AS {quote('cutoff')}) AS c CROSS JOIN "
            f"(SELECT MIN({quote('time')}) AS {quote('first')} FROM {self.grid.sql}) AS f"
        )

    def _window(self) -> str:
        listed = ", ".join(f"g.{quote(name)}" for name in ("evse_id", "time", "code"))
        return (
            f"SELECT {listed} FROM {self.grid.sql} AS g CROSS JOIN {quote('span')} AS s "
            f"WHERE g.{quote('time')} >= s.{quote('since')} AND g.{quote('time')} <= s.{quote('cutoff')} "
            f"AND g.{quote('code')} >= 0"
        )

    def _chargers(self) -> str:
        """Select those of the table, and those that report without being in it, with their partition."""
        known = ("location_id", "area", "lat", "lon", "model")
        kinds = {column.name: column for column in INPUT_COLUMNS}
        nothing = ", ".join(self._null(kinds[name]) for name in known)
        of_table = ", ".join(quote(name) for name in ("evse_id", *known))
        evse_id = quote("evse_id")
        every = (
            f"SELECT {of_table} FROM {self.evse.sql} UNION ALL "
            f"SELECT w.{evse_id}, {nothing} FROM (SELECT DISTINCT {evse_id} FROM {quote('window')}) AS w "
            f"LEFT JOIN {self.evse.sql} AS e ON e.{evse_id} = w.{evse_id} WHERE e.{evse_id} IS NULL"
        )
        sample = "" if self.percent == 100 else f" WHERE MOD({self._hash()}, 100) < {self.percent}"
        return f"SELECT {of_table}, {self._partition()} AS {quote(PARTITION)} FROM ({every}) AS c{sample}"

    def _hash(self) -> str:
        """Return a number that is the same for all of a location, in both databases."""
        place = f"COALESCE(c.{quote('location_id')}, c.{quote('evse_id')})"
        return f"({self.dialect.hash28.format(c=place)})"

    def _partition(self) -> str:
        if not self.per_partition:
            return "0"
        return (
            f"MOD({self._hash()}, (SELECT CAST(CEIL((COUNT(*) + 1) / {self.per_partition}.0) AS INTEGER) "
            f"FROM {self.evse.sql}))"
        )

    def _rows(self, chargers: str) -> Iterator[str]:
        partition = quote(PARTITION)
        of_charger = {name: f"c.{quote(name)}" for name in INPUT if name not in {"series", "value"}}
        yield (
            f"SELECT c.{partition}, {self._list({**of_charger, 'time': self._cutoff(), 'code': None})} "
            f"FROM {chargers} AS c CROSS JOIN {quote('span')} AS s"
        )
        status = {name: f"w.{quote(name)}" for name in ("evse_id", "time", "code")}
        yield (
            f"SELECT c.{partition}, {self._list(status)} FROM {quote('window')} AS w "
            f"JOIN {chargers} AS c ON c.{quote('evse_id')} = w.{quote('evse_id')}"
        )
        each = f"(SELECT DISTINCT {partition} FROM {chargers}) AS p CROSS JOIN {quote('span')} AS s"
        yield f"SELECT p.{partition}, {self._list({'time': 's.' + quote('since')})} FROM {each}"
        if self.exog is not None:
            for name in self.series:
                value = {
                    "time": f"x.{quote('time')}",
                    "series": text(self.dialect, name),
                    "value": f"x.{quote(name)}",
                }
                yield (
                    f"SELECT p.{partition}, {self._list(value)} FROM {each} CROSS JOIN {self.exog.sql} AS x "
                    f"WHERE x.{quote('time')} >= s.{quote('since')} AND x.{quote('time')} <= {self._cutoff()}"
                )

    def _cutoff(self) -> str:
        return f"s.{quote('cutoff')}"

    def _list(self, values: Mapping[str, str | None]) -> str:
        """Return the columns of a row in order, each with its type, NULL where nothing is said."""
        return ", ".join(self._column(column, values.get(column.name)) for column in INPUT_COLUMNS)

    def _column(self, column: Column, value: str | None) -> str:
        if value is None:
            return f"{self._null(column)} AS {quote(column.name)}"
        return f"CAST({value} AS {self.dialect.type_of(column)}) AS {quote(column.name)}"

    def _null(self, column: Column) -> str:
        return f"CAST(NULL AS {self.dialect.type_of(column)})"
