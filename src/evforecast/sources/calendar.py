"""French holidays: public ones computed or from the official list, school ones from files or bundled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import IO

import numpy as np
import pandas as pd

from evforecast.errors import FileFormatError, InputError
from evforecast.panel import Calendar
from evforecast.sources._textfile import FilePath
from evforecast.timegrid import as_time

__all__ = [
    "french_public_holidays",
    "paris_calendar",
    "parse",
    "parse_public_holidays",
    "read",
    "read_public_holidays",
]

ZONES = ("A", "B", "C")
"""The zones of French school holidays; Paris is in C."""

_FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
_AFTER_EASTER = (1, 39, 50)  # days to Easter Monday, Ascension, Whit Monday
_COLUMNS = ("date", "ferie")
_LISTED = ("date", "férié", "année")

_KNOWN = (date(2019, 1, 1), date(2024, 12, 20))
_PARIS_SCHOOL = """
2019-01-01/01-06 2019-02-23/03-10 2019-04-20/05-05 2019-05-30/06-02 2019-07-06/09-01 2019-10-19/11-03
2019-12-21/12-31 2020-01-01/01-05 2020-02-08/02-23 2020-04-04/04-19 2020-05-21/05-24 2020-07-04/08-31
2020-10-17/11-01 2020-12-19/12-31 2021-01-01/01-03 2021-02-13/02-28 2021-04-17/05-02 2021-05-13/05-17
2021-07-06/08-31 2021-10-23/11-07 2021-12-18/12-31 2022-01-01/01-02 2022-02-19/03-06 2022-04-23/05-08
2022-05-26/05-29 2022-07-07/08-31 2022-10-22/11-06 2022-12-17/12-31 2023-01-01/01-02 2023-02-18/03-05
2023-04-22/05-08 2023-07-08/09-03 2023-10-21/11-05 2023-12-23/12-31 2024-01-01/01-07 2024-02-10/02-25
2024-04-06/04-21 2024-07-06/09-01 2024-10-19/11-03
"""
"""First and last days of the school holidays of zone C within `_KNOWN`, as the ministry published them."""


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


def read_public_holidays(path: FilePath) -> Calendar:
    """Read the official list of public holidays: ``date;férié;année``, a row a holiday, in any order.

    Parameters
    ----------
    path : str or path
        Semicolons, UTF-8 with or without a mark.

    Returns
    -------
    Calendar
        Without school holidays.

    Raises
    ------
    FileFormatError
        If it is another file, of another encoding, or a date is none or not of the year beside it.
    """
    with open(path, "rb") as file:  # noqa: PTH123 - paths and text alike
        return parse_public_holidays(file, name=str(path))


def parse_public_holidays(file: IO[bytes], *, name: str = "public holidays") -> Calendar:
    r"""Read an open file: see `read_public_holidays`.

    Examples
    --------
    >>> from io import BytesIO
    >>> text = "date;férié;année\n2028-05-01;1er mai;2028\n2028-01-01;1er janvier;2028\n"
    >>> parse_public_holidays(BytesIO(text.encode())).public.tolist()
    [datetime.date(2028, 1, 1), datetime.date(2028, 5, 1)]
    """
    try:
        table = pd.read_csv(file, sep=";", dtype=str, encoding="utf-8-sig")
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        msg = f"{name}: not the list of public holidays in UTF-8 ({error}). Fetch it again."
        raise FileFormatError(msg) from error
    if missing := set(_LISTED) - set(table.columns):
        msg = (
            f"{name}: no column {sorted(missing)}; found {list(table.columns)}. Is it another file?"
        )
        raise FileFormatError(msg)
    days = pd.to_datetime(table["date"], format="%Y-%m-%d", errors="coerce")
    odd = table[days.isna() | (days.dt.year.astype("Int64").astype(str) != table["année"])]
    if len(odd):
        msg = (
            f"{name}, line {odd.index[0] + 2}: the date {odd['date'].iloc[0]!r} of the year "
            f"{odd['année'].iloc[0]!r}; a day like 2028-05-01 and its year are needed."
        )
        raise FileFormatError(msg)
    return Calendar.of(public=days.dt.date)


def paris_calendar(first: object, last: object) -> Calendar:
    """Return the public and the school holidays of Paris (zone C) of some days, without a file.

    School holidays are known from 2019-01-01 to 2024-12-20. They are decreed some years ahead and follow
    no rule, so that for later days the ministry's file is needed, which `read` reads.

    Parameters
    ----------
    first, last : date-like
        The first and the last local day; text, ``datetime.date``, pandas or numpy.

    Raises
    ------
    InputError
        If a day is outside of what is known, or `last` is before `first`.

    Examples
    --------
    >>> calendar = paris_calendar("2020-10-15", "2020-11-15")
    >>> calendar.school[[0, -1]].astype(str).tolist(), calendar.public.astype(str).tolist()
    (['2020-10-17', '2020-11-01'], ['2020-11-01', '2020-11-11'])
    """
    start, end = (as_time(str(day)).astype("datetime64[D]").item() for day in (first, last))
    if not _KNOWN[0] <= start <= end <= _KNOWN[1]:
        msg = (
            f"paris_calendar: {start} to {end}; the school holidays are known from {_KNOWN[0]} to "
            f"{_KNOWN[1]}. For other days read the ministry's file: sources.calendar.read(path)."
        )
        raise InputError(msg)
    inside = np.datetime64(start, "D"), np.datetime64(end, "D")
    spans = [span.split("/") for span in _PARIS_SCHOOL.split()]
    school = np.concatenate(
        [
            np.arange(np.datetime64(begin), np.datetime64(f"{begin[:4]}-{until}") + 1)
            for begin, until in spans
        ]
    )
    public = french_public_holidays(range(start.year, end.year + 1)).public
    kept = [days[(days >= inside[0]) & (days <= inside[1])] for days in (public, school)]
    return Calendar(kept[0], kept[1])


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
