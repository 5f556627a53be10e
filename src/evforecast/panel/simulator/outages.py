"""Outages and gaps: working and not working by turns, with frailty and heavy tails."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from evforecast.panel.scheme import MISSING
from evforecast.panel.simulator.city import City, some
from evforecast.panel.simulator.durations import DAY, HOUR, MINUTE, Floats, Lasting
from evforecast.panel.simulator.hours import WARM_UP_DAYS, Hours

__all__ = ["Outages", "Spells", "before", "outages"]

RELAPSE = 0.5
"""Shape of the gamma distribution of the time between outages: below 1, so a repaired unit often
fails again soon. The past failure rate is what ranks the next failures in Ireland (average
precision .53)."""

OFFLINE = Lasting(11 * MINUTE, 0.7, 0.11, 4 * HOUR, 1.4, longest=60 * DAY)
"""Reference sample, 136 whole offline runs: 95 of one quarter-hour, the longest 6 h in a day's
window."""
OFFLINE_CHRONIC = Lasting(15 * MINUTE, 0.8, 0.3, 1.5 * DAY, 1.2, longest=90 * DAY)
DOWN = Lasting(2 * HOUR, 1.2, 0.1, 1.5 * DAY, 1.5, longest=60 * DAY)
DOWN_CHRONIC = Lasting(3 * DAY, 1.2, longest=120 * DAY)

CITY_OFFLINES_PER_DAY = 1 / 14
CITY_OFFLINE = Lasting(50 * MINUTE, 0.6, longest=DAY)
"""The operator's own back end fails: everyone offline for an hour or so."""
CITY_GAPS_PER_DAY = 1 / 4
CITY_GAP = Lasting(1.5 * HOUR, 1.3, 0.15, 20 * HOUR, 0.8, longest=6 * DAY)
"""Nobody collects. Reference year: 31,232 rows where the grid has 33,504, so 6.8 % of the slots."""

GAP = Lasting(15 * MINUTE, 0.7, 0.06, 5 * HOUR, 1.0, longest=3 * DAY)
GAPS_PER_DAY, GAP_FRAILTY = 0.045, 1.2
"""A location is not reported. Reference year: 2 to 47 missing slots at the better half of the
chargers, with the same count at the three of a location."""
LONG_GAP, LONG_GAP_SHARE = 0.27, (0.012, 0.04)
"""Locations with one long gap, and its share of the panel. Reference year: 394 to 1,227 slots, a
quarter."""
LEFT = 0.2
"""Locations, of those with a long gap, that have it at the end: they left the feed."""
LATE, LATE_SHARE = 0.035, (0.15, 0.24)
"""Locations commissioned late: missing for that share of the panel. Reference year: 4,761 to 7,277
slots."""


@dataclass(frozen=True)
class Spells:
    """Stretches of time at some unit, half open, in seconds since the first hour.

    Attributes
    ----------
    unit : numpy.ndarray
        int, shape ``[spell]``.
    start, end : numpy.ndarray
        Shape ``[spell]``.
    """

    unit: np.ndarray
    start: Floats
    end: Floats


@dataclass(frozen=True)
class Outages:
    """All that goes wrong: where each kind strikes.

    Attributes
    ----------
    down : Spells
        By charger, in the order of charger and time, none overlapping another.
    offline : Spells
        By location.
    city_offline : Spells
        Unit 0 is the whole network.
    unseen : Spells
        By location: not in the feed.
    city_unseen : Spells
        Unit 0 is the whole network.
    """

    down: Spells
    offline: Spells
    city_offline: Spells
    unseen: Spells
    city_unseen: Spells


def outages(rng: np.random.Generator, city: City, hours: Hours) -> Outages:
    """Draw everything that goes wrong.

    Parameters
    ----------
    rng : numpy.random.Generator
    city : City
    hours : Hours

    Returns
    -------
    Outages

    Examples
    --------
    >>> from evforecast.panel.simulator.city import found_city
    >>> rng, hours = (
    ...     np.random.default_rng(0),
    ...     Hours.of(np.datetime64("2020-01-06", "s"), 999, "UTC"),
    ... )
    >>> wrong = outages(rng, found_city(rng, 30), hours)
    >>> bool((wrong.down.end > wrong.down.start).all())
    True
    """
    return Outages(
        down=_failures(
            rng,
            hours,
            # a frozen charger says its one word, so nothing happens to it
            np.where(city.frozen == MISSING, city.down_rate, 0.0),
            np.where(city.frozen == MISSING, city.down_share, 0.0),
            lasting=DOWN,
            chronic=DOWN_CHRONIC,
        ),
        offline=_failures(
            rng,
            hours,
            city.offline_rate,
            city.offline_share,
            lasting=OFFLINE,
            chronic=OFFLINE_CHRONIC,
        ),
        city_offline=_by_turns(rng, hours, np.array([DAY / CITY_OFFLINES_PER_DAY]), CITY_OFFLINE),
        unseen=_unseen(rng, hours, city.n_location),
        city_unseen=_by_turns(rng, hours, np.array([DAY / CITY_GAPS_PER_DAY]), CITY_GAP),
    )


