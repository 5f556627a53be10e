"""The handler of the vectorised table function: rows of one partition in, rows of the forecast out.

A partition holds whole locations, or the whole network (`evforecast.inwarehouse.reach`). Its rows are of
four kinds, told apart by what is empty in them:

===================  =================================================================================
one row              says
===================  =================================================================================
a charger            no code: the time is the cutoff, and the rest is what is known of the charger
a status             a charger, a time up to the cutoff, a code; nothing else
the first time       neither charger nor series: where the history begins
a value of a series  a series of the whole network, a time, a value
===================  =================================================================================

It runs on one thread, imports nothing that the zip of `make_bundle` lacks beside numpy, pandas, scipy and
scikit-learn, and loads the model once a process.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from threadpoolctl import threadpool_limits

from evforecast._version import __version__
from evforecast.errors import EmptyInputError, FileFormatError, InputError, LeakageError
from evforecast.forecasting.base import StatusForecaster
from evforecast.forecasting.saving import describe, load
from evforecast.inwarehouse.frames import PlainKind, coerce_frame
from evforecast.panel import StatusForecast, StatusPanel, StatusScheme, evse_table
from evforecast.panel.gridding import charger_places, grid_rows, scatter

__all__ = [
    "INPUT",
    "ForecastPartition",
    "forecast_rows",
    "partition_panel",
    "probability_names",
]

INPUT: Mapping[str, PlainKind] = {
    "evse_id": "text",
    "time": "time",
    "code": "whole",
    "location_id": "text",
    "area": "text",
    "lat": "number",
    "lon": "number",
    "model": "text",
    "series": "text",
    "value": "number",
}
"""The columns of a row, in the order of the function's arguments, and what each holds."""

_KNOWN = ("location_id", "area", "lat", "lon", "model")
_WHERE = "forecast handler"


class ForecastPartition:
    """The handler class; a function of Snowflake has a subclass that says which model it is for.

    Attributes
    ----------
    model_file : str
        The name of the model's file among the imports of the function, or a path.
    sha256 : str
        That of the model (see `evforecast.forecasting.describe`); empty: whatever the file holds.
    version : str
        Of the package that the function was made for.
    name : str
        What the column ``model`` of the forecast says.
    tz : str
        The zone of the clock on the chargers' wall.
    horizons : tuple of int, optional
        Steps ahead; by default those of the model.

    Examples
    --------
    >>> class Forecast(ForecastPartition):
    ...     model_file, name, tz = "champion.evf", "champion", "Europe/Paris"
    >>> Forecast.end_partition._sf_vectorized_input = (
    ...     pd.DataFrame
    ... )  # so Snowflake calls it vectorised
    """

    model_file: str = ""
    sha256: str = ""
    version: str = __version__
    name: str = "model"
    tz: str = "UTC"
    horizons: Sequence[int] | None = None

    def end_partition(self, df: pd.DataFrame) -> Iterator[pd.DataFrame]:
        """Yield the forecast of one partition, a frame a horizon.

        Parameters
        ----------
        df : pandas.DataFrame
            The rows of the partition, in any order, columns as in `INPUT`.

        Yields
        ------
        pandas.DataFrame
            ``model``, ``cutoff``, ``horizon``, ``evse_id`` and a column of probabilities a status.

        Raises
        ------
        InputError
            If the package is of another version than the function, or the rows make no panel.
        FileFormatError
            If the model's file is damaged, another one, or written by a later version.
        """
        if self.version != __version__:
            msg = (
                f"{_WHERE}: the function was made for evforecast {self.version}, the zip that it imports "
                f"is {__version__}. Deploy it again: evforecast snowflake script."
            )
            raise InputError(msg)
        model = _load(str(_imports() / self.model_file), self.sha256)
        with threadpool_limits(limits=1):
            panel = partition_panel(df, step=model.step_, scheme=model.scheme_, tz=self.tz)
            forecast = model.predict_proba(panel, self.horizons)
        yield from forecast_rows(forecast, self.name)


def partition_panel(
    frame: pd.DataFrame, *, step: np.timedelta64, scheme: StatusScheme, tz: str
) -> StatusPanel:
    """Return the panel that the rows of a partition make, its chargers in the order of their ids.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns as in `INPUT`, of any dtypes that Snowflake has.
    step : numpy.timedelta64
        Of the grid.
    scheme : StatusScheme
        The names of the codes.
    tz : str
        The zone of the clock on the chargers' wall.

    Returns
    -------
    StatusPanel
        It begins at the earliest time of all rows and ends at the cutoff.

    Raises
    ------
    EmptyInputError
        If there is no charger.
    LeakageError
        If a row is later than the cutoff.
    InputError
        If chargers have several cutoffs, a time is off the grid, or a charger has two statuses at once.

    Examples
    --------
    >>> from evforecast import STATUS
    >>> rows = pd.DataFrame(
    ...     [["a", "2020-10-25 00:15", None], ["a", "2020-10-25 00:00", 4]],
    ...     columns=["evse_id", "time", "code"],
    ... )
    >>> rows["time"] = pd.to_datetime(rows["time"])
    >>> rows = rows.reindex(columns=list(INPUT))
    >>> quarter = np.timedelta64(900, "s")
    >>> panel = partition_panel(rows, step=quarter, scheme=STATUS, tz="Europe/Paris")
    >>> panel.codes.ravel().tolist()
    [4, -1]
    """
    rows = coerce_frame(frame, INPUT)
    of_charger = np.asarray(rows["evse_id"].notna(), dtype=bool)
    observed = of_charger & np.asarray(rows["code"].notna(), dtype=bool)
    said = rows[of_charger & ~observed].sort_values("evse_id", kind="stable")
    times = rows["time"].to_numpy()
    cutoff = _cutoff(said, times)
    # An empty warehouse does not know where its history begins.
    dated = ~np.isnat(times)
    table = evse_table(list(said["evse_id"]), said[["evse_id", *_KNOWN]])
    grid, row = grid_rows(times[dated], step, _WHERE)
    if grid.last != cutoff:
        msg = f"{_WHERE}: no row is at the cutoff {cutoff}; the last is at {grid.last}."
        raise InputError(msg)
    seen = rows[observed]
    places, ids = charger_places(seen["evse_id"], table, _WHERE)
    codes = np.asarray(seen["code"], dtype=np.int64)
    scheme.check(codes)
    cells = scatter(
        row[observed[dated]],
        places,
        codes.astype(np.int8),
        grid=grid,
        ids=ids,
        duplicates="raise",
        where=_WHERE,
    )
    panel = StatusPanel(cells, grid, table, scheme=scheme, tz=tz)
    values = rows[np.asarray(rows["series"].notna(), dtype=bool)]
    return panel if values.empty else panel.with_exog(_series(values))


