"""What a backtest returns: the forecasts of several models beside the truth, and scores of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError
from evforecast.evaluation.grouping import CLOCKS, Groups, Key, clock_key, key
from evforecast.evaluation.scores import accuracy, brier_score, log_score, skill_score
from evforecast.panel import MISSING, Calendar, Codes, StatusScheme

__all__ = ["Backtest"]

_SCORES = {"log_loss": log_score, "brier": brier_score, "accuracy": accuracy}
# Cases that are scored at a time: a few megabytes.
_BLOCK = 1 << 16


@dataclass(frozen=True, eq=False)
class Backtest:
    """Forecasts of several models from many origins, with the truth.

    Attributes
    ----------
    proba : dict of str to numpy.ndarray
        By model: float32, shape ``[origin, horizon, evse, status]``; read-only and on the disk where the
        backtest was given a `store`.
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
    tz : str
        The zone of the clock on the chargers' wall, for groups by hour and day.
    calendar : Calendar or None
        Public holidays, which count like Sundays; without it, weekends alone.

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
    tz: str = "UTC"
    calendar: Calendar | None = None

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
            Any of ``model``, ``horizon``, ``origin``; by the local clock ``hour`` (0 to 23) and
            ``day_type`` (``working day``, ``saturday``, ``sunday or holiday``) of the time that is
            forecast, and ``day``, the date of the origin; and the columns of the table of chargers
            (``evse_id``, ``location_id``, ``area``, … but not their ``model``).
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
        if reference is not None and reference not in self.proba:
            msg = f"reference {reference!r} is not among the models {self.models}."
            raise InputError(msg)
        n, h, m = self.truth.shape
        groups = Groups({name: self._key(name) for name in by if name != "model"}, (n, h, m))
        truth = self.truth.reshape(n * h, m)
        laws = {name: p.reshape(n * h, m, p.shape[-1]) for name, p in self.proba.items()}
        count = np.zeros(groups.n, np.int64)
        sums = {name: np.zeros((len(_SCORES), groups.n)) for name in laws}
        rows = max(_BLOCK // max(m, 1), 1)
        for first in range(0, n * h, rows):
            block = slice(first, first + rows)
            known = truth[block] != MISSING
            group, seen = groups.of(block)[known], truth[block][known]
            count += np.bincount(group, minlength=groups.n)
            for name, law in laws.items():
                told = law[block][known]
                for place, score in enumerate(_SCORES.values()):
                    sums[name][place] += np.bincount(group, score(told, seen), groups.n)
        kept = groups.sorted(np.flatnonzero(count))
        tables = []
        for name in laws:
            means = (sums[name][:, kept] / count[kept]).T
            table = groups.table(kept)
            table[list(_SCORES)] = means
            table["n"] = count[kept]
            table.insert(0, "model", name)
            tables.append(table)
        result: pd.DataFrame = pd.concat(tables, ignore_index=True)
        if reference is not None:
            base = tables[self.models.index(reference)]["log_loss"].to_numpy()
            against = np.tile(base, len(tables))
            result["skill"] = skill_score(result["log_loss"].to_numpy(), against)
        return result

    def keys(self, names: Sequence[str]) -> dict[str, npt.NDArray[np.generic]]:
        """Return what cases can be grouped by: for each name, a flat array ``[case]``.

        Cases stand in the order of ``truth.ravel()``. The names are those of `scores`, without ``model``.

        Raises
        ------
        InputError
            If a name is not there.
        """
        found = {}
        for name in names:
            codes, labels = self._key(name)
            found[name] = np.broadcast_to(labels[codes], self.truth.shape).ravel()
        return found

    def _key(self, name: str) -> Key:
        """Return one thing to group by."""
        if name in CLOCKS:
            calendar = Calendar.of() if self.calendar is None else self.calendar
            return clock_key(name, self.origins, self.horizons * self.step, self.tz, calendar)
        if name == "horizon":
            return key(self.horizons[None, :, None])
        if name == "origin":
            return key(self.origins[:, None, None])
        columns = [column for column in self.evse.columns if column != "model"]
        if name != "evse_id" and name not in columns:
            known = ["model", "horizon", "origin", *CLOCKS, "evse_id", *columns]
            msg = f"scores: cannot group by {name!r}; choose among {known}."
            raise InputError(msg)
        values = self.evse.index.to_series() if name == "evse_id" else self.evse[name]
        text = values.astype(object).where(values.notna(), "unknown")
        return key(np.asarray(text, dtype=object)[None, None, :])
