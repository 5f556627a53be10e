"""What a step costs where computing is paid for: its tag, its size, its budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from evforecast.scenarios.work import Work

__all__ = ["metered"]


@contextmanager
def metered(work: Work, step: str, run: str) -> Iterator[Callable[[], float | None]]:
    """Tag every query of a step, and give it the size of the warehouse and the budget of the project.

    Parameters
    ----------
    work : Work
    step : str
    run : str
        The id of the run, which has the budget.

    Yields
    ------
    callable
        Returns the credits that the step has cost, an estimate by the clock; None without a budget, since
        what is not limited is not looked up, and where nothing costs credits.

    Raises
    ------
    BudgetExceededError
        If the budget is spent.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.scenarios import Project, write_project
    >>> from evforecast.scenarios.work import opened
    >>> project = Project.read(write_project(tempfile.mkdtemp()))
    >>> import numpy as np
    >>> with opened(project) as warehouse:
    ...     work = Work(project, np.datetime64("2026-01-06", "s"), warehouse)
    ...     with metered(work, "predict", "r1") as cost:
    ...         cost() is None
    True
    """
    from evforecast.inwarehouse.credits import Budget, sized, tagged

    project = work.project
    with ExitStack() as stack:
        stack.enter_context(tagged(work.warehouse, step=step, run=run, as_of=work.as_of))
        meter = None
        if step in project.sizes and not work.dry_run:
            stack.enter_context(sized(work.warehouse, size=project.sizes[step]))
        if project.budget is not None and not work.dry_run:
            guard = Budget(project.budget).guard(work.warehouse, run=run, clock=work.clock)
            meter = stack.enter_context(guard)
        yield lambda: None if meter is None else float(meter.estimate - meter.spent)
