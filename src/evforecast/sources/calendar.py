"""French holidays: public ones computed, school ones from a file of one row a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import IO

import pandas as pd

from evforecast.errors import FileFormatError, InputError
from evforecast.panel import Calendar
from evforecast.sources._textfile import FilePath

__all__ = ["french_public_holidays", "parse", "read"]

ZONES = ("A", "B", "C")
"""The zones of French school holidays; Paris is in C."""

_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)  # days to Easter Monday, Ascension, Whit Monday
_COLUMNS = ("date", "ferie")


def read(path: FilePath, *, zone: str = "C") -> Calendar:
    """Read a file of one row a day: ``date``, ``vacances_zone_a`` to ``c`` and ``ferie``, 0 or 1.

    Parameters
    ----------
    path : str or path
        Comma separated, UTF-8.
    zone : str
        The zone of the school holidays: ``"A"``, ``"B"`` or ``"C"`` (Paris).

    Returns
    -------
    Calendar

    Raises
    ------
    InputError
        If there is no such zone.
    FileFormatError
        If columns are missing, or a value is neither 0 nor 1.
    """
    with open(path, "rb") as file:  # noqa: PTH123 - paths and text alike
        return parse(file, zone=zone, name=str(path))


def parse(file: IO[bytes], *, zone: str = "C", name: str = "calendar") -> Calendar:
    r"""Read an open file: see `read`.

    Examples
    --------
    >>> from io import BytesIO
    >>> head = "date,vacances_zone_a,vacances_zone_b,vacances_zone_c,ferie"
    >>> calendar = parse(BytesIO(f"{head}\n2020-12-25,1,1,1,1\n2020-12-28,1,1,0,0".encode()))
    >>> calendar.public.tolist(), len(calendar.school)
    ([datetime.date(2020, 12, 25)], 1)
    """
    if zone.upper() not in ZONES:
        msg = f"calendar: no zone {zone!r}; choose among {ZONES} (Paris is in C)."
        raise InputError(msg)
    school = f"vacances_zone_{zone.lower()}"
    table = pd.read_csv(file, dtype=str)
    if missing := {*_COLUMNS, school} - set(table.columns):
        msg = (
            f"{name}: no column {sorted(missing)}; found {list(table.columns)}. Is it another file?"
        )
        raise FileFormatError(msg)
    for column in ("ferie", school):
        strange = table.loc[~table[column].isin(["0", "1"]), column]
        if len(strange):
            msg = (
                f"{name}, line {strange.index[0] + 2}: {column} is {strange.iloc[0]!r}, "
                "where 0 or 1 is needed."
            )
            raise FileFormatError(msg)
    return Calendar.of(
        public=table.loc[table["ferie"] == "1", "date"],
        school=table.loc[table[school] == "1", "date"],
    )


def french_public_holidays(years: Iterable[int]) -> Calendar:
    """Return the eleven public holidays of metropolitan France in some years.

    Parameters
    ----------
    years : iterable of int
        The years, from 1983 on, when the list became what it is.

    Raises
    ------
    InputError
        If a year is before 1983.

    Examples
    --------
    >>> len(french_public_holidays([2020]).public)
    11
    """
    days: list[date] = []
    for year in years:
        if year < 1983:
            msg = f"french_public_holidays: {year} is before 1983, when the list was another."
            raise InputError(msg)
        days.extend(date(year, month, day) for month, day in _FIXED)
        days.extend(_easter(year) + timedelta(days=after) for after in _AFTER_EASTER)
    return Calendar.of(public=days)


def _easter(year: int) -> date:
    """Return Easter Sunday (Meeus 1991, Astronomical Algorithms, chapter 8)."""
    golden, (century, of_century) = year % 19, divmod(year, 100)
    leap_centuries, rest = divmod(century, 4)
    moon_shift = (century - (century + 8) // 25 + 1) // 3
    epact = (19 * golden + century - leap_centuries - moon_shift + 15) % 30
    leaps, of_four = divmod(of_century, 4)
    to_sunday = (32 + 2 * rest + 2 * leaps - epact - of_four) % 7
    late = (golden + 11 * epact + 22 * to_sunday) // 451
    month, day = divmod(epact + to_sunday - 7 * late + 114, 31)
    return date(year, month, day + 1)
