"""The peers' direct forecasts: one model a horizon, each peer behind `fit` and `proba`.

A peer is handed the past without gaps as a `City`; `proba` returns ``[horizon, evse, status]`` from the
last row of a context. What gives labels only gives zeros and ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from _peers import LAGS, WINDOW, City, from_labels
from _peers_models import (
    darts_calendar,
    darts_model,
    darts_series,
    lightgbm,
    mlforecast,
    rolling_mean,
    scikit_learn,
    sktime_frame,
)
from _speed_peer_features import pandas_features

SHORTEST = max(LAGS) + WINDOW + 1
"""Rows of context that all features of the peers are computed from."""


class ScikitLearn:
    """The loop that most people write: features by pandas, one classifier a horizon."""

    def __init__(self, horizons: Sequence[int]) -> None:
        self.horizons = horizons

    def fit(self, past: City) -> None:
        """Fit a model for each horizon on all rows that have all lags."""
        many = len(past.codes) - max(LAGS)
        rows = pandas_features(past).to_numpy(np.float32).reshape(len(past.ids), many, -1)
        codes = past.codes[max(LAGS) :].T
        self.models = {}
        for horizon in self.horizons:
            last = many - horizon + 1
            features = rows[:, :last].reshape(-1, rows.shape[-1])
            self.models[horizon] = scikit_learn().fit(features, codes[:, horizon - 1 :].ravel())

    def proba(self, context: City) -> np.ndarray:
        """Forecast from the features of the row after the last."""
        rows = pandas_features(context.rows(-SHORTEST, len(context.codes)).extended(1))
        last = rows.to_numpy(np.float32).reshape(len(context.ids), -1, rows.shape[1])[:, -1]
        law = np.zeros((len(self.horizons), len(context.ids), len(context.statuses)))
        for place, model in enumerate(self.models.values()):
            law[place][:, model.classes_.astype(int)] = model.predict_proba(last)
        return law


class Mlforecast:
    """mlforecast with the horizons it is asked for: labels, or one series of 0 and 1 a status."""

    def __init__(self, horizons: Sequence[int], *, hot: bool, recursive: bool = False) -> None:
        self.horizons, self.hot, self.recursive = list(horizons), hot, recursive

    def fit(self, past: City) -> None:
        """Fit one model a horizon, or one of the next step."""
        trees = lightgbm("Regressor" if self.hot else "Classifier")
        self.model = mlforecast({"y": trees}, rolling_mean())
        options = {} if self.recursive else {"horizons": self.horizons}
        self.model.fit(self._frame(past), static_features=[], **options)

    def proba(self, context: City) -> np.ndarray:
        """Forecast after the last row of the context."""
        recent = self._frame(context.rows(-SHORTEST, len(context.codes)))
        frame = self.model.predict(max(self.horizons), new_df=recent)
        size = len(context.statuses)
        values = frame["y"].to_numpy().reshape(len(context.ids), size if self.hot else 1, -1)
        if self.recursive:
            values = values[..., np.array(self.horizons) - 1]
        if not self.hot:
            return from_labels(values[:, 0].T, size)
        return values.transpose(2, 0, 1)

    def _frame(self, city: City) -> Any:
        return city.one_hot_long() if self.hot else city.long(int)


class Skforecast:
    """skforecast's direct forecaster: one series, labels, and a model of every step up to the last."""

    def __init__(self, horizons: Sequence[int]) -> None:
        self.horizons = list(horizons)

    def fit(self, past: City) -> None:
        """Fit the models of each charger."""
        from skforecast.direct import ForecasterDirect

        self.models = []
        wide = past.wide()
        for name in past.ids:
            model = ForecasterDirect(
                estimator=lightgbm(), lags=list(LAGS), steps=max(self.horizons), n_jobs=1
            )
            model.fit(y=wide[name], suppress_warnings=True)
            self.models.append(model)

    def proba(self, context: City) -> np.ndarray:
        """Forecast each charger."""
        wide = context.rows(-SHORTEST, len(context.codes)).wide()
        labels = [
            model.predict(self.horizons, last_window=wide[name], suppress_warnings=True)
            for name, model in zip(context.ids, self.models, strict=True)
        ]
        return from_labels(np.stack(labels, axis=1), len(context.statuses))


class Sktime:
    """sktime's reduction with a classifier: labels."""

    def __init__(self, horizons: Sequence[int], *, recursive: bool = False) -> None:
        self.horizons, self.recursive = list(horizons), recursive

    def fit(self, past: City) -> None:
        """Fit over all chargers."""
        from sktime.forecasting.compose import DirectReductionForecaster as Direct
        from sktime.forecasting.compose import RecursiveReductionForecaster as Recursive

        way = Recursive if self.recursive else Direct
        self.model = way(lightgbm(), window_length=WINDOW, pooling="global")
        self.model.fit(sktime_frame(past), fh=self.horizons)
        self.until = past.times[-1]

    def proba(self, context: City) -> np.ndarray:
        """Forecast after the last row, which is made known without fitting again."""
        if context.times[-1] > self.until:
            later = context.rows(int(np.sum(context.times <= self.until)), len(context.times))
            self.model.update(sktime_frame(later), update_params=False)
            self.until = context.times[-1]
        labels = self.model.predict(self.horizons)["y"].to_numpy()
        return from_labels(labels.reshape(len(context.ids), -1).T, len(context.statuses))


class Darts:
    """darts' classifier, one for each horizon by a shifted output: it gives probabilities."""

    def __init__(self, horizons: Sequence[int]) -> None:
        self.horizons = horizons

    def fit(self, past: City) -> None:
        """Fit a model for each horizon over all chargers."""
        series, calendar = darts_series(past), darts_calendar(past, max(self.horizons))
        self.models = [darts_model(horizon) for horizon in self.horizons]
        for model in self.models:
            model.fit(series, future_covariates=[calendar] * len(series))

    def proba(self, context: City) -> np.ndarray:
        """Forecast after the last row."""
        recent = context.rows(-SHORTEST, len(context.codes))
        series, calendar = darts_series(recent), darts_calendar(recent, max(self.horizons))
        law = np.zeros((len(self.horizons), len(series), len(context.statuses)))
        for place, model in enumerate(self.models):
            forecasts = model.predict(
                1,
                series=series,
                future_covariates=[calendar] * len(series),
                predict_likelihood_parameters=True,
            )
            codes = [int(float(name.rsplit("_p", 1)[1])) for name in forecasts[0].components]
            for unit, one in enumerate(forecasts):
                law[place, unit, codes] = one.values(copy=False)[0]
        return law


DIRECT: dict[str, Callable[[Sequence[int]], Any]] = {
    "scikit-learn loop": ScikitLearn,
    "mlforecast one-hot": lambda horizons: Mlforecast(horizons, hot=True),
    "mlforecast labels": lambda horizons: Mlforecast(horizons, hot=False),
    "darts": Darts,
    "skforecast": Skforecast,
    "sktime": Sktime,
}
