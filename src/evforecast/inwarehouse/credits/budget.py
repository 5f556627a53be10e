"""`Budget`: credits that a run, a day or a month may cost, and what stops it before it costs more."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

import numpy as np

from evforecast.clock import Clock, utc_now
from evforecast.errors import InputError, TerminalError, TransientError, require_choice
from evforecast.inwarehouse.credits.amounts import as_number
from evforecast.inwarehouse.credits.consumption import consumption
from evforecast.inwarehouse.credits.reading import read_views
from evforecast.inwarehouse.credits.session import (
    Machine,
    current_machine,
    is_snowflake,
    parameter,
    put_back,
    restore_sql,
    set_sql,
)
from evforecast.inwarehouse.credits.sizes import Rates, hourly_rate, size_name
from evforecast.warehouse import Warehouse

__all__ = ["Budget", "BudgetExceededError", "Meter"]

_LOG = logging.getLogger(__name__)
_TIMEOUT = "STATEMENT_TIMEOUT_IN_SECONDS"
_LONGEST = 604_800
_TIMED_OUT = 630
_MINUTE = 60
_NOTHING_LEFT = "less than a second is left"
_WEEK = np.timedelta64(7, "D")


class BudgetExceededError(TerminalError):
    """A run was stopped: it would cost more than it may.

    Parameters
    ----------
    message : str
    spent, limit : decimal.Decimal
        Credits, by the clock where Snowflake has not attributed them yet; kept as ``spent`` and ``limit``.
    per : str
        What the limit is for; kept as ``per``.
    """

    def __init__(self, message: str, spent: Decimal, limit: Decimal, per: str) -> None:
        self.spent, self.limit, self.per = spent, limit, per
        super().__init__(message)


@dataclass(frozen=True)
class Budget:
    """Credits that a run, a day or a month of UTC may cost.

    Parameters
    ----------
    credits : number
        More than zero.
    per : {'run', 'day', 'month'}
        All steps of the run, or of all runs of the day or the month.
    rates : mapping, optional
        Credits an hour of warehouses that are not standard ones of the first generation: by the name of the
        warehouse and the size.

    Raises
    ------
    InputError
        If `credits` is not positive, or `per` is something else.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.warehouse import connect
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     with Budget(0.5).guard(warehouse, run="r1"):  # nothing to pay for
    ...         warehouse.run("SELECT 42")
    [(42,)]
    """

    credits: float | Decimal
    per: Literal["run", "day", "month"] = "run"
    rates: Rates | None = None

    def __post_init__(self) -> None:
        require_choice(self.per, ("run", "day", "month"), "Budget: per")
        if not self.limit > 0:
            msg = f"Budget: {self.credits} credits allow nothing. Give a positive number, or no budget."
            raise InputError(msg)

    @property
    def limit(self) -> Decimal:
        """The credits, as a Decimal."""
        return as_number(self.credits, "Budget: credits")

    @contextmanager
    def guard(
        self,
        warehouse: Warehouse,
        *,
        run: str,
        size: str | None = None,
        clock: Clock = utc_now,
    ) -> Iterator[Meter | None]:
        """Run one step within the budget.

        Before it begins, what was spent is looked up: of a run what carries its tag, in the last 7 days. To
        look it up may start the virtual warehouse, unless even a minute of it is not allowed. The rest is how
        long that may run, and so long a statement of the step may take: Snowflake stops one that takes
        longer. A step of several statements calls ``check`` between them.

        Parameters
        ----------
        warehouse : Warehouse
        run : str
            As in the tag.
        size : str, optional
            That the step gives the virtual warehouse, with `sized`; its own by default.
        clock : callable
            Tells the present time.

        Yields
        ------
        Meter or None
            None where nothing costs credits: with DuckDB.

        Raises
        ------
        BudgetExceededError
            If the budget is spent, or would be by the minute that starting the virtual warehouse costs; or if
            a statement was stopped since it would be.
        InputError
            If it is not known what the virtual warehouse costs an hour, or there is no such size.
        """
        named = None if size is None else size_name(size)
        if not is_snowflake(warehouse):
            yield None
            return
        machine = current_machine(warehouse)
        machine = replace(machine, size=named or machine.size)
        was = parameter(warehouse, _TIMEOUT, int)
        meter = Meter(
            self,
            warehouse,
            run=run,
            clock=clock,
            machine=machine,
            hourly=self._hourly(machine),
            timeout=int(was.value),
        )
        least = (1, _NOTHING_LEFT)
        if machine.state == "SUSPENDED":
            least = (_MINUTE, "starting the virtual warehouse costs a minute at least")
        meter.need(*least)
        meter.look_up()
        meter.need(*least)
        with put_back(
            lambda: warehouse.run(restore_sql(was)),
            f"The session still has {_TIMEOUT} of the budget: close it.",
        ):
            meter.check()
            try:
                yield meter
            except TransientError as error:
                if meter.stopped(error):
                    raise meter.exceeded("a statement was stopped") from error
                raise

    def _hourly(self, machine: Machine) -> Decimal:
        rate = hourly_rate(machine.name, machine.size or None, machine.kind, self.rates)
        if rate is None:
            msg = (
                f"Budget: what the virtual warehouse {machine.name!r} of type {machine.kind} and size "
                f"{machine.size or 'none'} costs an hour is not known here. Say it: "
                f"Budget({self.credits}, rates={{{machine.name!r}: {{{machine.size!r}: …}}}})."
            )
            raise InputError(msg)
        return rate


class Meter:
    """What a step has left of a budget; made by `Budget.guard`.

    Attributes
    ----------
    budget : Budget
    spent : decimal.Decimal
        Credits until the step began.
    """

    def __init__(
        self,
        budget: Budget,
        warehouse: Warehouse,
        *,
        run: str,
        clock: Clock,
        machine: Machine,
        hourly: Decimal,
        timeout: int,
    ) -> None:
        self.budget = budget
        self.spent = Decimal(0)
        self._warehouse, self._run, self._machine = warehouse, run, machine
        self._clock, self._began = clock, clock()
        self._hourly = hourly
        self._own_timeout = timeout or _LONGEST
        self._set = _LONGEST

    def look_up(self) -> None:
        """Ask Snowflake what was spent until now."""
        now = self._began
        since = {
            "run": now - _WEEK,
            "day": now.astype("datetime64[D]").astype("datetime64[s]"),
            "month": now.astype("datetime64[M]").astype("datetime64[s]"),
        }[self.budget.per]
        until = now + np.timedelta64(1, "s")
        views = read_views(self._warehouse, since, until, now=now)
        found = consumption(views, now=now, rates=self.budget.rates)
        for note in found.notes:
            _LOG.info("budget: %s", note)
        run = self._run if self.budget.per == "run" else None
        lines = [line for line in found.lines if run in {None, line.run}]
        self.spent = sum((line.total for line in lines), Decimal(0))

    @property
    def estimate(self) -> Decimal:
        """Credits spent until now: as looked up, and the time since by the clock."""
        seconds = (self._clock() - self._began) / np.timedelta64(1, "s")
        return self.spent + Decimal(str(seconds)) * self._hourly / 3600

    @property
    def seconds_left(self) -> int:
        """How long the virtual warehouse may run on."""
        return int((self.budget.limit - self.estimate) * 3600 / self._hourly)

    def check(self) -> None:
        """Stop the step if the budget is spent; else let the next statement take what is left.

        Raises
        ------
        BudgetExceededError
            If less than a second is left.
        """
        self.need(1, _NOTHING_LEFT)
        self._set = min(self.seconds_left, self._own_timeout, _LONGEST)
        self._warehouse.run(set_sql(_TIMEOUT, self._set))

    def need(self, seconds: int, why: str) -> None:
        """Stop the step unless the virtual warehouse may run so long.

        Raises
        ------
        BudgetExceededError
            If it may not.
        """
        if self.seconds_left < seconds:
            raise self.exceeded(why)

    def stopped(self, error: TransientError) -> bool:
        """Return whether Snowflake stopped a statement for the budget, not for a limit of before."""
        code = getattr(error.__cause__, "errno", None)
        return code == _TIMED_OUT and self._set < self._own_timeout

    def exceeded(self, why: str) -> BudgetExceededError:
        """Return the error that says what was spent, what may be, and how to raise it."""
        budget, spent = self.budget, self.estimate
        what = f"run {self._run!r}" if budget.per == "run" else f"this {budget.per}"
        when = {"run": "in a new run", "day": "tomorrow (UTC)", "month": "next month (UTC)"}[
            budget.per
        ]
        msg = (
            f"budget: {what} has cost about {spent:.4f} of {budget.limit} credits: {why}. The virtual "
            f"warehouse {self._machine.name!r} ({self._machine.size}) costs {self._hourly} credits an hour. "
            f"Allow more, Budget(…, per={budget.per!r}), take a smaller one, or go on {when}."
        )
        return BudgetExceededError(msg, spent, budget.limit, budget.per)
