"""The hours of warehouses: what our queries have of the time that nobody used, and what nobody of ours has.

A warehouse that runs costs as much idle as at work. In an hour in which queries of ours ran, what was idle is
shared by all queries of that hour, in proportion to what they cost; an hour without is nobody's. Whatever is
metered is somewhere: our queries, their share of idle, and the rest add up to it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from evforecast.inwarehouse.credits.amounts import share_out
from evforecast.inwarehouse.credits.records import Metered

__all__ = ["IDLE", "OTHERS", "UNKNOWN", "Part", "Rest", "share_idle"]

IDLE = "idle"
OTHERS = "other queries"
UNKNOWN = "not told"


@dataclass(frozen=True)
class Part:
    """What one query costs in one hour of one warehouse, in units."""

    query: str
    warehouse: str
    hour: int
    units: int


@dataclass(frozen=True)
class Rest:
    """What one hour of one warehouse costs that is not ours, in units.

    Attributes
    ----------
    kind : str
        ``idle``, in an hour without a query of ours; ``other queries``, with their share of idle; ``not
        told``, where Snowflake does not say what queries cost: of an adaptive warehouse, or not yet.
    units : int
        Below zero where the two views contradict each other: queries of ours are said to have cost more in
        the hour than the warehouse did. It comes right in the hour beside it, since what a query of several
        hours cost in each of them is not recorded and is taken from its seconds.
    """

    warehouse: str
    hour: int
    kind: str
    units: int


def share_idle(
    parts: Sequence[Part], metered: Iterable[Metered]
) -> tuple[list[int | None], list[Rest]]:
    """Return the share of idle of each part, and what is left of each metered hour.

    Parameters
    ----------
    parts : sequence of Part
        Of our queries.
    metered : iterable of Metered

    Returns
    -------
    idle : list of int or None
        Units for each part, None where its hour is not metered.
    rest : list of Rest
        One or two for each metered hour, none where nothing is left.

    Examples
    --------
    >>> hour = Metered("EV", 0, compute=100, cloud=0, queries=80)
    >>> share_idle([Part("q", "EV", 0, 20)], [hour])
    ([5], [Rest(warehouse='EV', hour=0, kind='other queries', units=75)])
    """
    places: dict[tuple[str, int], list[int]] = defaultdict(list)
    for place, part in enumerate(parts):
        places[part.warehouse, part.hour].append(place)
    idle: list[int | None] = [None] * len(parts)
    rest = []
    for one in metered:
        ours = places.get((one.warehouse, one.hour), [])
        costs = [parts[place].units for place in ours]
        own = sum(costs)
        if one.queries is None:
            shares, left = [0] * len(ours), {UNKNOWN: one.compute - own}
        elif own:
            whole = max(one.queries, own)
            *shares, _ = share_out(max(one.compute - whole, 0), [*costs, whole - own])
            left = {OTHERS: one.compute - own - sum(shares)}
        else:
            shares, others = [0] * len(ours), min(one.queries, one.compute)
            left = {OTHERS: others, IDLE: one.compute - others}
        for place, share in zip(ours, shares, strict=True):
            idle[place] = share
        rest += [
            Rest(one.warehouse, one.hour, kind, units) for kind, units in left.items() if units
        ]
    return idle, rest
