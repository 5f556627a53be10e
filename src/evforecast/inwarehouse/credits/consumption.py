"""`consumption`: what each step of each run took on each day, from what Snowflake recorded."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

import numpy as np

from evforecast.errors import InputError
from evforecast.inwarehouse.credits.amounts import as_decimal, as_number, in_hours, share_out
from evforecast.inwarehouse.credits.cloud import CloudDay, above_a_tenth, cloud_days, is_warehouses
from evforecast.inwarehouse.credits.estimates import estimated, starts
from evforecast.inwarehouse.credits.hours import UNKNOWN, Part, Rest, share_idle
from evforecast.inwarehouse.credits.lines import Tally
from evforecast.inwarehouse.credits.records import (
    Attributed,
    Query,
    attributed,
    billed,
    day_of,
    metered,
    queries,
)
from evforecast.inwarehouse.credits.result import Consumption
from evforecast.inwarehouse.credits.sizes import Rates, hourly_rate
from evforecast.inwarehouse.credits.tags import Tag
from evforecast.inwarehouse.credits.views import LATENCY, Views
from evforecast.timegrid import TimeLike, as_time

__all__ = ["consumption"]

_ADAPTIVE = "ADAPTIVE"
Key = tuple[np.datetime64, str, str]


def consumption(
    views: Views,
    *,
    now: TimeLike,
    rates: Rates | None = None,
    price: float | str | Decimal | None = None,
    currency: str = "",
) -> Consumption:
    """Return what each step of each run took on each day, and what warehouses cost that was for none.

    A query belongs to the step that its tag names; one that ran inside another, in a procedure, to that of
    the other. What Snowflake attributes to a query is taken. What it has not attributed yet is estimated by
    the clock; so is everything where it may not be asked.

    Parameters
    ----------
    views : Views
    now : time
        When they were read, UTC: tells what may still be added to them.
    rates : mapping, optional
        Credits an hour of warehouses that are not standard ones of the first generation: by the name of the
        warehouse and the size.
    price : number, optional
        Of a credit.
    currency : str
        Of the price.

    Returns
    -------
    Consumption

    Raises
    ------
    InputError
        If the price is negative, or a rate is none.

    Examples
    --------
    >>> from evforecast.inwarehouse.credits import Views
    >>> consumption(Views(), now="2026-11-28").total
    Decimal('0E-12')
    """
    worth = None if price is None else as_number(price, "consumption: price")
    if worth is not None and worth < 0:
        msg = f"consumption: the price of a credit is {price}; it is zero or more."
        raise InputError(msg)
    book = _Book(views, as_time(now), rates)
    book.count()
    hours, days = metered(views.metering), billed(views.daily)
    idle, rest = share_idle(book.parts, hours)
    book.add_idle(idle, {(one.warehouse, one.hour) for one in rest if one.kind == UNKNOWN})
    book.add_starts()
    clouds = cloud_days(hours, days)
    book.bill_clouds(clouds)
    final = {day for day, cloud in clouds.items() if cloud.final and book.is_over(day)}
    lines = tuple(
        tally.line(
            *key,
            price=worth,
            has_bill=key[0] in final,
            has_queries=views.queries is not None,
        )
        for key, tally in sorted(book.tallies.items())
    )
    return Consumption(
        lines=lines,
        rest=_by_day(rest),
        serverless=tuple(
            (line.day, line.service, as_decimal(line.billed))
            for line in sorted(days, key=lambda line: (line.day, line.service))
            if not is_warehouses(line.service) and line.billed
        ),
        metered=as_decimal(sum(hour.compute for hour in hours)),
        unmetered=as_decimal(book.unmetered),
        currency=currency,
        refused=views.refused,
        notes=tuple(dict.fromkeys(book.notes)),
    )


class _Book:
    """Queries of ours, and the tallies that they are added to."""

    def __init__(self, views: Views, now: np.datetime64, rates: Rates | None) -> None:
        self.queries = queries(views.queries)
        self.attributed = {one.id: one for one in attributed(views.attribution)}
        self.has_attribution = views.attribution is not None
        self.now = _microsecond(now)
        self.late = _length(LATENCY["attribution"] if self.has_attribution else views.latency)
        self.tallies: dict[Key, Tally] = defaultdict(Tally)
        self.keys: dict[str, Tag] = {}
        self.parts: list[Part] = []
        self.notes: list[str] = []
        self.unmetered = 0
        self._estimated: set[str] = set()
        self._metered: set[tuple[str, int]] = set()
        self._rates = rates
        self._hourly: dict[str, Decimal] = {}

    def is_over(self, day: np.datetime64) -> bool:
        """Return whether nothing is added to the bill of a day any more."""
        end = _microsecond(day + np.timedelta64(1, "D"))
        return end + _length(LATENCY["metering"]) <= self.now

    def count(self) -> None:
        """Find our queries, count them, and say what each costs in each hour."""
        by_id = {query.id: query for query in self.queries}
        tags = {one.id: one.tag for one in self.attributed.values()}
        tags |= {query.id: query.tag for query in self.queries}
        for name, own in tags.items():
            one = self.attributed.get(name)
            tag = (tags.get(one.root) if one and one.root else None) or own
            if tag is None:
                continue
            self.keys[name] = tag
            query = by_id.get(name)
            row: Query | Attributed | None = query or one
            if row is not None:
                self._count_one(row, tag)
            if query is not None and query.size is not None:
                self._price(query)
        pending = [query for query in self.queries if self._is_pending(query)]
        for name, hours in estimated(pending, self._hourly).items():
            for hour, units in hours.items():
                self._add_part(name, by_id[name].warehouse, hour, units)
                self._estimated.add(name)
                self._tally(hour, name).estimated = True
        for one in self.attributed.values():
            if one.id in self.keys:
                self._spread(one)

    def _count_one(self, row: Query | Attributed, tag: Tag) -> None:
        tally = self._tally(row.start, row.id)
        tally.ids.add(row.id)
        tally.as_of |= {tag.as_of} - {""}
        if row.end + self.late <= self.now:
            tally.old.add(row.id)
        if isinstance(row, Query):
            tally.asked.append(row)
            adaptive = row.kind == _ADAPTIVE
            tally.warehouses |= {row.warehouse} if row.size or adaptive else set()
            if adaptive:
                self.notes.append(
                    f"Warehouse {row.warehouse!r} is adaptive: what its queries cost is not attributed to "
                    f"them, and stands among what is {UNKNOWN!r}."
                )
        one = self.attributed.get(row.id)
        if one is not None:
            tally.warehouses.add(one.warehouse)
            tally.inside |= {row.id} if one.root and one.root != row.id else set()

    def _price(self, query: Query) -> None:
        rate = hourly_rate(query.warehouse, query.size, query.kind, self._rates)
        if rate is not None:
            self._hourly[query.id] = rate
        elif self._is_pending(query):
            self.notes.append(
                f"Warehouse {query.warehouse!r} is of type {query.kind} and size {query.size}, whose credits "
                "an hour are not known here: its queries are estimated to cost nothing. "
                f"Say them: rates={{{query.warehouse!r}: {{{query.size!r}: …}}}}, from Snowflake's Service "
                "Consumption Table."
            )

    def _is_pending(self, query: Query) -> bool:
        """Return whether Snowflake has yet to say what a query of ours costs, or does not tell us."""
        if query.id not in self.keys or query.id in self.attributed or query.size is None:
            return False
        return not self.has_attribution or query.end + self.late > self.now

    def _spread(self, one: Attributed) -> None:
        """Spread what a query costs over its hours, by the time that it ran in each."""
        hours = in_hours(one.start, one.end)
        compute = share_out(one.compute, list(hours.values()))
        acceleration = share_out(one.acceleration, list(hours.values()))
        for hour, units, faster in zip(hours, compute, acceleration, strict=True):
            self._add_part(one.id, one.warehouse, hour, units)
            self._tally(hour, one.id).acceleration += faster

    def _add_part(self, query: str, warehouse: str, hour: int, units: int) -> None:
        self.parts.append(Part(query, warehouse, hour, units))
        tally = self._tally(hour, query)
        tally.compute += units
        tally.warehouses.add(warehouse)

    def _tally(self, time: int, query: str) -> Tally:
        tag = self.keys[query]
        return self.tallies[day_of(time), tag.run, tag.step]

    def add_idle(self, idle: list[int | None], untold: set[tuple[str, int]]) -> None:
        """Add the shares of idle, in the order of the parts; of untold hours more is to come."""
        for part, share in zip(self.parts, idle, strict=True):
            tally, where = self._tally(part.hour, part.query), (part.warehouse, part.hour)
            if share is None:
                self.unmetered += part.units
            else:
                tally.idle += share
                self._metered.add(where)
            tally.open |= share is None or where in untold

    def add_starts(self) -> None:
        """Count starts; the unused rest of their minute is idle where the hour is not metered."""
        ours = {query.id: query for query in self.queries if query.id in self.keys}
        for start in starts(ours.values(), self._hourly):
            tally = self._tally(start.hour, start.query)
            tally.starts += 1
            tally.short_start |= start.unused > 0
            where = (ours[start.query].warehouse, start.hour)
            if start.query in self._estimated and where not in self._metered:
                tally.idle += start.units
                self.unmetered += start.units

    def bill_clouds(self, days: dict[np.datetime64, CloudDay]) -> None:
        """Share out what is billed of the cloud services of each day."""
        of_day: dict[np.datetime64, list[Tally]] = defaultdict(list)
        for key, tally in sorted(self.tallies.items()):
            of_day[key[0]].append(tally)
        for day, tallies in of_day.items():
            used = [tally.cloud_used for tally in tallies]
            own = sum(used)
            if day in days:
                account = days[day]
            else:  # nothing is known of the rest of the account: the rule, on what is ours alone
                compute = sum(tally.compute + tally.idle for tally in tallies)
                account = CloudDay(own, above_a_tenth(compute, own), final=False)
            *shares, _ = share_out(account.billed, [*used, max(account.used - own, 0)])
            for tally, share in zip(tallies, shares, strict=True):
                tally.cloud_billed = share


def _by_day(rest: list[Rest]) -> tuple[tuple[np.datetime64, str, str, Decimal], ...]:
    """Add up what is not ours by day, warehouse and kind."""
    found: dict[tuple[np.datetime64, str, str], int] = defaultdict(int)
    for one in rest:
        found[day_of(one.hour), one.warehouse, one.kind] += one.units
    return tuple((*key, as_decimal(units)) for key, units in sorted(found.items()))


def _microsecond(time: Any) -> int:
    return int(np.datetime64(time, "us").astype(np.int64))


def _length(time: np.timedelta64) -> int:
    return int(time / np.timedelta64(1, "us"))
