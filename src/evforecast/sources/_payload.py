"""What the readers of feeds share: bodies decoded, cells read, and rows set apart with their reason."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import FileFormatError
from evforecast.sources.feed import Payload, Request
from evforecast.timegrid import TimeLike, as_time

if TYPE_CHECKING:
    from evforecast.sources.feed import Feed, Reading

__all__ = [
    "Sieve",
    "decoded",
    "json_body",
    "kinds",
    "numbers",
    "plain",
    "read_body",
    "records",
    "refuse_html",
    "where",
    "words",
]

Mask = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


def where(payload: Payload) -> str:
    """Return what a payload is, for messages."""
    return payload.request.name or payload.request.url


def read_body(feed: Feed, body: bytes, collected_at: TimeLike) -> Reading:
    """Return what a feed reads of a body that is here already, from no address."""
    return feed.read(Payload(body, Request("", "body"), as_time(collected_at)))


def decoded(body: bytes, what: str, encoding: str = "utf-8-sig") -> str:
    """Return a body as text.

    Raises
    ------
    FileFormatError
        If it is empty, or not of the encoding.
    """
    if not body.strip():
        msg = f"{what}: the answer is empty. Ask again."
        raise FileFormatError(msg)
    try:
        return body.decode(encoding)
    except (UnicodeDecodeError, LookupError) as error:
        msg = f"{what}: the answer is not {encoding} text ({error}). Has the service changed it?"
        raise FileFormatError(msg) from error


def refuse_html(body: bytes, what: str, due: str) -> None:
    """Raise FileFormatError if a page came where data was due."""
    if body.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"<":
        found = re.search(rb"<title[^>]*>([^<]*)", body[:4096], re.IGNORECASE)
        title = f" {found[1].decode('latin-1').strip()!r}" if found else ""
        msg = (
            f"{what}: a page in HTML{title} where {due} was due. "
            "Open the address in a browser: the service may be down, or ask for a login."
        )
        raise FileFormatError(msg)


def json_body(body: bytes, what: str) -> Any:
    """Return what a JSON body holds.

    Raises
    ------
    FileFormatError
        If it is no JSON: a page, cut short, of another encoding, empty.
    """
    refuse_html(body, what, "JSON")
    text = decoded(body, what)
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        end = " It was cut short, it seems: ask again." if error.pos >= len(text) - 1 else ""
        msg = f"{what}: no JSON at character {error.pos:,} of {len(text):,} ({error.msg}).{end}"
        raise FileFormatError(msg) from error


def records(rows: Sequence[Any], what: str) -> pd.DataFrame:
    """Return a list of JSON objects as a table of objects, nested values as they are.

    Raises
    ------
    FileFormatError
        If an element is no object.
    """
    odd = [place for place, row in enumerate(rows) if not isinstance(row, dict)]
    if odd:
        msg = f"{what}: element {odd[0]:,} is no object: {rows[odd[0]]!r:.80}."
        raise FileFormatError(msg)
    names = dict.fromkeys(name for row in rows for name in row)
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=object) for name in names}
    )


def kinds(frame: pd.DataFrame) -> dict[str, str]:
    """Return the kind of each column: ``text``, ``number``, …, several joined by ``|``."""
    known = {
        str: "text",
        int: "number",
        float: "number",
        bool: "boolean",
        dict: "object",
        list: "list",
    }
    found = {}
    for name in frame.columns:
        if isinstance(frame[name].dtype, pd.CategoricalDtype):
            found[str(name)] = "text"
            continue
        types = set(map(type, frame[name])) - {type(None)}
        names = {known.get(kind, kind.__name__) for kind in types}
        found[str(name)] = "|".join(sorted(names)) or "null"
    return found


def numbers(column: Iterable[Any], decimal: str = ".") -> tuple[Floats, Mask]:
    """Return cells as float64, NaN where blank, and which are neither blank nor a finite number."""
    if isinstance(column, pd.Categorical):
        codes, levels = column.codes, list(column.categories)
    else:
        scalars = [
            cell if cell is None or type(cell) in {str, int, float} else str(cell)
            for cell in column
        ]
        codes, found = pd.factorize(np.array(scalars, dtype=object))
        levels = list(found)
    texts = pd.Series([str(level).strip().replace(decimal, ".") for level in levels], dtype=object)
    values = pd.to_numeric(texts, errors="coerce").to_numpy(np.float64, copy=True)
    values[~np.isfinite(values)] = np.nan
    wrong = np.isnan(values) & (texts != "").to_numpy(bool)
    return np.append(values, np.nan)[codes], np.append(wrong, np.False_)[codes]


def words(column: pd.Series) -> npt.NDArray[np.object_]:
    """Return cells as text without the space around, blank where missing; numbers become text too."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, levels = column.cat.codes.to_numpy(), list(column.cat.categories)
    else:
        codes, found = pd.factorize(np.array([_text(cell) for cell in column], dtype=object))
        levels = list(found)
    texts = np.array([*(str(level).strip() for level in levels), ""], dtype=object)
    picked: npt.NDArray[np.object_] = texts[codes]
    return picked


