"""The card of a version: what the model is, what it learnt from, how good it was, what it was made with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from evforecast.registry.kept import as_kept, read_back

__all__ = ["ModelCard", "cards_frame", "utc_index"]

SCHEMA = 1
_TIMES = ("published_at", "trained_from", "trained_until")
_FROM_MODEL = ("class", "trained_from", "trained_until", "chargers", "bytes")


@dataclass(frozen=True)
class ModelCard:
    """What is known of one version; written once, beside the model.

    Attributes
    ----------
    name : str
        The model's name in the registry.
    number : int
        The version, from 1 on.
    published_at : numpy.datetime64
        UTC.
    model : dict
        ``class``, ``parameters``, ``statuses``, ``step``, ``chargers``, ``trained_from``,
        ``trained_until`` (UTC), and ``bytes`` and ``sha256`` of the file.
    data : dict
        Of the panel that it learnt from: ``from``, ``until``, ``times``, ``chargers``, ``tz``, ``exog``,
        ``observed``, ``mix``, ``sha256``.
    features : list of dict
        The features that each part looks at: ``part``, ``groups``, ``columns``.
    scores : list of dict
        By horizon.
    versions : dict of str to str
        Of evforecast, numpy, scikit-learn, Python and pandas.
    notes : str
        What was said at publication.
    """

    name: str
    number: int
    published_at: np.datetime64
    model: dict[str, Any]
    data: dict[str, Any]
    features: list[dict[str, Any]]
    scores: list[dict[str, Any]]
    versions: dict[str, str]
    notes: str

    def content(self) -> dict[str, Any]:
        """Return all but number and time: two versions with the same are the same publication."""
        return {
            "name": self.name,
            "model": self.model,
            "data": self.data,
            "features": self.features,
            "scores": self.scores,
            "versions": self.versions,
            "notes": self.notes,
        }

    def to_json(self) -> bytes:
        """Return the card as it is kept."""
        head = {"number": self.number, "published_at": str(self.published_at)}
        return as_kept(SCHEMA, {**head, **self.content()})

    @classmethod
    def from_json(cls, text: bytes, where: object) -> ModelCard:
        """Read what `to_json` returned.

        Parameters
        ----------
        text : bytes
        where : object
            The file, for the message.

        Raises
        ------
        RegistryError
            If it is no card, or one of a later schema.
        """
        names = ("a card", "card of a model")
        return read_back(cls, text, where, schema=SCHEMA, time="published_at", names=names)

    def to_markdown(self) -> str:
        """Return the card for people to read."""
        model, data = self.model, self.data
        mix = ", ".join(f"{name} {_percent(share)}" for name, share in data["mix"].items())
        rows = [
            ("learnt from", f"{_minute(data['from'])} to {_minute(data['until'])} UTC"),
            ("step, chargers", f"{model['step']}, {data['chargers']:,}"),
            ("observed", f"{_percent(data['observed'])}, of it {mix}"),
            *((f"features of {part['part']}", _features(part)) for part in self.features),
            ("file", f"{model['bytes']:,} bytes, SHA-256 {model['sha256']}"),
            ("data", f"SHA-256 {data['sha256']}"),
            ("made with", ", ".join(f"{name} {text}" for name, text in self.versions.items())),
        ]
        parts = [
            f"# {self.name}, version {self.number}",
            f"{model['class']}, published {_minute(str(self.published_at))} UTC.",
            *([self.notes] if self.notes else []),
            _table(("", ""), rows),
        ]
        if self.scores:
            columns = tuple(name for name in self.scores[0] if name != "model")
            parts.append(_table(columns, [[row[name] for name in columns] for row in self.scores]))
        return "\n\n".join(parts) + "\n"


def cards_frame(cards: Mapping[int, ModelCard | None], aliases: Mapping[str, int]) -> pd.DataFrame:
    """Return the versions of a model as a table, one row each (see `Registry.versions`).

    Parameters
    ----------
    cards : mapping of int to ModelCard or None
        By number; None where the version is damaged.
    aliases : mapping of str to int
        What each alias points at.

    Examples
    --------
    >>> cards_frame({1: None}, {"champion": 1})[["number", "intact", "aliases"]].values.tolist()
    [[1, False, 'champion']]
    """
    rows: list[dict[str, Any]] = []
    for number, card in cards.items():
        names = ", ".join(sorted(alias for alias, version in aliases.items() if version == number))
        row = {"number": number, "intact": card is not None, "aliases": names}
        row |= dict.fromkeys(_TIMES, "NaT")
        if card is not None:
            row |= {"published_at": card.published_at, "notes": card.notes}
            row |= {name: card.model[name] for name in _FROM_MODEL}
        rows.append(row)
    columns = ["number", "intact", "aliases", "published_at", *_FROM_MODEL, "notes"]
    frame = pd.DataFrame(rows, columns=columns)
    for name in _TIMES:
        frame[name] = utc_index(row[name] for row in rows)
    return frame.astype({"chargers": "Int64", "bytes": "Int64"})


def utc_index(times: Iterable[Any]) -> pd.DatetimeIndex:
    """Return times without a zone, as text or ``datetime64``, with the zone UTC.

    Examples
    --------
    >>> str(utc_index(["2020-11-09T06:30"])[0])
    '2020-11-09 06:30:00+00:00'
    """
    return pd.DatetimeIndex(np.array(list(times), "datetime64[s]")).tz_localize("UTC")


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    lines = [head, ["---"] * len(head), *([_cell(value) for value in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4f}"
    return f"{value:,}" if isinstance(value, int) else str("" if value is None else value)


def _features(part: dict[str, Any]) -> str:
    named = (
        f" in {len(part['groups'])} groups: {', '.join(part['groups'])}" if part["groups"] else ""
    )
    return f"{len(part['columns'])} columns{named}"


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _minute(time: str) -> str:
    return time[:16].replace("T", " ")
