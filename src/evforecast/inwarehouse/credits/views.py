"""`Views`: what Snowflake recorded of queries and warehouses, as frames, with what was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from evforecast.errors import MissingColumnsError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "LATENCY", "Refusal", "Views"]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "queries": (
        "QUERY_ID",
        "QUERY_TAG",
        "WAREHOUSE_NAME",
        "WAREHOUSE_SIZE",
        "WAREHOUSE_TYPE",
        "CLUSTER_NUMBER",
        "EXECUTION_STATUS",
        "START_TIME",
        "END_TIME",
        "TOTAL_ELAPSED_TIME",
        "COMPILATION_TIME",
        "EXECUTION_TIME",
        "QUEUED_PROVISIONING_TIME",
        "QUEUED_REPAIR_TIME",
        "QUEUED_OVERLOAD_TIME",
        "BYTES_SCANNED",
        "ROWS_PRODUCED",
        "BYTES_SPILLED_TO_LOCAL_STORAGE",
        "BYTES_SPILLED_TO_REMOTE_STORAGE",
        "CREDITS_USED_CLOUD_SERVICES",
    ),
    "attribution": (
        "QUERY_ID",
        "ROOT_QUERY_ID",
        "QUERY_TAG",
        "WAREHOUSE_NAME",
        "START_TIME",
        "END_TIME",
        "CREDITS_ATTRIBUTED_COMPUTE",
        "CREDITS_USED_QUERY_ACCELERATION",
    ),
    "metering": (
        "START_TIME",
        "WAREHOUSE_NAME",
        "CREDITS_USED_COMPUTE",
        "CREDITS_USED_CLOUD_SERVICES",
        "CREDITS_ATTRIBUTED_COMPUTE_QUERIES",
    ),
    "daily": (
        "USAGE_DATE",
        "SERVICE_TYPE",
        "CREDITS_USED_COMPUTE",
        "CREDITS_USED_CLOUD_SERVICES",
        "CREDITS_ADJUSTMENT_CLOUD_SERVICES",
        "CREDITS_BILLED",
    ),
}
"""The columns that are looked at, by view, named as Snowflake's documentation names them."""

_HOUR = np.timedelta64(3600, "s")
LATENCY: Mapping[str, np.timedelta64] = {
    "queries": np.timedelta64(45 * 60, "s"),
    "attribution": 8 * _HOUR,
    "metering": 6 * _HOUR,
    "daily": 3 * _HOUR,
}
"""How late a row may come into a view of ACCOUNT_USAGE; of METERING, its cloud services, which come last."""


@dataclass(frozen=True)
class Refusal:
    """A view that could not be read.

    Attributes
    ----------
    view : str
        Its name.
    code : int or None
        Snowflake's number of the error.
    reason : str
        Its words.
    remedy : str
        The statement that would let the role read it, or what is done without.
    """

    view: str
    code: int | None
    reason: str
    remedy: str

    def __str__(self) -> str:
        """Return it as a sentence."""
        number = "" if self.code is None else f" (error {self.code:06d})"
        return f"{self.view} is not read{number}: {self.reason} {self.remedy}"


@dataclass(frozen=True, eq=False)
class Views:
    """What Snowflake recorded, as frames with its own column names; a view that may not be read is None.

    Times carry their zone or are UTC; numbers may be Decimals and missing.

    Parameters
    ----------
    queries : pandas.DataFrame, optional
        QUERY_HISTORY: our own queries at least; of others nothing is counted.
    attribution : pandas.DataFrame, optional
        QUERY_ATTRIBUTION_HISTORY: our own queries, and what ran inside them.
    metering : pandas.DataFrame, optional
        WAREHOUSE_METERING_HISTORY: all warehouses of the account.
    daily : pandas.DataFrame, optional
        METERING_DAILY_HISTORY: all services of the account.
    latency : numpy.timedelta64
        How late a row may come into `queries`: nothing where they were asked of the session's own history.
    refused : tuple of Refusal
        What could not be read, and why.

    Raises
    ------
    MissingColumnsError
        If a frame lacks a column of `COLUMNS`.

    Examples
    --------
    >>> import pandas as pd
    >>> Views(daily=pd.DataFrame({"USAGE_DATE": []}))
    Traceback (most recent call last):
    evforecast.errors.MissingColumnsError: Views: daily: columns missing: 'SERVICE_TYPE', ...
    """

    queries: pd.DataFrame | None = None
    attribution: pd.DataFrame | None = None
    metering: pd.DataFrame | None = None
    daily: pd.DataFrame | None = None
    latency: np.timedelta64 = LATENCY["queries"]
    refused: tuple[Refusal, ...] = ()

    def __post_init__(self) -> None:
        for name, columns in COLUMNS.items():
            frame = getattr(self, name)
            missing = [] if frame is None else [c for c in columns if c not in frame.columns]
            if missing:
                raise MissingColumnsError(missing, map(str, frame.columns), f"Views: {name}")
