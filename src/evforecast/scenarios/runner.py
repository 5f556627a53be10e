"""`run`: one step of a project, locked, measured and recorded."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace

from evforecast.clock import Clock, utc_now
from evforecast.collect.lock import held
from evforecast.errors import InputError, require_choice
from evforecast.scenarios import (
    deciding,
    gathering,
    judging,
    learning,
    predicting,
    scoring,
    showing,
)
from evforecast.scenarios.memory import forget_peak, peak, resident, text
from evforecast.scenarios.metering import metered
from evforecast.scenarios.project import STEPS, Project
from evforecast.scenarios.record import StepResult, keep
from evforecast.scenarios.roles import settle
from evforecast.scenarios.work import Done, Work, opened
from evforecast.timegrid import TimeLike, as_time

__all__ = ["daily", "run"]

_LOG = logging.getLogger(__name__)

_DO: Mapping[str, Callable[[Work], Done]] = {
    "collect": gathering.collect,
    "load": gathering.load,
    "features": gathering.features,
    "train": learning.train,
    "predict": predicting.predict,
    "join_truth": scoring.join_truth,
    "monitor": judging.monitor,
    "retrain": deciding.retrain,
    "promote": deciding.promote,
    "report": showing.report,
}


def run(
    step: str,
    project: Project,
    *,
    as_of: TimeLike,
    dry_run: bool = False,
    clock: Clock = utc_now,
) -> StepResult:
    """Do one step of a project.

    Safe to run twice, and after having been killed anywhere: it does what is left to do.

    Parameters
    ----------
    step : str
        One of `STEPS`.
    project : Project
    as_of : time
        The time that it is done for, UTC: of the data, of the decisions and of what is written. The same
        time again changes nothing.
    dry_run : bool
        Write nothing; say what there is to do.
    clock : callable
        The present time: to tell whether a live feed can still be asked, and for nothing else.

    Returns
    -------
    StepResult
        As it is kept in the project's folder of runs.

    Raises
    ------
    InputError
        If there is no such step, it has been done beyond `as_of`, or does not fit into its memory.
    StoreBusyError
        If another process works on the project; a `TransientError`.
    TransientError
        If the warehouse went away: run it again.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.scenarios.new_project import write_project
    >>> project = Project.read(write_project(tempfile.mkdtemp(), chargers=6, days=2))
    >>> run("collect", project, as_of="2026-01-05 01:00").rows
    6
    >>> run("collect", project, as_of="2026-01-05 01:00").status
    'nothing'
    """
    require_choice(step, STEPS, "step")
    return _run([step], project, as_of, dry_run=dry_run, clock=clock)[0]


def daily(
    project: Project,
    *,
    as_of: TimeLike,
    dry_run: bool = False,
    clock: Clock = utc_now,
    steps: Sequence[str] = STEPS,
    tell: Callable[[StepResult], object] | None = None,
) -> list[StepResult]:
    """Do all steps of a project, or some of them, one after the other and under one lock.

    Parameters
    ----------
    project, as_of, dry_run, clock
        As for `run`.
    steps : sequence of str
        Of `STEPS`; they are done in the order in which they stand here. What a step warns of is no reason
        to stop; an error is.
    tell : callable, optional
        Is handed the result of each step as it comes.

    Returns
    -------
    list of StepResult

    Raises
    ------
    InputError, StoreBusyError, TransientError
        As for `run`; the steps before it are done.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.scenarios.new_project import write_project
    >>> project = Project.read(write_project(tempfile.mkdtemp(), chargers=6, days=2))
    >>> [result.rows for result in daily(project, as_of="2026-01-05 01:00")][:3]
    [6, 30, 36]
    >>> often = ("collect", "load", "features", "predict")
    >>> [result.step for result in daily(project, as_of="2026-01-05 01:15", steps=often)]
    ['collect', 'load', 'features', 'predict']
    """
    _require_some(steps)
    return _run(steps, project, as_of, dry_run=dry_run, clock=clock, tell=tell)


def _require_some(steps: Sequence[str]) -> None:
    for step in steps:
        require_choice(step, STEPS, "step")
    if not steps:
        msg = f"steps is empty; choose among {', '.join(STEPS)}."
        raise InputError(msg)


def _run(
    steps: Sequence[str],
    project: Project,
    as_of: TimeLike,
    *,
    dry_run: bool,
    clock: Clock,
    tell: Callable[[StepResult], object] | None = None,
) -> list[StepResult]:
    time_ = as_time(as_of)
    what = "daily" if tuple(steps) == STEPS else " ".join(steps)
    results: list[StepResult] = []
    ahead = ""
    lock = project.path.parent / f".{project.path.stem}.lock"
    run_id = uuid.uuid4().hex[:12]
    with ExitStack() as stack:
        stack.enter_context(held(lock, f"running {what}"))
        try:
            warehouse = stack.enter_context(opened(project))
            work = Work(project, time_, warehouse, dry_run=dry_run, clock=clock)
            work.refuse_to_go_back(steps)
        except Exception as error:
            if not dry_run:
                said = {"error": f"{type(error).__name__}: {error}"}
                gone = StepResult(steps[0], run_id, time_, "failed", 0, 0.0, peak(), artefacts=said)
                keep(gone, project.runs)
            raise
        for step in steps:
            result = _one(step, work, run_id)
            if dry_run and ahead and result.status == "nothing":
                after = {**result.artefacts, "after": ahead}
                result = replace(result, status="planned", artefacts=after)
            elif result.status == "planned" and step != "load":  # which the others do not wait for
                ahead = step
            results.append(result)
            if tell is not None:
                tell(results[-1])
    return results


def _one(step: str, work: Work, run_id: str) -> StepResult:
    work.memory, work.held_before = work.project.memory[step], resident()
    start = time.perf_counter()
    forget_peak()

    def result(done: Done, paid: float | None = None) -> StepResult:
        most = peak()
        if most - work.held_before > work.memory:
            took = text(most - work.held_before)
            _LOG.warning("%s took %s, and memory = %s", step, took, text(work.memory))
        made = StepResult(
            step,
            run_id,
            work.as_of,
            done.status,
            done.rows,
            time.perf_counter() - start,
            most,
            paid,
            done.artefacts,
            done.watermark,
        )
        if not work.dry_run:
            keep(made, work.project.runs)
        return made

    try:
        with metered(work, step, run_id) as cost:
            settle(work)
            done = _DO[step](work)
            settle(work)
            paid = cost()
    except Exception as error:
        result(Done(status="failed", artefacts={"error": f"{type(error).__name__}: {error}"}))
        raise
    return result(done, paid)
