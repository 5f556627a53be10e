"""Forecasts beside the truth as it comes: each is scored when its own time has been observed, not before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import (
    EmptyInputError,
    InputError,
    SchemeMismatchError,
    StepMismatchError,
    first_few,
)
from evforecast.evaluation import Backtest
from evforecast.evaluation.asking import as_asked
from evforecast.forecasting.target import codes_after, target_scheme
from evforecast.monitoring.store import alike
from evforecast.panel import MISSING, Codes, StatusForecast, StatusPanel, StatusScheme, evse_table
from evforecast.timegrid import TimeLike, as_time, step_text

__all__ = ["Realised", "join_truth"]

NONE, PENDING, LATE, UNSCORED, SCORED = range(-1, 4)
_STATES = {"pending": PENDING, "late": LATE, "unscored": UNSCORED, "scored": SCORED}


@dataclass(frozen=True, eq=False)
class Realised:
    """Forecasts that were given out, and what became of them.

    Attributes
    ----------
    result : Backtest
        The forecasts of all models with the truth where it has come *and* every model forecast that case:
        whatever is compared is compared on the same cases. All of `evforecast.evaluation` works on it.
        Its chargers are those of the panel, then those that only forecasts know.
    states : dict of str to numpy.ndarray
        By model: int8, shape ``[origin, horizon, evse]``: -1 no forecast, 0 pending, 1 late, 2 unscored,
        3 scored (see `shares`).
    now : numpy.datetime64
        The time of asking, UTC.
    observed : numpy.ndarray
        The truth of each case, whoever forecast it: int8, shape ``[origin, horizon, evse]``, -1 where it
        has not come.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.Persistence([4]).fit(panel.head(200))
    >>> given = [model.predict_proba(panel.head(n)) for n in (200, 300, 383)]
    >>> join_truth({"persistence": given}, panel).shares()[["due", "pending"]].to_numpy().tolist()
    [[12, 6]]
    """

    result: Backtest
    states: dict[str, npt.NDArray[np.int8]]
    now: np.datetime64
    observed: Codes

    def of(self, models: Sequence[str]) -> Realised:
        """Return the part of some models, with the truth of all cases that these have in common.

        Parameters
        ----------
        models : sequence of str
            Their names.

        Raises
        ------
        InputError
            If there is no such model.
        """
        if unknown := [name for name in models if name not in self.states]:
            msg = (
                f"there are no forecasts of {first_few(unknown)}; there are those of "
                f"{list(self.states)}."
            )
            raise InputError(msg)
        states = {name: self.states[name] for name in models}
        shared = np.logical_and.reduce([state == SCORED for state in states.values()])
        result = replace(
            self.result,
            proba={name: self.result.proba[name] for name in models},
            truth=np.where(shared, self.observed, np.int8(MISSING)),
        )
        return replace(self, result=result, states=states)

    def shares(self) -> pd.DataFrame:
        """Return how much of what was forecast has a truth by now.

        Returns
        -------
        pandas.DataFrame
            By ``model`` and ``horizon``: ``cases`` (forecasts of a charger); ``pending``, those whose time
            has not come; ``due``, the others, of which ``scored`` have been observed, ``late`` ask for a
            time after the charger's last observation, which may still arrive, and ``unscored`` were passed
            over: the charger has been observed since, but not then, or the panel begins later. A charger
            that the panel has never observed, or does not have, is late. ``scored_share`` is scored over
            due.
        """
        rows = []
        for model, states in self.states.items():
            for place, horizon in enumerate(self.result.horizons.tolist()):
                found = states[:, place]
                row = {name: int((found == state).sum()) for name, state in _STATES.items()}
                cases = sum(row.values())
                due = cases - row["pending"]
                share = row["scored"] / due if due else float("nan")
                counts = {"cases": cases, "pending": row["pending"], "due": due}
                left = {name: row[name] for name in ("scored", "late", "unscored")}
                rows.append(
                    {"model": model, "horizon": horizon, **counts, **left, "scored_share": share}
                )
        return pd.DataFrame(rows)

    @property
    def n_scored(self) -> int:
        """How many cases can be compared: observed, and forecast by every model."""
        return int((self.result.truth != MISSING).sum())


def join_truth(
    forecasts: Mapping[str, Iterable[StatusForecast]],
    panel: StatusPanel,
    *,
    now: TimeLike | None = None,
    target: str | None = None,
    within: bool = False,
) -> Realised:
    """Join forecasts with the truth as far as it has come.

    Parameters
    ----------
    forecasts : mapping of str to iterable of StatusForecast
        By model; `ForecastStore.read` yields such.
    panel : StatusPanel
        What was observed. Rows after `now` are not looked at. Its chargers without a forecast are no cases.
    now : time, optional
        The time of asking; by default that of the last row.
    target : str, optional
        Score two statuses only, as `evforecast.backtest` does.
    within : bool
        The forecasts say whether `target` occurs at any time up to the horizon.

    Returns
    -------
    Realised

    Raises
    ------
    EmptyInputError
        If there is no forecast, or the panel has no row by `now`.
    SchemeMismatchError, StepMismatchError
        If forecasts have other statuses than the panel (after `target`), or another step.
    InputError
        If a cutoff is later than `now` or not on the grid of the panel, two forecasts of a model and
        cutoff differ, or the panel knows no such `target`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.Persistence([4]).fit(panel.head(200))
    >>> given = [model.predict_proba(panel.head(n)) for n in (200, 300)]
    >>> join_truth({"persistence": given}, panel).n_scored
    12
    """
    seen = panel if now is None else panel.until(now)
    if not seen.n_time:
        msg = f"join_truth: nothing was observed by {now} in {panel!r}."
        raise EmptyInputError(msg)
    time = seen.cutoff if now is None else as_time(now)
    scheme = target_scheme(panel.scheme, target, within=within)
    given = {name: _checked(name, some, seen, time) for name, some in forecasts.items()}
    every = [forecast for some in given.values() for forecast in some]
    if not every:
        msg = "join_truth: there is no forecast, so nothing to score. Which models were meant?"
        raise EmptyInputError(msg)
    seen = _widened(seen, every)
    origins = np.unique(np.array([forecast.cutoff for forecast in every], dtype="datetime64[s]"))
    horizons = np.unique(np.concatenate([forecast.horizons for forecast in every]))
    truth = _truth(seen, origins, horizons, target, within=within)
    # numpy's own types take a time plus a span for a span.
    when: npt.NDArray[Any] = origins[:, None, None] + (horizons * panel.step)[:, None]
    passed = when <= _last_seen(seen)
    fate = np.where(truth != MISSING, SCORED, np.where(passed, UNSCORED, LATE))
    fate = np.where(when <= time, fate, PENDING).astype(np.int8)
    proba, states = {}, {}
    for name, some in given.items():
        law = np.full((*truth.shape, len(scheme)), 1 / len(scheme), dtype=np.float32)
        had = np.zeros(truth.shape, dtype=np.bool_)
        for forecast in some:
            same = _on_scheme(forecast, panel.scheme, scheme, target, name)
            where = np.ix_(
                np.searchsorted(origins, [same.cutoff]),
                np.searchsorted(horizons, same.horizons),
                seen.evse.index.get_indexer(same.evse.index),
            )
            law[where] = same.proba
            had[where] = True
        proba[name], states[name] = law, np.where(had, fate, np.int8(NONE))
    result = Backtest(proba, truth, origins, horizons, panel.step, seen.evse, scheme, panel.tz)
    return Realised(result, states, time, truth).of(list(states))


def _checked(
    name: str, some: Iterable[StatusForecast], panel: StatusPanel, now: np.datetime64
) -> list[StatusForecast]:
    """Return a model's forecasts, each cutoff once, refusing those that cannot be."""
    found: dict[np.datetime64, StatusForecast] = {}
    for forecast in some:
        cutoff = forecast.cutoff
        if forecast.step != panel.step:
            msg = (
                f"join_truth: {name!r} forecasts in steps of {step_text(forecast.step)}, the panel has "
                f"{step_text(panel.step)}. Resample the panel."
            )
            raise StepMismatchError(msg)
        if cutoff in found and not alike(found[cutoff], forecast):
            msg = (
                f"join_truth: {name!r} has two forecasts from {cutoff} UTC that differ. Give the one that "
                "was given out."
            )
            raise InputError(msg)
        found[cutoff] = forecast
    late = [str(cutoff) for cutoff in found if cutoff > now]
    if late:
        msg = (
            f"join_truth: {len(late):,} forecasts of {name!r} start after now, {now} UTC: "
            f"{first_few(late)}. A clock has jumped, or now is not what was meant."
        )
        raise InputError(msg)
    off = [str(cutoff) for cutoff in found if (cutoff - panel.grid.start) % panel.step]
    if off:
        msg = (
            f"join_truth: {len(off):,} forecasts of {name!r} start between the rows of {panel!r}: "
            f"{first_few(off)}. Give the panel on the grid that they were made on."
        )
        raise InputError(msg)
    return list(found.values())


