"""The peers' recursions: 96 steps, one after the other, for all chargers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from _peers import LAGS, City, from_labels, log_loss
from _peers_models import (
    darts_calendar,
    darts_model,
    darts_series,
    lightgbm,
    mlforecast,
    rolling_mean,
    skforecast_classifiers,
    skforecast_law,
    skforecast_many,
    sktime_frame,
)
from _speed_jobs import DAY, PATHS, RECENT_DAYS, STEPS, bare_predictions
from _speed_measure import Figures, Records, measured, scaled, taken
from _speed_peer_features import pandas_features

Settings = Mapping[str, Any]
MOST_UNITS = 1_200
"""More chargers are not given to a peer's model."""
SLOW_UNITS = {"skforecast classifier": 8, "sktime": 2}
"""Chargers given to those that take one series at a time, or hours."""


def recent(
    s: Settings, units: int = MOST_UNITS, ahead: int = DAY
) -> tuple[City, np.ndarray, float]:
    """Return the last weeks without gaps, the truth of the day after, and the times too few chargers."""
    city = City.load(s["arrays"])
    every = len(city.ids)
    city = city.units(units)
    stop = len(city.codes) - ahead
    past = city.filled().rows(max(0, stop - RECENT_DAYS * DAY), stop)
    return past, city.codes[stop:], every / len(city.ids)


def lightgbm_floor(s: Settings, origins: int = 1) -> Records:
    """Call LightGBM's predict on the benchmark's 18 features, 96 times an origin, and nothing else."""
    past, _, factor = recent(s)
    features = pandas_features(past)
    rows = features.to_numpy(np.float32)
    most = max(LAGS)
    model = lightgbm().fit(rows, past.codes[most:].T.ravel())
    last = rows[:: len(past.codes) - most]
    times = len(STEPS) * origins
    found = bare_predictions([(model, np.ascontiguousarray(last))], times)
    return {f"floor, LightGBM's {times} predicts": scaled(found | {"rows": len(last)}, factor)}


def mlforecast_steps(kind: str) -> Callable[[Settings], Records]:
    """Return the job of mlforecast: codes as labels, or one series of zeros and ones a status."""

    def work(s: Settings) -> Records:
        past, truth, factor = recent(s)
        size = len(past.statuses)
        hot = kind == "one-hot"
        model = mlforecast({"y": lightgbm("Regressor" if hot else "Classifier")}, rolling_mean())
        with measured() as fitted:
            model.fit(past.one_hot_long() if hot else past.long(int), static_features=[])
        found, frame = taken(lambda: model.predict(len(STEPS)))
        values = frame["y"].to_numpy().reshape(len(past.ids), -1, len(STEPS))
        proba = values.transpose(2, 0, 1) if hot else from_labels(values[:, 0].T, size)
        return {f"mlforecast, {kind}": _scored(found, fitted, proba, truth, factor)}

    return work


def skforecast_steps(s: Settings) -> Records:
    """96 steps of skforecast's forecaster of many series; it feeds labels back."""
    past, truth, factor = recent(s)
    model = skforecast_many()
    with measured() as fitted:
        model.fit(series=past.wide(), suppress_warnings=True)
    model.predict(1, suppress_warnings=True)
    found, frame = taken(lambda: model.predict(len(STEPS), suppress_warnings=True))
    labels = frame.pivot_table(index=frame.index, columns="level", values="pred", observed=True)
    proba = from_labels(labels[list(past.ids)].to_numpy(), len(past.statuses))
    return {"skforecast, many series, labels": _scored(found, fitted, proba, truth, factor)}


def skforecast_classifier_steps(s: Settings) -> Records:
    """96 steps of skforecast's classifier, which takes one series at a time."""
    past, truth, factor = recent(s, SLOW_UNITS["skforecast classifier"])
    size = len(past.statuses)
    skforecast_classifiers(past.units(1))  # what is loaded at first use
    with measured() as fitted:
        models, why = skforecast_classifiers(past)
    if not models:
        return {"skforecast, classifier": {"skipped": why}}
    laws = {}

    def predict() -> None:
        for place, model in models.items():
            laws[place] = skforecast_law(model, None, len(STEPS), size)

    found, _ = taken(predict)
    proba = np.stack([laws[place] for place in models], axis=1)
    figures = _scored(
        found, fitted, proba, truth[:, list(models)], factor * len(past.ids) / len(models)
    )
    if why:
        figures["note"] = f"{len(past.ids) - len(models)} of {len(past.ids)} chargers: {why}"
    return {"skforecast, classifier": figures}


def sktime_steps(s: Settings) -> Records:
    """96 steps of sktime's reduction with a classifier; it feeds labels back."""
    from sktime.forecasting.compose import RecursiveReductionForecaster

    past, truth, factor = recent(s, SLOW_UNITS["sktime"])
    model = RecursiveReductionForecaster(lightgbm(), window_length=max(LAGS[:-1]), pooling="global")
    with measured() as fitted:
        model.fit(sktime_frame(past), fh=list(STEPS))
    found, frame = taken(model.predict, most=1)
    proba = from_labels(frame["y"].to_numpy().reshape(len(past.ids), -1).T, len(past.statuses))
    return {"sktime, reduction, labels": _scored(found, fitted, proba, truth, factor)}


def darts_steps(paths: int) -> Callable[[Settings], Records]:
    """Return the job of darts: labels fed back, or sampled paths."""

    def work(s: Settings) -> Records:
        past, truth, factor = recent(s)
        series = darts_series(past)
        calendar = [darts_calendar(past, len(STEPS))] * len(series)
        model = darts_model()
        with measured() as fitted:
            model.fit(series, future_covariates=calendar)

        def predict(steps: int) -> list[Any]:
            options = {"num_samples": paths} if paths > 1 else {}
            return model.predict(steps, series=series, future_covariates=calendar, **options)

        predict(1)
        found, forecasts = taken(lambda: predict(len(STEPS)))
        drawn = np.stack([one.all_values(copy=False)[:, 0] for one in forecasts], axis=1)
        proba = from_labels(drawn, len(past.statuses)).mean(axis=-2)
        name = "darts, labels" if paths == 1 else f"darts, {paths} paths"
        return {name: _scored(found, fitted, proba, truth, factor)}

    return work


def _scored(
    found: Figures, fitted: Figures, proba: np.ndarray, truth: np.ndarray, factor: float
) -> Figures:
    figures = found | {"fit_cpu": fitted["cpu"], "log_loss": log_loss(proba, truth)}
    return scaled(figures | {"rows": truth.shape[1]}, factor)


RECURSIVE = {
    "LightGBM": lightgbm_floor,
    "skforecast": skforecast_steps,
    "mlforecast labels": mlforecast_steps("labels"),
    "mlforecast one-hot": mlforecast_steps("one-hot"),
    "darts labels": darts_steps(1),
    "darts paths": darts_steps(PATHS),
    "skforecast classifier": skforecast_classifier_steps,
    "sktime": sktime_steps,
}