def _cutoff(said: pd.DataFrame, times: npt.NDArray[np.datetime64]) -> np.datetime64:
    if said.empty:
        msg = f"{_WHERE}: no row without a code, so no charger. Is the table of chargers empty?"
        raise EmptyInputError(msg)
    cutoffs = np.unique(said["time"].to_numpy())
    if len(cutoffs) > 1 or np.isnat(cutoffs).any():
        msg = (
            f"{_WHERE}: the chargers' rows must have one cutoff for their time, and have "
            f"{', '.join(map(str, cutoffs[:3]))}. A status without a code is no row."
        )
        raise InputError(msg)
    cutoff: np.datetime64 = cutoffs[0]
    if late := int((times > cutoff).sum()):
        msg = (
            f"{_WHERE}: {late:,} rows are later than the cutoff {cutoff}, the last at "
            f"{np.nanmax(times[~np.isnat(times)])}. A forecast may not know them."
        )
        raise LeakageError(msg)
    return cutoff


def _series(values: pd.DataFrame) -> pd.DataFrame:
    """Return the values of series as a frame, a row a time and a column a series."""
    again = np.asarray(values.duplicated(["time", "series"]), dtype=bool)
    if again.any():
        first = values[again].iloc[0]
        msg = (
            f"{_WHERE}: {int(again.sum()):,} values of series repeat a time, the first of "
            f"{first['series']!r} at {first['time']}. Keep one of each."
        )
        raise InputError(msg)
    return values.pivot_table(index="time", columns="series", values="value", aggfunc="first")


def forecast_rows(forecast: StatusForecast, name: str) -> Iterator[pd.DataFrame]:
    """Yield a forecast as rows of the table ``forecast``, a frame a horizon.

    Parameters
    ----------
    forecast : StatusForecast
    name : str
        Of the model.

    Yields
    ------
    pandas.DataFrame
        ``model``, ``cutoff`` (``datetime64[ns]``, which is what Snowflake takes), ``horizon`` (int64),
        ``evse_id`` and float64 columns `probability_names`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=2, random_state=0)
    >>> frames = forecast_rows(ev.Persistence([1, 4]).fit(panel).predict_proba(panel), "now")
    >>> [frame.shape for frame in frames]
    [(3, 9), (3, 9)]
    """
    ids = np.asarray(forecast.evse.index, dtype=object)
    names = probability_names(forecast.scheme)
    for place, horizon in enumerate(forecast.horizons.tolist()):
        law = forecast.proba[place].astype(np.float64)
        yield pd.DataFrame(
            {
                "model": np.full(len(ids), name, dtype=object),
                "cutoff": np.full(len(ids), forecast.cutoff.astype("datetime64[ns]")),
                "horizon": np.full(len(ids), horizon, dtype=np.int64),
                "evse_id": ids,
                **{column: law[:, code] for code, column in enumerate(names)},
            }
        )


def probability_names(scheme: StatusScheme) -> list[str]:
    """Return the columns of probabilities, one a status.

    Parameters
    ----------
    scheme : StatusScheme
        Of the forecast.

    Examples
    --------
    >>> from evforecast import STATUS
    >>> probability_names(STATUS.coarsen("free"))
    ['p_not_free', 'p_free']
    """
    return ["p_" + re.sub(r"\W", "_", status) for status in scheme.names]


def _imports() -> Path:
    """Return the folder in which Snowflake lays the imports of a function; elsewhere the present one."""
    folder = getattr(sys, "_xoptions", {}).get("snowflake_import_directory")
    return Path(folder) if isinstance(folder, str) else Path()


@lru_cache(maxsize=4)
def _load(path: str, sha256: str) -> StatusForecaster:
    """Load a model once a process."""
    about = describe(path)
    if sha256 and about["sha256"] != sha256:
        msg = (
            f"{path}: this is another model than the function was made for (SHA-256 {about['sha256'][:12]}…, "
            f"not {sha256[:12]}…). Deploy it again: evforecast snowflake script."
        )
        raise FileFormatError(msg)
    writer = str(about["versions"]["evforecast"])
    if _release(writer) > _release(__version__):
        msg = (
            f"{path}: saved by evforecast {writer}, and this is {__version__}, which may not know all that "
            f"it says. Deploy evforecast {writer} with it, or train it anew."
        )
        raise FileFormatError(msg)
    return load(path)


def _release(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", version)[:3])
