"""What was tried: the direct forecaster with one thing changed at a time, against itself as it is."""

from __future__ import annotations

from collections.abc import Callable

from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

import evforecast as ev
from evforecast.features import DEFAULT_GROUPS, GROUPS

Maker = Callable[[list[int]], ev.forecasting.StatusForecaster]


def _direct(**options: object) -> Maker:
    return lambda horizons: ev.DirectForecaster(horizons, random_state=0, **options)


def _without(group: str) -> Maker:
    return _direct(groups=tuple(name for name in DEFAULT_GROUPS if name != group))


def _with(group: str) -> Maker:
    return _direct(groups=(*DEFAULT_GROUPS, group))


def _blend(horizons: list[int]) -> ev.forecasting.StatusForecaster:
    return ev.Blend(
        {
            "boosted": ev.DirectForecaster(horizons, semi_markov_weight=0, random_state=0),
            "semi-markov": ev.SemiMarkovForecaster(horizons),
            "markov": ev.MarkovForecaster(horizons),
        }
    )


VARIANTS: dict[str, Maker] = {
    "as it is": _direct(),
    "classifiers alone, no semi-Markov": _direct(semi_markov_weight=0),
    "semi-Markov weight .3": _direct(semi_markov_weight=0.3),
    "semi-Markov weight .7": _direct(semi_markov_weight=0.7),
    "one classifier for all horizons": _direct(pooled=True),
    "a third Markov member in the pool": _blend,
    "half the cases": _direct(max_rows=150_000),
    **{
        f"without {name}": _without(name) for name in ("changes", "shares", "neighbours", "network")
    },
    **{f"without {name}": _without(name) for name in ("same_time", "profile", "calendar")},
    "with coordinates and model": _with("static"),
    "with the location's profile": _with("location_profile"),
    "with both": _direct(groups=GROUPS),
    "300 iterations, stopped early on later time": _direct(
        classifier=HistGradientBoostingClassifier(
            max_iter=300, max_leaf_nodes=8, min_samples_leaf=500, early_stopping=True
        )
    ),
    "scikit-learn's defaults": _direct(
        classifier=HistGradientBoostingClassifier(early_stopping=False)
    ),
    "random forest": _direct(
        classifier=RandomForestClassifier(
            n_estimators=60, min_samples_leaf=100, max_samples=0.3, n_jobs=1
        )
    ),
}
