"""`Consumption`: lines and what is not in them, as frames and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import InputError, require_choice
from evforecast.inwarehouse.credits.lines import Line
from evforecast.inwarehouse.credits.views import Refusal

__all__ = ["Consumption"]

_CREDITS = ("compute", "idle", "acceleration", "cloud_used", "cloud_billed", "total")
_MONTH = 28


@dataclass(frozen=True, eq=False)
class Consumption:
    """What steps took, and what else warehouses cost; the digits of a Decimal are all of them.

    Attributes
    ----------
    lines : tuple of Line
        By day, run and step.
    rest : tuple of (day, warehouse, kind, Decimal)
        What metered hours cost that is not ours: ``idle`` in hours without a query of ours, ``other queries``
        with their share of idle, ``not told`` where Snowflake does not say.
    serverless : tuple of (day, service, Decimal)
        What the account was billed for services without a warehouse; they cannot be told by step.
    metered : decimal.Decimal
        Credits of all metered hours. Compute and idle of the lines, and the rest, add up to this and
        `unmetered`.
    unmetered : decimal.Decimal
        Compute and idle of the lines in hours that are not metered, or not yet.
    currency : str
    refused : tuple of Refusal
        Views that could not be read.
    notes : tuple of str
        What else to know.
    """

    lines: tuple[Line, ...]
    rest: tuple[tuple[np.datetime64, str, str, Decimal], ...]
    serverless: tuple[tuple[np.datetime64, str, Decimal], ...]
    metered: Decimal
    unmetered: Decimal
    currency: str
    refused: tuple[Refusal, ...]
    notes: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        """Credits of all lines."""
        return sum((line.total for line in self.lines), Decimal("0E-12"))

    @property
    def cost(self) -> Decimal | None:
        """What all lines cost in the currency, None without a price."""
        costs = [line.cost for line in self.lines if line.cost is not None]
        return sum(costs, Decimal(0)) if costs else None

    @property
    def basis(self) -> str:
        """What the least certain line is from; ``estimate`` without a line."""
        words = {line.basis for line in self.lines}
        return next(
            (word for word in ("estimate", "attributed", "billed") if word in words), "estimate"
        )

    def to_frame(self) -> pd.DataFrame:
        """Return the lines as a frame of one row each, credits as float64."""
        names = [field.name for field in fields(Line)]
        rows = [
            {name: getattr(line, name) for name in names} | {"total": line.total}
            for line in self.lines
        ]
        frame = pd.DataFrame(rows, columns=[*names[:-3], "total", *names[-3:]])
        frame["day"] = frame["day"].astype("datetime64[s]")
        numbers = (*_CREDITS, "cost", "completeness", "elapsed", "queued", "compiling", "executing")
        counts = ("failed", "rows", "scanned", "spilled_local", "spilled_remote")
        return frame.astype(dict.fromkeys((*numbers, *counts), np.float64))

    def rest_frame(self) -> pd.DataFrame:
        """Return what is not ours as a frame: day, warehouse, kind, credits."""
        frame = pd.DataFrame(self.rest, columns=["day", "warehouse", "kind", "credits"])
        return frame.astype({"day": "datetime64[s]", "credits": np.float64})

    def serverless_frame(self) -> pd.DataFrame:
        """Return what services without a warehouse were billed: day, service, credits."""
        frame = pd.DataFrame(self.serverless, columns=["day", "service", "credits"])
        return frame.astype({"day": "datetime64[s]", "credits": np.float64})

    def by(self, *names: str) -> pd.DataFrame:
        """Return the credits and costs added up, to the last digit.

        Parameters
        ----------
        *names : {'day', 'run', 'step'}
            What stays apart.

        Returns
        -------
        pandas.DataFrame
            One row for each combination: queries, failed statements, credits, cost.

        Raises
        ------
        InputError
            If a name is something else.
        """
        for name in names:
            require_choice(name, ("day", "run", "step"), "Consumption.by: name")
        groups: dict[tuple[Any, ...], list[Line]] = {}
        for line in self.lines:
            groups.setdefault(tuple(getattr(line, name) for name in names), []).append(line)
        rows = []
        for key, lines in sorted(groups.items()):
            row: dict[str, Any] = dict(zip(names, key, strict=True))
            row["queries"] = sum(line.queries for line in lines)
            row["failed"] = sum(line.failed or 0 for line in lines)
            for name in _CREDITS:
                row[name] = float(sum((getattr(line, name) for line in lines), Decimal(0)))
            costs = [line.cost for line in lines if line.cost is not None]
            row["cost"] = float(sum(costs, Decimal(0))) if costs else np.nan
            rows.append(row)
        frame = pd.DataFrame(rows, columns=[*names, "queries", "failed", *_CREDITS, "cost"])
        return frame.astype({"day": "datetime64[s]"}) if "day" in names else frame

    def per_thousand(self, forecasts: Mapping[str, int]) -> pd.DataFrame:
        """Return what 1,000 forecasts of each run cost.

        Parameters
        ----------
        forecasts : mapping of str to int
            How many rows of forecasts each run made.

        Returns
        -------
        pandas.DataFrame
            Run, forecasts, credits of all its steps, credits for 1,000 forecasts.

        Raises
        ------
        InputError
            If a run made none.
        """
        rows = []
        for run, number in forecasts.items():
            if number < 1:
                msg = (
                    f"Consumption.per_thousand: run {run!r} made {number} forecasts: leave it out."
                )
                raise InputError(msg)
            total = sum((line.total for line in self.lines if line.run == run), Decimal(0))
            rows.append((run, number, float(total), float(1000 * total / number)))
        return pd.DataFrame(rows, columns=["run", "forecasts", "credits", "per_thousand"])

    def trend(self) -> pd.DataFrame:
        """Return what each step took on its last day, beside the median of the 28 days before.

        Only days on which the step ran count.

        Returns
        -------
        pandas.DataFrame
            Step, day, credits, `days` that count, their `median` (missing without any) and the `ratio`.
        """
        rows = []
        daily = self.by("step", "day")
        for step, group in daily.groupby("step", sort=True):
            last = group["day"].max()
            taken = float(group.loc[group["day"] == last, "total"].iloc[0])
            since = last - pd.Timedelta(days=_MONTH)
            before = group.loc[(group["day"] >= since) & (group["day"] < last), "total"]
            usual = float(before.median()) if len(before) else np.nan
            rows.append((step, last, taken, len(before), usual, taken / usual if usual else np.nan))
        columns = ["step", "day", "credits", "days", "median", "ratio"]
        return pd.DataFrame(rows, columns=columns).astype({"day": "datetime64[s]"})

    def to_dict(self) -> dict[str, Any]:
        """Return all of it as JSON can hold it; credits and costs as texts with all their digits."""

        def plain(value: Any) -> Any:
            if isinstance(value, Decimal):
                return format(value, "f")
            return str(value) if isinstance(value, np.datetime64) else value

        def dicts(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
            return [dict(zip(names, map(plain, row), strict=True)) for row in rows]

        names = [field.name for field in fields(Line)]
        lines = [[*(getattr(line, name) for name in names), line.total] for line in self.lines]
        return {
            "total": plain(self.total),
            "basis": self.basis,
            "currency": self.currency,
            "lines": dicts([*names, "total"], lines),
            "rest": dicts(["day", "warehouse", "kind", "credits"], self.rest),
            "serverless": dicts(["day", "service", "credits"], self.serverless),
            "metered": plain(self.metered),
            "unmetered": plain(self.unmetered),
            "refused": [
                {"view": one.view, "code": one.code, "reason": one.reason, "remedy": one.remedy}
                for one in self.refused
            ],
            "notes": list(self.notes),
        }
