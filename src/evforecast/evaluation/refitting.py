"""When the models of a backtest are fitted, and the pieces of work that follow from it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.evaluation.asking import Forecaster, Question
from evforecast.evaluation.origins import fitted_before, interval
from evforecast.timegrid import Times, step_text

__all__ = ["Keeper", "Piece", "fit_places", "pieces", "window_rows"]


class Keeper(Protocol):
    """Where forecasts are kept (see `evforecast.evaluation.stored`)."""

    def waiting(self, name: str) -> list[int]:
        """Return the places of the origins that a model has not been asked from."""

    def put(self, name: str, place: int, proba: npt.NDArray[np.float32]) -> None:
        """Keep a forecast, ``[horizon, evse, status]``."""

    def proba(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return all of it, by model."""


@dataclass(frozen=True)
class Piece:
    """A model to be asked from some origins, one after another, by one process.

    Attributes
    ----------
    name : str
        What tables call the model.
    model : Forecaster
        Ready to be asked, or a pattern to be copied and fitted.
    fit_place : int or None
        The place of the origin whose past a copy is fitted on first.
    places : list of int
        The places of the origins.
    """

    name: str
    model: Forecaster
    fit_place: int | None
    places: list[int]

    def work(self, question: Question, kept: Keeper) -> Iterator[int]:
        """Ask and keep; yield each place when it is done."""
        model = self.model
        if self.fit_place is not None:
            model = copy.deepcopy(model)
            model.fit(question.past(self.fit_place))
        for place in self.places:
            kept.put(self.name, place, question.answer(self.name, model, place))
            yield place


def fit_places(origins: Times, refit: str | None) -> list[int]:
    """Return the places of the origins at which models are fitted: the first, and as time passes.

    Parameters
    ----------
    origins : numpy.ndarray
        ``datetime64[s]``, increasing, shape ``[origin]``.
    refit : str or None
        How much time must have passed since the last fit; None for never.

    Raises
    ------
    InputError
        If `refit` is no positive length of time.

    Examples
    --------
    >>> origins = np.datetime64("2020-10-01", "s") + np.arange(8) * np.timedelta64(5, "h")
    >>> fit_places(origins, "12h")
    [0, 3, 6]
    """
    places = [0]
    if refit is not None:
        length = interval(refit, "refit")
        for place, origin in enumerate(origins):
            if origin - origins[places[-1]] >= length:
                places.append(place)
    return places


def window_rows(window: str | None, step: np.timedelta64) -> int | None:
    """Return how many rows a window of training time holds; None for all of the past.

    Raises
    ------
    InputError
        If it is no length of time, or shorter than two steps.

    Examples
    --------
    >>> window_rows("1D", np.timedelta64(900, "s"))
    96
    """
    if window is None:
        return None
    rows = int(interval(window, "window") // step)
    if rows < 2:
        msg = (
            f"backtest: window={window!r} is shorter than two steps of {step_text(step)}. Say more."
        )
        raise InputError(msg)
    return rows


def pieces(
    models: Mapping[str, Forecaster],
    question: Question,
    kept: Keeper,
    *,
    fits: list[int] | None,
    n_jobs: int,
) -> list[Piece]:
    """Return what is still to be done.

    Parameters
    ----------
    models : mapping of str to forecaster
        By name.
    question : Question
        What they are asked.
    kept : Keeper
        What is kept already is not asked for again.
    fits : list of int or None
        The places at which copies are fitted (see `fit_places`). None for models that stay as they are:
        those that were not fitted are, on the past of the first origin, unless nothing is left to ask.
    n_jobs : int
        A model that stays as it is makes so many pieces; one that is fitted anew a piece for each fit.
    """
    found = []
    for name, model in models.items():
        waiting = np.array(kept.waiting(name), dtype=np.intp)
        if not len(waiting):
            continue
        if fits is None:
            ready = fitted_before(name, model, question.past(0))
            parts = np.array_split(waiting, min(n_jobs, len(waiting)))
            found += [Piece(name, ready, None, part.tolist()) for part in parts]
        else:
            # The last fit at or before each origin.
            last = np.array(fits)[np.searchsorted(fits, waiting, side="right") - 1]
            found += [
                Piece(name, model, int(fit), waiting[last == fit].tolist())
                for fit in np.unique(last)
            ]
    return found
