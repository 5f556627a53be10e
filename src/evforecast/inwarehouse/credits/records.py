"""Rows of the views as records: times in microseconds, credits in units, our tag read; translated once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError
from evforecast.inwarehouse.credits.amounts import DAY, HOUR, as_units
from evforecast.inwarehouse.credits.tags import Tag
from evforecast.inwarehouse.credits.views import COLUMNS

__all__ = ["Attributed", "Billed", "Metered", "Query", "attributed", "billed", "metered", "queries"]

# The view says SUCCESS, FAIL or INCIDENT, the functions say FAILED_WITH_ERROR or FAILED_WITH_INCIDENT.
_FAILED = ("FAIL", "INCIDENT")


@dataclass(frozen=True)
class Query:
    """A query that has ended; times in microseconds since 1970, UTC, and lengths of time in milliseconds."""

    id: str
    tag: Tag | None
    warehouse: str
    size: str | None
    kind: str | None
    cluster: int
    failed: bool
    start: int
    end: int
    elapsed: int
    compiling: int
    executing: int
    queued: int
    provisioning: int
    rows: int
    scanned: int
    spilled: tuple[int | None, int | None]
    cloud: int

    @property
    def begin(self) -> int:
        """When its execution began, which is the last of its phases."""
        return max(self.start, self.end - 1000 * self.executing)


@dataclass(frozen=True)
class Attributed:
    """What the warehouse's time of one query costs, in units, and what accelerated it."""

    id: str
    root: str | None
    tag: Tag | None
    warehouse: str
    start: int
    end: int
    compute: int
    acceleration: int


@dataclass(frozen=True)
class Metered:
    """An hour of a warehouse, in units; `queries` is None where Snowflake does not say what they cost."""

    warehouse: str
    hour: int
    compute: int
    cloud: int
    queries: int | None


@dataclass(frozen=True)
class Billed:
    """A day of a service, in units; the adjustment is negative."""

    day: np.datetime64
    service: str
    cloud: int
    adjustment: int
    billed: int


def queries(frame: pd.DataFrame | None) -> list[Query]:
    """Return the queries that have ended, each once.

    Raises
    ------
    InputError
        If a time is none.

    Examples
    --------
    >>> queries(None)
    []
    """
    found = {}
    for row in _rows(frame, "queries"):
        if row["END_TIME"] < row["START_TIME"]:  # still running: its end is the beginning of 1970
            continue
        waits = [
            _whole(row[f"QUEUED_{why}_TIME"]) for why in ("PROVISIONING", "REPAIR", "OVERLOAD")
        ]
        spills = [row[f"BYTES_SPILLED_TO_{where}_STORAGE"] for where in ("LOCAL", "REMOTE")]
        found[row["QUERY_ID"]] = Query(
            id=row["QUERY_ID"],
            tag=Tag.parse(row["QUERY_TAG"]),
            warehouse=_text(row["WAREHOUSE_NAME"]) or "",
            size=_text(row["WAREHOUSE_SIZE"]),
            kind=_text(row["WAREHOUSE_TYPE"]),
            cluster=_whole(row["CLUSTER_NUMBER"]),
            failed=str(row["EXECUTION_STATUS"]).upper().startswith(_FAILED),
            start=row["START_TIME"],
            end=row["END_TIME"],
            elapsed=_whole(row["TOTAL_ELAPSED_TIME"]),
            compiling=_whole(row["COMPILATION_TIME"]),
            executing=_whole(row["EXECUTION_TIME"]),
            queued=sum(waits),
            provisioning=waits[0],
            rows=_whole(row["ROWS_PRODUCED"]),
            scanned=_whole(row["BYTES_SCANNED"]),
            spilled=(_known(spills[0]), _known(spills[1])),
            cloud=as_units(row["CREDITS_USED_CLOUD_SERVICES"]),
        )
    return list(found.values())


