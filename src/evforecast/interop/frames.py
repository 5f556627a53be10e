"""Frames of sktime as panels: which column is which series, and which code is which value."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError, UnknownStatusError
from evforecast.interop.timeaxis import TimeAxis
from evforecast.panel import MISSING, STATUS, Codes, StatusPanel, StatusScheme, evse_table
from evforecast.panel.gridding import grid_rows, scatter
from evforecast.timegrid import TimeGrid

__all__ = ["Classes", "Rows", "merge", "rows_of", "to_panel", "values_of"]

_MOST_CLASSES = np.iinfo(np.int8).max
_PLACES = ("location_id", "area")  # levels of a hierarchy that say where a charger is


@dataclass(frozen=True)
class Classes:
    """The values that a series takes, as codes of a scheme.

    Attributes
    ----------
    numbers : numpy.ndarray
        The value in `y` of each code, increasing, shape ``[status]``.
    scheme : StatusScheme
        The name of each code.
    given : bool
        Whether the user named the scheme; then no other value is let in.
    """

    numbers: npt.NDArray[Any]
    scheme: StatusScheme
    given: bool = False

    @classmethod
    def learn(cls, values: npt.NDArray[Any], scheme: StatusScheme | None) -> Classes:
        """Return the classes among `values`, as a classifier would learn them.

        Parameters
        ----------
        values : numpy.ndarray
            Numbers, NaN where missing, any shape.
        scheme : StatusScheme or None
            The statuses whose codes they are; None takes them for codes of the five usual statuses where
            all are (-1 is missing), and else for values of some other series.

        Raises
        ------
        InputError
            If a value is infinite.

        Examples
        --------
        >>> Classes.learn(np.array([0, 4, -1]), None).scheme.names
        ('available', 'charging', 'passive', 'offline', 'down')
        >>> Classes.learn(np.array([2.5, 7.0, 2.5]), None).scheme.names
        ('2.5', '7.0')
        """
        found = np.sort(
            pd.unique(values[~np.isnan(values)] if values.dtype.kind == "f" else values)
        )
        if not np.isfinite(found).all():
            msg = (
                "y holds infinite values, which are no statuses. Make them NaN if they are missing."
            )
            raise InputError(msg)
        if scheme is not None:
            return cls(np.arange(len(scheme), dtype=found.dtype), scheme, given=True)
        if np.isin(found, np.arange(MISSING, len(STATUS))).all():
            return cls(np.arange(len(STATUS), dtype=found.dtype), STATUS)
        if len(found) > _MOST_CLASSES:
            msg = (
                f"y takes {len(found):,} different values, so these are no statuses: {_MOST_CLASSES} of "
                "them stand for the nearest others. For a numeric series use a forecaster of sktime."
            )
            warnings.warn(msg, UserWarning, stacklevel=2)
            places = np.linspace(0, len(found) - 1, _MOST_CLASSES).astype(int)
            found = found[places]
        return cls(found, StatusScheme(tuple(str(value) for value in found.tolist())))

    def encode(self, values: npt.NDArray[Any]) -> Codes:
        """Return the codes of values, -1 where missing; shape as given.

        Raises
        ------
        UnknownStatusError
            If the scheme was given and a value is none of its codes.
        """
        known = ~np.isnan(values) if values.dtype.kind == "f" else np.ones(values.shape, dtype=bool)
        if self.scheme is STATUS or self.given:
            known &= values != MISSING
        place = np.searchsorted(self.numbers, values)
        place = np.minimum(place, len(self.numbers) - 1)
        if len(self.numbers) == _MOST_CLASSES:  # these stand for others: take the nearest
            below = np.maximum(place - 1, 0)
            nearer = np.abs(values - self.numbers[below]) < np.abs(self.numbers[place] - values)
            place = np.where(nearer, below, place)
        else:
            strange = known & (self.numbers[place] != values)
            if strange.any():
                self._report(values[strange])
            known &= ~strange
        codes: Codes = np.where(known, place, MISSING).astype(np.int8)
        return codes

    def _report(self, strangers: npt.NDArray[Any]) -> None:
        words, counts = np.unique(strangers, return_counts=True)
        if self.given:
            found = dict(zip(map(str, words.tolist()), counts.tolist(), strict=True))
            allowed = [f"{code} ({name})" for code, name in enumerate(self.scheme.names)]
            advice = "y holds codes of the scheme, -1 or NaN where missing."
            where = "StatusForecaster, values of y"
            raise UnknownStatusError(where, found, allowed, advice)
        msg = (
            f"{len(strangers):,} rows hold {len(words):,} values that fit did not see, the first "
            f"{words[0]}: they count as missing. Update with update_params=True, or fit again, to learn them."
        )
        warnings.warn(msg, UserWarning, stacklevel=2)


@dataclass(frozen=True)
class Rows:
    """Where each row of a frame belongs.

    Attributes
    ----------
    series : pandas.Index or None
        The label of each series, without the level of time; None where the frame is one series.
    ids : list of str
        The same as ids of chargers.
    column : numpy.ndarray
        The series of each row, shape ``[row]``.
    level : pandas.Index
        Times; some may not occur.
    place : numpy.ndarray
        The time of each row, a place in `level`, shape ``[row]``.
    """

    series: pd.Index | None
    ids: list[str]
    column: npt.NDArray[np.intp]
    level: pd.Index
    place: npt.NDArray[np.intp]

    @property
    def used(self) -> pd.Index:
        """The times that occur, in order: a slice of a frame keeps the levels of the whole."""
        return self.level[np.flatnonzero(np.bincount(self.place))].sort_values()


def rows_of(index: pd.Index) -> Rows:
    """Return where the rows of a frame belong, from the codes of its index: nothing is unstacked.

    Parameters
    ----------
    index : pandas.Index
        Time, or levels of which the last is time.

    Examples
    --------
    >>> rows_of(pd.MultiIndex.from_product([["a", "b"], [1, 2]])).column
    array([0, 0, 1, 1])
    """
    if not isinstance(index, pd.MultiIndex):
        n = len(index)
        return Rows(None, ["y"], np.zeros(n, dtype=np.intp), index, np.arange(n, dtype=np.intp))
    key = np.zeros(len(index), dtype=np.int64)
    for level, codes in zip(index.levels[:-1], index.codes[:-1], strict=True):
        key = key * len(level) + codes
    column, heads = pd.factorize(key)
    firsts = np.empty(len(heads), dtype=np.intp)
    firsts[column[::-1]] = np.arange(len(key), dtype=np.intp)[::-1]
    series = index[firsts].droplevel(-1)
    ids = (
        ["/".join(map(str, label)) for label in series] if series.nlevels > 1 else map(str, series)
    )
    return Rows(series, list(ids), column, index.levels[-1], index.codes[-1].astype(np.intp))


def to_panel(rows: Rows, codes: Codes, axis: TimeAxis, classes: Classes, *, tz: str) -> StatusPanel:
    """Return the panel of rows with codes.

    Parameters
    ----------
    rows : Rows
        Where each belongs.
    codes : numpy.ndarray
        Shape ``[row]``.
    axis : TimeAxis
        The axis on which the times lie.
    classes : Classes
        What the codes mean.
    tz : str
        The zone of the clock on the chargers' wall.

    Raises
    ------
    IrregularTimeError
        If a time is off the axis.
    DuplicateObservationError
        If a series has two rows for one time.
    InputError
        If two series have the same id.

    Examples
    --------
    >>> rows = rows_of(pd.MultiIndex.from_product([["a", "b"], [1, 2]]))
    >>> axis, classes = TimeAxis.of(rows.used), Classes.learn(np.array([0, 1]), None)
    >>> to_panel(rows, np.array([0, 1, 4, 4], np.int8), axis, classes, tz="UTC").codes.tolist()
    [[0, 4], [1, 4]]
    """
    where = "StatusForecaster, the rows of y"
    times = np.full(len(rows.level), axis.start)
    occur = np.flatnonzero(np.bincount(rows.place, minlength=len(rows.level)))
    times[occur] = axis.times(rows.level[occur])
    grid, line = grid_rows(times, pd.Timedelta(axis.step), where, used=rows.place)
    matrix = scatter(
        line, rows.column, codes, grid=grid, ids=rows.ids, duplicates="raise", where=where
    )
    return StatusPanel(matrix, grid, _table(rows), scheme=classes.scheme, tz=tz)


def merge(old: StatusPanel, new: StatusPanel) -> StatusPanel:
    """Return what is known at the last time of `new`: its statuses, and those of `old` up to then.

    Series that only one of the two has are missing in the other.

    Parameters
    ----------
    old, new : StatusPanel
        Of the same scheme, on the same steps; they may overlap, or lie in any order.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=2, days=1, random_state=0)
    >>> merge(panel, panel.head(10)).n_time
    10
    """
    old = old.until(new.cutoff)
    ids = old.evse.index.append(new.evse.index.difference(old.evse.index, sort=False))
    start = min(old.grid.start, new.grid.start) if old.n_time else new.grid.start
    grid = TimeGrid(start, new.step, int((new.cutoff - start) // new.step) + 1)
    codes = np.full((grid.n, len(ids)), MISSING, dtype=np.int8)
    for panel in (old, new):
        first = int((panel.grid.start - start) // new.step) if panel.n_time else 0
        lines = np.arange(first, first + panel.n_time)
        block = np.ix_(lines, ids.get_indexer(panel.evse.index))
        codes[block] = np.where(panel.codes == MISSING, codes[block], panel.codes)
    table = evse_table(list(ids), new.evse.combine_first(old.evse))
    return StatusPanel(codes, grid, table, scheme=new.scheme, tz=new.tz)


def values_of(y: pd.DataFrame) -> npt.NDArray[Any]:
    """Return the numbers of the only column, NaN where missing, shape ``[row]``.

    Examples
    --------
    >>> values_of(pd.DataFrame({"status": pd.array([1, None], dtype="Int8")}))
    array([ 1., nan])
    """
    column = y.iloc[:, 0]
    if pd.api.types.is_extension_array_dtype(column.dtype):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    values = column.to_numpy()
    return values.astype(np.int8) if values.dtype.kind == "b" else values


def _table(rows: Rows) -> pd.DataFrame:
    """Return the table of chargers, with the location and the area where the hierarchy names them."""
    if not isinstance(rows.series, pd.MultiIndex):
        return evse_table(rows.ids)
    known = pd.DataFrame({"evse_id": rows.ids})
    for name in rows.series.names[:-1]:
        if name in _PLACES:
            known[name] = rows.series.get_level_values(name).astype(str)
    return evse_table(rows.ids, known)
