"""The models of the peers, built alike for the speed and the skill: the same trees, lags and calendar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from _peers import LAGS, WINDOW, City, nanoseconds, reason


def lightgbm(kind: str = "Classifier", **options: Any) -> Any:
    """Return the benchmark's model: 30 rounds, 31 leaves, one thread."""
    import lightgbm as package

    model = getattr(package, f"LGBM{kind}")
    return model(n_estimators=30, num_leaves=31, n_jobs=1, verbose=-1, **options)


def mlforecast(models: Mapping[str, Any], lag_transforms: Mapping[int, Sequence[Any]]) -> Any:
    """Return an `MLForecast` with the benchmark's lags and calendar."""
    from mlforecast import MLForecast

    return MLForecast(
        models=dict(models),
        freq="15min",
        lags=list(LAGS),
        lag_transforms={lag: list(how) for lag, how in lag_transforms.items()},
        date_features=["dayofweek", slot_of_day],
    )


def rolling_mean() -> dict[int, list[Any]]:
    """Return mlforecast's own mean over 24 hours."""
    from mlforecast.lag_transforms import RollingMean

    return {1: [RollingMean(WINDOW, min_samples=1)]}


def slot_of_day(times: Any) -> Any:
    """Return which quarter-hour of the day each time is."""
    return times.hour * 4 + times.minute // 15


def skforecast_many() -> Any:
    """Return skforecast's recursive forecaster of many series, with a classifier: it gives labels."""
    from skforecast.preprocessing import RollingFeatures
    from skforecast.recursive import ForecasterRecursiveMultiSeries

    return ForecasterRecursiveMultiSeries(
        estimator=lightgbm(),
        lags=list(LAGS),
        window_features=RollingFeatures(stats=["mean"], window_sizes=WINDOW),
        encoding=None,
    )


def skforecast_classifiers(past: City) -> tuple[dict[int, Any], str]:
    """Return skforecast's fitted classifier of each charger, and why one that has none has none."""
    from skforecast.preprocessing import RollingFeaturesClassification
    from skforecast.recursive import ForecasterRecursiveClassifier

    models, why = {}, ""
    wide = past.wide(int)
    for place, name in enumerate(past.ids):
        model = ForecasterRecursiveClassifier(
            estimator=lightgbm(),
            lags=list(LAGS),
            window_features=RollingFeaturesClassification(
                stats=["proportion"], window_sizes=WINDOW
            ),
        )
        try:
            model.fit(y=wide[name], suppress_warnings=True)
            model.predict_proba(1, suppress_warnings=True)  # some fail only here
        except Exception as error:  # noqa: BLE001 - what one series meets is told, the others go on
            why = reason(error)
        else:
            models[place] = model
    return models, why


def skforecast_law(model: Any, window: Any, steps: int, size: int) -> np.ndarray:
    """Return the probabilities of one charger, ``[step, status]``; unknown classes get nothing."""
    frame = model.predict_proba(steps, last_window=window, suppress_warnings=True)
    law = np.zeros((steps, size))
    codes = [int(float(name.removesuffix("_proba"))) for name in frame.columns]
    law[:, codes] = frame.to_numpy()
    return law


def sktime_frame(past: City) -> Any:
    """Return a panel as sktime reads it: it sorts the ids, and loses the frequency of times."""
    import pandas as pd

    counted = past.times.astype(np.int64) // 900
    index = pd.MultiIndex.from_product([range(len(past.ids)), counted])
    return pd.DataFrame({"y": past.codes.T.ravel().astype(float)}, index=index)


def darts_model(steps: int | None = None) -> Any:
    """Return darts' classifier of all series: of the next step, or of the one `steps` ahead."""
    from darts.models import LightGBMClassifierModel

    shift = 0 if steps is None else steps - 1
    return LightGBMClassifierModel(
        lags=[-lag for lag in LAGS],
        lags_future_covariates=[0],
        output_chunk_length=1,
        output_chunk_shift=shift,
        n_estimators=30,
        num_leaves=31,
        n_jobs=1,
        verbose=-1,
    )


def darts_series(past: City) -> list[Any]:
    """Return a series of codes a charger."""
    import pandas as pd
    from darts import TimeSeries

    index = pd.DatetimeIndex(nanoseconds(past.times), freq="15min")
    codes = past.codes.astype(np.float32)
    return [TimeSeries.from_times_and_values(index, codes[:, k]) for k in range(codes.shape[1])]


def darts_calendar(past: City, ahead: int) -> Any:
    """Return slot of day and day of week until `ahead` steps after the last row."""
    import pandas as pd
    from darts import TimeSeries

    index = pd.date_range(nanoseconds(past.times)[0], periods=len(past.times) + ahead, freq="15min")
    values = np.stack([slot_of_day(index), index.dayofweek], axis=1).astype(np.float32)
    return TimeSeries.from_times_and_values(index, values)


def scikit_learn(**options: Any) -> Any:
    """Return scikit-learn's boosting, of the size of the benchmark's model."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        max_iter=30, max_leaf_nodes=31, early_stopping=False, random_state=0, **options
    )