def before(spells: Spells, unit: np.ndarray, start: Floats, end: Floats) -> Floats:
    """Return the start of the first spell that touches each stretch, infinite where none does.

    Parameters
    ----------
    spells : Spells
        In the order of unit and time, none overlapping another.
    unit, start, end : numpy.ndarray
        The stretches to look at, shape ``[stretch]``, not empty.

    Returns
    -------
    numpy.ndarray
        Shape ``[stretch]``.

    Examples
    --------
    >>> night = Spells(np.array([0]), np.array([10.0]), np.array([20.0]))
    >>> before(night, np.array([0, 0, 1]), np.array([5.0, 5.0, 5.0]), np.array([15.0, 9.0, 15.0]))
    array([10., inf, inf])
    """
    if not len(spells.unit):
        return np.full(len(unit), np.inf)
    # unit and time in one sortable number; a panel lasts less than the width of a unit
    width = 1.0 + max(float(spells.end.max()), float(end.max(initial=0.0)))
    place = np.searchsorted(spells.unit * width + spells.end, unit * width + start, side="right")
    place = np.minimum(place, len(spells.unit) - 1)
    touches = (
        (spells.unit[place] == unit) & (spells.start[place] < end) & (spells.end[place] > start)
    )
    return np.where(touches, spells.start[place], np.inf)


def _failures(
    rng: np.random.Generator,
    hours: Hours,
    rate: Floats,
    share: Floats,
    *,
    lasting: Lasting,
    chronic: Lasting,
) -> Spells:
    """Return outages at `rate` a day; where `share` is above 0, chronic ones for that share."""
    with np.errstate(divide="ignore"):
        up = np.where(share > 0, np.inf, DAY / rate)
        working = np.where(share > 0, _mean(chronic) * (1 - share) / share, np.inf)
    parts = [_by_turns(rng, hours, up, lasting), _by_turns(rng, hours, working, chronic)]
    unit = np.concatenate([part.unit for part in parts])
    start = np.concatenate([part.start for part in parts])
    end = np.concatenate([part.end for part in parts])
    order = np.lexsort((start, unit))
    return Spells(unit[order], start[order], end[order])


def _by_turns(rng: np.random.Generator, hours: Hours, up: Floats, lasting: Lasting) -> Spells:
    """Return when units are not working: up for `up` seconds on average, then out for `lasting`.

    Shape of `up` is ``[unit]``; an infinite one never fails.
    """
    alive = np.flatnonzero(np.isfinite(up))
    now = np.zeros(len(alive))
    units, starts, ends = [alive[:0]], [now[:0]], [now[:0]]
    while len(alive):
        start = now + up[alive] * rng.standard_gamma(RELAPSE, len(alive)) / RELAPSE
        inside = start < hours.end
        alive, start = alive[inside], start[inside]
        now = start + lasting.draw(rng, np.zeros(len(alive)))
        units.append(alive)
        starts.append(start)
        ends.append(now)
    unit, start, end = np.concatenate(units), np.concatenate(starts), np.concatenate(ends)
    order = np.lexsort((start, unit))
    return Spells(unit[order], start[order], end[order])


def _unseen(rng: np.random.Generator, hours: Hours, n: int) -> Spells:
    """Return when locations are not in the feed: short gaps, a long one, not yet, no longer."""
    gaps = _by_turns(
        rng, hours, DAY / (GAPS_PER_DAY * rng.standard_gamma(GAP_FRAILTY, n) / GAP_FRAILTY), GAP
    )
    first, span = WARM_UP_DAYS * DAY, hours.end - WARM_UP_DAYS * DAY
    length = span * rng.uniform(*LONG_GAP_SHARE, size=n)
    start = first + rng.random(n) * (span - length)
    start = np.where(some(rng, n, LEFT), hours.end - length, start)
    long = np.flatnonzero(some(rng, n, LONG_GAP))
    opened = first + span * rng.uniform(*LATE_SHARE, size=n)
    late = np.flatnonzero(some(rng, n, LATE))
    return Spells(
        np.concatenate([gaps.unit, long, late]),
        np.concatenate([gaps.start, start[long], np.zeros(len(late))]),
        np.concatenate([gaps.end, (start + length)[long], opened[late]]),
    )


def _mean(lasting: Lasting) -> float:
    """Return the mean of a duration, its longest value left out of account."""
    short = lasting.median * np.exp(lasting.spread**2 / 2)
    long = lasting.long_median * np.exp(lasting.long_spread**2 / 2)
    return float(short + lasting.long_share * (long - short))
