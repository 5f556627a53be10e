"""Rows of the hourly counts of Paris, from whatever they came in: JSON, GeoJSON, labelled CSV, archives.

The words of the publisher stand here, and nowhere else. Its dictionary is the notice of 7 June 2019 on the
data of the permanent sensors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, FileFormatError, first_few
from evforecast.sources import _textfile
from evforecast.sources._instants import instants
from evforecast.sources._payload import (
    Sieve,
    json_body,
    kinds,
    numbers,
    plain,
    records,
    refuse_html,
    words,
)
from evforecast.sources.feed import Reading

__all__ = ["arcs", "counts", "rows_of_json", "rows_of_text"]

ARC, TIME, FLOW, OCCUPANCY, STATE, OPEN = "iu_ac", "t_1h", "q", "k", "etat_trafic", "etat_barre"
NAME, POINT = "libelle", "geo_point_2d"
PHANTOM = "*"

LABELS = {
    "Identifiant arc": ARC,
    "Libelle": NAME,
    "Date et heure de comptage": TIME,
    "Débit horaire": FLOW,
    "Taux d'occupation": OCCUPANCY,
    "Etat trafic": STATE,
    "Etat arc": OPEN,
}
STATES = {"inconnu": 0, "fluide": 1, "pre-sature": 2, "sature": 3, "bloque": 4}
OPENINGS = {"inconnu": 0, "ouvert": 1, "barre": 2, "invalide": 3}
BOUNDS = (15.0, 30.0, 50.0)
"""Occupancy, %, from which an arc is pre-saturated, saturated, blocked."""

_ROUNDING = 1e-3  # weeks of the archives overlap, and were written with other numbers of digits
_OLD = (ARC, TIME, FLOW, OCCUPANCY)
_EXPECTED = "hourly counts, with the columns iu_ac, t_1h, q, k or their French labels"


def rows_of_json(body: bytes, what: str) -> pd.DataFrame:
    """Return the rows of an export: a list, the envelope of ``records``, or GeoJSON.

    Raises
    ------
    FileFormatError
        If it is none of them.
    """
    found = json_body(body, what)
    if isinstance(found, dict) and isinstance(found.get("features"), list):
        features = records(found["features"], what)
        return records(list(features.get("properties", [])), what)
    if isinstance(found, dict) and isinstance(found.get("results"), list):
        return records(found["results"], what)
    if isinstance(found, list):
        return records(found, what)
    msg = f"{what}: neither a list of rows nor an envelope with 'results' or 'features': {found!r:.120}."
    raise FileFormatError(msg)


def rows_of_text(source: _textfile.FilePath | _textfile.Buffer, what: str) -> pd.DataFrame:
    """Return the rows of a text file, each column a categorical: both layouts of the archives, or CSV.

    Since 2014 the files have a header and semicolons; before, four columns between tabs, with decimal
    commas and no header. CSV of the API may have French labels. Columns that we do not read are left.

    Raises
    ------
    FileFormatError
        If it is another file, cut short, or of another encoding.
    """
    if isinstance(source, bytes):
        refuse_html(source, what, "CSV")
    try:
        return _split(source, what)
    except EmptyInputError as error:
        msg = f"{what}: the answer is empty ({error})"
        raise FileFormatError(msg) from error


def _split(source: _textfile.FilePath | _textfile.Buffer, what: str) -> pd.DataFrame:
    with _textfile.open_text(source) as stream:
        stream.name = what
        line = stream.peek_line()
        if re.match(r"\d+\t", line):
            names, delimiter, before = list(_OLD), "\t", 0
        else:
            delimiter, before = (";" if line.count(";") >= line.count(",") else ","), 1
            names = [LABELS.get(name.strip(), name.strip()) for name in line.split(delimiter)]
            stream.skip_line()
        _require(names, what)
        keep = [
            name for name in (ARC, NAME, TIME, FLOW, OCCUPANCY, STATE, OPEN, POINT) if name in names
        ]
        if stream.is_empty():
            return pd.DataFrame({name: pd.Categorical([]) for name in keep})
        table = _textfile.read_table(
            stream, names, keep, expected=_EXPECTED, n_before=before, delimiter=delimiter
        )
    return pd.DataFrame({name: _textfile.categorical(table[name]) for name in keep})


def counts(raw: pd.DataFrame, what: str) -> Reading:
    """Return the table ``traffic`` of rows, and what became of the others.

    Raises
    ------
    FileFormatError
        If fields are missing.
    """
    if len(raw):
        _require(list(raw.columns), what)
    else:
        raw = raw.reindex(columns=list(_OLD))
    old = set(raw.columns) == set(_OLD) and len(raw) > 0
    sieve, notes = Sieve(raw), []
    arc = words(raw[ARC])
    sieve.set_apart(arc == PHANTOM, "phantom arc")
    sieve.reject(arc == "", "no arc")
    time, reason = instants(raw[TIME], arc)
    sieve.reject(np.isnat(time), reason)
    fields, values = kinds(raw), {}
    for name, most in ((FLOW, np.inf), (OCCUPANCY, 100.0)):
        values[name], wrong = numbers(_cells(raw[name]), "," if old else ".")
        sieve.reject(wrong, f"{name} is no number")
        if isinstance(raw[name].dtype, pd.CategoricalDtype) and not wrong.any():
            fields[name] = "number"  # text as all cells of a text file are: a number as in JSON
        with np.errstate(invalid="ignore"):
            sieve.reject((values[name] < 0) | (values[name] > most), f"{name} is out of range")
    codes: dict[str, npt.NDArray[np.int8]] = {}
    unknown: dict[str, int] = {}
    for name, known in ((STATE, STATES), (OPEN, OPENINGS)):
        if name in raw.columns:
            found = words(raw[name])
            codes[name] = _codes(found, known)
            strange, n_times = np.unique(
                found[(codes[name] < 0) & sieve.kept].astype(str), return_counts=True
            )
            unknown |= dict(zip(map(str, strange), map(int, n_times), strict=True))
            sieve.reject(codes[name] < 0, f"{name} is a word that is not known")
        elif name == STATE:
            codes[name] = _state(values[OCCUPANCY])
            notes += ["the state is not in the rows: it follows from the occupancy"] * bool(
                len(raw)
            )
        else:
            codes[name] = np.zeros(len(raw), np.int8)
    table = pd.DataFrame(
        {
            "iu_ac": arc,
            "time": time,
            "q": values[FLOW],
            "k": values[OCCUPANCY],
            "state": codes[STATE],
            "open": codes[OPEN],
        }
    )
    notes += _one_each(table, sieve)
    return Reading(
        tables={"traffic": table[sieve.kept].reset_index(drop=True)},
        rejected=sieve.rejected(),
        rows_read=len(raw),
        counted_apart=sieve.counted_apart(),
        unknown_words=unknown,
        fields=fields,
        notes=tuple(notes),
    )


def arcs(raw: pd.DataFrame, collected_at: np.datetime64, what: str) -> Reading:
    """Return the table ``traffic-arcs`` of rows: where each arc is; one row an arc, without its counts.

    Raises
    ------
    FileFormatError
        If fields are missing.
    """
    if missing := [name for name in (ARC, POINT) if len(raw) and name not in raw.columns]:
        msg = f"{what}: no field {first_few(missing)}; found {first_few(raw.columns)}."
        raise FileFormatError(msg)
    raw = raw if len(raw) else raw.reindex(columns=[ARC, POINT])
    sieve = Sieve(raw)
    arc = words(raw[ARC])
    sieve.set_apart(arc == PHANTOM, "phantom arc")
    sieve.reject(arc == "", "no arc")
    sieve.set_apart(pd.Series(arc).duplicated().to_numpy(bool), "rows of an arc that stands there")
    points = [_point(cell) for cell in raw[POINT]]
    lat, lon = (np.array([point[axis] for point in points], np.float64) for axis in (0, 1))
    with np.errstate(invalid="ignore"):
        sieve.reject((np.abs(lat) > 90) | (np.abs(lon) > 180), "the coordinates are no degrees")
    names = words(raw[NAME]) if NAME in raw.columns else np.full(len(raw), "", object)
    table = pd.DataFrame(
        {
            "iu_ac": arc,
            "name": names,
            "lat": lat,
            "lon": lon,
            "collected_at": np.full(len(raw), collected_at, dtype="datetime64[s]"),
        }
    )[sieve.kept].reset_index(drop=True)
    n_nowhere = int(table["lat"].isna().sum())
    return Reading(
        tables={"traffic-arcs": table},
        rejected=sieve.rejected(),
        rows_read=len(raw),
        counted_apart=sieve.counted_apart(),
        fields=kinds(raw),
        notes=(f"{n_nowhere:,} arcs have no coordinates",) if n_nowhere else (),
    )


def _require(names: list[str], what: str) -> None:
    missing = [name for name in _OLD if name not in names]
    if missing:
        msg = f"{what}: no field {first_few(missing)}; found {first_few(names)}. Expected {_EXPECTED}."
        raise FileFormatError(msg)


def _one_each(table: pd.DataFrame, sieve: Sieve) -> list[str]:
    """Leave one row for each arc and hour: the fuller, then the later one."""
    key = ["iu_ac", "time"]
    kept = table[sieve.kept]
    twice = kept[kept.duplicated(key, keep=False)]
    if twice.empty:
        return []
    fullness = twice[["q", "k"]].notna().sum(axis=1)
    ordered = twice.assign(fullness=fullness).sort_values([*key, "fullness"], kind="stable")
    hour = ordered.groupby(key, sort=False).ngroup().to_numpy()
    taken = ~ordered.duplicated(key, keep="last").to_numpy(bool)
    chosen = ordered[taken].iloc[hour]  # one row an hour, in the order of `hour`
    same = np.ones(len(ordered), bool)
    for name in ("q", "k", "state", "open"):
        one, other = (frame[name].to_numpy(np.float64) for frame in (ordered, chosen))
        same &= (np.abs(one - other) <= _ROUNDING) | (np.isnan(one) & np.isnan(other))
    masks = np.zeros((2, len(table)), bool)
    masks[0, ordered.index[~taken & same]] = True
    masks[1, ordered.index[~taken & ~same]] = True
    sieve.set_apart(masks[0], "rows that repeat an arc and hour")
    sieve.reject(masks[1], "another row for this arc and hour, with other values, was taken")
    n_hours = len(np.unique(hour[~taken & ~same]))
    if not n_hours:
        return []
    return [
        f"{n_hours:,} hours of an arc came with several values: the fullest, then the last was taken"
    ]


def _cells(column: pd.Series) -> Any:
    return column.array if isinstance(column.dtype, pd.CategoricalDtype) else column


def _codes(words: npt.NDArray[np.object_], known: Mapping[str, int]) -> npt.NDArray[np.int8]:
    """Return the code of each word, 0 where blank, -1 where it is not known."""
    codes, levels = pd.factorize(words)
    numbered = {str(code): code for code in known.values()} | {"": 0}
    values = [numbered.get(word, known.get(plain(word), -1)) for word in levels]
    return np.array(values, np.int8)[codes]


def _state(occupancy: npt.NDArray[np.float64]) -> npt.NDArray[np.int8]:
    known = 1 + np.searchsorted(BOUNDS, occupancy, side="right")
    return np.where(np.isnan(occupancy), 0, known).astype(np.int8)


def _point(cell: Any) -> tuple[float, float]:
    """Return latitude and longitude of ``{"lat": …, "lon": …}`` or of ``"lat, lon"``."""
    if isinstance(cell, dict):
        pair: list[Any] = [cell.get("lat"), cell.get("lon")]
    else:
        pair = cell.split(",") if isinstance(cell, str) else []
    values, _ = numbers(pair)
    return (float(values[0]), float(values[1])) if len(values) == 2 else (np.nan, np.nan)
