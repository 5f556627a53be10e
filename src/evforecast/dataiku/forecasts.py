"""Forecasts in a dataset: one row a model, cutoff, horizon and charger, one column a status."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.dataiku.client import dataset_of
from evforecast.dataiku.datasets import CHUNK_ROWS, read_frames, write_frames
from evforecast.dataiku.statuses import utc
from evforecast.errors import InputError, first_few
from evforecast.panel import STATUS, StatusForecast, StatusScheme, evse_table
from evforecast.timegrid import StepLike, TimeLike, as_step, as_time

__all__ = ["read_forecasts", "write_forecasts"]

_KEY = ("model", "cutoff", "horizon", "evse_id")
# The last digits that another machine makes of the same forecast.
_SAME = 1e-5


def write_forecasts(
    dataset: Any,
    forecasts: Mapping[str, StatusForecast | Iterable[StatusForecast]],
    *,
    append: bool | None = None,
) -> int:
    """Write forecasts as rows ``model``, ``cutoff``, ``horizon``, ``evse_id``, ``p_available``, ….

    Parameters
    ----------
    dataset : str or dataiku.Dataset
    forecasts : mapping of str to StatusForecast, or to an iterable of such
        By model.
    append : bool, optional
        As for `write_frames`. What was given out is kept: the recipe that forecasts appends.

    Returns
    -------
    int
        How many rows.

    Raises
    ------
    EmptyInputError
        If there is no forecast.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> forecast = ev.Persistence([1, 4]).fit(panel).predict_proba(panel)
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["forecast"]):
    ...     write_forecasts("forecast", {"persistence": forecast}, append=True)
    12
    """

    def frames() -> Iterator[pd.DataFrame]:
        for model, given in forecasts.items():
            for forecast in [given] if isinstance(given, StatusForecast) else given:
                yield _rows(model, forecast)

    return write_frames(dataset, frames(), append=append)


def read_forecasts(
    dataset: Any,
    *,
    since: TimeLike | None = None,
    until: TimeLike | None = None,
    step: StepLike = "15min",
    tz: str = "UTC",
    scheme: StatusScheme = STATUS,
    chunk_rows: int = CHUNK_ROWS,
) -> dict[str, list[StatusForecast]]:
    """Read forecasts back, by model and in the order of their cutoffs.

    Rows that are there twice, as a recipe leaves them that was run again, count once. One that was written
    in part is noticed where a charger has some of the horizons only; fewer chargers are not.

    Parameters
    ----------
    dataset : str or dataiku.Dataset
    since, until : time, optional
        The first and the last cutoff wanted; all by default.
    step : str or timedelta
        What the horizons count.
    tz : str
        The zone of cutoffs that have none.
    scheme : StatusScheme
        The names.
    chunk_rows : int
        How many rows are text at a time.

    Returns
    -------
    dict of str to list of StatusForecast
        As `join_truth` and `monitor` take them.

    Raises
    ------
    MissingColumnsError
        If a column is missing.
    InputError
        If two forecasts of one model and cutoff differ, or one was written in part only.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> forecast = ev.Persistence([1, 4]).fit(panel).predict_proba(panel)
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["forecast"]):
    ...     _ = write_forecasts("forecast", {"persistence": forecast})
    ...     read_forecasts("forecast")["persistence"][0].equals(forecast)
    False
    """
    handle = dataset_of(dataset)
    where = f"dataset {handle.name}"
    statuses = [f"p_{name}" for name in scheme.names]
    found: dict[tuple[str, np.datetime64], list[pd.DataFrame]] = {}
    for chunk in read_frames(handle, [*_KEY, *statuses], chunk_rows=chunk_rows):
        times = utc(chunk["cutoff"], f"{where}, cutoff", tz)
        inside = np.ones(len(times), dtype=np.bool_)
        inside &= True if since is None else times >= as_time(since)
        inside &= True if until is None else times <= as_time(until)
        if not inside.any():
            continue
        kept = chunk[inside].astype(dict.fromkeys(statuses, np.float32))
        kept["cutoff"] = times[inside].astype(np.int64)
        for (model, cutoff), part in kept.groupby(["model", "cutoff"], sort=False):
            key = (str(model), np.datetime64(int(str(cutoff)), "s"))
            found.setdefault(key, []).append(part[["horizon", "evse_id", *statuses]])
    result: dict[str, list[StatusForecast]] = {}
    for model, cutoff in sorted(found):
        rows = pd.concat(found.pop((model, cutoff)), ignore_index=True)
        said = f"{where}: the forecast of {model!r} from {cutoff} UTC"
        proba, horizons, ids = _matrix(rows, statuses, said)
        forecast = StatusForecast(
            proba,
            cutoff=cutoff,
            step=as_step(step),
            horizons=horizons,
            evse=evse_table(ids),
            scheme=scheme,
        )
        result.setdefault(model, []).append(forecast)
    return result


def _rows(model: str, forecast: StatusForecast) -> pd.DataFrame:
    frame = forecast.to_long().drop(columns="time")
    frame = frame.rename(columns={name: f"p_{name}" for name in forecast.scheme.names})
    frame.insert(0, "model", model)
    return frame[[*_KEY, *(f"p_{name}" for name in forecast.scheme.names)]]


def _matrix(
    rows: pd.DataFrame, statuses: list[str], said: str
) -> tuple[npt.NDArray[np.float32], list[int], list[str]]:
    ids = [str(name) for name in rows["evse_id"].unique()]
    horizons = sorted(int(horizon) for horizon in rows["horizon"].unique())
    row = np.searchsorted(horizons, rows["horizon"].to_numpy(np.int64))
    place = pd.Index(ids).get_indexer(pd.Index(rows["evse_id"]))
    values = rows[statuses].to_numpy(np.float32)
    proba = np.full((len(horizons), len(ids), len(statuses)), np.nan, np.float32)
    proba[row, place] = values
    if not np.allclose(proba[row, place], values, rtol=0, atol=_SAME):
        msg = (
            f"{said} is there twice, and the two differ. What was given out is what is scored: remove the "
            "rows of one of them, and keep a new version of a model under a name of its own."
        )
        raise InputError(msg)
    holes = np.argwhere(np.isnan(proba[..., 0]))
    if len(holes):
        lost = first_few(f"{ids[m]} at horizon {horizons[h]}" for h, m in holes)
        msg = (
            f"{said} is there in part only: {lost} is missing. The recipe was stopped while it wrote: run it "
            "again for this cutoff, or leave the cutoff out with since and until."
        )
        raise InputError(msg)
    return proba, horizons, ids
