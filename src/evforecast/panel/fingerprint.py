"""One text that stands for everything a panel says: equal panels have the same, others do not."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from evforecast.panel.panel import StatusPanel

__all__ = ["panel_fingerprint"]

# Bytes of statuses that are copied at a time, where the panel is a view of others' columns.
_BLOCK = 1 << 20


def panel_fingerprint(panel: StatusPanel) -> str:
    """Return the SHA-256 of a panel: its statuses, times, names, zone, chargers and exogenous series.

    It is the same on every machine and with every version of numpy and pandas, and does not depend on how
    the panel lies in memory. Statuses are read in blocks; nothing of the panel's size is copied.

    Parameters
    ----------
    panel : StatusPanel

    Returns
    -------
    str
        64 hexadecimal digits. Panels that are `StatusPanel.equals` have the same.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=3, days=1, random_state=0)
    >>> panel_fingerprint(panel) == panel_fingerprint(panel.until(panel.cutoff))
    True
    >>> panel_fingerprint(panel) == panel_fingerprint(panel.head(95))
    False
    """
    exog = pd.DataFrame() if panel.exog is None else panel.exog
    about = {
        "start": str(panel.grid.start),
        "step_seconds": int(panel.step / np.timedelta64(1, "s")),
        "times": panel.n_time,
        "tz": panel.tz,
        "statuses": list(panel.scheme.names),
        "evse_ids": list(panel.evse.index),
        "evse": {str(name): [_plain(value) for value in panel.evse[name]] for name in panel.evse},
        "exog": None if panel.exog is None else [str(name) for name in exog],
    }
    # What comes first says how long everything after it is.
    total = hashlib.sha256(json.dumps(about).encode() + b"\n")
    for name in exog:
        values = np.asarray(exog[name], dtype="<f8") + 0.0  # one zero
        values[np.isnan(values)] = np.nan  # and one NaN
        total.update(values.tobytes())
    rows = max(_BLOCK // max(panel.n_evse, 1), 1)
    for first in range(0, panel.n_time, rows):
        total.update(np.ascontiguousarray(panel.codes[first : first + rows]).data)
    return total.hexdigest()


def _plain(value: Any) -> Any:
    """Return a value of the table of chargers as JSON holds it, None where it is missing."""
    if pd.isna(value):
        return None
    plain = value.item() if isinstance(value, np.generic) else value
    return plain if isinstance(plain, bool | int | float | str) else str(plain)
