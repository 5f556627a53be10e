"""`Line`: what one step of one run took on one day."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from evforecast.inwarehouse.credits.amounts import as_decimal
from evforecast.inwarehouse.credits.records import Query

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Basis", "Line", "Tally"]

Basis = Literal["estimate", "attributed", "billed"]


@dataclass(frozen=True)
class Line:
    """What one step of one run took on one day of UTC.

    Attributes
    ----------
    day : numpy.datetime64
    run, step, as_of : str
    queries, failed : int
        Statements that began on the day, those inside procedures too, and how many of them failed.
    rows, scanned, spilled_local, spilled_remote : int or None
        Rows that came out of them, and bytes; None where the view is not read or has no such column.
    elapsed, queued, compiling, executing : float or None
        Seconds of the statements that ran inside no other.
    warehouse, size : str
        One, or several with commas between.
    compute : decimal.Decimal
        Credits for the time in which its queries ran.
    idle : decimal.Decimal
        Credits for its share of the time in which the warehouse ran for nobody.
    acceleration : decimal.Decimal
        Credits for the query acceleration service.
    cloud_used, cloud_billed : decimal.Decimal
        Credits for cloud services before and after the rule of a tenth.
    cost : decimal.Decimal or None
        The total times the price of a credit.
    starts : int
        Starts of a warehouse that its queries waited for.
    short_start : bool
        Whether one of them was paid for a minute and used for less.
    basis : {'estimate', 'attributed', 'billed'}
        Whether the credits are from the clock, at least in part; as Snowflake attributes them; or that, on a
        day whose bill is there.
    completeness : float
        The share of its queries that ended so long ago that Snowflake adds nothing to them any more.
    """

    day: np.datetime64
    run: str
    step: str
    as_of: str
    queries: int
    failed: int | None
    rows: int | None
    scanned: int | None
    spilled_local: int | None
    spilled_remote: int | None
    elapsed: float | None
    queued: float | None
    compiling: float | None
    executing: float | None
    warehouse: str
    size: str
    compute: Decimal
    idle: Decimal
    acceleration: Decimal
    cloud_used: Decimal
    cloud_billed: Decimal
    cost: Decimal | None
    starts: int
    short_start: bool
    basis: Basis
    completeness: float

    @property
    def total(self) -> Decimal:
        """All credits: compute, idle, acceleration and the billed cloud services."""
        return self.compute + self.idle + self.acceleration + self.cloud_billed


@dataclass
class Tally:
    """A line that is being added up; credits in units.

    Attributes
    ----------
    asked : list of Query
        Those that began on the day.
    ids, inside, old : set of str
        The ids of all that are known to have begun then, of those that ran inside another, and of those to
        which Snowflake adds nothing any more.
    open : bool
        Whether an hour of it is not metered, or its idle is not told.
    """

    asked: list[Query] = field(default_factory=list)
    inside: set[str] = field(default_factory=set)
    ids: set[str] = field(default_factory=set)
    old: set[str] = field(default_factory=set)
    as_of: set[str] = field(default_factory=set)
    warehouses: set[str] = field(default_factory=set)
    compute: int = 0
    idle: int = 0
    acceleration: int = 0
    cloud_billed: int = 0
    starts: int = 0
    short_start: bool = False
    estimated: bool = False
    open: bool = False

    @property
    def cloud_used(self) -> int:
        """What its queries used of cloud services."""
        return sum(query.cloud for query in self.asked)

    def line(
        self,
        day: np.datetime64,
        run: str,
        step: str,
        *,
        price: Decimal | None,
        has_bill: bool,
        has_queries: bool,
    ) -> Line:
        """Return the line."""
        top = [query for query in self.asked if query.id not in self.inside]
        completeness = len(self.old) / len(self.ids) if self.ids else 1.0
        billed = has_bill and not self.open and completeness == 1
        amounts = [
            as_decimal(units)
            for units in (self.compute, self.idle, self.acceleration, self.cloud_billed)
        ]
        sizes = {query.size for query in self.asked if query.size}

        def seconds(name: str) -> float | None:
            return sum(getattr(query, name) for query in top) / 1000 if has_queries else None

        def total(values: list[int | None]) -> int | None:
            known = [value for value in values if value is not None]
            return sum(known) if has_queries and (known or not values) else None

        return Line(
            day=day,
            run=run,
            step=step,
            as_of=", ".join(sorted(self.as_of)),
            queries=len(self.ids),
            failed=total([query.failed for query in self.asked]),
            rows=total([query.rows for query in self.asked]),
            scanned=total([query.scanned for query in self.asked]),
            spilled_local=total([query.spilled[0] for query in self.asked]),
            spilled_remote=total([query.spilled[1] for query in self.asked]),
            elapsed=seconds("elapsed"),
            queued=seconds("queued"),
            compiling=seconds("compiling"),
            executing=seconds("executing"),
            warehouse=", ".join(sorted(self.warehouses)),
            size=", ".join(sorted(sizes)),
            compute=amounts[0],
            idle=amounts[1],
            acceleration=amounts[2],
            cloud_used=as_decimal(self.cloud_used),
            cloud_billed=amounts[3],
            cost=None if price is None else sum(amounts, Decimal(0)) * price,
            starts=self.starts,
            short_start=self.short_start,
            basis="estimate" if self.estimated else "billed" if billed else "attributed",
            completeness=completeness,
        )