def attributed(frame: pd.DataFrame | None) -> list[Attributed]:
    """Return what queries cost, each once.

    Raises
    ------
    InputError
        If a time is none.

    Examples
    --------
    >>> attributed(None)
    []
    """
    found = {}
    for row in _rows(frame, "attribution"):
        found[row["QUERY_ID"]] = Attributed(
            id=row["QUERY_ID"],
            root=_text(row["ROOT_QUERY_ID"]),
            tag=Tag.parse(row["QUERY_TAG"]),
            warehouse=_text(row["WAREHOUSE_NAME"]) or "",
            start=row["START_TIME"],
            end=max(row["START_TIME"], row["END_TIME"]),
            compute=as_units(row["CREDITS_ATTRIBUTED_COMPUTE"]),
            acceleration=as_units(row["CREDITS_USED_QUERY_ACCELERATION"]),
        )
    return list(found.values())


def metered(frame: pd.DataFrame | None) -> list[Metered]:
    """Return the hours of warehouses, each once.

    Raises
    ------
    InputError
        If a time is none.

    Examples
    --------
    >>> metered(None)
    []
    """
    found = {}
    for row in _rows(frame, "metering"):
        of_queries = row["CREDITS_ATTRIBUTED_COMPUTE_QUERIES"]
        name, hour = str(row["WAREHOUSE_NAME"]), row["START_TIME"] - row["START_TIME"] % HOUR
        found[name, hour] = Metered(
            warehouse=name,
            hour=hour,
            compute=as_units(row["CREDITS_USED_COMPUTE"]),
            cloud=as_units(row["CREDITS_USED_CLOUD_SERVICES"]),
            queries=None if pd.isna(of_queries) else as_units(of_queries),
        )
    return list(found.values())


def billed(frame: pd.DataFrame | None) -> list[Billed]:
    """Return the days of services, each once.

    Raises
    ------
    InputError
        If a day is none.

    Examples
    --------
    >>> billed(None)
    []
    """
    found = {}
    for row in _rows(frame, "daily"):
        day, service = day_of(row["USAGE_DATE"]), str(row["SERVICE_TYPE"])
        found[day, service] = Billed(
            day=day,
            service=service,
            cloud=as_units(row["CREDITS_USED_CLOUD_SERVICES"]),
            adjustment=as_units(row["CREDITS_ADJUSTMENT_CLOUD_SERVICES"]),
            billed=as_units(row["CREDITS_BILLED"]),
        )
    return list(found.values())


def day_of(time: int) -> np.datetime64:
    """Return the day, UTC, in which a microsecond lies.

    Examples
    --------
    >>> day_of(86_400_000_000)
    np.datetime64('1970-01-02')
    """
    return np.datetime64(time // DAY, "D")


def _rows(frame: pd.DataFrame | None, view: str) -> Iterator[dict[str, Any]]:
    """Go through the rows of a view; whatever is a time among its columns is a whole number then."""
    if frame is None:
        return
    names = COLUMNS[view]
    columns = [
        _microseconds(frame[name], f"{view}: {name}")
        if name.endswith(("START_TIME", "END_TIME", "_DATE"))
        else frame[name].tolist()
        for name in names
    ]
    for values in zip(*columns, strict=True):
        yield dict(zip(names, values, strict=True))


def _microseconds(column: pd.Series, where: str) -> list[int]:
    try:
        times = pd.to_datetime(column, utc=True)
    except (ValueError, TypeError) as error:
        msg = f"{where}: not times: {error}. Read the view anew."
        raise InputError(msg) from error
    if times.isna().any():
        msg = f"{where}: {int(times.isna().sum()):,} times are missing. Leave those rows out."
        raise InputError(msg)
    whole: npt.NDArray[np.int64] = (
        times.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype(np.int64)
    )
    return [int(value) for value in whole]


def _whole(value: Any) -> int:
    return _known(value) or 0


def _known(value: Any) -> int | None:
    return None if pd.isna(value) else int(value)


def _text(value: Any) -> str | None:
    return None if pd.isna(value) or value == "" else str(value)
