"""`StatusLog`: observations as they came, at irregular times, before any grid."""

from __future__ import annotations

from os import PathLike
from typing import TYPE_CHECKING, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import DuplicateObservationError, EmptyInputError, InputError, require_choice
from evforecast.panel import storage
from evforecast.panel.evse import evse_table
from evforecast.panel.gridding import Duplicates, charger_places, require_columns, status_codes
from evforecast.panel.panel import StatusPanel
from evforecast.panel.scheme import CODE_DTYPE, MISSING, STATUS, Codes, StatusScheme
from evforecast.timegrid import (
    Ambiguous,
    StepLike,
    TimeGrid,
    TimeLike,
    as_step,
    as_time,
    step_text,
    to_utc,
)

if TYPE_CHECKING:
    from typing import Self

__all__ = ["StatusLog"]

# Chargers gridded at a time: bounds the working memory to a few bytes x times x this.
_BLOCK = 64


class StatusLog:
    """Observations of chargers: who, when observed, when collected, which status, from where.

    Parameters
    ----------
    frame : pandas.DataFrame
        ``evse_id``, ``observed_at`` (the provider's stamp) and ``status`` (a name, or a code of
        `scheme`); optional ``collected_at`` (when we saw it; else the observation's own time) and
        ``source``. Any order.
    tz : str, optional
        The zone of naive times; without it they raise.
    ambiguous : {'infer', 'first', 'second'}
        See `to_utc`.
    duplicates : {'raise', 'first', 'last'}
        What to do with a second row for one charger, `observed_at` and `collected_at`.
    evse : pandas.DataFrame, optional
        The table of chargers.
    scheme : StatusScheme
        The names.

    Attributes
    ----------
    frame : pandas.DataFrame
        ``evse_id`` (categorical), ``observed_at``, ``collected_at`` (UTC, naive, seconds), ``status``
        (categorical) and ``source``, sorted by collection, then observation.
    n_repeats : int
        Rows left out because they repeat another.

    Raises
    ------
    MissingColumnsError, EmptyInputError, NaiveTimeError, UnknownStatusError, DuplicateObservationError
        As for a panel.

    Examples
    --------
    >>> log = StatusLog(
    ...     pd.DataFrame(
    ...         {
    ...             "evse_id": ["a", "a"],
    ...             "status": ["down", "charging"],
    ...             "observed_at": ["2020-10-25T00:02Z", "2020-10-25T00:14Z"],
    ...         }
    ...     )
    ... )
    >>> log.to_panel("15min").to_long().status.to_list()
    ['charging']
    """

    def __init__(
        self,
        frame: pd.DataFrame,
        *,
        tz: str | None = None,
        ambiguous: Ambiguous = "infer",
        duplicates: Duplicates = "raise",
        evse: pd.DataFrame | None = None,
        scheme: StatusScheme = STATUS,
    ) -> None:
        where = "StatusLog"
        require_choice(duplicates, get_args(Duplicates), "duplicates")
        require_columns(frame, ("evse_id", "observed_at", "status"), where)
        if frame.empty:
            msg = f"{where}: the frame has no rows. Check what was read."
            raise EmptyInputError(msg)
        places, ids = charger_places(frame["evse_id"], evse, where)
        observed = to_utc(
            frame["observed_at"],
            where=f"{where}, observed_at",
            tz=tz,
            groups=places,
            ambiguous=ambiguous,
        )
        collected = observed
        if "collected_at" in frame.columns:
            collected = to_utc(
                frame["collected_at"],
                where=f"{where}, collected_at",
                tz=tz,
                groups=places,
                ambiguous=ambiguous,
            )
        tidy = pd.DataFrame(
            {
                "evse_id": pd.Categorical.from_codes(places, categories=pd.Index(ids)),
                "observed_at": observed,
                "collected_at": collected,
                "status": pd.Categorical.from_codes(
                    status_codes(frame["status"], scheme), categories=pd.Index(scheme.names)
                ),
                "source": frame["source"].to_numpy() if "source" in frame.columns else None,
            }
        )
        tidy = tidy.sort_values(["collected_at", "observed_at"], kind="stable", ignore_index=True)
        repeats = tidy.duplicated(["evse_id", "observed_at", "collected_at"], keep=False)
        clash = tidy[repeats].duplicated(["evse_id", "observed_at", "collected_at"])
        self.n_repeats = int(clash.sum())
        if self.n_repeats and duplicates == "raise":
            rows = tidy[repeats][clash].head(3)
            examples = [f"{r.evse_id} at {r.observed_at}" for r in rows.itertuples()]
            raise DuplicateObservationError(where, self.n_repeats, examples)
        if self.n_repeats:
            keep: str = duplicates
            tidy = tidy.drop_duplicates(
                ["evse_id", "observed_at", "collected_at"],
                keep="first" if keep == "first" else "last",
                ignore_index=True,
            )
        self.frame = tidy
        self.scheme = scheme
        self.tz = tz or "UTC"
        self.evse = evse_table(ids, evse)

    def __repr__(self) -> str:
        """Say how many observations of how many chargers, and when."""
        stamps = self.frame["observed_at"]
        return (
            f"<StatusLog: {len(self.frame):,} observations of {len(self.evse):,} chargers, "
            f"{stamps.min()} to {stamps.max()} UTC>"
        )

    def __len__(self) -> int:
        """Return the number of observations."""
        return len(self.frame)

    def collected_by(self, cutoff: TimeLike) -> Self:
        """Return the log of what had been collected at `cutoff`: all that a backtest there may see."""
        log = object.__new__(type(self))
        log.frame = self.frame[self.frame["collected_at"] <= pd.Timestamp(as_time(cutoff))]
        log.scheme, log.tz, log.evse, log.n_repeats = (
            self.scheme,
            self.tz,
            self.evse,
            self.n_repeats,
        )
        return log

    def to_panel(
        self,
        step: StepLike = "15min",
        *,
        max_age: StepLike | None = None,
        start: TimeLike | None = None,
        end: TimeLike | None = None,
    ) -> StatusPanel:
        """Put the observations on a grid: row ``t`` holds the last one observed in ``(t - max_age, t]``.

        Parameters
        ----------
        step : str or timedelta
            The grid, aligned on midnight UTC.
        max_age : str or timedelta, optional
            How long an observation stands when nothing newer comes; `step` by default, so that a
            gap stays a gap. Feeds that only report changes want more.
        start, end : time, optional
            The first row, and the time the rows end before; by default the span of the observations.

        Returns
        -------
        StatusPanel

        Raises
        ------
        EmptyInputError
            If no row is left.
        InputError
            If `max_age` is not positive, or `start` is off the grid.
        """
        size = as_step(step)
        age = (
            size
            if max_age is None
            else np.timedelta64(int(pd.Timedelta(max_age).total_seconds()), "s")
        )
        if age <= np.timedelta64(0, "s"):
            msg = f"to_panel: max_age must be positive, found {max_age!r}."
            raise InputError(msg)
        frame = self.frame.sort_values("observed_at", kind="stable")
        observed = frame["observed_at"].to_numpy().astype("datetime64[s]")
        if not len(observed):
            msg = "to_panel: no observation, so no panel."
            raise EmptyInputError(msg)
        first = _ceil(observed[0], size) if start is None else as_time(start)
        if _ceil(first, size) != first:
            msg = (
                f"to_panel: start {first} is off the grid of {step_text(size)}, which holds "
                f"{_ceil(first, size)}."
            )
            raise InputError(msg)
        last = _ceil(observed[-1], size) if end is None else _ceil(as_time(end), size) - size
        n = int((last - first) // size) + 1
        if n <= 0:
            msg = f"to_panel: nothing lies between {first} and {last}. Check start and end."
            raise EmptyInputError(msg)
        grid = TimeGrid(first, size, n)
        codes = _last_known(
            observed,
            frame["evse_id"].cat.codes.to_numpy().astype(np.intp),
            frame["status"].cat.codes.to_numpy().astype(CODE_DTYPE),
            grid=grid,
            n_evse=len(self.evse),
            max_age=age,
        )
        return StatusPanel(codes, grid, self.evse, scheme=self.scheme, tz=self.tz)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the log to one Parquet file, whole or not at all."""
        storage.save_log(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> StatusLog:
        """Read a log that `save` wrote.

        Raises
        ------
        FileFormatError
            If the file is not such a log, or is damaged.
        """
        return storage.load_log(cls, path)


def _ceil(time: np.datetime64, step: np.timedelta64) -> np.datetime64:
    since = time - np.datetime64(0, "s")
    return np.datetime64(0, "s") + -(-since // step) * step


def _last_known(
    observed: npt.NDArray[np.datetime64],
    places: npt.NDArray[np.intp],
    codes: Codes,
    *,
    grid: TimeGrid,
    n_evse: int,
    max_age: np.timedelta64,
) -> Codes:
    """Return codes ``[time, evse]``; `observed` is sorted, so a later row of the log wins its slot."""
    slots = -(-(observed - grid.start) // grid.step)
    slots = np.maximum(slots, 0)  # before the first row: the last one may still stand there
    inside = slots < grid.n
    order = np.flatnonzero(inside)
    times = grid.times
    result = np.full((grid.n, n_evse), MISSING, dtype=CODE_DTYPE)
    for start in range(0, n_evse, _BLOCK):
        width = min(_BLOCK, n_evse - start)
        mine = order[(places[order] >= start) & (places[order] < start + width)]
        newest = np.full((grid.n, width), -1, dtype=np.int64)
        newest[slots[mine], places[mine] - start] = mine
        np.maximum.accumulate(newest, axis=0, out=newest)
        known = newest >= 0
        fresh = np.zeros_like(known)
        fresh[known] = (times[known.nonzero()[0]] - observed[newest[known]]) < max_age
        result[:, start : start + width][fresh] = codes[newest[fresh]]
    return result
