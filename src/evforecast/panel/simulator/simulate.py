"""`simulate`: a seeded city of chargers as a `StatusPanel`."""

from __future__ import annotations

import datetime as dt
import difflib
import operator
import zoneinfo

import numpy as np
import pandas as pd

from evforecast.errors import InputError
from evforecast.panel.panel import StatusPanel
from evforecast.panel.scheme import CODE_DTYPE, MISSING, STATUS, Codes
from evforecast.panel.simulator.city import City, found_city
from evforecast.panel.simulator.demand import demand
from evforecast.panel.simulator.durations import DAY, HOUR
from evforecast.panel.simulator.hours import WARM_UP_DAYS, Hours
from evforecast.panel.simulator.outages import Outages, Spells, outages
from evforecast.panel.simulator.paint import paint
from evforecast.panel.simulator.visits import Visits, visits
from evforecast.panel.simulator.weather import exogenous
from evforecast.random import RandomState, generator
from evforecast.timegrid import StepLike, TimeGrid, as_step, as_time

__all__ = ["simulate"]


def simulate(
    n_evse: int = 273,
    days: int = 28,
    *,
    start: str | dt.date = "2020-09-28",
    step: StepLike = "15min",
    tz: str = "Europe/Paris",
    random_state: RandomState = None,
) -> StatusPanel:
    """Simulate the chargers of a city: a semi-Markov process with the habits of the real ones.

    Cars come by the hour, the weekday, the neighbourhood, the weather and the mood of the day; they
    charge for a while that is not memoryless, may stay on when full, often overnight, and leave.
    Locations go offline with all their chargers; few chargers take most of the failures; some are
    dead or never used; gaps hide a location, or everyone. Durations are in real time, so a finer
    `step` shows the same city in more detail: the rows that two steps share are equal.

    Parameters
    ----------
    n_evse : int
        Chargers, three a location.
    days : int
        Local days from `start`; a day on which the clocks change has 23 or 25 hours.
    start : str or date
        The first day; the first row is its midnight in `tz`.
    step : str or timedelta
        The time between rows, a divisor of 24 hours.
    tz : str
        The zone of the wall clock that drivers live by; rows are in UTC.
    random_state : int, numpy.random.Generator or None
        The same seed gives the same panel.

    Returns
    -------
    StatusPanel
        With the table of chargers, and weather and traffic as exogenous series: ``temperature``
        (°C), ``wind_speed`` and ``wind_gust_speed`` (km/h), ``rain_level`` (mm/h),
        ``traffic_state`` (1 fluid to 4 blocked), ``average_flow`` (vehicles/h). A row holds the
        values of the last full hour, for more is not known at its instant.

    Raises
    ------
    InputError
        If there is no charger or no day, or `start`, `step` or `tz` is none.

    Examples
    --------
    >>> panel = simulate(n_evse=6, days=2, start="2020-10-24", random_state=0)
    >>> panel.n_time  # the second day has 25 hours
    196
    >>> panel.equals(simulate(n_evse=6, days=2, start="2020-10-24", random_state=0))
    True
    """
    n_evse, days = _at_least_one("n_evse", n_evse), _at_least_one("days", days)
    first, end = _midnights(start, days, _zone(tz))
    size = as_step(step)
    grid = TimeGrid(first, size, int(-((first - end) // size)))
    warm_up = np.timedelta64(WARM_UP_DAYS, "D")
    n_hours = int(-((first - warm_up - end) // np.timedelta64(3600, "s")))
    hours = Hours.of(first - warm_up, n_hours, tz)

    # nothing that is drawn depends on the step, so every step shows the same city
    rng = generator(random_state)
    city = found_city(rng, n_evse)
    exog = exogenous(rng, hours)
    wrong = outages(rng, city, hours)
    came = visits(rng, city, hours, demand(rng, city, hours, exog))

    running = ((np.arange(grid.n) * size.astype(np.int64)) // HOUR).astype(np.intp)
    rows = exog.iloc[WARM_UP_DAYS * 24 + running - 1].set_axis(pd.DatetimeIndex(grid.times), axis=0)
    return StatusPanel(_rows(city, came, wrong, grid), grid, city.evse, exog=rows, tz=tz)


def _rows(city: City, came: Visits, wrong: Outages, grid: TimeGrid) -> Codes:
    """Return the statuses ``[time, evse]``: outages hide visits, and gaps hide everything."""

    def seen(spells: Spells, n_unit: int, codes: Codes | None = None) -> Codes:
        step = float(grid.step.astype(np.int64))
        origin = WARM_UP_DAYS * DAY
        return paint(spells, n_unit, origin=origin, step=step, n_row=grid.n, codes=codes)

    n_evse, n_location = len(city.location), city.n_location
    spells, used = came.cut(wrong.down).spells()
    codes = seen(spells, n_evse, used)
    codes[seen(wrong.down, n_evse) > 0] = STATUS.code("down")
    offline = (seen(wrong.offline, n_location) + seen(wrong.city_offline, 1)) > 0
    unseen = (seen(wrong.unseen, n_location) + seen(wrong.city_unseen, 1)) > 0
    # charger by charger: one mask [evse, time] more would be as large as the panel
    for place, location in enumerate(city.location):
        codes[place, offline[location]] = STATUS.code("offline")
        if city.frozen[place] != MISSING:
            codes[place] = city.frozen[place]
        codes[place, unseen[location]] = MISSING
    return np.ascontiguousarray(codes.T, dtype=CODE_DTYPE)


def _at_least_one(name: str, value: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if number < 1 or isinstance(value, bool):
        raise InputError(f"simulate: {name} is {value!r}. Pass a whole number, 1 or more.")
    return number


def _zone(tz: str) -> str:
    try:
        zoneinfo.ZoneInfo(tz)
    except (KeyError, ValueError, OSError, TypeError) as error:
        near = difflib.get_close_matches(str(tz), zoneinfo.available_timezones(), n=1)
        hint = f" Perhaps {near[0]!r}?" if near else ""
        raise InputError(
            f"simulate: tz is {tz!r}, which is no known zone.{hint} "
            "Pass an IANA name such as 'Europe/Paris' or 'UTC'."
        ) from error
    return tz


def _midnights(start: str | dt.date, days: int, tz: str) -> tuple[np.datetime64, np.datetime64]:
    """Return the UTC instants at which the first local day starts and the last one ends."""
    try:
        day = pd.Timestamp(start)
    except (ValueError, TypeError) as error:
        raise InputError(
            f"simulate: start is {start!r}, which is no date. Write it like '2020-09-28'."
        ) from error
    if str(day) == "NaT" or day.tzinfo is not None or day != day.normalize():
        raise InputError(
            f"simulate: start is {start!r}, but it must be a day: its midnight in {tz} is the "
            "first row. Write it like '2020-09-28', and the zone as tz=."
        )
    both = pd.DatetimeIndex([day, day + pd.Timedelta(days=days)])
    # where clocks change at midnight, the day starts at its first instant
    local = both.tz_localize(tz, ambiguous=np.array([True, True]), nonexistent="shift_forward")
    first, end = (as_time(time) for time in local)
    return first, end
