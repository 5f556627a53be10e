"""The steps that train: the first time, and anew."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from evforecast.errors import EmptyInputError, InputError
from evforecast.evaluation import backtest
from evforecast.forecasting import StatusForecaster
from evforecast.panel import STATUS, StatusPanel
from evforecast.registry import ModelVersion
from evforecast.scenarios.classes import make_forecaster
from evforecast.scenarios.memory import require_room
from evforecast.scenarios.project import ModelSettings, span
from evforecast.scenarios.reading import first_time, read_panel
from evforecast.scenarios.roles import Move, baseline_name, moves, role
from evforecast.scenarios.settings import Source
from evforecast.scenarios.tables import TABLES, commit, make
from evforecast.scenarios.work import Done, Work
from evforecast.warehouse import TableName

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["history", "made", "publish", "require_kept", "train"]

# What a fit takes for each cell of the history, and for a case that is drawn of it: measured.
_BYTES_A_CELL = 24
_DRAWN = {"DirectForecaster", "RecursiveForecaster", "Calibrated", "Blend"}
_BYTES_DRAWN = 700e6


def train(work: Work) -> Done:
    """Fit each model, and each baseline, that has no champion yet, once enough was observed.

    What a model learnt from ends where the grid ends. The same data give the same version.
    """
    for model in work.project.models:
        require_kept(work, model)
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


def require_kept(work: Work, model: ModelSettings) -> None:
    """Refuse to begin a model anew where it was lost: its numbers would mean something else.

    Raises
    ------
    InputError
        If the registry has no version of a model that has forecast, or was decided on.
    """
    have = work.registry.models()
    for name in (model.name, *(one for one, _ in _baselines(model))):
        if name in have:
            continue
        # The watermarks stand for the forecasts, with which they are committed: of those there are many.
        seen = [
            (row[0].removeprefix("predict:"), "forecast")
            for row in _rows(work, "watermark", 'SELECT "step" FROM {} ORDER BY 1')
        ]
        moved = _rows(work, "move", 'SELECT DISTINCT "name", "version" FROM {} ORDER BY 1, 2')
        seen += [(f"{row[0]}-{row[1]}", "move") for row in moved if row[1]]
        for id_, table in seen:
            start, _, number = id_.rpartition("-")
            if start == name and number.isdecimal():
                msg = (
                    f"{work.project.path}: [project] registry: {str(work.project.registry)!r} holds no "
                    f"version of {name}, yet the table {table} has some of {id_}. Restore the folder (or "
                    "mend the path); to begin anew, give the model another name."
                )
                raise InputError(msg)


def _rows(work: Work, table: str, sql: str) -> list[tuple[Any, ...]]:
    if work.warehouse.columns(TableName((table,))) is None:
        return []
    rows: list[tuple[Any, ...]] = work.warehouse.run(sql.format(TABLES[table].sql))
    return rows


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
    return make_forecaster(model, kind, Source(work.project.path, ""))
