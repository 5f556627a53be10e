"""What queries cost by the clock: the time that a cluster works for them, at the rate of its size.

For what Snowflake has not attributed yet, or will not tell. A query that runs alone costs its seconds; of
several at the same time each costs an equal part of the second. A start costs a minute at least: what the
minute has more than the queries used belongs to the query that waited for the start.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import accumulate, pairwise

from evforecast.inwarehouse.credits.amounts import HOUR, UNIT, rounded
from evforecast.inwarehouse.credits.records import Query

__all__ = ["Start", "estimated", "starts"]

_MINUTE = 60_000_000


@dataclass(frozen=True)
class Start:
    """A start of a cluster that a query waited for.

    Attributes
    ----------
    query : str
        Its id.
    hour : int
        In which it began to run.
    unused : int
        Microseconds of the first minute in which none of our queries ran.
    units : int
        What they cost.
    """

    query: str
    hour: int
    unused: int
    units: int


def estimated(queries: Iterable[Query], rates: Mapping[str, Decimal]) -> dict[str, dict[int, int]]:
    """Return what queries cost by the clock.

    Parameters
    ----------
    queries : iterable of Query
    rates : mapping of str to Decimal
        Credits an hour, by the id of the query; one that has none costs nothing.

    Returns
    -------
    dict of str to dict of int to int
        By the id of the query and the beginning of the hour (microseconds since 1970): units.
    """
    parts: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    for group in _by_cluster(query for query in queries if query.id in rates).values():
        edges = {edge for query in group for edge in (query.begin, query.end)}
        first, last = min(edges), max(edges)
        edges |= set(range(first - first % HOUR + HOUR, last, HOUR))
        times = sorted(edges)
        waiting = sorted(group, key=lambda query: query.begin, reverse=True)
        running: list[Query] = []
        for start, end in pairwise(times):
            while waiting and waiting[-1].begin <= start:
                running.append(waiting.pop())
            running = [query for query in running if query.end > start]
            for query in running:
                parts[query.id, start - start % HOUR] += Fraction(end - start, len(running))
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for (name, hour), time in parts.items():
        found[name][hour] = _cost(time, rates[name])
    return dict(found)


def starts(queries: Iterable[Query], rates: Mapping[str, Decimal]) -> list[Start]:
    """Return the starts that queries waited for; those within a minute of the one before are the same.

    Parameters
    ----------
    queries : iterable of Query
    rates : mapping of str to Decimal
        As for `estimated`.
    """
    found = []
    for group in _by_cluster(query for query in queries if query.id in rates).values():
        group.sort(key=lambda query: (query.begin, query.id))
        begins = [query.begin for query in group]
        # how far what began before each reaches
        reaches = list(accumulate((query.end for query in group), max, initial=0))
        until = 0
        for place, query in enumerate(group):
            if not query.provisioning or query.begin < until:
                continue
            until = query.begin + _MINUTE
            reached = min(max(query.begin, reaches[place]), until)
            inside = group[place : bisect_left(begins, until)]
            unused = until - reached - _covered(inside, reached, until)
            cost = _cost(Fraction(unused), rates[query.id])
            found.append(Start(query.id, query.begin - query.begin % HOUR, unused, cost))
    return found


def _covered(group: Iterable[Query], start: int, end: int) -> int:
    """Return how much of a stretch is covered by queries that come in the order of their beginnings."""
    covered, reached = 0, start
    for query in group:
        stop = min(query.end, end)
        covered += max(stop - max(query.begin, reached), 0)
        reached = max(reached, stop)
    return covered


def _by_cluster(queries: Iterable[Query]) -> dict[tuple[str, int], list[Query]]:
    found: dict[tuple[str, int], list[Query]] = defaultdict(list)
    for query in queries:
        found[query.warehouse, query.cluster].append(query)
    return found


def _cost(time: Fraction, rate: Decimal) -> int:
    """Return what microseconds cost, in units."""
    cost = time * Fraction(rate) * UNIT / HOUR
    return rounded(cost.numerator, cost.denominator)
