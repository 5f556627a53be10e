"""How soon a change is seen, and how often an alarm is raised where there is none.

A simulated city is watched day by day at midnight UTC: the last day against the eight weeks before it. On a
known row something changes (`evforecast.testing`): the word "passive" vanishes; two fifths or a fifth of the
visits stay away, as under a curfew; the feed, or a fifth of it, freezes; 273 chargers become 1,200. In
"nothing" and "season" (up to a quarter of the visits stay away, slowly over half a year) nothing is to be
told: whoever raises an alarm there, does so for nothing. Days on which a tenth more of the rows than usual is
missing are left out: the simulated feed has outages too, and those are no false alarms.

Beside ours stand Pearson's chi-squared test of the status counts, and evidently where it is installed
(run this file with an interpreter that has both: `pip install evidently "pandas<3.1"`).
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _drift_methods import chi_squared, evidently, ours

import evforecast as ev
from evforecast.testing import fewer_visits, freeze, joined_later, merge_status

DAY = 96
REFERENCE_DAYS = 56
SHIFT_DAY = 150
WATCHED_AFTER = 7
# Not on a midnight: changes do not wait for the clock.
SHIFT_ROW = SHIFT_DAY * DAY + 30
QUIET = ("nothing", "season")


def shifted(
    panel: ev.StatusPanel, grown: ev.StatusPanel, seed: int
) -> Iterator[tuple[str, ev.StatusPanel]]:
    """Yield each scenario with its panel."""
    since = panel.times[SHIFT_ROW]
    year = 2 * np.pi * np.arange(panel.n_time) / (365 * DAY)
    yield "nothing", panel
    yield "season", fewer_visits(panel, 0.25 * (1 - np.cos(year)) / 2, random_state=seed)
    yield "passive vanishes", merge_status(panel, "passive", "charging", since=since)
    yield "2/5 fewer visits", fewer_visits(panel, 0.4, since=since, random_state=seed)
    yield "1/5 fewer visits", fewer_visits(panel, 0.2, since=since, random_state=seed)
    yield "feed freezes", freeze(panel, since=since)
    yield "1/5 of it freezes", freeze(panel, since=since, share=0.2)
    yield "273 become 1,200", joined_later(grown, 273, since=since)


def outage(panel: ev.StatusPanel, day: int) -> bool:
    """Return whether much of the last day is missing, against the weeks before."""
    seen = panel.codes >= 0
    before = seen[(day - 1 - REFERENCE_DAYS) * DAY : (day - 1) * DAY]
    return bool(before.mean() - seen[(day - 1) * DAY : day * DAY].mean() > 0.1)


def watched(
    panel: ev.StatusPanel, days: list[int], methods: list[Callable[..., dict[str, bool]]]
) -> pd.DataFrame:
    """Return the alarms at the end of each day: one row a day, one column a method."""
    rows = {}
    for day in days:
        current = panel.head(day * DAY).tail(DAY)
        reference = panel.head((day - 1) * DAY).tail(REFERENCE_DAYS * DAY)
        found: dict[str, bool] = {}
        for method in methods:
            found |= method(reference, current)
        rows[day] = found
    return pd.DataFrame.from_dict(rows, orient="index").fillna(value=False).astype(bool)


def delays(alarms: pd.DataFrame) -> dict[str, float]:
    """Return the hours from the change to the end of the first day with an alarm; NaN where there is none."""
    ends = (alarms.index.to_numpy() * DAY - SHIFT_ROW) / 4
    return {
        name: float(ends[hit.argmax()]) if hit.any() else float("nan")
        for name, hit in ((name, alarms[name].to_numpy()) for name in alarms)
    }


def measure(seed: int, days: int, methods: list[Any]) -> list[dict[str, Any]]:
    """Return, by scenario and method, the delay or the days with an alarm a month of thirty days."""
    panel = ev.simulate(n_evse=273, days=days, start="2019-11-25", random_state=seed)
    grown = ev.simulate(
        n_evse=1200, days=SHIFT_DAY + WATCHED_AFTER + 1, start="2019-11-25", random_state=seed
    )
    rows = []
    for name, changed in shifted(panel, grown, seed):
        quiet = name in QUIET
        first = REFERENCE_DAYS + 1 if quiet else SHIFT_DAY + 1
        stop = days if quiet else SHIFT_DAY + WATCHED_AFTER + 1
        started = time.perf_counter()
        days_asked = [day for day in range(first, stop) if not (quiet and outage(changed, day))]
        alarms = watched(changed, days_asked, methods)
        found = alarms.mean() * 30 if quiet else pd.Series(delays(alarms))
        what = "alarm days a month" if quiet else "delay, hours"
        rows += [
            {"seed": seed, "scenario": name, "method": method, "what": what, "value": float(value)}
            for method, value in found.items()
        ]
        print(f"seed {seed}, {name}: {time.perf_counter() - started:.0f} s", file=sys.stderr)
    return rows


def table(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Return the mean over seeds of the alarms, and of the delays with how many were seen."""
    frame = pd.DataFrame(rows)

    def said(group: pd.DataFrame) -> str:
        values = group["value"].dropna()
        if group["what"].iloc[0] != "delay, hours":
            return f"{values.mean():.1f}"
        seen = f" ({len(values)} of {len(group)})" if len(values) < len(group) else ""
        return f"{values.mean():.0f} h{seen}" if len(values) else "not seen"

    wide = {
        (scenario, method): said(group)
        for (scenario, method), group in frame.groupby(["scenario", "method"], sort=False)
    }
    methods = frame["method"].unique()
    return pd.DataFrame(
        {name: {s: wide[s, name] for s in frame["scenario"].unique()} for name in methods}
    )


def main(argv: list[str] | None = None) -> int:
    """Run the scenarios and print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many cities (default: 3)")
    parser.add_argument("--days", type=int, default=330, help="of each (default: 330)")
    parser.add_argument("--json", help="write every figure to this file")
    options = parser.parse_args(argv)
    peer = evidently()
    methods = [ours, chi_squared, *([peer] if peer else [])]
    rows = [row for seed in range(options.seeds) for row in measure(seed, options.days, methods)]
    print(
        "Quiet scenarios: days with an alarm a month. The others: hours from the change to the first "
        "alarm, asked once a day, so that 16.5 is the least.\n"
    )
    print(table(rows).to_string())
    if peer is None:
        print("\nevidently is not installed here, so it is not beside them.")
    if options.json:
        Path(options.json).write_text(json.dumps(rows, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
