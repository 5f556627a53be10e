"""Conversions between `StatusPanel` and frames of numbers: sktime's multiindex, one-hot, counts.

The functions are the panel's methods, like those of `evforecast.panel.convert`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evforecast.errors import EmptyInputError, InputError
from evforecast.panel.evse import evse_table, groups
from evforecast.panel.gridding import (
    Duplicates,
    evse_ids,
    grid_rows,
    scatter,
    status_codes,
)
from evforecast.panel.scheme import MISSING, STATUS, StatusScheme
from evforecast.timegrid import StepLike, to_utc

if TYPE_CHECKING:
    from evforecast.panel.panel import StatusPanel

__all__ = ["from_multiindex", "to_counts", "to_multiindex", "to_onehot"]


def from_multiindex(
    cls: type[StatusPanel],
    y: pd.DataFrame,
    *,
    step: StepLike | None = None,
    local_tz: str = "UTC",
    evse: pd.DataFrame | None = None,
    scheme: StatusScheme = STATUS,
    duplicates: Duplicates = "raise",
) -> StatusPanel:
    """Build a panel from sktime's ``pd-multiindex``: index (charger, time), one column of codes or names.

    Parameters
    ----------
    y : pandas.DataFrame
        Two index levels; times naive UTC or zoned; one column.
    step, local_tz, evse, scheme, duplicates
        As in `from_long`; by default the chargers keep the order of the index level.

    Returns
    -------
    StatusPanel

    Raises
    ------
    InputError
        If the index has not two levels, or there is more than one column.
    EmptyInputError, IrregularTimeError, DuplicateObservationError
        As in `from_long`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=1, random_state=0)
    >>> bool((ev.StatusPanel.from_multiindex(panel.to_multiindex()).codes == panel.codes).all())
    True
    """
    where = "from_multiindex"
    if y.index.nlevels != 2 or y.shape[1] != 1:
        msg = (
            f"{where}: {y.index.nlevels} index levels and {y.shape[1]} columns where "
            "(charger, time) and 1 are needed."
        )
        raise InputError(msg)
    if y.empty:
        msg = f"{where}: the frame has no rows, so no panel."
        raise EmptyInputError(msg)
    index = y.index if isinstance(y.index, pd.MultiIndex) else pd.MultiIndex.from_tuples(y.index)
    ids = (
        [str(name) for name in index.levels[0]]
        if evse is None
        else list(evse_table(evse_ids(evse), evse).index)
    )
    order = pd.Index(ids, dtype=object).get_indexer(
        pd.Index([str(n) for n in index.levels[0]], dtype=object)
    )
    places = order[index.codes[0]]
    if (places < 0).any():
        msg = (
            f"{where}: {int((places < 0).sum()):,} rows name chargers that the table of chargers "
            "lacks."
        )
        raise InputError(msg)
    level = to_utc(index.levels[1], where=f"{where}, times", tz="UTC")
    grid, rows = grid_rows(level, step, where, used=index.codes[1])
    codes = scatter(
        rows,
        places,
        status_codes(y.iloc[:, 0], scheme),
        grid=grid,
        ids=ids,
        duplicates=duplicates,
        where=where,
    )
    return cls(codes, grid, evse_table(ids, evse), scheme=scheme, tz=local_tz)


def to_multiindex(panel: StatusPanel, *, drop_missing: bool = False) -> pd.DataFrame:
    """Return sktime's ``pd-multiindex``: index (``evse_id``, ``time``), one int8 column ``status``.

    Parameters
    ----------
    drop_missing : bool
        Leave out the rows without a status; else they hold -1.

    Examples
    --------
    >>> import evforecast as ev
    >>> ev.simulate(n_evse=3, days=1, random_state=0).to_multiindex().index.names
    FrozenList(['evse_id', 'time'])
    """
    codes = panel.codes.T.ravel()
    index = _panel_index(panel)
    frame = pd.DataFrame({"status": codes}, index=index, copy=False)
    return frame[codes != MISSING] if drop_missing else frame


def to_onehot(panel: StatusPanel) -> pd.DataFrame:
    """Return one float32 column a status on the index of `to_multiindex`: 1 where it holds.

    A missing row is NaN in every column.

    Examples
    --------
    >>> import evforecast as ev
    >>> list(ev.simulate(n_evse=3, days=1, random_state=0).to_onehot().columns)
    ['available', 'charging', 'passive', 'offline', 'down']
    """
    codes = panel.codes.T.ravel()
    table = np.vstack(
        [np.eye(len(panel.scheme), dtype=np.float32), np.full(len(panel.scheme), np.nan)]
    )
    values = table.astype(np.float32)[codes]
    return pd.DataFrame(
        values, index=_panel_index(panel), columns=list(panel.scheme.names), copy=False
    )


def to_counts(
    panel: StatusPanel, *, by: str | None = "area", status: str | Sequence[str] = "charging"
) -> pd.DataFrame:
    """Count the chargers in a status, by group and time: ordinary numeric series.

    Parameters
    ----------
    by : str or None
        A column of the table of chargers (``area``, ``location_id``, ``model`` …); None for the whole
        network. Chargers without a group are counted under ``"unknown"``.
    status : str or sequence of str
        The status (or statuses) to count.

    Returns
    -------
    pandas.DataFrame
        Index time (UTC, naive), one float64 column a group; NaN where no charger of it was observed.

    Raises
    ------
    MissingColumnsError
        If the table of chargers has no column `by`.
    UnknownStatusError
        If a status is not in the scheme.

    Examples
    --------
    >>> import evforecast as ev
    >>> ev.simulate(n_evse=3, days=1, random_state=0).to_counts(by=None).columns.to_list()
    ['all']
    """
    group, names = groups(panel.evse, by, "to_counts")
    wanted = [panel.scheme.code(name) for name in ([status] if isinstance(status, str) else status)]
    hits = np.isin(panel.codes, wanted)
    counts = np.empty((panel.n_time, len(names)))
    for place in range(len(names)):
        members = group == place
        counts[:, place] = hits[:, members].sum(axis=1)
        counts[~(panel.codes[:, members] != MISSING).any(axis=1), place] = np.nan
    return pd.DataFrame(
        counts, index=pd.DatetimeIndex(panel.times, name="time"), columns=list(names)
    )


def _panel_index(panel: StatusPanel) -> pd.MultiIndex:
    n, m = panel.codes.shape
    levels: list[Any] = [panel.evse.index, pd.DatetimeIndex(panel.times)]
    codes: list[Any] = [np.repeat(np.arange(m), n), np.tile(np.arange(n), m)]
    return pd.MultiIndex(
        levels=levels,
        codes=codes,
        names=["evse_id", "time"],
        verify_integrity=False,
    )
