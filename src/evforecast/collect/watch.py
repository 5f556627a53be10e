"""Whether a feed still looks as it did: its words, fields, rows, values and pace.

What is looked for is told once, when it begins: a profile takes the new state as what is usual from then on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np
import pandas as pd

from evforecast.sources.feed import Reading

__all__ = ["Alert", "Profile", "watch", "watch_unchanged"]

_READINGS_KEPT = 9
_STAMPS_KEPT = 16
_NEW_PACE = 5  # intervals between stamps that make a pace: most of them
_PACE = 1.5
_FROZEN = 4
_LONG_ENOUGH = 12
_ENOUGH = 3
_ENOUGH_VALUES = 30
# A field without any value has no kind to compare.
_NO_KIND = ("", "null", "nothing")


@dataclass(frozen=True)
class Alert:
    """Something about a feed that is not as it was.

    Attributes
    ----------
    kind : str
        ``"new word"``, ``"missing field"``, ``"new field"``, ``"another kind"``, ``"fewer rows"``,
        ``"another scale"``, ``"frozen"``, ``"another pace"``, ``"vanished"``, ``"unreadable"`` or
        ``"damaged"``.
    subject : str
        The word, the field, the column; else the request.
    message : str
        What was found, in a sentence.

    Examples
    --------
    >>> Alert("new word", "Suspendu", "'Suspendu' came 3 times.").subject
    'Suspendu'
    """

    kind: str
    subject: str
    message: str


@dataclass(frozen=True)
class Profile:
    """How the answers to a request have looked so far.

    Attributes
    ----------
    readings : int
        How many were read.
    fields : mapping of str to str
        Each field ever seen and its present kind.
    absent : tuple of str
        Those of them that the last reading lacked.
    words : tuple of str
        Unknown words already told of.
    rows : tuple of int
        The rows of the last readings.
    digest : str
        Of the rows without their times.
    unchanged, longest : int
        For how many answers the digest is what it is; the most that was ever so before.
    stamps : tuple of str
        The newest times that the feed itself gave, those that differ.
    scales : mapping of str to tuple of float
        The least and the largest value of each column of numbers.
    answers : int
        How many came, those that brought nothing new too.

    Examples
    --------
    >>> Profile.from_dict(Profile().to_dict()) == Profile()
    True
    """

    readings: int = 0
    fields: Mapping[str, str] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    digest: str = ""
    unchanged: int = 0
    longest: int = 0
    stamps: tuple[str, ...] = ()
    scales: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    answers: int = 0

    def is_frozen(self, enough: int = _LONG_ENOUGH) -> bool:
        """Tell whether the same came again and again, four times and twice as often as ever.

        Parameters
        ----------
        enough : int
            How many answers there have to be before that says something; 0 for a feed that may stand still.
        """
        is_known = 0 < enough <= self.answers
        return is_known and self.unchanged >= max(_FROZEN, 2 * self.longest)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, facts: Mapping[str, Any]) -> Profile:
        """Return the profile of what `to_dict` returned."""
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in facts.items()
        }
        given["scales"] = {name: tuple(pair) for name, pair in facts["scales"].items()}
        return cls(**given)


def watch(
    profile: Profile, reading: Reading, *, name: str, enough: int = _LONG_ENOUGH
) -> tuple[Profile, list[Alert]]:
    """Hold a reading against what came before it.

    Parameters
    ----------
    profile : Profile
        Of the earlier readings; ``Profile()`` for the first.
    reading : Reading
    name : str
        The request.
    enough : int
        How many answers there have to be before one may be frozen; 0 for a feed that may stand still.

    Returns
    -------
    Profile
        With this reading.
    list of Alert
        Fields and kinds are compared with the reading before; rows with the median of the last nine, less
        than half of it is told; the same rows but for their times are told once they came four times, and
        twice as often as ever (none at all are never told so); the pace is the median time between the
        newest times that the feed gives, half as long again or less is told; a scale is told, after thirty
        readings, when the median of a column lies further outside of all that was seen than half its range.

    Examples
    --------
    >>> before, _ = watch(
    ...     Profile(), Reading({}, pd.DataFrame(), 0, fields={"a": "text"}), name="status"
    ... )
    >>> now = Reading({}, pd.DataFrame(), 0, fields={"a": "number"}, unknown_words={"Suspendu": 3})
    >>> [alert.kind for alert in watch(before, now, name="status")[1]]
    ['new word', 'another kind']
    """
    stamps, told = _pace(profile, _newest(reading), name)
    scales = _scales(reading)
    found = [
        *_words(profile, reading),
        *_fields(profile, reading),
        *(rows := list(_rows(profile, reading, name))),
        *_values(profile, scales),
        *told,
    ]
    kept = profile.rows if not rows else ()
    known = profile.scales
    fields = {**profile.fields, **reading.fields}
    after = replace(
        profile,
        readings=profile.readings + 1,
        answers=profile.answers + 1,
        fields=fields,
        absent=tuple(sorted(fields.keys() - reading.fields.keys())),
        words=tuple(sorted({*profile.words, *reading.unknown_words})),
        rows=(*kept, reading.rows_read)[-_READINGS_KEPT:],
        stamps=stamps,
        scales={
            **known,
            **{
                column: (
                    min(low, known.get(column, (low,))[0]),
                    max(high, known.get(column, (high,))[-1]),
                )
                for column, (low, _, high) in scales.items()
            },
        },
    )
    digest = _digest(reading) if reading.rows_read else ""
    if digest == profile.digest and digest:
        after = replace(after, unchanged=profile.unchanged + 1)
        return after, [*found, *_frozen(profile, after, name, enough)]
    longest = max(profile.longest, profile.unchanged)
    return replace(after, digest=digest, unchanged=int(bool(digest)), longest=longest), found


def watch_unchanged(
    profile: Profile, *, name: str, is_same: bool = True, enough: int = _LONG_ENOUGH
) -> tuple[Profile, list[Alert]]:
    """Take into account that a feed answered what it had answered before.

    Parameters
    ----------
    profile : Profile
    name : str
        The request.
    is_same : bool
        Whether it had answered that the last time, and not earlier.
    enough : int
        As for `watch`.

    Returns
    -------
    Profile
    list of Alert
        That the feed is frozen, once it is.

    Examples
    --------
    >>> before = Profile(unchanged=3, answers=20, rows=(30,))
    >>> watch_unchanged(before, name="status")[1][0].kind
    'frozen'
    """
    after = replace(profile, answers=profile.answers + 1)
    if not is_same:
        longest = max(profile.longest, profile.unchanged)
        return replace(after, digest="", unchanged=1, longest=longest), []
    if profile.rows and not profile.rows[-1]:  # nothing, again and again, is another matter
        return after, []
    after = replace(after, unchanged=profile.unchanged + 1)
    return after, _frozen(profile, after, name, enough)


def _frozen(before: Profile, after: Profile, name: str, enough: int) -> list[Alert]:
    """Return that a feed is frozen, if it was not so before."""
    if before.is_frozen(enough) or not after.is_frozen(enough):
        return []
    msg = (
        f"{name} brought the same {after.unchanged} times in a row; before, {max(after.longest, 1)} at "
        "most. Is the feed still alive?"
    )
    return [Alert("frozen", name, msg)]


def _words(profile: Profile, reading: Reading) -> Iterator[Alert]:
    for word, count in reading.unknown_words.items():
        if word not in profile.words:
            msg = f"{word!r} came {count:,} times and is in no vocabulary; its rows are in quarantine."
            yield Alert("new word", word, msg)


def _fields(profile: Profile, reading: Reading) -> Iterator[Alert]:
    if not reading.fields or not profile.readings:
        return
    for name in sorted(profile.fields.keys() - reading.fields.keys() - set(profile.absent)):
        yield Alert("missing field", name, f"The field {name!r} is gone.")
    for name, kind in reading.fields.items():
        was = profile.fields.get(name)
        if was is None:
            yield Alert(
                "new field", name, f"There is a new field {name!r}, of {kind or 'no'} kind."
            )
        elif was != kind and was not in _NO_KIND and kind not in _NO_KIND:
            yield Alert("another kind", name, f"The field {name!r} was {was}, and is {kind}.")


def _rows(profile: Profile, reading: Reading, name: str) -> Iterator[Alert]:
    if len(profile.rows) >= _ENOUGH and reading.rows_read < (usual := median(profile.rows)) / 2:
        msg = f"{name} has {reading.rows_read:,} rows where {usual:,.0f} are usual."
        yield Alert("fewer rows", name, msg)


def _values(profile: Profile, scales: Mapping[str, tuple[float, float, float]]) -> Iterator[Alert]:
    if profile.readings < _ENOUGH_VALUES:
        return
    for name, (_, middle, _) in scales.items():
        low, high = profile.scales.get(name, (-np.inf, np.inf))
        if not low - (high - low) / 2 <= middle <= high + (high - low) / 2:
            msg = (
                f"Half of {name!r} is above {middle:g}; until now it ran from {low:g} to {high:g}. Is it in "
                "another unit?"
            )
            yield Alert("another scale", name, msg)


def _scales(reading: Reading) -> dict[str, tuple[float, float, float]]:
    """Return the least, the middle and the largest value of each column of numbers."""
    scales = {}
    for table, frame in reading.tables.items():
        for name in frame.columns:
            if frame[name].dtype.kind not in "iuf":
                continue
            values = frame[name].to_numpy(dtype=float, na_value=np.nan)
            values = values[np.isfinite(values)]
            if len(values):
                low, middle, high = np.quantile(values, (0, 0.5, 1)).tolist()
                scales[f"{table}.{name}"] = (low, middle, high)
    return scales


def _newest(reading: Reading) -> str:
    """Return the newest time that the feed itself gave; none where there are but our own."""
    newest = [
        frame[name].max()
        for frame in reading.tables.values()
        for name in frame.columns
        if frame[name].dtype.kind == "M" and name != "collected_at"
    ]
    found = [time for time in newest if not pd.isna(time)]
    return "" if not found else str(max(found).isoformat())


def _pace(profile: Profile, newest: str, name: str) -> tuple[tuple[str, ...], list[Alert]]:
    stamps = profile.stamps
    if not newest or (stamps and newest <= stamps[-1]):  # nothing newer, or back in time: no pace
        return stamps, []
    stamps = (*stamps, newest)[-_STAMPS_KEPT:]
    gaps = np.diff(np.array(stamps, "datetime64[s]")).astype(np.int64)
    if len(gaps) < 2 * _NEW_PACE:
        return stamps, []
    was, now = float(np.median(gaps[:-_NEW_PACE])), float(np.median(gaps[-_NEW_PACE:]))
    if max(was / now, now / was) < _PACE:
        return stamps, []
    msg = f"{name} is renewed every {now / 60:g} minutes; it was every {was / 60:g}."
    return stamps[-(_NEW_PACE // 2 + 2) :], [Alert("another pace", name, msg)]


def _digest(reading: Reading) -> str:
    """Return what stays the same while the rows do, whatever their times and their order."""
    found = hashlib.sha256()
    for _, frame in sorted(reading.tables.items()):
        kept = [name for name in frame.columns if frame[name].dtype.kind != "M"]
        columns = [list(map(str, frame[name].tolist())) for name in kept]
        found.update("\n".join(sorted(map("\t".join, zip(*columns, strict=True)))).encode())
    return found.hexdigest()
