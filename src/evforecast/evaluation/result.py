"""What a backtest returns: the forecasts of several models beside the truth, and scores of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError
from evforecast.evaluation.scores import accuracy, brier_score, log_score, skill_score
from evforecast.panel import MISSING, Codes, StatusScheme

__all__ = ["Backtest"]

_SCORES = {"log_loss": log_score, "brier": brier_score, "accuracy": accuracy}


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

    def where(self, mask: npt.NDArray[np.bool_]) -> Backtest:
        """Return the same backtest with a truth only where `mask` holds, so that only those count.

        Parameters
        ----------
        mask : numpy.ndarray
            Booleans, shape ``[origin, evse]``, or what spreads over ``[origin, horizon, evse]``.

        Raises
        ------
        InputError
            If the shape does not fit.

        Examples
        --------
        >>> import evforecast as ev
        >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
        >>> result = ev.backtest({"persistence": ev.Persistence([1])}, panel, every="6h", last="1D")
        >>> result.where(np.arange(6) < 2).scores().n.item() * 3 == result.scores().n.item()
        True
        """
        n, h, m = self.truth.shape
        wide = mask[:, None, :] if mask.shape == (n, m) else mask
        try:
            kept = np.broadcast_to(wide, (n, h, m))
        except ValueError as error:
            msg = (
                f"Backtest.where: a mask {mask.shape} fits neither [origin, evse] = {(n, m)} "
                f"nor [origin, horizon, evse] = {(n, h, m)}."
            )
            raise InputError(msg) from error
        return replace(self, truth=np.where(kept, self.truth, np.int8(MISSING)))

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
        keys = self.keys(groups[1:])
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

    def keys(self, names: Sequence[str]) -> dict[str, npt.NDArray[np.generic]]:
        """Return what cases can be grouped by: for each name, a flat array ``[case]``.

        Cases stand in the order of ``truth.ravel()``. The names are those of `scores`, without ``model``.

        Raises
        ------
        InputError
            If a name is not there.
        """
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
