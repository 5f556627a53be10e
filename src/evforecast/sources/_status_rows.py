"""From the rows of any feed of statuses to its tables: what is kept, rejected and counted apart."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import FileFormatError, InputError
from evforecast.panel import MISSING
from evforecast.panel.vocabulary import Vocabulary
from evforecast.sources._payload import Sieve, kinds
from evforecast.sources.feed import Reading, Request, Table
from evforecast.timegrid import Times

__all__ = [
    "ELEMENT",
    "EVSE",
    "NO_OBJECT",
    "PLACE",
    "STATUS",
    "degrees",
    "point_reading",
    "require_feed_name",
    "status_reading",
    "texts",
    "unpacked",
    "zoned_times",
]

STATUS = Table(key=("evse_id", "collected_at"), time="collected_at")
"""A row a charger and collection."""
EVSE = Table(key=("evse_id",), time="collected_at")
"""A row a charger: the one that was collected last."""
PLACE = ("location_id", "address", "area", "lat", "lon")

NO_OBJECT = "no JSON object"
"""Why an element of a list is no row."""
ELEMENT = "element of no kind"
"""The column of raw rows where such an element stands."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_ZONE = r"(?:[Zz]|[+-]\d{2}:?\d{2})$"
_SKEW = np.timedelta64(60, "s")
_REPEATED = "repeated rows"
_BOUNDS = {"lat": 90.0, "lon": 180.0}


def require_feed_name(name: str) -> None:
    """Raise InputError unless a name can be a folder on every system."""
    if not _NAME.fullmatch(name):
        msg = f"name={name!r} is no name of a feed: small letters, digits and '-', as in 'my-network'."
        raise InputError(msg)


def unpacked(body: bytes, what: str) -> bytes:
    """Return a body that is itself a gzip file without its packing, another as it is.

    Raises
    ------
    FileFormatError
        If it is damaged or cut short.
    """
    if not body.startswith(b"\x1f\x8b"):
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error) as error:
        msg = f"{what}: the compressed answer is damaged or cut short ({error}). Ask again."
        raise FileFormatError(msg) from error


def texts(cells: Iterable[Any]) -> list[str | None]:
    """Return cells as text without the blanks around it, None for what is blank, missing or nested."""
    return [
        (str(cell).strip() or None)
        if isinstance(cell, str | int | float) and cell == cell  # noqa: PLR0124 - not NaN
        else None
        for cell in cells
    ]


def zoned_times(cells: Iterable[Any], *, naive_is_utc: bool = False) -> Times:
    """Return ISO times in UTC; NaT for what is none, or has no zone unless that means UTC."""
    column = pd.Series(texts(cells), dtype=object)
    if not naive_is_utc and len(column):
        column = column.where(column.str.contains(_ZONE, na=False), None)
    parsed = pd.to_datetime(column, format="ISO8601", errors="coerce", utc=True)
    return np.asarray(parsed.dt.tz_localize(None).to_numpy().astype("datetime64[s]"))


def degrees(cells: Iterable[Any], name: str) -> npt.NDArray[np.float64]:
    """Return a latitude or longitude as float64, NaN for what is none."""
    column = pd.Series(texts(cells), dtype=object)
    values = pd.to_numeric(column, errors="coerce").to_numpy(np.float64, copy=True)
    values[~(np.abs(values) <= _BOUNDS[name])] = np.nan
    return values


def status_reading(
    raw: pd.DataFrame,
    given: pd.DataFrame,
    *,
    vocabulary: Vocabulary,
    apart: Mapping[str, str],
    source: str,
    notes: Iterable[str] = (),
    more: tuple[Request, ...] = (),
) -> Reading:
    """Return the reading of rows that each say the status of a charger.

    Parameters
    ----------
    raw : pandas.DataFrame
        The rows as they came, for the quarantine and the fields.
    given : pandas.DataFrame
        Row by row ``evse_id``, ``word`` (text, None where there is none), ``observed_at``, ``collected_at``
        (``datetime64[s]``), ``refused`` (None, or why this is no row at all), and the columns of `PLACE`
        where the feed says where the charger stands.
    vocabulary : Vocabulary
        What the words mean.
    apart : mapping of str to str
        What the words that are no status say of a charger.
    source : str
        The name of the feed.
    notes : iterable of str
    more : tuple of Request

    Returns
    -------
    Reading
        Table ``status``, and ``evse`` with the same rows where there are places. Of several rows of one
        charger the one with the newest stamp is kept; the same row again is counted apart. With one stamp
        and different words, none is kept: nobody knows which is right.
    """
    sieve = _sieve(raw, given)
    words = pd.Categorical(given["word"])
    decoded = vocabulary.decode(words, unknown="missing")
    for word in decoded.no_status:
        sieve.set_apart(np.asarray(words == word), apart[word])
    sieve.reject(given["evse_id"].isna().to_numpy(), "no id")
    sieve.reject(np.asarray(words.isna()), "no status")
    for word in decoded.unknown:
        sieve.reject(np.asarray(words == word), f"unknown status word {word!r}")
    observed = given["observed_at"].to_numpy().astype("datetime64[s]")
    _settle_repeats(sieve, given[["evse_id", "collected_at"]], given["word"], observed)
    kept = sieve.kept & (decoded.codes != MISSING)
    names = np.array(vocabulary.scheme.names, dtype=object)
    columns = {
        "evse_id": _objects(given["evse_id"][kept]),
        "status": names[decoded.codes[kept]],
        "word": _objects(given["word"][kept]),
        "observed_at": observed[kept],
        "collected_at": given["collected_at"][kept].to_numpy().astype("datetime64[s]"),
        "source": np.full(int(kept.sum()), source, dtype=object),
    }
    tables = {"status": _frame(columns)}
    if "location_id" in given:
        tables["evse"] = _places(given, kept, source)
    return Reading(
        tables,
        sieve.rejected(),
        rows_read=len(raw),
        counted_apart=sieve.counted_apart(),
        unknown_words=decoded.unknown,
        fields=kinds(raw),
        notes=(*notes, *_on_stamps(columns["observed_at"], columns["collected_at"])),
        more=more,
    )


