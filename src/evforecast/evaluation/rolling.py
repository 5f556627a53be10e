"""The rolling-origin backtest: each model is handed a panel that ends at the origin, and so cannot leak."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd
from tqdm.auto import tqdm

from evforecast.errors import (
    EmptyInputError,
    HorizonError,
    InputError,
    LeakageError,
    SchemeMismatchError,
)
from evforecast.evaluation.scores import accuracy, brier_score, log_score, skill_score
from evforecast.panel import MISSING, Codes, StatusForecast, StatusPanel, StatusScheme
from evforecast.timegrid import TimeLike, as_time, step_text

__all__ = ["Backtest", "Forecaster", "backtest"]

_SCORES = {"log_loss": log_score, "brier": brier_score, "accuracy": accuracy}


class Forecaster(Protocol):
    """What the backtest needs of a model."""

    def fit(self, panel: StatusPanel) -> object:
        """Learn from a panel."""

    def predict_proba(
        self, context: StatusPanel, horizons: Sequence[int] | None = None
    ) -> StatusForecast:
        """Forecast from the last row of a panel."""


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts of several models from many origins, with the truth.

    Attributes
    ----------
    proba : dict of str to numpy.ndarray
        By model: float32, shape ``[origin, horizon, evse, status]``.
    truth : numpy.ndarray
        int8 codes, shape ``[origin, horizon, evse]``, -1 where not observed.
    origins : numpy.ndarray
        ``datetime64[s]``, UTC, shape ``[origin]``: the cutoffs.
    horizons : numpy.ndarray
        Steps ahead, shape ``[horizon]``.
    step : numpy.timedelta64
        The length of a step.
    evse : pandas.DataFrame
        The table of chargers.
    scheme : StatusScheme
        The names of the statuses.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> result = ev.backtest({"persistence": ev.Persistence()}, panel, every="6h", last="1D")
    >>> sorted(result.scores().columns)
    ['accuracy', 'brier', 'horizon', 'log_loss', 'model', 'n']
    """

    proba: dict[str, npt.NDArray[np.float32]]
    truth: Codes
    origins: npt.NDArray[np.datetime64]
    horizons: npt.NDArray[np.int64]
    step: np.timedelta64
    evse: pd.DataFrame
    scheme: StatusScheme

    @property
    def models(self) -> list[str]:
        """The names of the models."""
        return list(self.proba)

    def __repr__(self) -> str:
        """Say the models and the size."""
        n, h, m = self.truth.shape
        return (
            f"<Backtest of {', '.join(self.models)}: {n} origins x {h} horizons x {m:,} chargers>"
        )

    def coarsen(self, target: str) -> Backtest:
        """Return the same forecasts and truth for two statuses, ``not target`` and `target`."""
        return replace(
            self,
            proba={name: self.scheme.coarsen_proba(p, target) for name, p in self.proba.items()},
            truth=self.scheme.coarsen_codes(self.truth, target),
            scheme=self.scheme.coarsen(target),
        )

    def cases(self, model: str, score: str = "log_loss") -> npt.NDArray[np.float64]:
        """Return one model's score of each case, ``[origin, horizon, evse]``, NaN without truth.

        Raises
        ------
        InputError
            If there is no such model or score.
        """
        if model not in self.proba or score not in _SCORES:
            msg = f"no score {score!r} of model {model!r}; models: {self.models}, scores: {list(_SCORES)}."
            raise InputError(msg)
        return _SCORES[score](self.proba[model], self.truth)

    def scores(
        self, by: Sequence[str] = ("model", "horizon"), *, reference: str | None = None
    ) -> pd.DataFrame:
        """Return mean scores by group.

        Parameters
        ----------
        by : sequence of str
            Any of ``model``, ``horizon``, ``origin`` and the columns of the table of chargers
            (``evse_id``, ``location_id``, ``area``, ``model`` of the charger is not among them).
        reference : str, optional
            A model; adds ``skill``, one minus the ratio of log losses to its own in the same group.

        Returns
        -------
        pandas.DataFrame
            The columns of `by`, ``log_loss`` (nats), ``brier`` (0 to 2), ``accuracy`` and ``n``, the
            number of cases with a known truth. Groups without any are left out.

        Raises
        ------
        InputError
            If a name in `by`, or the reference, is not there.
        """
        groups = ["model", *[name for name in by if name != "model"]]
        keys = self._keys(groups[1:])
        frames = []
        for model in self.models:
            values = {score: self.cases(model, score).ravel() for score in _SCORES}
            frame = pd.DataFrame({**keys, **values})[self.truth.ravel() != MISSING]
            frame["n"] = 1
            grouped = frame.groupby(groups[1:], sort=True, observed=True) if keys else None
            how = dict.fromkeys(_SCORES, "mean") | {"n": "sum"}
            mean = (
                grouped.agg(how).reset_index()
                if grouped is not None
                else frame.agg(how).to_frame().T
            )
            mean.insert(0, "model", model)
            frames.append(mean)
        table: pd.DataFrame = pd.concat(frames, ignore_index=True).astype({"n": "int64"})
        if reference is not None:
            if reference not in self.proba:
                msg = f"reference {reference!r} is not among the models {self.models}."
                raise InputError(msg)
            base = table[table["model"] == reference]
            wide = table.merge(base, on=groups[1:], suffixes=("", "_reference")) if keys else table
            against = wide["log_loss_reference"] if keys else base["log_loss"].item()
            table["skill"] = skill_score(table["log_loss"].to_numpy(), np.asarray(against))
        return table

    def _keys(self, names: Sequence[str]) -> dict[str, npt.NDArray[np.generic]]:
        n, h, m = self.truth.shape
        keys: dict[str, npt.NDArray[np.generic]] = {}
        for name in names:
            if name == "horizon":
                values = np.broadcast_to(self.horizons[None, :, None], (n, h, m))
            elif name == "origin":
                values = np.broadcast_to(self.origins[:, None, None], (n, h, m))
            elif name == "evse_id" or (name in self.evse.columns and name != "model"):
                column = self.evse.index if name == "evse_id" else self.evse[name].fillna("unknown")
                values = np.broadcast_to(np.asarray(column, dtype=object)[None, None, :], (n, h, m))
            else:
                known = ["model", "horizon", "origin", "evse_id", *self.evse.columns.drop("model")]
                msg = f"scores: cannot group by {name!r}; choose among {known}."
                raise InputError(msg)
            keys[name] = values.ravel()
        return keys


