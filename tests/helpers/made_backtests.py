"""Backtests made to measure: each model's log loss of each case is what the test says."""

import numpy as np
import pandas as pd

from evforecast.evaluation import Backtest
from evforecast.panel import STATUS


def made_backtest(losses, *, truth=None, every="3h", first="2020-10-01", areas="ab", target=None):
    """Return a backtest of models with these log losses, arrays ``[origin, horizon, evse]`` by name.

    What is not given to the status that was observed is spread evenly over the others.
    """
    n, h, m = next(iter(losses.values())).shape
    scheme = STATUS if target is None else STATUS.coarsen(target)
    if truth is None:
        truth = np.zeros((n, h, m), np.int8)
    step = pd.Timedelta(every).to_timedelta64().astype("timedelta64[s]")
    evse = pd.DataFrame(
        {"location_id": "L", "area": [areas[i % len(areas)] if areas else None for i in range(m)]},
        index=pd.Index([f"E{i}" for i in range(m)], name="evse_id"),
    ).assign(model="M")
    proba = {}
    for name, loss in losses.items():
        given = np.exp(-loss)[..., None]
        law = np.repeat((1 - given) / (len(scheme) - 1), len(scheme), axis=-1)
        np.put_along_axis(law, np.maximum(truth, 0).astype(int)[..., None], given, axis=-1)
        proba[name] = law.astype(np.float32)
    return Backtest(
        proba=proba,
        truth=truth,
        origins=np.datetime64(first, "s") + np.arange(n) * step,
        horizons=np.array([1, 4, 16])[:h],
        step=np.timedelta64(900, "s"),
        evse=evse,
        scheme=scheme,
    )
