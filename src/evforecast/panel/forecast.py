"""`StatusForecast`: the probability of each status, for each horizon and charger, from one cutoff."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import HorizonError, InputError
from evforecast.panel import storage
from evforecast.panel.evse import evse_table, positions
from evforecast.panel.scheme import StatusScheme
from evforecast.timegrid import TimeLike, as_time, step_text

if TYPE_CHECKING:
    from typing import Self

__all__ = ["StatusForecast"]

# float32 probabilities of a handful of statuses sum to 1 within this.
_SUM_TOLERANCE = 1e-4


class StatusForecast:
    """Probabilities of statuses: float32 ``[horizon, evse, status]`` for one cutoff.

    Parameters
    ----------
    proba : numpy.ndarray
        Shape ``[horizon, evse, status]``; each last axis is a probability distribution.
    cutoff : numpy.datetime64
        The last time that the model knew, UTC.
    step : numpy.timedelta64
        The length of a step.
    horizons : sequence of int
        The numbers of steps ahead, increasing, shape ``[horizon]``.
    evse : pandas.DataFrame or sequence of str
        The chargers, or their ids.
    scheme : StatusScheme
        The names of the last axis.

    Raises
    ------
    InputError
        If shapes disagree, or a distribution is negative, not finite, or does not sum to 1.

    Examples
    --------
    >>> from evforecast.panel import STATUS
    >>> from evforecast.timegrid import as_step, as_time
    >>> p = np.full((1, 2, 5), 0.2)
    >>> forecast = StatusForecast(
    ...     p,
    ...     cutoff=as_time("2020-10-26"),
    ...     step=as_step("15min"),
    ...     horizons=[4],
    ...     evse=["a", "b"],
    ...     scheme=STATUS,
    ... )
    >>> forecast.times
    array(['2020-10-26T01:00:00'], dtype='datetime64[s]')
    >>> forecast.coarsen("free").proba[0, 0].round(1).tolist()
    [0.800000011920929, 0.20000000298023224]
    """

    def __init__(
        self,
        proba: npt.NDArray[Any],
        *,
        cutoff: np.datetime64,
        step: np.timedelta64,
        horizons: Sequence[int],
        evse: pd.DataFrame | Sequence[str],
        scheme: StatusScheme,
    ) -> None:
        table = evse if isinstance(evse, pd.DataFrame) else evse_table(evse)
        proba = np.asarray(proba, dtype=np.float32)
        steps = np.asarray(horizons, dtype=np.int64)
        if proba.shape != (len(steps), len(table), len(scheme)):
            msg = (
                f"StatusForecast: probabilities are {proba.shape}, but there are {len(steps)} horizons, "
                f"{len(table)} chargers and {len(scheme)} statuses."
            )
            raise InputError(msg)
        if proba.size and not (
            proba.min() >= 0 and np.abs(proba.sum(axis=-1) - 1).max() <= _SUM_TOLERANCE
        ):
            msg = (
                "StatusForecast: some rows are no probability distribution "
                "(negative, NaN, or not summing to 1)."
            )
            raise InputError(msg)
        if len(steps) and (steps[0] < 1 or (np.diff(steps) <= 0).any()):
            msg = (
                f"StatusForecast: horizons must be positive and increasing, found {list(horizons)}."
            )
            raise HorizonError(msg)
        self.proba = proba
        self.cutoff, self.step, self.horizons = cutoff, step, steps
        self.evse, self.scheme = table, scheme

    def __repr__(self) -> str:
        """Say the cutoff, the horizons and the chargers."""
        return (
            f"<StatusForecast: {len(self.horizons)} horizons x {len(self.evse):,} chargers x "
            f"{len(self.scheme)} statuses, cutoff {self.cutoff} UTC>"
        )

    @property
    def evse_ids(self) -> list[str]:
        """The ids of the chargers, in the order of the middle axis."""
        return list(self.evse.index)

    @property
    def times(self) -> npt.NDArray[np.datetime64]:
        """The instants that are forecast, shape ``[horizon]``, UTC."""
        return self.cutoff + self.horizons * self.step

    def horizon(self, steps: int) -> npt.NDArray[np.float32]:
        """Return the probabilities ``[evse, status]`` for one horizon, in steps.

        Raises
        ------
        HorizonError
            If the forecast does not have that horizon.
        """
        place = np.flatnonzero(self.horizons == steps)
        if not len(place):
            msg = (
                f"no horizon {steps}; this forecast has {self.horizons.tolist()} steps of "
                f"{step_text(self.step)}."
            )
            raise HorizonError(msg)
        proba: npt.NDArray[np.float32] = self.proba[place[0]]
        return proba

    def at(self, time: TimeLike) -> npt.NDArray[np.float32]:
        """Return the probabilities ``[evse, status]`` at a time, between two horizons the later one.

        Raises
        ------
        HorizonError
            If `time` is not after the cutoff, or lies beyond the last horizon.
        """
        proba: npt.NDArray[np.float32] = self.proba[self.place(time)]
        return proba

    def place(self, time: TimeLike) -> int:
        """Return the place on the first axis of the first horizon at or after a time.

        Raises
        ------
        HorizonError
            If `time` is not after the cutoff, or lies beyond the last horizon.
        """
        ahead = -(-(as_time(time) - self.cutoff) // self.step)
        place = int(np.searchsorted(self.horizons, ahead))
        if ahead < 1 or place == len(self.horizons):
            msg = (
                f"{as_time(time)} UTC is not covered: the forecast made at {self.cutoff} UTC reaches from "
                f"{self.times[0]} to {self.times[-1]} UTC."
            )
            raise HorizonError(msg)
        return place

    def coarsen(self, target: str) -> StatusForecast:
        """Return the forecast of two statuses, ``not target`` and `target`."""
        return StatusForecast(
            self.scheme.coarsen_proba(self.proba, target),
            cutoff=self.cutoff,
            step=self.step,
            horizons=self.horizons.tolist(),
            evse=self.evse,
            scheme=self.scheme.coarsen(target),
        )

    def select(self, evse_ids: Sequence[str]) -> StatusForecast:
        """Return the forecast of the named chargers, in the order given.

        Raises
        ------
        UnknownChargerError
            If an id is not in the forecast.
        """
        places = positions(self.evse, [evse_ids] if isinstance(evse_ids, str) else list(evse_ids))
        return StatusForecast(
            self.proba[:, places],
            cutoff=self.cutoff,
            step=self.step,
            horizons=self.horizons.tolist(),
            evse=self.evse.iloc[places],
            scheme=self.scheme,
        )

    def most_likely(self) -> npt.NDArray[np.int8]:
        """Return the code of the most likely status, shape ``[horizon, evse]``."""
        codes: npt.NDArray[np.int8] = self.proba.argmax(axis=-1).astype(np.int8)
        return codes

    def to_long(self) -> pd.DataFrame:
        """Return one row a horizon and charger: cutoff, horizon, time, evse_id, one column a status.

        Times carry their zone, UTC.
        """
        n, m, k = self.proba.shape
        frame = pd.DataFrame(self.proba.reshape(n * m, k), columns=list(self.scheme.names))
        ids = pd.Categorical.from_codes(np.tile(np.arange(m), n), categories=self.evse.index)
        frame.insert(0, "evse_id", pd.Series(ids))
        frame.insert(0, "time", _zoned(np.repeat(self.times, m)))
        frame.insert(0, "horizon", np.repeat(self.horizons, m))
        frame.insert(0, "cutoff", _zoned(np.repeat(self.cutoff, n * m)))
        return frame

    def equals(self, other: StatusForecast) -> bool:
        """Tell whether `other` says the same of the same chargers, horizons and cutoff."""
        return (
            self.cutoff == other.cutoff
            and self.step == other.step
            and self.scheme == other.scheme
            and np.array_equal(self.horizons, other.horizons)
            and self.evse.equals(other.evse)
            and np.array_equal(self.proba, other.proba)
        )

    def save(self, path: str | PathLike[str]) -> None:
        """Write the forecast to one Parquet file, whole or not at all."""
        storage.save_forecast(self, path)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read a forecast that `save` wrote.

        Raises
        ------
        FileFormatError
            If the file is not such a forecast, or is damaged.
        """
        return storage.load_forecast(cls, path)


def _zoned(times: npt.NDArray[np.datetime64]) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(times).tz_localize("UTC")
