"""The Explore API of Opendatasoft portals: addresses to ask, and the envelopes of its versions.

An export holds all rows in one answer. By pages, the portal gives 100 rows at a time and no more than the
first 10,000. Rows come as ``results`` (v2.1), as ``records`` with the fields below ``record`` (v2.0) or in
``fields`` (v1), or as a plain list (exports).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from evforecast.errors import FileFormatError
from evforecast.sources.feed import Payload, Request

__all__ = ["Dataset", "Envelope", "opened"]

_PAGE, _MOST = 100, 10_000


@dataclass(frozen=True)
class Envelope:
    """What an answer holds.

    Attributes
    ----------
    rows : list
        Those of this answer, their wrapping taken off; an element that is no object is left as it is.
    total : int or None
        How many rows there are in all, when this may be a page.
    """

    rows: list[Any]
    total: int | None = None


@dataclass(frozen=True)
class Dataset:
    """A dataset of a portal.

    Attributes
    ----------
    portal : str
        The address of its API, up to the version.
    name : str
    order : str
        The field that pages are ordered by, so that none holds a row of another.
    """

    portal: str
    name: str
    order: str

    def request(self, name: str) -> Request:
        """Return what asks for all rows: the export, and the first page where that fails."""
        export = f"{self._address}/exports/json?{urlencode({'timezone': 'UTC'})}"
        return Request(export, name, fallback=self._page(0))

    def more(
        self, payload: Payload, envelope: Envelope
    ) -> tuple[tuple[Request, ...], tuple[str, ...]]:
        """Return the request for the page after this one, and a note on what is out of reach of pages."""
        if envelope.total is None or not envelope.rows:
            return (), ()
        query = parse_qs(urlsplit(payload.request.url).query)
        start = int(query.get("offset", query.get("start", ["0"]))[0]) + len(envelope.rows)
        if start >= envelope.total:
            return (), ()
        if start >= _MOST:
            left = envelope.total - start
            return (), (f"{left:,} rows are out of reach: pages end at row {_MOST:,}",)
        base = re.sub(r"-from-\d+$", "", payload.request.name)
        return (Request(self._page(start), f"{base}-from-{start}"),), ()

    @property
    def _address(self) -> str:
        return f"{self.portal.rstrip('/')}/catalog/datasets/{self.name}"

    def _page(self, start: int) -> str:
        limit = min(_PAGE, _MOST - start)
        query = {"limit": limit, "offset": start, "order_by": self.order, "timezone": "UTC"}
        return f"{self._address}/records?{urlencode(query)}"


def opened(document: Any, what: str) -> Envelope:
    """Return the rows of an answer, whatever version of the API gave it.

    Raises
    ------
    FileFormatError
        If it is none, or says an error.
    """
    if isinstance(document, list):
        return Envelope([_unwrapped(row) for row in document])
    if isinstance(document, Mapping):
        rows = document.get("results", document.get("records"))
        if isinstance(rows, list):
            total = document.get("total_count", document.get("nhits"))
            return Envelope(
                [_unwrapped(row) for row in rows], total if isinstance(total, int) else len(rows)
            )
        said = document.get("message", document.get("error"))
        if said is not None:
            msg = f"{what}: the portal says an error: {str(said)[:200]!r}. Look at the query."
            raise FileFormatError(msg)
        found = f"an object with {', '.join(map(repr, list(document)[:5])) or 'nothing in it'}"
    else:
        found = f"{document!r:.80}"
    msg = f"{what}: no rows of a portal, found {found}. Expected a list, 'results' or 'records'."
    raise FileFormatError(msg)


def _unwrapped(row: Any) -> Any:
    """Return the fields of a row without what versions 2.0 and 1 put around them."""
    inner = row
    if isinstance(inner, Mapping) and isinstance(inner.get("record"), Mapping):
        inner = inner["record"]
    if isinstance(inner, Mapping) and isinstance(inner.get("fields"), Mapping):
        return inner["fields"]
    return row
