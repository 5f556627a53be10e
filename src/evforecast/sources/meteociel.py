"""The hourly observations that Meteociel shows on a page, one page a station and day.

The site offers no programming interface, and the foot of its pages says that automatic scripts are forbidden
and that commercial use is not allowed. So `Meteociel` asks nothing unless it is told that its user has the
site's leave; pages that a person saved can be read as they are. The same stations stand in the files of
Météo-France (`evforecast.sources.meteofrance`), and Open-Meteo has an interface
(`evforecast.sources.openmeteo`): take one of those where you can.

Hours of the page are local ("heure locale"); the page says its day, its station and its columns, and nothing
is taken from where a thing stands. A cell that is no number in the unit that is expected is missing, and
noted; a column of such cells, a change of unit say, stops the reading. Rain: ``aucune`` is 0 mm, and so is a
trace, which is less than the gauge can measure; an amount of more than one hour, as older stations give, is
missing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode, urlsplit

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import FileFormatError, InputError, first_few
from evforecast.sources._html_page import Cell, HtmlTable, Page, read_page
from evforecast.sources._instants import PARIS, instants
from evforecast.sources._meteociel_cells import HOUR, RAIN, column, is_left_out, measured
from evforecast.sources._payload import Sieve, decoded, plain, where
from evforecast.sources.feed import Payload, Reading, Request, Table
from evforecast.sources.weather import UNITS, WEATHER, weather_rows

if TYPE_CHECKING:
    from evforecast.timegrid import TimeLike, Times

__all__ = ["Meteociel"]

_PAGE = "https://www.meteociel.fr/temps-reel/obs_villes.php"


class Meteociel:
    """The page of one station for the local day before, once a day.

    Parameters
    ----------
    station : str
        Its number in the page's address (``code2``): ``"7156"`` is Paris-Montsouris.
    permitted : bool
        Whether the site has allowed you to fetch its pages with a program. Its pages forbid that to
        others.

    Attributes
    ----------
    name, every, lag, tables
        See `evforecast.sources.feed.Feed`; the table ``weather`` is that of
        `evforecast.sources.weather`. A past day can be had with the `now` of the day after.

    Raises
    ------
    InputError
        If it is not permitted, or `station` is no number.

    Examples
    --------
    >>> import numpy as np
    >>> feed = Meteociel("7156", permitted=True)
    >>> request = feed.requests(np.datetime64("2020-11-09T06:00"))[0]
    >>> request.name, request.url.partition("?")[2]  # the address counts months from 0
    ('7156-2020-11-08', 'code2=7156&jour2=8&mois2=10&annee2=2020')
    """

    def __init__(self, station: str, *, permitted: bool) -> None:
        if not station.isdecimal():
            msg = f"Meteociel: station={station!r} is no number; see code2 in the page's address."
            raise InputError(msg)
        if not permitted:
            msg = (
                "Meteociel: the pages of the site forbid automatic scripts. Ask for leave and pass "
                "permitted=True, or take evforecast.sources.openmeteo or .meteofrance."
            )
            raise InputError(msg)
        self.station = station
        self.name = f"meteociel-{station}"
        self.every = "1D"
        self.lag = "3650D"
        self.tables: Mapping[str, Table] = {"weather": WEATHER}

    def requests(self, now: TimeLike) -> list[Request]:
        """Return the request for the page of the local day before."""
        local = pd.Timestamp(now).tz_localize("UTC").tz_convert(PARIS)
        day = local.tz_localize(None).normalize() - pd.Timedelta("1D")
        query = {
            "code2": self.station,
            "jour2": day.day,
            "mois2": day.month - 1,
            "annee2": day.year,
        }
        return [Request(f"{_PAGE}?{urlencode(query)}", f"{self.station}-{day:%Y-%m-%d}")]

    def read(self, payload: Payload) -> Reading:
        """Read one page.

        Raises
        ------
        FileFormatError
            If it has no table of hours, is cut short, or does not say its day, its station, or the clock
            of its hours.
        """
        what = where(payload)
        page = read_page(decoded(payload.body, what, _charset(payload)))
        table, head = _table(page, what)
        day, (station, name) = _day(page, what), _station(page, what)
        rows = [row for row in table.rows[1:] if row]
        width = sum(cell.span for cell in table.rows[0])
        spread = [[cell for cell in row for _ in range(cell.span)] for row in rows]
        raw = pd.DataFrame(
            {
                title: pd.Series(
                    [row[place].text.strip() if place < len(row) else None for row in spread],
                    dtype=object,
                )
                for title, place in head.items()
            }
        )
        sieve = Sieve(raw)
        sieve.reject(
            np.array([len(row) != width for row in spread], bool), "the row has other cells"
        )
        values, notes = _values(spread, head, sieve.kept, what)
        time = _times(raw, day, sieve, utc=_is_utc(head, what))
        empty = [np.isnan(cells) for cells in values.values()]
        sieve.set_apart(np.logical_and.reduce(empty), "hours without a value")
        frame = weather_rows(time, station, name, values)
        return Reading(
            tables={"weather": frame[sieve.kept].reset_index(drop=True)},
            rejected=sieve.rejected(),
            rows_read=len(raw),
            counted_apart=sieve.counted_apart(),
            fields={title: "number" if column(title) else "text" for title in head},
            notes=(*_asked(payload.request, day, station, name), *notes),
        )


def _charset(payload: Payload) -> str:
    """Return the encoding that the server, else the page, says; that of the site where neither does."""
    said = payload.content_type.encode("ascii", "replace") + b" " + payload.body[:4096]
    found = re.search(rb"charset\s*=\s*[\"']?([\w-]+)", said, re.IGNORECASE)
    return found[1].decode("ascii") if found else "iso-8859-1"


def _table(page: Page, what: str) -> tuple[HtmlTable, dict[str, int]]:
    """Return the table of hours, and the place of each title of its head."""
    for table in page.tables:
        titles = [plain(cell.text) for cell in table.rows[0]] if table.rows else []
        if titles and titles[0].startswith(HOUR):
            break
    else:
        about = f" It is about {' '.join(page.heading.split())!r}." if page.heading.strip() else ""
        msg = (
            f"{what}: no table that begins with {HOUR!r} among {len(page.tables)}.{about} "
            "Is it the page of hourly observations, in the encoding that it says?"
        )
        raise FileFormatError(msg)
    if not table.closed:
        msg = f"{what}: the page ends within the table of hours: cut short. Ask again."
        raise FileFormatError(msg)
    if any("Ã" in cell.text for cell in table.rows[0]):
        msg = (
            f"{what}: the page is UTF-8 and says another encoding; titles are {first_few(titles)}."
        )
        raise FileFormatError(msg)
    head: dict[str, int] = {}
    place = 0
    for title, cell in zip(titles, table.rows[0], strict=True):
        head[title if title not in head else f"{title} ({place})"] = place
        place += cell.span
    known = [title for title in head if column(title)]
    if not known:
        msg = (
            f"{what}: the table has no column that is known, only {first_few(head)}. Has the page "
            "changed, or is its encoding not the one that it says?"
        )
        raise FileFormatError(msg)
    rain = [title for title in head if title.startswith(RAIN)]
    if rain and "rain" not in map(column, known):
        msg = f"{what}: rain is not in mm/h: {first_few(rain)}. Ask for the page of hours."
        raise FileFormatError(msg)
    return table, head


def _is_utc(head: Mapping[str, int], what: str) -> bool:
    """Tell which clock the hours are of: UTC, or the local one."""
    title = next(iter(head))
    if "utc" in title.split() or "locale" in title.split():
        return "utc" in title.split()
    msg = (
        f"{what}: the hours do not say their clock: {title!r}, not 'heure locale' nor 'heure utc'."
    )
    raise FileFormatError(msg)


def _day(page: Page, what: str) -> pd.Timestamp:
    """Return the day that the page's form shows; its months count from 0."""
    try:
        day, month, year = (int(page.selected[name]) for name in ("jour2", "mois2", "annee2"))
        return pd.Timestamp(year, month + 1, day)
    except (KeyError, ValueError) as error:
        msg = f"{what}: the page does not say its day (form fields jour2, mois2, annee2)."
        raise FileFormatError(msg) from error