def backtest(
    models: Mapping[str, Forecaster],
    panel: StatusPanel,
    *,
    every: str = "3h",
    last: str | None = None,
    first_origin: TimeLike | None = None,
    last_origin: TimeLike | None = None,
    horizons: Sequence[int] | None = None,
    target: str | None = None,
    progress: bool | None = None,
) -> Backtest:
    """Forecast from a series of origins and keep the truth beside the forecasts.

    A model that was fitted is used as it is, and refused if it has seen a row after the first origin.
    One that was not is fitted (a copy of it) on what was known at the first origin. All stay frozen.

    Parameters
    ----------
    models : mapping of str to forecaster
        By the name that the tables will show.
    panel : StatusPanel
        Past and truth.
    every : str
        The time between two origins, a multiple of the step.
    last : str, optional
        Origins over the last such stretch of the panel, ``"7D"`` say, as far as the shortest horizon
        has a truth. Either this or `first_origin`.
    first_origin, last_origin : time, optional
        The first and the last origin.
    horizons : sequence of int, optional
        Steps ahead; by default those of the first model.
    target : str, optional
        Score two statuses only, ``not target`` and `target`. Needed when a model forecasts only these.
    progress : bool, optional
        Show a bar; by default on a terminal or in a notebook.

    Returns
    -------
    Backtest

    Raises
    ------
    LeakageError
        If a fitted model was trained on rows after the first origin.
    EmptyInputError
        If no origin, or no truth, lies in the panel.
    SchemeMismatchError
        If a model forecasts other statuses than the panel has and `target` does not say which.
    InputError
        If `every` is not a multiple of the step, or there is no model.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> ev.backtest({"climatology": ev.Climatology()}, panel, every="6h", last="1D", horizons=[4])
    <Backtest of climatology: 4 origins x 1 horizons x 6 chargers>
    """
    if not models or not hasattr(models, "items"):
        msg = "backtest: models are given by name, like {'direct': model}; found "
        raise InputError(msg + (f"a {type(models).__name__}." if models else "no model."))
    default = getattr(next(iter(models.values())), "horizons", None)
    steps = np.unique(np.asarray(horizons if horizons is not None else default, dtype=np.int64))
    if not len(steps) or steps[0] < 1:
        msg = f"backtest: horizons must be positive numbers of steps, found {horizons!r}."
        raise HorizonError(msg)
    rows = _origin_rows(
        panel,
        every,
        int(steps[0]),
        last=last,
        first_origin=first_origin,
        last_origin=last_origin,
    )
    origins = panel.times[rows]
    ready = {
        name: _ready(name, model, panel.until(origins[0]), origins[0])
        for name, model in models.items()
    }
    scheme = panel.scheme if target is None else panel.scheme.coarsen(target)
    truth = np.full((len(rows), len(steps), panel.n_evse), MISSING, dtype=np.int8)
    for place, step in enumerate(steps):
        ahead = rows + step
        inside = ahead < panel.n_time
        truth[inside, place] = panel.codes[ahead[inside]]
    if target is not None:
        truth = panel.scheme.coarsen_codes(truth, target)
    if not (truth != MISSING).any():
        msg = (
            f"backtest: no truth is known after the origins {origins[0]} to {origins[-1]}. "
            "Choose earlier ones."
        )
        raise EmptyInputError(msg)
    proba = {name: np.empty((*truth.shape, len(scheme)), dtype=np.float32) for name in ready}
    bar = tqdm(
        total=len(rows) * len(ready),
        desc="backtest",
        disable=None if progress is None else not progress,
    )
    with bar:
        for place, row in enumerate(rows):
            context = panel.head(int(row) + 1)
            for name, model in ready.items():
                forecast = model.predict_proba(context, steps.tolist())
                proba[name][place] = _on_scheme(forecast, panel.scheme, scheme, target, name).proba
                bar.update()
    return Backtest(proba, truth, origins, steps, panel.step, panel.evse, scheme)


