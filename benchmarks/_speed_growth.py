"""How our jobs grow: three sizes each of chargers, days and horizons, everything else held."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from _speed_jobs import DAY, STEPS, load, ours_features, ours_recursive
from _speed_measure import Figures, Records, measured, taken

SHARES = (4, 2, 1)
"""The sizes: a fourth, a half and the whole of what was asked for."""
FEWEST_DAYS = 10
HORIZONS = (1, 4, 8, 16, 32, 48, 96, 192)
MANY_HORIZONS = (2, 4, 8)
REACH = (24, 48, 96)


def sizes(evse: int, days: int) -> dict[str, list[dict[str, Any]]]:
    """Return the cities that are measured, by what grows."""
    base = {"evse": evse, "days": days, "horizons": 4, "reach": max(STEPS)}
    few = max(days // 2, FEWEST_DAYS)
    return {
        "chargers": [base | {"evse": max(evse // n, 3), "days": few} for n in SHARES],
        "days": [base | {"days": max(days // n, FEWEST_DAYS)} for n in SHARES],
        "horizons": [
            base | {"days": few, "horizons": many, "reach": reach}
            for many, reach in zip(MANY_HORIZONS, REACH, strict=True)
        ],
    }


def measure(s: Mapping[str, Any]) -> Records:
    """Return what our jobs take in a city of one size."""
    import evforecast as ev

    panel = load(s)
    # the same horizons in every size of the city, and every second one first where they grow
    chosen = HORIZONS[:: len(HORIZONS) // s["horizons"]]
    steps = list(range(1, s["reach"] + 1))
    found = {"features, float32": taken(lambda: list(ours_features(panel, "float32")))[0]}
    models: dict[str, Callable[[], Any]] = {
        "direct": lambda: ev.DirectForecaster(chosen, random_state=0),
        "semi-Markov": lambda: ev.SemiMarkovForecaster(steps),
        "recursive, 1 path": lambda: ours_recursive(1),
    }
    for name, new in models.items():
        ahead = list(chosen) if name == "direct" else steps
        with measured() as fitted:
            model = new().fit(panel)
        found[f"{name}, fit"] = fitted
        context = panel.tail(10 * DAY)
        model.predict_proba(context.select(context.evse_ids[:2]), ahead[:1])
        found[f"{name}, forecast"] = _forecast(model, context, ahead)
    return found


def _forecast(model: Any, context: Any, ahead: list[int]) -> Figures:
    return taken(lambda: model.predict_proba(context, ahead))[0]


def growth(found: Mapping[str, list[tuple[dict[str, Any], Records]]]) -> list[dict[str, Any]]:
    """Return each job's times by size, and the power of the size that they grow with."""
    rows = []
    for what, measurements in found.items():
        for job in measurements[0][1]:
            key = {"chargers": "evse", "days": "days"}.get(what)
            if key is None:
                key = "horizons" if job.startswith("direct") else "reach"
            counted = [city[key] for city, _ in measurements]
            cpu = [records[job]["cpu"] for _, records in measurements]
            rows.append(
                {
                    "grows": what,
                    "sizes": counted,
                    "job": job,
                    "cpu": cpu,
                    "over_mib": [records[job]["over_mib"] for _, records in measurements],
                    "power": math.log(cpu[-1] / cpu[0]) / math.log(counted[-1] / counted[0]),
                }
            )
    return [row for row in rows if row["grows"] != "horizons" or "features" not in row["job"]]