def _station(page: Page, what: str) -> tuple[str, str]:
    """Return the number of the page's station, and its name with its altitude."""
    numbers = [re.search(r"obs_villes\.php\?code2?=(\d+)", link) for link in page.links]
    found = next((number[1] for number in numbers if number), None)
    name = re.search(
        r"pour\s+(.*?)\s*(?:\(\s*(-?\d+)\s*m\s*\)|\[|$)", " ".join(page.heading.split())
    )
    if found is None or name is None:
        msg = f"{what}: the page does not say its station in its heading: {page.heading.strip()!r}."
        raise FileFormatError(msg)
    altitude = f", {name[2]} m" if name[2] else ""
    return found, f"{name[1]}{altitude}"


def _asked(request: Request, day: pd.Timestamp, station: str, name: str) -> list[str]:
    """Return a note for each thing that was asked and is not what came."""
    query = parse_qs(urlsplit(request.url).query)
    notes = []
    wanted = query.get("code2", [station])[0].lstrip("0")
    if wanted != station.lstrip("0"):
        notes.append(f"station {wanted} was asked, the page is of {station} {name}")
    if {"jour2", "mois2", "annee2"} <= set(query):
        asked = tuple(int(query[part][0]) for part in ("annee2", "mois2", "jour2"))
        if asked != (day.year, day.month - 1, day.day):
            notes.append(f"another day was asked, the page is of {day:%Y-%m-%d}")
    return notes


