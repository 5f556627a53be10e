"""Conversions between `StatusPanel` and frames of names: long and wide.

The functions are the panel's methods. All of them scatter or gather by integer position: no pivot, no
sort, no row of Python objects. Frames of numbers are in `evforecast.panel.numeric`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evforecast.errors import EmptyInputError
from evforecast.panel.evse import evse_table
from evforecast.panel.gridding import (
    Duplicates,
    charger_places,
    grid_rows,
    require_columns,
    require_sorted,
    scatter,
    status_codes,
)
from evforecast.panel.scheme import CODE_DTYPE, MISSING, STATUS, Codes, StatusScheme
from evforecast.timegrid import Ambiguous, StepLike, to_utc

if TYPE_CHECKING:
    from evforecast.panel.panel import StatusPanel

__all__ = [
    "from_long",
    "from_wide",
    "to_long",
    "to_wide",
]


def from_long(
    cls: type[StatusPanel],
    frame: pd.DataFrame,
    *,
    step: StepLike | None = None,
    tz: str | None = None,
    local_tz: str | None = None,
    ambiguous: Ambiguous = "infer",
    duplicates: Duplicates = "raise",
    evse: pd.DataFrame | None = None,
    scheme: StatusScheme = STATUS,
    id_col: str = "evse_id",
    time_col: str = "time",
    target_col: str = "status",
) -> StatusPanel:
    """Build a panel from a long frame: one row a charger and time, in any order, on the grid.

    Parameters
    ----------
    frame : pandas.DataFrame
        Columns `id_col`, `time_col` and `target_col`; the status as a name of `scheme` (text or
        categorical) or as an integer code. Times that are not there are missing in the panel.
    step : str or timedelta, optional
        The grid; by default the smallest distance between two times.
    tz : str, optional
        The zone of naive times; without it they raise.
    local_tz : str, optional
        The clock on the chargers' wall; by default `tz`, else UTC.
    ambiguous : {'infer', 'first', 'second'}
        See `to_utc`.
    duplicates : {'raise', 'first', 'last'}
        What to do with a second row for one charger and time.
    evse : pandas.DataFrame, optional
        The table of chargers; it fixes their order. By default the order of first appearance, or of
        the categories.
    scheme : StatusScheme
        The names.
    id_col, time_col, target_col : str
        The names of the columns.

    Returns
    -------
    StatusPanel

    Raises
    ------
    MissingColumnsError, EmptyInputError, NaiveTimeError, AmbiguousTimeError, UnknownStatusError
        If the frame lacks something or says something unknown.
    IrregularTimeError
        If times do not lie on the grid.
    DuplicateObservationError
        With ``duplicates="raise"``, if rows repeat a charger and time.

    Examples
    --------
    >>> from evforecast.panel import StatusPanel
    >>> frame = pd.DataFrame(
    ...     {
    ...         "evse_id": ["a", "a"],
    ...         "status": ["down", "charging"],
    ...         "time": ["2020-10-25T00:00Z", "2020-10-25T00:15Z"],
    ...     }
    ... )
    >>> StatusPanel.from_long(frame).codes.ravel()
    array([4, 1], dtype=int8)
    """
    where = "from_long"
    require_columns(frame, (id_col, time_col, target_col), where)
    if frame.empty:
        msg = f"{where}: the frame has no rows, so no panel. Check what was read."
        raise EmptyInputError(msg)
    places, ids = charger_places(frame[id_col], evse, where)
    seconds = to_utc(
        frame[time_col],
        where=f"{where}, column {time_col!r}",
        tz=tz,
        groups=places,
        ambiguous=ambiguous,
    )
    grid, rows = grid_rows(seconds, step, where)
    codes = scatter(
        rows,
        places,
        status_codes(frame[target_col], scheme),
        grid=grid,
        ids=ids,
        duplicates=duplicates,
        where=where,
    )
    return cls(codes, grid, evse_table(ids, evse), scheme=scheme, tz=local_tz or tz or "UTC")


def to_long(panel: StatusPanel, *, drop_missing: bool = False) -> pd.DataFrame:
    """Return a long frame, one row a time and charger, in the order of time.

    Parameters
    ----------
    drop_missing : bool
        Leave out the rows without a status.

    Returns
    -------
    pandas.DataFrame
        ``time`` (with its zone, UTC), ``evse_id`` and ``status`` (categoricals).

    Examples
    --------
    >>> import evforecast as ev
    >>> ev.simulate(n_evse=3, days=1, random_state=0).to_long().shape
    (288, 3)
    """
    n, m = panel.codes.shape
    codes = panel.codes.ravel()
    rows = np.flatnonzero(codes != MISSING) if drop_missing else None
    # Localised before it is repeated: the zone is looked up once a row of the panel, not once a cell.
    time = pd.DatetimeIndex(panel.times).tz_localize("UTC").array.repeat(m)
    charger = np.tile(np.arange(m, dtype=np.int32), n)
    if rows is not None:
        time, charger, codes = time[rows], charger[rows], codes[rows]
    return pd.DataFrame(
        {
            "time": time,
            "evse_id": pd.Categorical.from_codes(charger, categories=panel.evse.index),
            "status": _categorical(codes, panel.scheme),
        },
        copy=False,
    )


def from_wide(
    cls: type[StatusPanel],
    frame: pd.DataFrame,
    *,
    step: StepLike | None = None,
    tz: str | None = None,
    local_tz: str | None = None,
    ambiguous: Ambiguous = "infer",
    evse: pd.DataFrame | None = None,
    scheme: StatusScheme = STATUS,
    time_col: str | None = None,
) -> StatusPanel:
    """Build a panel from a wide frame: one row a time, in order, one column a charger.

    Parameters
    ----------
    frame : pandas.DataFrame
        Status names (text or categorical) or integer codes. Times that are left out are missing.
    step, tz, local_tz, ambiguous, evse, scheme
        As in `from_long`; the order of the chargers is that of the columns.
    time_col : str, optional
        The column of times; by default the index.

    Returns
    -------
    StatusPanel

    Raises
    ------
    EmptyInputError
        If there is no row or no charger.
    IrregularTimeError, DuplicateObservationError
        If times are unsorted, off the grid, or repeat.

    Examples
    --------
    >>> from evforecast.panel import StatusPanel
    >>> wide = pd.DataFrame({"a": ["down", None]}, index=["2020-10-25T00:00Z", "2020-10-25T00:15Z"])
    >>> StatusPanel.from_wide(wide).codes.ravel()
    array([ 4, -1], dtype=int8)
    """
    where = "from_wide"
    if time_col is not None:
        require_columns(frame, (time_col,), where)
        frame = frame.set_index(time_col)
    if frame.empty:
        msg = (
            f"{where}: {len(frame)} rows and {frame.shape[1]} chargers make no panel. "
            "Check what was read."
        )
        raise EmptyInputError(msg)
    seconds = to_utc(frame.index, where=f"{where}, times", tz=tz, ambiguous=ambiguous)
    require_sorted(seconds, where)
    grid, rows = grid_rows(seconds, step, where)
    codes = np.full((grid.n, frame.shape[1]), MISSING, dtype=CODE_DTYPE)
    for place in range(frame.shape[1]):
        codes[rows, place] = status_codes(frame.iloc[:, place], scheme)
    ids = [str(name) for name in frame.columns]
    return cls(codes, grid, evse_table(ids, evse), scheme=scheme, tz=local_tz or tz or "UTC")


def to_wide(panel: StatusPanel) -> pd.DataFrame:
    """Return a wide frame: index time (with its zone, UTC), one categorical column a charger.

    Examples
    --------
    >>> import evforecast as ev
    >>> ev.simulate(n_evse=3, days=1, random_state=0).to_wide().shape
    (96, 3)
    """
    columns = {
        name: _categorical(np.ascontiguousarray(panel.codes[:, place]), panel.scheme)
        for place, name in enumerate(panel.evse.index)
    }
    index = pd.DatetimeIndex(panel.times, name="time").tz_localize("UTC")
    return pd.DataFrame(columns, index=index, copy=False)


def _categorical(codes: Codes, scheme: StatusScheme) -> pd.Categorical[str]:
    return pd.Categorical.from_codes(codes, categories=pd.Index(scheme.names))
