"""The peers' direct forecasts of four horizons, and their own backtests over ten origins."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from _peers import City, from_labels, log_loss
from _peers_direct import DIRECT as PEERS
from _peers_models import (
    darts_calendar,
    darts_model,
    darts_series,
    lightgbm,
    mlforecast,
    rolling_mean,
    skforecast_many,
)
from _speed_jobs import DAY, HORIZONS, ORIGINS, RECENT_DAYS, STEPS, STRIDE, origins_of_a_day
from _speed_measure import Figures, Records, measured, scaled, taken
from _speed_peer_recursive import MOST_UNITS, lightgbm_floor

Settings = Mapping[str, Any]
Way = Callable[[City, np.ndarray], tuple[Figures, np.ndarray]]
SLOW_UNITS = {"skforecast": 2, "sktime": 20}
"""Chargers given to those that take one series at a time, or hours."""
WARM_UNITS, WARM_ROWS = 2, 1_200
"""Fitted first, so that what is imported and compiled at first use does not count."""


def direct_job(name: str) -> Callable[[Settings], Records]:
    """Return the job of one peer: fit four horizons, then score a day of origins."""

    def work(s: Settings) -> Records:
        city = City.load(s["arrays"])
        every = len(city.ids)
        city = city.units(SLOW_UNITS.get(name, MOST_UNITS))
        known, stop = city.filled(), len(city.codes) - 2 * DAY
        PEERS[name](HORIZONS).fit(known.units(WARM_UNITS).rows(-WARM_ROWS, stop))
        model = PEERS[name](HORIZONS)
        with measured() as found:
            model.fit(known.rows(max(0, stop - RECENT_DAYS * DAY), stop))
        losses = []
        for first in origins_of_a_day(stop):
            context = known.rows(max(0, first - RECENT_DAYS * DAY), first)
            took, proba = taken(lambda context=context: model.proba(context), most=1)
            losses.append(log_loss(proba, city.codes[first - 1 + np.array(HORIZONS)]))
        score = {"predict_cpu": took["cpu"], "log_loss": float(np.mean(losses))}
        figures = found | score | {"rows": len(city.ids)}
        return {name: scaled(figures, every / len(city.ids))}

    return work


# ---- backtest ----


def _backtest_city(s: Settings) -> tuple[City, np.ndarray, np.ndarray, float]:
    """Return what is known without gaps, the rows of the origins, the truth, times too few chargers."""
    city = City.load(s["arrays"])
    every = len(city.ids)
    city = city.units(MOST_UNITS)
    last = len(city.codes) - 1 - DAY
    first = last - (ORIGINS - 1) * STRIDE
    start = max(0, first + 1 - RECENT_DAYS * DAY)
    rows = np.arange(first, last + 1, STRIDE) - start
    short = city.rows(start, len(city.codes))
    truth = short.codes[rows[:, None] + np.array(STEPS)]
    return short.filled(), rows, truth, every / len(city.ids)


def skforecast_backtest(city: City, rows: np.ndarray) -> tuple[Figures, np.ndarray]:
    """Run skforecast's backtest, less the fit that it insists on; labels."""
    from skforecast.model_selection import TimeSeriesFold, backtesting_forecaster_multiseries

    wide, known = city.wide(), int(rows[0]) + 1
    model = skforecast_many()
    with measured() as refit:
        model.fit(series=wide.iloc[:known], suppress_warnings=True)
    folds = TimeSeriesFold(
        steps=len(STEPS), initial_train_size=known, fold_stride=STRIDE, verbose=False
    )
    options = {"metric": "mean_absolute_error", "n_jobs": 1, "show_progress": False}
    found, (_, frame) = taken(
        lambda: backtesting_forecaster_multiseries(
            model, wide, folds, suppress_warnings=True, **options
        ),
        most=1,
    )
    labels = frame.reset_index(names="ds").pivot_table(
        index=["fold", "ds"], columns="level", values="pred", observed=True
    )
    values = labels[list(city.ids)].to_numpy()[: ORIGINS * len(STEPS)]
    shape = (ORIGINS, len(STEPS), len(city.ids))
    return _without(found, refit), from_labels(values.reshape(shape), len(city.statuses))


def mlforecast_backtest(city: City, rows: np.ndarray) -> tuple[Figures, np.ndarray]:
    """Run mlforecast's cross-validation, less the fit that it insists on; one-hot series."""

    def fresh() -> Any:
        return mlforecast({"trees": lightgbm("Regressor")}, rolling_mean())

    before, whole = city.rows(0, int(rows[0]) + 1).one_hot_long(), city.one_hot_long()
    with measured() as refit:
        fresh().fit(before, static_features=[])
    options = {"step_size": STRIDE, "refit": False, "static_features": []}
    found, result = taken(
        lambda: fresh().cross_validation(whole, n_windows=ORIGINS, h=len(STEPS), **options),
        most=1,
    )
    values = result.sort_values(["cutoff", "unique_id", "ds"])["trees"].to_numpy()
    law = values.reshape(ORIGINS, len(city.ids), len(city.statuses), len(STEPS))
    return _without(found, refit), law.transpose(0, 3, 1, 2)


def darts_backtest(city: City, rows: np.ndarray) -> tuple[Figures, np.ndarray]:
    """Run darts' historical forecasts with a model that is fitted already; labels."""
    past = city.rows(0, int(rows[0]) + 1)
    model = darts_model()
    model.fit(darts_series(past), future_covariates=[darts_calendar(past, DAY)] * len(city.ids))
    series, calendar = darts_series(city), darts_calendar(city, DAY)
    found, forecasts = taken(
        lambda: model.historical_forecasts(
            series,
            future_covariates=[calendar] * len(series),
            start=int(rows[0]) + 1,
            start_format="position",
            forecast_horizon=len(STEPS),
            stride=STRIDE,
            retrain=False,
            last_points_only=False,
            show_warnings=False,
        ),
        most=1,
    )
    values = np.array([[one.values(copy=False)[:, 0] for one in some] for some in forecasts])
    return found, from_labels(values.transpose(1, 2, 0), len(city.statuses))


def backtest_job(name: str, way: Way) -> Callable[[Settings], Records]:
    """Return the job of one peer's backtest, run first on two chargers."""

    def work(s: Settings) -> Records:
        city, rows, truth, factor = _backtest_city(s)
        way(city.units(WARM_UNITS), rows)
        found, proba = way(city, rows)
        return {name: scaled(found | {"log_loss": log_loss(proba, truth)}, factor)}

    return work


def _without(found: Figures, fit: Figures) -> Figures:
    """Return a backtest's times without those of the one fit in it."""
    less = {key: max(found[key] - fit[key], 0.0) for key in ("seconds", "cpu")}
    return {**found, **less, "fit_cpu": fit["cpu"]}


DIRECT = {name: direct_job(name) for name in PEERS}
BACKTEST = {
    "LightGBM": lambda s: lightgbm_floor(s, ORIGINS),
} | {
    name: backtest_job(name, way)
    for name, way in (
        ("skforecast, labels", skforecast_backtest),
        ("mlforecast, one-hot", mlforecast_backtest),
        ("darts, labels", darts_backtest),
    )
}