def _times(raw: pd.DataFrame, day: pd.Timestamp, sieve: Sieve, *, utc: bool) -> Times:
    """Return the instants of the rows, which stand newest first or oldest first."""
    hours = [re.fullmatch(r"(\d{1,2})\s*h(?:\s*(\d{2}))?", text or "") for text in raw.iloc[:, 0]]
    stamps = [
        f"{day:%Y-%m-%d} {int(hour[1]):02d}:{hour[2] or '00'}{'Z' * utc}" if hour else None
        for hour in hours
    ]
    known = [stamp for stamp in stamps if stamp]
    step = -1 if known and known[0] > known[-1] else 1
    time, reason = instants(stamps[::step], np.zeros(len(stamps)))
    time, reason = time[::step], reason[::step]
    sieve.reject(np.array([hour is None for hour in hours], bool), "the hour cannot be read")
    sieve.reject(np.isnat(time), reason)
    again = pd.Series(time).duplicated(keep=False).to_numpy(bool) & ~np.isnat(time)
    sieve.reject(again, "the hour stands there twice")
    return time


def _values(
    rows: list[list[Cell]], head: Mapping[str, int], whole: npt.NDArray[np.bool_], what: str
) -> tuple[dict[str, npt.NDArray[np.float64]], list[str]]:
    """Return the measurements of the whole rows by name, and notes on what could not be read."""
    values = {name: np.full(len(rows), np.nan) for name in UNITS}
    notes = []
    places = [*head.values(), None]
    for title, first, last in zip(head, places, places[1:], strict=False):
        name = column(title)
        if name is None:
            notes += [] if is_left_out(title) else [f"a column that is not known: {title!r}"]
            continue
        odd, n_read = [], 0
        for number in np.flatnonzero(whole):
            try:
                found = measured(name, rows[number][first:last])
            except ValueError as error:
                odd.append(str(error))
                continue
            n_read += not all(map(np.isnan, found.values()))
            for key, value in found.items():
                values[key][number] = value
        if odd and not n_read:
            msg = (
                f"{what}: no cell of the column {title!r} is a number in {UNITS.get(name, 'km/h')}: "
                f"{first_few(odd)}. Has its unit changed?"
            )
            raise FileFormatError(msg)
        if odd:
            notes.append(f"{len(odd):,} cells of {title!r} were not read: {first_few(odd)}")
    return values, notes
