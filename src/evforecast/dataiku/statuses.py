"""Statuses in datasets: logs and panels, read and written without ever holding all of the text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.dataiku.client import dataset_of
from evforecast.dataiku.datasets import CHUNK_ROWS, read_frame, read_frames, write_frames
from evforecast.dataiku.gathering import Gathered
from evforecast.errors import EmptyInputError, MissingColumnsError
from evforecast.panel import STATUS, StatusLog, StatusPanel, StatusScheme, evse_table
from evforecast.panel.gridding import Duplicates, status_codes
from evforecast.timegrid import StepLike, TimeLike, as_step, as_time, to_utc

__all__ = ["read_evse", "read_log", "read_panel", "utc", "write_log", "write_panel"]


def read_panel(
    dataset: Any,
    *,
    since: TimeLike | None = None,
    until: TimeLike | None = None,
    step: StepLike = "15min",
    evse: pd.DataFrame | None = None,
    tz: str = "UTC",
    duplicates: Duplicates = "last",
    scheme: StatusScheme = STATUS,
    chunk_rows: int = CHUNK_ROWS,
) -> StatusPanel:
    """Read a panel from a dataset of rows ``time``, ``evse_id``, and ``code`` or ``status``, in any order.

    Parameters
    ----------
    dataset : str or dataiku.Dataset
        Its times with a zone or without, as DSS dates or as text, which is what DSS makes of Snowflake's
        TIMESTAMP_NTZ.
    since, until : time, optional
        The first and the last time wanted; all by default.
    step : str or timedelta
        The grid.
    evse : pandas.DataFrame, optional
        What is known of the chargers, as `read_evse` returns it.
    tz : str
        The zone of times that have none.
    duplicates : {'last', 'first', 'raise'}
        What to do with a second row for one charger and time: a recipe that appends and was run twice has
        left such.
    scheme : StatusScheme
        The names.
    chunk_rows : int
        How many rows are text at a time.

    Returns
    -------
    StatusPanel
        From the first to the last time at which anything was observed; its chargers in the order in which
        they turned up.

    Raises
    ------
    MissingColumnsError
        If a column is missing.
    EmptyInputError
        If nothing was observed in that time.
    IrregularTimeError
        If times are not on a grid of `step`.
    DuplicateObservationError
        If rows repeat, and that is to raise.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> panel = ev.simulate(n_evse=3, days=1, random_state=0)
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["status_grid"]):
    ...     _ = write_panel("status_grid", panel)
    ...     read_panel("status_grid", since=panel.times[4], until=panel.times[9]).n_time
    6
    """
    handle = dataset_of(dataset)
    where = f"dataset {handle.name}"
    names = [column["name"] for column in handle.read_schema()]
    target = "code" if "code" in names else "status"
    gathered = Gathered(as_step(step), where, duplicates)
    for chunk in read_frames(handle, ["time", "evse_id", target], chunk_rows=chunk_rows):
        times = utc(chunk["time"], f"{where}, time", tz)
        inside = np.ones(len(times), dtype=np.bool_)
        inside &= True if since is None else times >= as_time(since)
        inside &= True if until is None else times <= as_time(until)
        if inside.any():
            rows = chunk[inside]
            gathered.add(times[inside], rows["evse_id"], status_codes(rows[target], scheme))
    grid, codes = gathered.result()
    return StatusPanel(codes.copy(), grid, evse_table(gathered.ids, evse), scheme=scheme)


def write_panel(
    dataset: Any, panel: StatusPanel, *, append: bool | None = None, chunk_rows: int = CHUNK_ROWS
) -> int:
    """Write a panel as rows ``time``, ``evse_id``, ``code``; what is missing has no row.

    Parameters
    ----------
    dataset : str or dataiku.Dataset
    panel : StatusPanel
    append : bool, optional
        As for `write_frames`.
    chunk_rows : int
        How many rows are text at a time.

    Returns
    -------
    int
        How many rows.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["status_grid"]):
    ...     write_panel("status_grid", ev.simulate(n_evse=3, days=1, random_state=0).head(4))
    12
    """
    ids = np.array(panel.evse_ids, dtype=object)
    rows = max(1, chunk_rows // max(1, panel.n_evse))

    def chunks() -> Iterator[pd.DataFrame]:
        for first in range(0, max(panel.n_time, 1), rows):
            codes = panel.codes[first : first + rows]
            row, place = np.nonzero(codes >= 0)
            yield pd.DataFrame(
                {
                    "time": panel.times[first : first + rows][row],
                    "evse_id": ids[place],
                    "code": codes[row, place].astype(np.int64),
                }
            )

    return write_frames(dataset, chunks(), append=append)


def read_log(
    dataset: Any,
    *,
    evse: pd.DataFrame | None = None,
    tz: str = "UTC",
    duplicates: Duplicates = "last",
    scheme: StatusScheme = STATUS,
    chunk_rows: int = CHUNK_ROWS,
) -> StatusLog:
    """Read a log from a dataset of rows ``evse_id``, ``collected_at``, ``status`` and, if need be, others.

    Parameters
    ----------
    dataset : str or dataiku.Dataset
        Where ``observed_at`` is empty, or not there, ``collected_at`` stands for it.
    evse, tz, duplicates, scheme, chunk_rows
        As for `read_panel`.

    Returns
    -------
    StatusLog

    Raises
    ------
    MissingColumnsError
        If a column is missing.
    EmptyInputError
        If there is no row.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> rows = {"evse_id": ["007"], "status": ["down"], "collected_at": ["2020-11-08 00:03"]}
    >>> with fake_dss(tempfile.mkdtemp()) as dss:
    ...     dss.add_table("status", pd.DataFrame(rows))
    ...     read_log("status").frame.observed_at.item()
    Timestamp('2020-11-08 00:03:00')
    """
    handle = dataset_of(dataset)
    where = f"dataset {handle.name}"
    names = [column["name"] for column in handle.read_schema()]
    wanted = ["evse_id", "collected_at", "status"]
    if missing := [name for name in wanted if name not in names]:
        raise MissingColumnsError(missing, names, where)
    wanted += [name for name in ("observed_at", "source") if name in names]
    parts: list[pd.DataFrame] = []
    places: dict[str, dict[str, int]] = {"evse_id": {}, "source": {}}
    for chunk in read_frames(handle, wanted, chunk_rows=chunk_rows):
        collected = utc(chunk["collected_at"], f"{where}, collected_at", tz)
        observed = collected.copy()
        if "observed_at" in wanted:
            said = chunk["observed_at"].notna().to_numpy()
            observed[said] = utc(chunk["observed_at"][said], f"{where}, observed_at", tz)
        part = {
            "evse_id": _numbered(chunk["evse_id"], places["evse_id"]),
            "observed_at": observed,
            "collected_at": collected,
            "status": status_codes(chunk["status"], scheme),
        }
        if "source" in wanted:
            part["source"] = _numbered(chunk["source"], places["source"])
        parts.append(pd.DataFrame(part))
    if not parts:
        msg = f"{where}: it has no rows, so no log. Was the recipe that writes it run?"
        raise EmptyInputError(msg)
    frame = pd.concat(parts, ignore_index=True)
    parts.clear()
    for name, known in places.items():
        if name in frame:
            frame[name] = pd.Categorical.from_codes(frame[name], categories=pd.Index(list(known)))
    frame = frame[frame["status"] >= 0]
    return StatusLog(
        frame,
        tz="UTC",
        duplicates=duplicates,
        evse=None if evse is None else evse_table(list(places["evse_id"]), evse),
        scheme=scheme,
    )


def write_log(
    dataset: Any, log: StatusLog, *, append: bool | None = None, chunk_rows: int = CHUNK_ROWS
) -> int:
    """Write a log as rows ``evse_id``, ``collected_at``, ``observed_at``, ``status``, ``source``.

    Parameters
    ----------
    dataset : str or dataiku.Dataset
    log : StatusLog
    append, chunk_rows
        As for `write_panel`.

    Returns
    -------
    int
        How many rows.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> rows = {"evse_id": ["007"], "status": ["down"], "observed_at": ["2020-11-08T00:03Z"]}
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["status"]):
    ...     write_log("status", StatusLog(pd.DataFrame(rows)))
    ...     read_log("status").frame.evse_id.item()
    1
    '007'
    """
    columns = ["evse_id", "collected_at", "observed_at", "status", "source"]
    starts = range(0, max(len(log), 1), chunk_rows)
    chunks = (log.frame[columns].iloc[first : first + chunk_rows] for first in starts)
    return write_frames(dataset, chunks, append=append)


def read_evse(dataset: Any) -> pd.DataFrame:
    """Read the table of chargers.

    Parameters
    ----------
    dataset : str or dataiku.Dataset
        ``evse_id``, and any of ``location_id``, ``area``, ``lat``, ``lon``, ``model``.

    Returns
    -------
    pandas.DataFrame
        Index ``evse_id``, with every standard column.

    Raises
    ------
    MissingColumnsError
        If there is no ``evse_id``.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp()) as dss:
    ...     dss.add_table("evse", pd.DataFrame({"evse_id": ["007"], "location_id": ["07"]}))
    ...     read_evse("evse").location_id.to_dict()
    {'007': '07'}
    """
    frame = read_frame(dataset)
    if "evse_id" not in frame:
        raise MissingColumnsError(["evse_id"], list(frame.columns), f"dataset {dataset}")
    return evse_table(frame["evse_id"].tolist(), frame)


def utc(column: pd.Series, where: str, tz: str) -> npt.NDArray[np.datetime64]:
    """Return a column of times as UTC, ``datetime64[s]``: text or times, with a zone or without.

    Parameters
    ----------
    column : pandas.Series
    where : str
        For the messages.
    tz : str
        The zone of those that have none.

    Examples
    --------
    >>> utc(pd.Series(["2020-11-08 01:00:00"]), "example", "Europe/Paris")
    array(['2020-11-08T00:00:00'], dtype='datetime64[s]')
    """
    if not len(column):
        return np.empty(0, dtype="datetime64[s]")
    # Many rows have few times.
    places, distinct = pd.factorize(column)
    if (places < 0).any() or tz != "UTC":
        return to_utc(column, where=where, tz=tz)
    return to_utc(pd.Series(distinct), where=where, tz=tz)[places]


def _numbered(column: pd.Series, known: dict[str, int]) -> npt.NDArray[np.int32]:
    local, names = pd.factorize(column)
    places = np.array([known.setdefault(str(name), len(known)) for name in names] + [-1], np.int32)
    return places[local]
