"""The peers' forecasts for the comparison of skill: ``python _skill_peers.py NAME SETTINGS`` writes them.

Settings name the arrays (`City.save`), how many rows are for training, how many are known at each origin,
the horizons, the lags and the file that the forecasts go to: ``proba`` ``[origin, horizon, evse, status]``,
NaN where the peer gave none, and ``units``, the places of the chargers.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import _peers
import numpy as np
from _peers import City, from_labels, quiet, reason, spread, versions

SLOW_UNITS = {
    "skforecast classifier, recursive": 30,
    "skforecast, direct": 20,
    "sktime, direct": 10,
    "sktime, recursive": 10,
}
"""Chargers that the slow ones are fitted to and scored on; the others get all."""


class SkforecastClassifier:
    """skforecast's recursive classifier, one a charger."""

    def __init__(self, horizons: Sequence[int]) -> None:
        self.horizons = np.array(horizons)

    def fit(self, past: City) -> None:
        """Fit each charger that can be fitted."""
        from _peers_models import skforecast_classifiers

        self.models, self.why = skforecast_classifiers(past)

    def proba(self, context: City) -> np.ndarray:
        """Forecast each charger that has a model."""
        from _peers_models import skforecast_law

        size = len(context.statuses)
        law = np.full((len(self.horizons), len(context.ids), size), np.nan)
        wide = context.rows(-2 * _peers.WINDOW, len(context.codes)).wide(int)
        for place, model in self.models.items():
            try:
                steps = skforecast_law(model, wide.iloc[:, place], int(self.horizons.max()), size)
            except Exception as error:  # noqa: BLE001 - it refuses statuses that training never saw
                self.why = reason(error)
            else:
                law[:, place] = steps[self.horizons - 1]
        return law


class SkforecastMany:
    """skforecast's recursive forecaster of all series, with a classifier: labels fed back."""

    def __init__(self, horizons: Sequence[int]) -> None:
        self.horizons = np.array(horizons)

    def fit(self, past: City) -> None:
        """Fit over all chargers."""
        from _peers_models import skforecast_many

        self.model = skforecast_many()
        self.model.fit(series=past.wide(), suppress_warnings=True)

    def proba(self, context: City) -> np.ndarray:
        """Forecast after the last row."""
        window = context.rows(-2 * _peers.WINDOW, len(context.codes)).wide()
        frame = self.model.predict(
            int(self.horizons.max()), last_window=window, suppress_warnings=True
        )
        labels = frame.pivot_table(index=frame.index, columns="level", values="pred", observed=True)
        chosen = labels[list(context.ids)].to_numpy()[self.horizons - 1]
        return from_labels(chosen, len(context.statuses))


def peers() -> dict[str, Callable[[Sequence[int]], Any]]:
    """Return the peers by name, each a class with `fit` and `proba`."""
    from _peers_direct import Darts, Mlforecast, ScikitLearn, Skforecast, Sktime

    return {
        "scikit-learn loop, direct": ScikitLearn,
        "mlforecast one-hot, direct": lambda horizons: Mlforecast(horizons, hot=True),
        "mlforecast one-hot, recursive": lambda h: Mlforecast(h, hot=True, recursive=True),
        "mlforecast labels, direct": lambda horizons: Mlforecast(horizons, hot=False),
        "mlforecast labels, recursive": lambda h: Mlforecast(h, hot=False, recursive=True),
        "darts classifier, direct": Darts,
        "skforecast classifier, recursive": SkforecastClassifier,
        "skforecast many series, recursive": SkforecastMany,
        "skforecast, direct": Skforecast,
        "sktime, direct": Sktime,
        "sktime, recursive": lambda horizons: Sktime(horizons, recursive=True),
    }


def forecast(name: str, s: Mapping[str, Any]) -> dict[str, Any]:
    """Fit a peer and write its forecasts from every origin."""
    city = City.load(s["arrays"])
    units = spread(len(city.ids), SLOW_UNITS.get(name, len(city.ids)))
    city = city.filled().units(len(units))
    model = peers()[name](s["horizons"])
    start = time.process_time()
    model.fit(city.rows(0, s["train"]))
    fitted = time.process_time()
    proba = np.stack([model.proba(city.rows(0, known)) for known in s["known"]])
    np.savez(s["out"], proba=proba.astype(np.float32), units=units)
    found = {"fit_cpu": fitted - start, "predict_cpu": time.process_time() - fitted}
    return found | {"units": len(units), "why": getattr(model, "why", "")}


def main(name: str, settings: str) -> int:
    """Run one peer and print what it took, or why it was left out."""
    quiet()
    s = json.loads(settings)
    if name == "versions":
        print(json.dumps(versions()))
        return 0
    # the others take the lags from there when they are imported, which is why they are imported later
    _peers.LAGS = tuple(s["lags"])
    try:
        found = forecast(name, s)
    except ImportError as error:
        found = {"skipped": f"not installed: {reason(error)}"}
    except Exception as error:  # noqa: BLE001 - a peer's own failure is a result, told with its message
        found = {"skipped": reason(error)}
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
