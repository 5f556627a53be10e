"""Chargers under other ids: a provider renumbers them, a post is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evforecast.errors import InputError, UnknownChargerError, first_few
from evforecast.panel.scheme import MISSING

if TYPE_CHECKING:
    from evforecast.panel.panel import StatusPanel

__all__ = ["rename"]


def rename(panel: StatusPanel, ids: Mapping[str, str]) -> StatusPanel:
    """Return the panel with chargers under new ids, so that a history goes on under the present one.

    Two chargers may become one, as when the old id's rows end where the new id's begin.

    Parameters
    ----------
    ids : mapping of str to str
        New ids by old ones; chargers that are not in it keep theirs.

    Returns
    -------
    StatusPanel
        Where two became one, the facts in the table of chargers are those of the one that is last in the
        panel.

    Raises
    ------
    UnknownChargerError
        If an old id is not in the panel.
    InputError
        If two chargers that become one were both observed at a time: they are not the same.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=2, days=1, random_state=0)
    >>> panel.rename({panel.evse_ids[0]: "FR*V75*E1"}).evse_ids[0]
    'FR*V75*E1'
    """
    if strangers := [name for name in ids if name not in panel.evse.index]:
        raise UnknownChargerError(strangers, panel.n_evse)
    names = pd.Index([str(ids.get(name, name)) for name in panel.evse_ids], dtype=object)
    table = panel.evse.set_axis(names.rename("evse_id"))
    kept = ~names.duplicated(keep="last")
    if kept.all():
        return panel._like(panel.codes, evse=table, exog=panel.exog)  # noqa: SLF001 - a method of it
    codes = panel.codes[:, kept].copy()
    kept_names = pd.Index(np.asarray(names)[kept], dtype=object)
    for place in np.flatnonzero(~kept).tolist():
        target = int(kept_names.get_indexer([names[place]])[0])
        earlier, later = panel.codes[:, place], codes[:, target]
        both = (earlier != MISSING) & (later != MISSING)
        if both.any():
            msg = (
                f"rename: {panel.evse_ids[place]!r} and another charger that becomes "
                f"{names[place]!r} were both observed {int(both.sum()):,} times, first at "
                f"{panel.times[both.argmax()]}; they are not one. Mapped to it: "
                f"{first_few([old for old, new in ids.items() if new == names[place]])}."
            )
            raise InputError(msg)
        codes[:, target] = np.where(later == MISSING, earlier, later)
    return panel._like(codes, evse=table[kept], exog=panel.exog)  # noqa: SLF001 - a method of it