def point_reading(
    raw: pd.DataFrame,
    given: pd.DataFrame,
    *,
    source: str,
    notes: Iterable[str] = (),
    more: tuple[Request, ...] = (),
) -> Reading:
    """Return the reading of rows that each describe a charger.

    Parameters
    ----------
    raw : pandas.DataFrame
        The rows as they came.
    given : pandas.DataFrame
        Row by row ``evse_id``, the columns of `PLACE`, ``power_kw``, ``changed_at``, ``collected_at`` and
        ``refused``; ``apart``, where the feed says so: what a row is that describes no charger in use.
    source : str
    notes : iterable of str
    more : tuple of Request

    Returns
    -------
    Reading
        Table ``evse``. Repeats are settled as in `status_reading`, by ``changed_at``.
    """
    sieve = _sieve(raw, given)
    for what in given["apart"].dropna().unique() if "apart" in given else ():
        sieve.set_apart((given["apart"] == what).to_numpy(), what)
    sieve.reject(given["evse_id"].isna().to_numpy(), "no id")
    content = given[[*PLACE, "power_kw"]]
    same = pd.Series([repr(row) for row in content.itertuples(index=False)], dtype=object)
    changed = given["changed_at"].to_numpy().astype("datetime64[s]")
    _settle_repeats(sieve, given[["evse_id", "collected_at"]], same, changed)
    return Reading(
        {"evse": _places(given, sieve.kept, source)},
        sieve.rejected(),
        rows_read=len(raw),
        counted_apart=sieve.counted_apart(),
        fields=kinds(raw),
        notes=tuple(notes),
        more=more,
    )


def _sieve(raw: pd.DataFrame, given: pd.DataFrame) -> Sieve:
    sieve = Sieve(raw)
    refused = given["refused"]
    sieve.reject(refused.notna().to_numpy(), _objects(refused))
    return sieve


def _settle_repeats(sieve: Sieve, key: pd.DataFrame, content: pd.Series, stamps: Times) -> None:
    """Leave one row a key: the newest, if those that are the newest agree."""
    rows = np.flatnonzero(sieve.kept)
    key = key.iloc[rows].reset_index(drop=True)
    again = key.duplicated(keep=False).to_numpy()
    reason = np.full(len(content), None, dtype=object)
    repeated = np.zeros(len(content), dtype=bool)
    for places in key[again].groupby(list(key.columns), sort=False).groups.values():
        mine = rows[np.asarray(places)]
        times = stamps[mine]
        known = times[~np.isnat(times)]
        newest = mine[times == known.max()] if len(known) else mine
        said = content.iloc[newest].unique()
        reason[np.setdiff1d(mine, newest)] = "a newer row of the same charger is here"
        if len(said) > 1:
            reason[newest] = (
                f"rows of the same charger and time that differ: {', '.join(map(str, said))}"
            )
        else:
            repeated[newest[1:]] = True
    sieve.reject(pd.Series(reason).notna().to_numpy(), reason)
    sieve.set_apart(repeated, _REPEATED)


def _places(given: pd.DataFrame, kept: npt.NDArray[np.bool_], source: str) -> pd.DataFrame:
    numeric = {"lat", "lon", "power_kw"} & set(given.columns)
    columns = {
        name: given[name][kept].to_numpy(np.float64)
        if name in numeric
        else _objects(given[name][kept])
        for name in ("evse_id", *PLACE, "power_kw")
        if name in given
    }
    columns["collected_at"] = given["collected_at"][kept].to_numpy().astype("datetime64[s]")
    columns["source"] = np.full(int(kept.sum()), source, dtype=object)
    return _frame(columns)


def _frame(columns: Mapping[str, npt.NDArray[Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            name: pd.Series(values, dtype=object) if values.dtype == object else values
            for name, values in columns.items()
        }
    )


def _objects(column: pd.Series) -> npt.NDArray[np.object_]:
    values = np.array(column, dtype=object)
    values[column.isna().to_numpy()] = None
    return values


def _on_stamps(observed: npt.NDArray[Any], collected: npt.NDArray[Any]) -> Iterable[str]:
    lost = int(np.isnat(observed).sum())
    if lost:
        yield f"{lost:,} rows carry no stamp with a zone that can be read: their observed_at is missing"
    ahead = observed - collected
    skewed = ahead > _SKEW
    if skewed.any():
        most = int(ahead[skewed].max() / np.timedelta64(1, "s"))
        yield f"{int(skewed.sum()):,} stamps lie up to {most:,} s after their collection: a clock is wrong"
