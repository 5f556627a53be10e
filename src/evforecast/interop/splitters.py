"""sktime's horizons and splitters in our words: steps ahead, and the cutoffs of a backtest."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import HorizonError, InputError, MissingExtraError, first_few
from evforecast.forecasting.base import check_horizons
from evforecast.interop.timeaxis import fixed_length
from evforecast.panel import StatusPanel
from evforecast.timegrid import StepLike, TimeLike, as_step, as_time

try:
    from sktime.forecasting.base import ForecastingHorizon
    from sktime.split.base import BaseSplitter
except ImportError as error:
    raise MissingExtraError("skpro", "sktime") from error

__all__ = ["horizons", "splitter_origins"]


def horizons(fh: Any, *, cutoff: TimeLike | None = None, step: StepLike | None = None) -> list[int]:
    """Return the steps ahead that a horizon of sktime means, for our forecasters.

    Parameters
    ----------
    fh : int, sequence of int, pandas.Index or ForecastingHorizon
        Relative (steps, or lengths of time) or absolute (times, UTC where they carry no zone). A single
        number is the last step, as everywhere in sktime: 3 means 1, 2 and 3.
    cutoff : time, optional
        The last time known; an absolute horizon needs it.
    step : str, timedelta, numpy.timedelta64 or pandas.Timedelta, optional
        The step of the panel; needed unless `fh` counts steps, or knows its own.

    Returns
    -------
    list of int
        Increasing, each at least 1.

    Raises
    ------
    HorizonError
        If a step is not positive and whole, or cannot be told without `cutoff` or `step`.

    Examples
    --------
    >>> from sktime.forecasting.base import ForecastingHorizon
    >>> horizons(ForecastingHorizon([4, 1]))
    [1, 4]
    >>> times = pd.DatetimeIndex(["2020-10-26 01:00", "2020-10-27 00:00"])
    >>> horizons(times, cutoff="2020-10-26", step="15min")
    [4, 96]
    """
    fh = fh if isinstance(fh, ForecastingHorizon) else ForecastingHorizon(fh)
    values = fh.to_pandas()
    if fh.is_relative and pd.api.types.is_integer_dtype(values.dtype):
        return [int(n) for n in check_horizons(values.tolist())]
    if step is None and fh.freq is not None:
        step = fixed_length(pd.tseries.frequencies.to_offset(fh.freq))
    if step is None or (cutoff is None and not fh.is_relative):
        what = (
            "lengths of time: say step='15min'"
            if fh.is_relative
            else "times: say cutoff= and step="
        )
        msg = f"horizons: {fh!r} holds {what}, or count in steps, like [1, 4]."
        raise HorizonError(msg)
    size = as_step(step)
    if fh.is_relative:
        ahead = pd.to_timedelta(values) / pd.Timedelta(size)
    else:
        stamps = values.to_timestamp() if isinstance(values, pd.PeriodIndex) else values
        if not isinstance(stamps, pd.DatetimeIndex):
            msg = (
                f"horizons: {fh!r} holds no times, but {values.dtype}. Count in steps, like [1, 4]."
            )
            raise HorizonError(msg)
        utc = stamps if stamps.tz is None else stamps.tz_convert("UTC").tz_localize(None)
        ahead = (utc - pd.Timestamp(as_time(cutoff))) / pd.Timedelta(size)  # type: ignore[arg-type]
    return [int(n) for n in check_horizons(ahead.tolist())]


def splitter_origins(
    cv: Any, panel: StatusPanel
) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.int64]]:
    """Return the cutoffs and the steps ahead that a splitter of sktime means on the times of a panel.

    Only the end of a training window is kept, not its length: a backtest of ours hands a forecaster all
    that was known at an origin.

    Parameters
    ----------
    cv : sktime splitter
        One that cuts in time, with the same steps ahead in every split: `ExpandingWindowSplitter`,
        `SlidingWindowSplitter`, `SingleWindowSplitter`, `CutoffSplitter` and the like.
    panel : StatusPanel
        The past and the truth.

    Returns
    -------
    origins : numpy.ndarray
        The last time of each training window: increasing, ``datetime64[s]``, UTC, shape ``[origin]``.
    horizons : numpy.ndarray
        The steps from there to the times of the test window: increasing, int64, shape ``[horizon]``.

    Raises
    ------
    InputError
        If `cv` is no such splitter, makes no split, or one whose past is empty.
    HorizonError
        If a test window does not lie after its past, or is another number of steps ahead than the rest.

    Examples
    --------
    >>> import evforecast as ev
    >>> from sktime.split import ExpandingWindowSplitter
    >>> panel = ev.simulate(n_evse=3, days=2, random_state=0)
    >>> cv = ExpandingWindowSplitter(fh=[1, 4], initial_window=96, step_length=48)
    >>> origins, steps = splitter_origins(cv, panel)
    >>> [str(time) for time in origins - panel.times[0]]
    ['85500 seconds', '128700 seconds']
    >>> steps.tolist()
    [1, 4]
    """
    where, kind = "splitter_origins", type(cv).__name__
    if not isinstance(cv, BaseSplitter) or cv.get_tag("split_type") != "temporal":
        msg = (
            f"{where}: a {kind} does not split in time. Use a splitter like "
            "sktime.split.ExpandingWindowSplitter."
        )
        raise InputError(msg)
    # windows given as lengths of time need an index that knows its step
    freq = pd.tseries.frequencies.to_offset(pd.Timedelta(panel.step))
    splits = list(cv.split(pd.DatetimeIndex(panel.times, freq=freq)))
    empty = sum(not len(past) for past, _ in splits)
    if not splits or empty:
        msg = (
            f"{where}: {cv!r} makes {len(splits)} splits of {panel!r}, {empty} of them without a "
            "past. Make its windows fit, and start with one: start_with_window=True."
        )
        raise InputError(msg)
    ends = np.array([past[-1] for past, _ in splits])
    ahead = [np.asarray(test) - end for end, (_, test) in zip(ends, splits, strict=True)]
    odd = [steps for steps in ahead if not np.array_equal(steps, ahead[0])]
    if odd or not len(ahead[0]) or ahead[0].min() < 1:
        seen = first_few(_text(steps) for steps in [ahead[0], *odd])
        msg = (
            f"{where}: the test windows of {kind} are these steps ahead of their past: {seen}. "
            "A backtest needs the same in every split, each at least 1."
        )
        raise HorizonError(msg)
    times: npt.NDArray[np.datetime64] = panel.times[np.unique(ends)]
    return times, check_horizons(ahead[0].tolist())


def _text(steps: npt.NDArray[np.int64]) -> str:
    return f"{steps[0]} to {steps[-1]}" if len(steps) else "none"
