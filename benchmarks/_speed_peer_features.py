"""The peers' features: the same 18 columns of every row, with pandas, polars and mlforecast."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from _peers import LAGS, WINDOW, City
from _peers_models import mlforecast
from _speed_jobs import CHECK_ROWS, CHECK_UNITS
from _speed_measure import Records, scaled, taken

Settings = Mapping[str, Any]
MOST_CASES = 10_000_000
"""More are not given to a peer: a frame of them would not fit into memory."""


def pandas_features(city: City) -> Any:
    """Compute the 18 features as most people do, with groups of a long frame."""
    import pandas as pd

    frame = city.long(np.float32)
    ids, value = frame["unique_id"], frame["y"]
    by = value.groupby(ids, observed=True)
    out = {f"lag{lag}": by.shift(lag) for lag in LAGS}
    run = (by.diff() != 0).groupby(ids, observed=True).cumsum()
    age = value.groupby([ids, run], observed=True).cumcount() + 1
    out["age"] = age.groupby(ids, observed=True).shift(1)
    for code, name in enumerate(city.statuses or range(5)):
        hot = (out["lag1"] == code).astype(np.float32).where(out["lag1"].notna())
        rolled = hot.groupby(ids, observed=True).rolling(WINDOW, min_periods=1).mean()
        out[f"share_{name}"] = rolled.reset_index(level=0, drop=True)
    out["slot"] = frame["ds"].dt.hour * 4 + frame["ds"].dt.minute // 15
    out["weekday"] = frame["ds"].dt.dayofweek
    result = pd.DataFrame(out, copy=False).astype(np.float32)
    return result[out[f"lag{max(LAGS)}"].notna()]


def polars_features(city: City) -> Any:
    """Compute the 18 features with window expressions."""
    import polars as pl

    many = len(city.codes)
    frame = pl.DataFrame(
        {
            "id": np.repeat(np.arange(len(city.ids), dtype=np.int32), many),
            "ds": np.tile(city.times.astype("datetime64[ms]"), len(city.ids)),
            "y": city.codes.T.ravel(),
        }
    ).lazy()
    lag1 = pl.col("y").shift(1).over("id")
    run = (pl.col("y") != pl.col("y").shift(1)).fill_null(value=True).cum_sum().over("id")
    frame = frame.with_columns(run.alias("run"), lag1.alias("lag1")).with_columns(
        pl.int_range(1, pl.len() + 1).over("id", "run").alias("held")
    )
    shares = [
        (pl.col("lag1") == code)
        .cast(pl.Float32)
        .rolling_mean(WINDOW, min_samples=1)
        .over("id")
        .alias(f"share{code}")
        for code in range(len(city.statuses) or 5)
    ]
    columns = [pl.col("y").shift(lag).over("id").alias(f"lag_{lag}") for lag in LAGS]
    columns += [pl.col("held").shift(1).over("id").alias("age"), *shares]
    columns += [
        (pl.col("ds").dt.hour().cast(pl.Int32) * 4 + pl.col("ds").dt.minute() // 15).alias("slot")
    ]
    columns += [(pl.col("ds").dt.weekday() - 1).alias("weekday")]
    chosen = [c.cast(pl.Float32) for c in columns]
    return frame.select(chosen).filter(pl.col(f"lag_{max(LAGS)}").is_not_null()).collect()


def mlforecast_features(city: City) -> Any:
    """Compute the 18 features with mlforecast; its own means know no statuses, so ours are compiled."""
    from numba import njit

    @njit(cache=False)
    def share(values: np.ndarray, window: int, code: int) -> np.ndarray:
        out = np.empty(values.size, np.float32)
        held, seen = 0, 0
        for place in range(values.size):
            seen += not np.isnan(values[place])
            held += values[place] == code
            if place >= window:
                seen -= not np.isnan(values[place - window])
                held -= values[place - window] == code
            out[place] = held / seen if seen else np.nan
        return out

    @njit(cache=False)
    def time_in_status(values: np.ndarray) -> np.ndarray:
        out = np.empty(values.size, np.float32)
        age = 0
        for place in range(values.size):
            same = place > 0 and values[place] == values[place - 1]
            age = age + 1 if same else 1
            out[place] = np.nan if np.isnan(values[place]) else age
        return out

    ways = [time_in_status, *((share, WINDOW, code) for code in range(len(city.statuses) or 5))]
    how = mlforecast({}, {1: ways})

    def compute(given: City) -> Any:
        return how.preprocess(given.long(np.float32), static_features=[])

    return compute


def feature_job(name: str) -> Callable[[Settings], Records]:
    """Return the job of one program's features."""

    def work(s: Settings) -> Records:
        city = City.load(s["arrays"]).filled()
        small = city.rows(0, min(len(city.codes), CHECK_ROWS))
        small = City(
            small.codes[:, :CHECK_UNITS], small.ids[:CHECK_UNITS], small.times, small.statuses
        )
        make = {"pandas": pandas_features, "polars": polars_features}.get(name)
        if make is None:
            make = mlforecast_features(city)
        sums = _sums(make(small), name)
        every = len(city.ids)
        city = city.units(max(1, MOST_CASES // len(city.codes)))
        found, result = taken(lambda: make(city), most=1)
        found |= {"rows": len(result), "sums": sums}
        found["output_mib"] = found["rows"] * 18 * 4 / 2**20
        return {name: scaled(found, every / len(city.ids))}

    return work


def _sums(result: Any, name: str) -> list[float]:
    """Return the sum of each column, in the order of our features."""
    if name == "mlforecast":
        result = result.drop(columns=["unique_id", "ds", "y"])
        order = [*range(len(LAGS)), *range(len(LAGS), result.shape[1] - 2), -1, -2]
        result = result.iloc[:, order]
    values = np.asarray(result.to_numpy(), float)
    return values.sum(axis=0).tolist()


FEATURE_JOBS = {name: feature_job(name) for name in ("pandas", "polars", "mlforecast")}
