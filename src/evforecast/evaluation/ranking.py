"""Scores of how well an event is told from its absence: for lists that are worked from the top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from evforecast.errors import InputError, SchemeMismatchError
from evforecast.evaluation.calibration import calibration_error
from evforecast.evaluation.result import Backtest
from evforecast.evaluation.scores import brier_score, log_score
from evforecast.panel import MISSING

__all__ = ["auc", "average_precision", "ranking_scores"]


def auc(fcst: npt.NDArray[Any], obs: npt.NDArray[Any]) -> float:
    """Return the area under the ROC curve: how often an event was given more than a case without one.

    Parameters
    ----------
    fcst : numpy.ndarray
        Probabilities of the event, or anything that ranks it, any shape.
    obs : numpy.ndarray
        1 where it happened, 0 where not, -1 where unknown; same shape.

    Returns
    -------
    float
        From 0 to 1, 0.5 for a forecast that tells nothing, ties counting half; NaN where the event
        always or never happened.

    Raises
    ------
    InputError
        If shapes disagree.

    References
    ----------
    Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747.

    Examples
    --------
    >>> auc(np.array([0.1, 0.4, 0.3]), np.array([0, 1, 0]))
    1.0
    """
    p, hit = _known(fcst, obs)
    hits = int(hit.sum())
    misses = len(hit) - hits
    if not hits or not misses:
        return float("nan")
    wins = rankdata(p)[hit].sum() - hits * (hits + 1) / 2
    return float(wins / (hits * misses))


def average_precision(fcst: npt.NDArray[Any], obs: npt.NDArray[Any]) -> float:
    """Return the mean precision down the list of cases, likeliest first, taken at each event.

    Parameters
    ----------
    fcst, obs
        As in `auc`.

    Returns
    -------
    float
        From 0 to 1; the base rate is what a list in random order comes to. NaN where the event never
        happened.

    Raises
    ------
    InputError
        If shapes disagree.

    References
    ----------
    Saito and Rehmsmeier (2015), why precision and recall suit rare events,
    doi:10.1371/journal.pone.0118432.

    Examples
    --------
    >>> average_precision(np.array([0.1, 0.4, 0.3]), np.array([1, 1, 0])).__round__(3)
    0.833
    """
    p, hit = _known(fcst, obs)
    if not hit.any():
        return float("nan")
    order = np.argsort(-p, kind="stable")
    # Cases with the same chance are on the list together.
    last = np.append(np.diff(p[order]) != 0, True)
    taken = np.flatnonzero(last) + 1
    found = np.cumsum(hit[order])[last]
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
    fcst: npt.NDArray[Any], obs: npt.NDArray[Any]
) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """Return the forecasts and whether the event happened, flat, where that is known."""
    if fcst.shape != obs.shape:
        msg = f"forecasts {fcst.shape} and observations {obs.shape} must have one shape."
        raise InputError(msg)
    seen = obs >= 0
    return fcst[seen], obs[seen] == 1
