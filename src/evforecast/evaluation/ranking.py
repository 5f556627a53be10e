"""Scores of how well an event is told from its absence: for lists that are worked from the top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError, SchemeMismatchError
from evforecast.evaluation.averaging import case_weights
from evforecast.evaluation.calibration import calibration_error
from evforecast.evaluation.result import Backtest
from evforecast.evaluation.scores import brier_score, log_score
from evforecast.panel import MISSING

__all__ = ["auc", "average_precision", "ranking_scores"]


def auc(
    fcst: npt.NDArray[Any], obs: npt.NDArray[Any], *, weights: npt.ArrayLike | None = None
) -> float:
    """Return the area under the ROC curve: how often an event was given more than a case without one.

    Parameters
    ----------
    fcst : numpy.ndarray
        Probabilities of the event, or anything that ranks it, any shape.
    obs : numpy.ndarray
        1 where it happened, 0 where not, -1 or NaN where unknown; same shape.
    weights : array-like, optional
        Weights of the cases, of a shape that spreads over theirs; ones by default. A case with a weight
        of 2 counts like two such cases.

    Returns
    -------
    float
        From 0 to 1, 0.5 for a forecast that tells nothing, ties counting half; NaN where the event
        always or never happened.

    Raises
    ------
    InputError
        If shapes disagree, a forecast of a known truth is NaN, or a weight is negative, NaN or infinite.

    References
    ----------
    Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747.

    Examples
    --------
    >>> auc(np.array([0.1, 0.4, 0.3]), np.array([0, 1, 0]))
    1.0
    """
    p, hits, misses = _known(fcst, obs, weights, "auc")
    pairs = hits.sum() * misses.sum()
    if not pairs:
        return float("nan")
    values, place = np.unique(p, return_inverse=True)
    up = np.bincount(place, weights=hits, minlength=len(values))
    down = np.bincount(place, weights=misses, minlength=len(values))
    return float(up @ (np.cumsum(down) - down / 2) / pairs)


def average_precision(
    fcst: npt.NDArray[Any], obs: npt.NDArray[Any], *, weights: npt.ArrayLike | None = None
) -> float:
    """Return the mean precision down the list of cases, likeliest first, taken at each event.

    Parameters
    ----------
    fcst, obs, weights
        As in `auc`.

    Returns
    -------
    float
        From 0 to 1; the base rate is what a list in random order comes to. NaN where the event never
        happened.

    Raises
    ------
    InputError
        As `auc`.

    References
    ----------
    Saito and Rehmsmeier (2015), why precision and recall suit rare events,
    doi:10.1371/journal.pone.0118432.

    Examples
    --------
    >>> average_precision(np.array([0.1, 0.4, 0.3]), np.array([1, 1, 0])).__round__(3)
    0.833
    """
    p, hits, misses = _known(fcst, obs, weights, "average_precision")
    if not hits.any():
        return float("nan")
    order = np.argsort(-p, kind="stable")
    # Cases with the same chance are on the list together.
    last = np.append(np.diff(p[order]) != 0, True)
    taken = np.cumsum((hits + misses)[order])[last]
    found = np.cumsum(hits[order])[last]
    return float((np.diff(found, prepend=0) * found / taken).sum() / found[-1])


def ranking_scores(
    result: Backtest, by: Sequence[str] = ("horizon",), *, bins: int = 10
) -> pd.DataFrame:
    """Return the scores of a backtest of two statuses, the event being the second.

    Parameters
    ----------
    result : Backtest
        With ``target=``, or `Backtest.coarsen` of one without.
    by : sequence of str
        As in `Backtest.scores`; ``model`` is always among them.
    bins : int
        Bins of the calibration error.

    Returns
    -------
    pandas.DataFrame
        ``model``, the columns of `by`, ``log_loss`` (nats), ``brier`` (0 to 2, as in `Backtest.scores`),
        ``auc``, ``average_precision``, ``ece`` (expected calibration error), ``base_rate`` (the share of
        cases with the event) and ``n`` (cases with a known truth). Groups without any are left out.

    Raises
    ------
    SchemeMismatchError
        If the backtest has other than two statuses.
    InputError
        If a name in `by` is not there.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> result = ev.backtest(
    ...     {"p": ev.Persistence([4])}, panel, every="2h", last="1D", target="free"
    ... )
    >>> ranking_scores(result)[["model", "horizon", "n"]].to_numpy().tolist()
    [['p', 4, 72]]
    """
    if len(result.scheme) != 2:
        msg = (
            f"ranking_scores: the backtest has the statuses {result.scheme.names}; an event and its "
            "absence are needed. Call result.coarsen('down'), or backtest(..., target='down')."
        )
        raise SchemeMismatchError(msg)
    names = [name for name in by if name != "model"]
    truth = result.truth.ravel()
    known = truth != MISSING
    frame = pd.DataFrame({name: values[known] for name, values in result.keys(names).items()})
    cases = pd.DataFrame({"place": np.flatnonzero(known)})
    groups = (
        list(cases.groupby([frame[name] for name in names], sort=True)["place"])
        if names
        else [((), cases["place"])]
    )
    rows = []
    for model in result.models:
        law = result.proba[model].reshape(-1, 2)
        for key, places in groups:
            row = dict(zip(names, key, strict=True))
            rows.append({"model": model} | row | _scores(law[places], truth[places], bins))
    return pd.DataFrame(rows)


def _scores(law: npt.NDArray[Any], truth: npt.NDArray[Any], bins: int) -> dict[str, float]:
    p = law[:, 1]
    return {
        "log_loss": float(log_score(law, truth).mean()),
        "brier": float(brier_score(law, truth).mean()),
        "auc": auc(p, truth),
        "average_precision": average_precision(p, truth),
        "ece": calibration_error(p, truth, bins=bins),
        "base_rate": float(truth.mean()),
        "n": len(truth),
    }


def _known(
    fcst: npt.NDArray[Any], obs: npt.NDArray[Any], weights: npt.ArrayLike | None, where: str
) -> tuple[npt.NDArray[Any], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return, flat, the forecasts that count, and their weights as events and as cases without one."""
    if fcst.shape != obs.shape:
        msg = f"{where}: forecasts {fcst.shape} and observations {obs.shape} must have one shape."
        raise InputError(msg)
    weight = case_weights(weights, obs.shape, where)
    counted = (obs >= 0) & (weight > 0)
    p, hit, weight = fcst[counted], obs[counted] == 1, weight[counted]
    if unranked := int(np.isnan(p).sum()):
        msg = (
            f"{where}: {unranked:,} forecasts of a known truth are NaN and have no place in a ranking. "
            "Set the truth of cases that are not to count to -1."
        )
        raise InputError(msg)
    return p, np.where(hit, weight, 0.0), np.where(hit, 0.0, weight)
