"""`StatusPanel`: the statuses of a network of chargers on a fixed time grid, one byte each."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError, StepMismatchError
from evforecast.panel import convert, numeric, renaming, storage
from evforecast.panel.evse import evse_table, positions
from evforecast.panel.scheme import CODE_DTYPE, MISSING, STATUS, Codes, StatusScheme
from evforecast.timegrid import StepLike, TimeGrid, TimeLike, as_step, require_zone, step_text

if TYPE_CHECKING:
    from typing import Self

__all__ = ["StatusPanel"]


class StatusPanel:
    """Statuses on a grid of UTC instants: int8 ``[time, evse]``, -1 where missing.

    The row at time ``t`` holds each charger's status *as known at the instant t*. A panel is immutable;
    `until`, `between` and `select` of a run of chargers give views that share its memory.

    Parameters
    ----------
    codes : numpy.ndarray
        int8, shape ``[time, evse]``: codes of `scheme`, -1 where missing. Not copied.
    grid : TimeGrid
        The instants of the rows.
    evse : pandas.DataFrame or sequence of str
        The table of chargers (see `evse_table`) or just their ids, in the order of the columns.
    scheme : StatusScheme
        The names of the codes.
    exog : pandas.DataFrame, optional
        Exogenous series known for the whole network (weather, traffic), one row a time, one column a
        series, in the units of their source.
    tz : str
        The zone of the clock on the chargers' wall; it decides what "the same hour" means.

    Raises
    ------
    InputError
        If shapes disagree, a code is outside the scheme, or there is no such zone.

    Examples
    --------
    >>> from evforecast.timegrid import as_time
    >>> grid = TimeGrid(as_time("2020-10-25"), as_step("15min"), 2)
    >>> panel = StatusPanel(np.array([[0, 1], [-1, 1]], np.int8), grid, ["a", "b"])
    >>> panel
    <StatusPanel: 2 times x 2 chargers, 0:15:00 steps, 2020-10-25T00:00:00 to 2020-10-25T00:15:00 UTC>
    >>> panel.until("2020-10-25 00:00").n_time
    1
    """

    def __init__(
        self,
        codes: npt.NDArray[Any],
        grid: TimeGrid,
        evse: pd.DataFrame | Sequence[str],
        *,
        scheme: StatusScheme = STATUS,
        exog: pd.DataFrame | None = None,
        tz: str = "UTC",
    ) -> None:
        codes = np.asarray(codes)
        if codes.ndim != 2 or not np.issubdtype(codes.dtype, np.integer):
            msg = f"StatusPanel: codes must be integers [time, evse], found {codes.dtype} {codes.shape}."
            raise InputError(msg)
        scheme.check(codes)
        require_zone(tz, "StatusPanel")
        table = evse if isinstance(evse, pd.DataFrame) else evse_table(evse)
        if codes.shape != (grid.n, len(table)):
            msg = (
                f"StatusPanel: codes are {codes.shape}, but there are {grid.n} times and "
                f"{len(table)} chargers."
            )
            raise InputError(msg)
        if exog is not None and len(exog) != grid.n:
            msg = f"StatusPanel: exog has {len(exog):,} rows for {grid.n:,} times."
            raise InputError(msg)
        self._attach(
            codes.astype(CODE_DTYPE, copy=False),
            grid=grid,
            evse=table,
            scheme=scheme,
            exog=exog,
            tz=tz,
        )

    def _attach(
        self,
        codes: Codes,
        *,
        grid: TimeGrid,
        evse: pd.DataFrame,
        scheme: StatusScheme,
        exog: pd.DataFrame | None,
        tz: str,
    ) -> None:
        self.codes = codes.view()
        self.codes.flags.writeable = False
        self.grid, self.evse, self.scheme, self.exog, self.tz = grid, evse, scheme, exog, tz

    def _like(
        self,
        codes: Codes,
        *,
        grid: TimeGrid | None = None,
        evse: pd.DataFrame | None = None,
        exog: pd.DataFrame | None = None,
        scheme: StatusScheme | None = None,
    ) -> Self:
        """Return a panel of the same network around checked parts, without checking again."""
        panel = object.__new__(type(self))
        panel._attach(
            codes,
            grid=self.grid if grid is None else grid,
            evse=self.evse if evse is None else evse,
            scheme=self.scheme if scheme is None else scheme,
            exog=exog,
            tz=self.tz,
        )
        return panel

    # ---- what it is ----

    def __repr__(self) -> str:
        """Say the size, the step and the span."""
        span = f"{self.grid.start} to {self.grid.last} UTC" if self.n_time else "no times"
        return (
            f"<StatusPanel: {self.n_time:,} times x {self.n_evse:,} chargers, "
            f"{step_text(self.step)} steps, {span}>"
        )

    @property
    def n_time(self) -> int:
        """The number of rows."""
        return self.grid.n

    @property
    def n_evse(self) -> int:
        """The number of chargers."""
        return len(self.evse)

    @property
    def step(self) -> np.timedelta64:
        """The time between two rows."""
        return self.grid.step

    @property
    def times(self) -> npt.NDArray[np.datetime64]:
        """The instants of the rows, shape ``[time]``, ``datetime64[s]``, UTC."""
        return self.grid.times

    @property
    def evse_ids(self) -> list[str]:
        """The ids of the chargers, in the order of the columns."""
        return list(self.evse.index)

    @property
    def cutoff(self) -> np.datetime64:
        """The last time that the panel knows.

        Raises
        ------
        EmptyInputError
            If the panel has no rows.
        """
        if not self.n_time:
            msg = "this panel has no rows, so no cutoff. Was it cut before its first time?"
            raise EmptyInputError(msg)
        return self.grid.last

    @property
    def nbytes(self) -> int:
        """The memory of the codes in bytes."""
        return self.codes.nbytes

    def equals(self, other: StatusPanel) -> bool:
        """Tell whether `other` has the same statuses, times, chargers, names and exogenous series."""
        if self.exog is None or other.exog is None:
            same_exog = self.exog is other.exog
        else:
            same_exog = self.exog.equals(other.exog)
        return (
            same_exog
            and self.grid == other.grid
            and self.scheme == other.scheme
            and self.tz == other.tz
            and np.array_equal(self.codes, other.codes)
            and self.evse.equals(other.evse)
        )

    def coverage(self) -> pd.DataFrame:
        """Return, per charger, how much was observed and what of.

        Returns
        -------
        pandas.DataFrame
            Index ``evse_id``; ``observed`` (share of rows), ``first`` and ``last`` observed time (NaT
            where never), and the share of each status among the observed rows.
        """
        seen = self.codes != MISSING
        count = seen.sum(axis=0)
        ever = count > 0
        times = pd.DatetimeIndex(self.times)
        frame = pd.DataFrame(index=self.evse.index)
        frame["observed"] = count / max(self.n_time, 1)
        first = seen.argmax(axis=0) if self.n_time else count
        last = self.n_time - 1 - seen[::-1].argmax(axis=0) if self.n_time else count
        nowhere = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[s]")
        frame["first"] = (
            pd.Series(times[first], index=frame.index).where(ever) if self.n_time else nowhere
        )
        frame["last"] = (
            pd.Series(times[last], index=frame.index).where(ever) if self.n_time else nowhere
        )
        for code, name in enumerate(self.scheme.names):
            frame[name] = (self.codes == code).sum(axis=0) / np.maximum(count, 1)
        return frame

    # ---- slices: views of the same memory ----

    def _rows(self, first: int, stop: int) -> Self:
        exog = None if self.exog is None else self.exog.iloc[first:stop]
        return self._like(self.codes[first:stop], grid=self.grid.slice(first, stop), exog=exog)

    def until(self, cutoff: TimeLike) -> Self:
        """Return the rows that are known at `cutoff`, the row at `cutoff` included; a view."""
        return self._rows(0, self.grid.position(cutoff, "after"))

    def between(self, start: TimeLike, end: TimeLike) -> Self:
        """Return the rows from `start` up to, but not at, `end`; a view."""
        first = self.grid.position(start, "before")
        return self._rows(first, max(first, self.grid.position(end, "before")))

    def head(self, n: int) -> Self:
        """Return the first `n` rows; a view."""
        return self._rows(0, min(n, self.n_time))

    def tail(self, n: int) -> Self:
        """Return the last `n` rows; a view."""
        return self._rows(max(self.n_time - n, 0), self.n_time)

    def select(self, evse_ids: Sequence[str]) -> Self:
        """Return the named chargers, in the order given; a view where they stand evenly spaced.

        Raises
        ------
        UnknownChargerError
            If an id is not in the panel.
        """
        ids = [evse_ids] if isinstance(evse_ids, str) else list(evse_ids)
        places = positions(self.evse, ids)
        jumps = np.unique(np.diff(places))
        if len(places) and len(jumps) <= 1 and (not len(jumps) or jumps[0] > 0):
            stride = int(jumps[0]) if len(jumps) else 1
            codes = self.codes[:, places[0] : places[-1] + 1 : stride]
        else:
            codes = self.codes[:, places]
        return self._like(codes, evse=self.evse.iloc[places], exog=self.exog)

    # ---- new panels ----

    def append(self, later: StatusPanel) -> Self:
        """Return this panel followed by `later`; times between the two are missing.

        Chargers that only one of the two has are missing in the other; a charger's row of the table is
        taken from `later` where it has one.

        Raises
        ------
        StepMismatchError
            If the steps, or the instants within the step, differ.
        SchemeMismatchError
            If the statuses have other names.
        InputError
            If `later` starts before this panel ends.
        """
        self.scheme.require_same(later.scheme, "StatusPanel.append")
        offset = (later.grid.start - self.grid.start) / self.step
        if later.step != self.step or offset != int(offset):
            msg = (
                f"append: a grid of {step_text(later.step)} from {later.grid.start} does not continue one "
                f"of {step_text(self.step)} from {self.grid.start}. Resample one of them first."
            )
            raise StepMismatchError(msg)
        if offset < self.n_time:
            msg = (
                f"append: the later panel starts at {later.grid.start}, before this one ends "
                f"({self.grid.last}). Cut it: later.between({self.grid.last + self.step!s}, …)."
            )
            raise InputError(msg)
        ids = self.evse.index.append(later.evse.index.difference(self.evse.index, sort=False))
        codes = np.full((int(offset) + later.n_time, len(ids)), MISSING, dtype=CODE_DTYPE)
        codes[: self.n_time, : self.n_evse] = self.codes
        codes[int(offset) :, ids.get_indexer(later.evse.index)] = later.codes
        table = evse_table(list(ids), later.evse.combine_first(self.evse))
        grid = TimeGrid(self.grid.start, self.step, len(codes))
        parts = [part for part in (self.exog, later.exog) if part is not None]
        exog = pd.concat(parts).reindex(pd.DatetimeIndex(grid.times)) if parts else None
        return self._like(codes, grid=grid, evse=table, exog=exog)

    def resample(self, step: StepLike) -> Self:
        """Return the panel on a coarser step: a row holds the last status observed in (t - step, t].

        Raises
        ------
        StepMismatchError
            If `step` is not a multiple of the panel's own.
        """
        coarse = as_step(step)
        if coarse % self.step != np.timedelta64(0, "s"):
            msg = f"resample: {step_text(coarse)} is not a multiple of {step_text(self.step)}."
            raise StepMismatchError(msg)
        ratio = int(coarse // self.step)
        midnight = self.grid.start.astype("datetime64[D]").astype("datetime64[s]")
        first = int(-(-(self.grid.start - midnight) // coarse) * coarse // self.step) - int(
            (self.grid.start - midnight) // self.step
        )
        rows = np.arange(first, self.n_time, ratio)
        codes = self.codes[rows].copy()
        for back in range(1, ratio):
            earlier = rows - back
            inside = earlier >= 0
            fill = (codes[inside] == MISSING).nonzero()
            part = codes[inside]
            part[fill] = self.codes[earlier[inside]][fill]
            codes[inside] = part
        grid = TimeGrid(self.grid.start + first * self.step, coarse, len(rows))
        exog = None if self.exog is None else self.exog.iloc[rows]
        return self._like(codes, grid=grid, exog=exog)

    def coarsen(self, target: str) -> Self:
        """Return the panel of two statuses, ``not target`` and `target` (see `StatusScheme`)."""
        return self._like(
            self.scheme.coarsen_codes(self.codes, target),
            scheme=self.scheme.coarsen(target),
            exog=self.exog,
        )

    def with_exog(self, exog: pd.DataFrame) -> Self:
        """Return the panel with exogenous series, aligned on its times; times that `exog` lacks are NaN.

        Parameters
        ----------
        exog : pandas.DataFrame
            Index of UTC times (naive ones are UTC), one float column a series.

        Raises
        ------
        InputError
            If a time occurs twice.
        """
        index = pd.DatetimeIndex(exog.index)
        index = index.tz_convert("UTC").tz_localize(None) if index.tz is not None else index
        if index.has_duplicates:
            again = index[index.duplicated()]
            msg = f"with_exog: {len(again):,} times repeat, the first {again[0]}."
            raise InputError(msg)
        frame = exog.set_axis(index.as_unit("s"), axis=0).reindex(pd.DatetimeIndex(self.times))
        return self._like(self.codes, exog=frame.astype(np.float32))

    # ---- conversions: see evforecast.panel.convert and evforecast.panel.numeric ----

    from_long = classmethod(convert.from_long)
    from_wide = classmethod(convert.from_wide)
    from_multiindex = classmethod(numeric.from_multiindex)
    to_long = convert.to_long
    to_wide = convert.to_wide
    to_multiindex = numeric.to_multiindex
    to_onehot = numeric.to_onehot
    to_counts = numeric.to_counts
    rename = renaming.rename

    def save(self, path: str | PathLike[str]) -> None:
        """Write the panel to one Parquet file, whole or not at all (see `storage.save_panel`)."""
        storage.save_panel(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> StatusPanel:
        """Read a panel that `save` wrote.

        Raises
        ------
        FileFormatError
            If the file is not such a panel, or is damaged.
        """
        return storage.load_panel(cls, path)