def _origin_rows(
    panel: StatusPanel,
    every: str,
    shortest: int,
    *,
    last: str | None,
    first_origin: TimeLike | None,
    last_origin: TimeLike | None,
) -> npt.NDArray[np.intp]:
    """Return the rows of the origins, each with a truth at the shortest horizon."""
    jump = pd.Timedelta(every) / pd.Timedelta(panel.step)
    if jump < 1 or jump != int(jump):
        msg = f"backtest: every={every!r} is not a multiple of the step, {step_text(panel.step)}."
        raise InputError(msg)
    if (last is None) == (first_origin is None):
        msg = "backtest: say either last='7D' or first_origin=..., not both and not neither."
        raise InputError(msg)
    if first_origin is not None:
        first = panel.grid.position(first_origin, "after") - 1
        if first < 0 or panel.times[first] != as_time(first_origin):
            msg = f"backtest: first_origin {as_time(first_origin)} is not a time of {panel!r}."
            raise InputError(msg)
    else:
        first = panel.n_time - 1 - int(pd.Timedelta(str(last)) / pd.Timedelta(panel.step))
        if first < 0:
            msg = f"backtest: last={last!r} reaches back before {panel!r}. Say less."
            raise InputError(msg)
    stop = panel.n_time if last_origin is None else panel.grid.position(last_origin, "after")
    rows = np.arange(first, min(stop, panel.n_time - shortest), int(jump), dtype=np.intp)
    if not len(rows):
        msg = (
            f"backtest: no origin with a later truth between rows {first} and {stop} of {panel!r}."
        )
        raise EmptyInputError(msg)
    return rows


def _ready(name: str, model: Forecaster, past: StatusPanel, origin: np.datetime64) -> Forecaster:
    """Return a model fitted on nothing later than `origin`."""
    seen = getattr(model, "trained_until_", None)
    if seen is None:
        fresh = copy.deepcopy(model)
        fresh.fit(past)
        return fresh
    if seen > origin:
        msg = (
            f"backtest: model {name!r} was trained on rows up to {seen}, after the first origin {origin}. "
            f"Fit it on panel.until({str(origin)!r}), or choose later origins."
        )
        raise LeakageError(msg)
    return model


def _on_scheme(
    forecast: StatusForecast,
    fine: StatusScheme,
    wanted: StatusScheme,
    target: str | None,
    name: str,
) -> StatusForecast:
    if forecast.scheme == wanted:
        return forecast
    if target is not None and forecast.scheme == fine:
        return forecast.coarsen(target)
    msg = (
        f"backtest: model {name!r} forecasts {forecast.scheme.names}, not {wanted.names}. "
        "Pass target=... to score a coarser target that all models share."
    )
    raise SchemeMismatchError(msg)
