"""The steps that train: the first time, and anew."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

import evforecast.forecasting as forecasters
from evforecast.errors import EmptyInputError, InputError
from evforecast.evaluation import backtest
from evforecast.forecasting import StatusForecaster
from evforecast.panel import STATUS, StatusPanel
from evforecast.registry import ModelVersion
from evforecast.scenarios.memory import require_room
from evforecast.scenarios.project import ModelSettings, span
from evforecast.scenarios.reading import first_time, read_panel
from evforecast.scenarios.roles import Move, baseline_name, moves, role
from evforecast.scenarios.tables import commit, make
from evforecast.scenarios.work import Done, Work

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["made", "publish", "train"]

# What a fit takes for each cell of the history, and for a case that is drawn of it: measured.
_BYTES_A_CELL = 24
_DRAWN = {"DirectForecaster", "RecursiveForecaster", "Calibrated", "Blend"}
_BYTES_DRAWN = 700e6


def train(work: Work) -> Done:
    """Fit each model, and each baseline, that has no champion yet, once enough was observed.

    What a model learnt from ends where the grid ends. The same data give the same version.
    """
    until = work.data_until
    first = None if until is None else first_time(work.warehouse)
    told: dict[str, str] = {}
    status = "nothing"
    for model in work.project.models:
        wanted = [(model.name, model.kind), *_baselines(model)]
        lacking = [one for one in wanted if role(work.registry, one[0], "champion") is None]
        if not lacking:
            continue
        if until is None or first is None or until - first < span(model.first, "first"):
            told[model.name] = f"waits for {model.first} of data"
            continue
        status = "planned" if work.dry_run else "done"
        if not work.dry_run:
            before = work.begun(f"train:{model.name}")
            panel = history(work, model, first, until)
            decided = []
            for name, kind in lacking:
                version = publish(work, model, name, kind, panel)
                decided.append(Move(name, "champion", version.number, "the first"))
                told[name] = f"version {version.number}"
            make(work.warehouse, "watermark", "move")
            step = f"train:{model.name}"
            commit(
                work.warehouse, step, [moves(work, step, decided)], before=before, until=work.now
            )
    return Done(0, until, status, told)


def _baselines(model: ModelSettings) -> list[tuple[str, str]]:
    return [(baseline_name(model, kind), kind) for kind in model.baselines]


def history(
    work: Work, model: ModelSettings, first: np.datetime64, until: np.datetime64
) -> StatusPanel:
    """Return what a model learns from, once it is known to fit into memory.

    Raises
    ------
    InputError
        If it does not.
    """
    since = max(first, until - span(model.history, "history"))
    panel = read_panel(
        work.warehouse, since=since, until=until, step=work.project.step, tz=work.project.tz
    )
    kinds = {model.kind, *model.parameters}
    needed = panel.codes.size * _BYTES_A_CELL + (_BYTES_DRAWN if kinds & _DRAWN else 0)
    what = f"to fit {model.kind} on {panel.n_time:,} times of {panel.n_evse:,} chargers"
    advice = f"let it learn from less: [model.{model.name}] history"
    require_room(needed, work.memory, what, advice, begun=work.held_before)
    return panel


def publish(
    work: Work, model: ModelSettings, name: str, kind: str, panel: StatusPanel
) -> ModelVersion:
    """Fit a model and publish it with the scores of a trial fit; the same again is the same version.

    Parameters
    ----------
    work : Work
    model : ModelSettings
    name : str
        In the registry.
    kind : str
        The class.
    panel : StatusPanel
        What it learns from.
    """
    scores = _trial(work, model, name, panel) if kind == model.kind else None
    fitted = made(model, kind, work).fit(panel)
    if fitted.target_scheme_ != STATUS:
        msg = (
            f"{work.project.path}: [model.{model.name}]: it forecasts {fitted.target_scheme_.names}, and the "
            f"table 'forecast' holds {STATUS.names}. Leave the target out: forecasts are coarsened when read."
        )
        raise InputError(msg)
    return work.registry.publish(fitted, name=name, data=panel, scores=scores)


def _trial(work: Work, model: ModelSettings, name: str, panel: StatusPanel) -> pd.DataFrame | None:
    """Return the scores of a fit on all but the holdout; None where that has no truth."""
    cut = panel.cutoff - span(model.holdout, "holdout")
    every = work.project.monitor.every
    try:
        trial = made(model, model.kind, work).fit(panel.until(cut))
        found = backtest({name: trial}, panel, every=every, first_origin=cut, progress=False)
    except EmptyInputError:
        return None
    return found.scores(by=["model", "horizon"])


def made(model: ModelSettings, kind: str, work: Work) -> StatusForecaster:
    """Return a forecaster that is not fitted.

    Raises
    ------
    InputError
        If there is no such class, or it takes other parameters.
    """
    known = [
        name for name in forecasters.__all__ if name[0].isupper() and name != "StatusForecaster"
    ]
    where = f"{work.project.path}: [model.{model.name}]"
    cls: Any = getattr(forecasters, kind, None) if kind in known else None
    if cls is None:
        near = difflib.get_close_matches(kind, known, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        msg = f"{where} class = {kind!r}: there is no such forecaster.{hint} There are: {', '.join(known)}."
        raise InputError(msg)
    parameters = dict(model.parameters) if kind == model.kind else {}
    try:
        forecaster: StatusForecaster = cls(list(model.horizons), **parameters)
    except TypeError as error:
        msg = f"{where}: {kind} cannot be made of this: {error}."
        raise InputError(msg) from error
    return forecaster
