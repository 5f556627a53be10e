"""The chargers to look at: which, since when, and where."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evforecast.monitoring import Monitoring
from evforecast.panel import MISSING, Codes, StatusPanel
from evforecast.plotting import map_states, picture
from evforecast.reporting.page import Figure, Page
from evforecast.reporting.words import counted, when

__all__ = ["charger_section"]

_MOST_ROWS = 8
_SIZE = (4.8, 3.8)
# The most urgent first.
_STATES = {
    "vanished": "not heard any more",
    "stale": "in one status for much longer than they used to stay",
    "down": "out of order by their own word",
    "offline": "not connected by their own word",
    "new": "not known before",
    "silent": "never heard, neither before nor now",
}


def charger_section(page: Page, found: Monitoring, panel: StatusPanel | None) -> None:
    """Add the section on chargers: counts, a map, and a short list of each state, the longest first."""
    page.section("Chargers to look at")
    odd = found.chargers[found.chargers["state"].isin([*_STATES])]
    if odd.empty:
        page.text("None: all chargers do what they used to.")
        return
    evse = pd.concat([found.current.evse, found.reference.evse])
    evse = evse[~evse.index.duplicated()]
    odd = odd.assign(location_id=evse["location_id"], **_since(found, odd.index, panel))
    tables = {state: odd[odd["state"] == state] for state in _STATES}
    there = {state: table for state, table in tables.items() if len(table)}
    page.points([f"{len(table):,} {state}: {_STATES[state]}" for state, table in there.items()])
    if evse[["lat", "lon"]].notna().all(axis=1).any():
        # The rarest on top.
        order = sorted(there, key=lambda state: -len(there[state]))
        states = pd.concat([there[state]["state"] for state in order])
        page.figures(
            Figure(
                picture(lambda ax: map_states(evse, states, ax=ax), size=_SIZE),
                "Map of the chargers to look at, a marker a state.",
                "Where they are, with how many there are of each; grey points have no such charger.",
            )
        )
    else:
        page.text("There is no map: the data gives no coordinates.")
    for state, table in there.items():
        page.table(
            table.sort_values("began", kind="stable").reset_index(),
            caption=f"{counted(len(table), 'charger')} {state}, the longest first; local times",
            columns={
                "evse_id": "charger",
                "since": "last heard" if state == "vanished" else "since",
                "status": "status",
                "location_id": "location",
            },
            name=f"chargers: {state}",
            most=_MOST_ROWS,
        )


def _since(found: Monitoring, ids: pd.Index, panel: StatusPanel | None) -> dict[str, pd.Series]:
    """Return since when each charger is as it is, or when it was last heard, and that in words.

    A status began when it was first observed with no other after it. Before a time of which nothing is
    known it may have been the same.
    """
    past, now = found.reference, found.current
    parts = [past, now] if panel is None else [panel.until(now.cutoff)]
    codes = np.concatenate([_spread_out(part, ids) for part in parts])
    times = np.concatenate([part.times for part in parts])
    gap = panel is None and past.cutoff + past.step != now.grid.start
    start = past.n_time if gap else 0
    rows = np.arange(len(codes))
    seen = codes != MISSING
    last = rows[-1] - seen[::-1].argmax(axis=0)
    other = seen & (codes != codes[last, np.arange(len(ids))])
    after = np.where(other.any(axis=0), len(codes) - other[::-1].argmax(axis=0), 0)
    first = (seen & (rows[:, None] >= np.maximum(after, start))).argmax(axis=0)
    began = np.where(found.chargers.loc[ids, "state"] == "vanished", times[last], times[first])
    said = []
    for k, state in enumerate(found.chargers.loc[ids, "state"]):
        word = "before " if first[k] == start else ""
        if state == "vanished":
            word = "after " if gap else ""
        said.append("–" if state == "silent" else word + when(began[k], now.tz))
    return {"began": pd.Series(began, index=ids), "since": pd.Series(said, index=ids, dtype=object)}


def _spread_out(panel: StatusPanel, ids: pd.Index) -> Codes:
    """Return the codes ``[time, id]``, missing where the panel does not have the charger."""
    places = panel.evse.index.get_indexer(ids)
    return np.where(places >= 0, panel.codes[:, places], np.int8(MISSING))
