"""How long the chargers that are down will stay so."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.features import runs
from evforecast.panel import StatusPanel

__all__ = ["Repairer", "expected_repair"]

_HOUR = np.timedelta64(3600, "s")


class Repairer(Protocol):
    """What knows how long a status lasts."""

    def remaining_steps(self, context: StatusPanel) -> npt.NDArray[np.float64]:
        """Return the steps each charger is expected to stay as it is, ``[evse]``."""


def expected_repair(model: Repairer, panel: StatusPanel) -> pd.DataFrame:
    """Return the chargers that are down, and for how long they are expected to stay so.

    Parameters
    ----------
    model : forecaster with remaining_steps
        A fitted `SemiMarkovForecaster`. It learnt from repairs as they were made: a charger that is
        forgotten because it is on no list stays down longer.
    panel : StatusPanel
        The past; its last row is now. The further it reaches back, the longer the times down can be.

    Returns
    -------
    pandas.DataFrame
        ``evse_id``, ``location_id``, ``down_since`` (UTC, the first row of this time down),
        ``hours_down`` so far, ``at_least`` (whether it was down when the panel first saw it, so that it
        began earlier), ``last_seen`` (UTC) and ``hours_to_go`` (expected), the longest to go first.

    Raises
    ------
    NotFittedError, SchemeMismatchError, StepMismatchError, EmptyInputError
        As the model's `remaining_steps`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=30, days=6, random_state=0)
    >>> model = ev.SemiMarkovForecaster().fit(panel)
    >>> expected_repair(model, panel).columns[2:].to_list()
    ['down_since', 'hours_down', 'at_least', 'last_seen', 'hours_to_go']
    """
    left = model.remaining_steps(panel)
    state = runs(panel.codes)
    down = np.flatnonzero(state.status[-1] == panel.scheme.code("down"))
    age, stale = state.age[-1, down], state.stale[-1, down]
    since = panel.cutoff - (age - 1) * panel.step
    hour = panel.step / _HOUR
    answer = pd.DataFrame(
        {
            "evse_id": panel.evse.index[down],
            "location_id": panel.evse["location_id"].to_numpy()[down],
            "down_since": since,
            "hours_down": (age - 1) * hour,
            "at_least": state.previous[-1, down] < 0,
            "last_seen": panel.cutoff - stale * panel.step,
            "hours_to_go": left[down] * hour,
        }
    )
    return answer.sort_values("hours_to_go", ascending=False, kind="stable", ignore_index=True)
