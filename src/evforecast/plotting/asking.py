"""What the pictures of a backtest ask of it: which models, which horizon, which status."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from evforecast.errors import EmptyInputError, HorizonError, InputError
from evforecast.evaluation import Backtest
from evforecast.panel import Codes
from evforecast.plotting.labels import duration

__all__ = ["ahead", "horizon_slice", "of_status", "require_models", "truth_at"]


def require_models(result: Backtest, models: str | Sequence[str] | None, where: str) -> list[str]:
    """Return the names of the models, all by default.

    Raises
    ------
    InputError
        If the backtest does not have one of them.
    """
    asked = result.models if models is None else models
    names = [asked] if isinstance(asked, str) else list(asked)
    if strangers := [name for name in names if name not in result.proba]:
        msg = f"{where}: no model {strangers[0]!r}; the backtest has {result.models}."
        raise InputError(msg)
    return names


def of_status(result: Backtest, status: str, where: str) -> Backtest:
    """Return the backtest in which `status` is one of the statuses, coarser where it has to be.

    Raises
    ------
    InputError
        If `status` is neither a status nor a coarser target of the scheme.
    """
    if status in result.scheme.names:
        return result
    if status not in result.scheme.coarsenings:
        known = [*result.scheme.names, *result.scheme.coarsenings]
        msg = f"{where}: no status {status!r}; choose among {list(dict.fromkeys(known))}."
        raise InputError(msg)
    return result.coarsen(status)


def horizon_slice(result: Backtest, horizon: int | None, where: str) -> slice:
    """Return the places of one horizon, in steps, or of all of them.

    Raises
    ------
    HorizonError
        If the backtest does not have it.
    """
    if horizon is None:
        return slice(None)
    found = np.flatnonzero(result.horizons == horizon)
    if not len(found):
        msg = f"{where}: no horizon {horizon}; the backtest has {result.horizons.tolist()}."
        raise HorizonError(msg)
    return slice(int(found[0]), int(found[0]) + 1)


def truth_at(result: Backtest, places: slice, where: str) -> Codes:
    """Return what came at some horizons, ``[origin, horizon, evse]``, -1 where it is not known.

    Raises
    ------
    EmptyInputError
        If none of it is known.
    """
    truth = result.truth[:, places]
    if not (truth >= 0).any():
        msg = f"{where}: no case of {result!r} has a known truth."
        raise EmptyInputError(msg)
    return truth


def ahead(result: Backtest, horizon: int | None) -> str:
    """Return how far ahead, for the end of a label; nothing where all horizons stand together."""
    return "" if horizon is None else f", {duration(horizon * result.step)} ahead"