def plain(word: str) -> str:
    """Return a word in small letters, without accents, and with single spaces."""
    letters = unicodedata.normalize("NFKD", word)
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).lower().split())


class Sieve:
    """The rows of a payload, each of which is kept, rejected with a reason, or counted apart.

    Parameters
    ----------
    raw : pandas.DataFrame
        The rows as they came.

    Examples
    --------
    >>> sieve = Sieve(pd.DataFrame({"q": ["1", "?", "*"]}))
    >>> sieve.reject(np.array([False, True, False]), "q is no number")
    >>> sieve.set_apart(np.array([False, False, True]), "placeholders")
    >>> sieve.kept.tolist(), sieve.rejected().reason.tolist(), sieve.counted_apart()
    ([True, False, False], ['q is no number'], {'placeholders': 1})
    """

    def __init__(self, raw: pd.DataFrame) -> None:
        self.raw = raw
        self._reason = np.full(len(raw), None, dtype=object)
        self._apart = np.full(len(raw), None, dtype=object)

    @property
    def kept(self) -> Mask:
        """Which rows are still kept, shape ``[row]``."""
        kept: Mask = pd.isna(self._reason) & pd.isna(self._apart)
        return kept

    def reject(self, mask: Mask, reason: str | npt.NDArray[np.object_]) -> None:
        """Reject the rows of `mask`; the first reason of a row stands."""
        now = mask & self.kept
        self._reason[now] = reason if isinstance(reason, str) else reason[now]

    def set_apart(self, mask: Mask, what: str) -> None:
        """Count the rows of `mask` as `what`, unless they were set apart or rejected before."""
        self._apart[mask & self.kept] = what

    def reject_repeats(self, keys: pd.DataFrame, reason: str) -> None:
        """Reject the rows whose keys stand in an earlier row that is kept."""
        again = keys[self.kept].duplicated()
        mask = np.zeros(len(keys), bool)
        mask[again.index[again]] = True
        self.reject(mask, reason)

    def rejected(self) -> pd.DataFrame:
        """Return the rejected rows as text, blank where there was nothing, with their reason."""
        mask = ~pd.isna(self._reason)
        frame = pd.DataFrame(
            {
                str(name): [_text(cell) for cell in self.raw[name][mask]]
                for name in self.raw.columns
            },
            dtype=object,
        )
        return frame.assign(reason=self._reason[mask])

    def counted_apart(self) -> dict[str, int]:
        """Return how many rows were set apart, by what they are."""
        return dict(Counter(what for what in self._apart if what is not None))


def _text(cell: Any) -> str:
    """Return a cell as text: JSON where it was nested, blank where it was missing."""
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False)
    return "" if cell is None or cell != cell else str(cell)  # noqa: PLR0124 - NaN alone differs