def _widened(panel: StatusPanel, every: Iterable[StatusForecast]) -> StatusPanel:
    """Return the panel with the chargers that only forecasts know, never observed."""
    ids = dict.fromkeys(panel.evse.index)  # keeps their order
    for forecast in every:
        ids.update(dict.fromkeys(forecast.evse.index))
    if len(ids) == panel.n_evse:
        return panel
    codes = np.pad(
        panel.codes, ((0, 0), (0, len(ids) - panel.n_evse)), constant_values=np.int8(MISSING)
    )
    table = evse_table(list(ids), panel.evse)
    return StatusPanel(codes, panel.grid, table, scheme=panel.scheme, tz=panel.tz)


def _truth(
    panel: StatusPanel,
    origins: npt.NDArray[np.datetime64],
    horizons: npt.NDArray[np.int64],
    target: str | None,
    *,
    within: bool,
) -> Codes:
    """Return what happened, ``[origin, horizon, evse]``, -1 where it was not, or not yet, observed."""
    rows = ((origins - panel.grid.start) // panel.step).astype(np.int64)
    # What was forecast before the panel begins may come true in it.
    early = int(np.clip(-rows[0], 0, horizons[-1]))
    codes = np.pad(panel.codes, ((early, 0), (0, 0)), constant_values=np.int8(MISSING))
    return codes_after(codes, panel.scheme, rows + early, horizons, target, within=within)


def _last_seen(panel: StatusPanel) -> npt.NDArray[np.datetime64]:
    """Return when each charger was last observed; of one that never was, NaT, which no time is before."""
    seen = panel.codes != MISSING
    last: npt.NDArray[np.datetime64] = panel.cutoff - seen[::-1].argmax(axis=0) * panel.step
    last[~seen.any(axis=0)] = np.datetime64("NaT")
    return last


def _on_scheme(
    forecast: StatusForecast,
    fine: StatusScheme,
    wanted: StatusScheme,
    target: str | None,
    name: str,
) -> StatusForecast:
    same = as_asked(forecast, fine, wanted, target)
    if same is None:
        msg = (
            f"join_truth: {name!r} forecasts {forecast.scheme.names}, the truth has {wanted.names}. Say "
            "target=... (and within=True where it is by a time) for a target that all share; a feed that "
            "knows no 'passive' is served by OccupiedFeed."
        )
        raise SchemeMismatchError(msg)
    return same
