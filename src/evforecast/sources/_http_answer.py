"""What a server answered, as the client hands it on."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

__all__ = ["Answer"]


@dataclass(frozen=True)
class Answer:
    """What a server answered.

    Attributes
    ----------
    url : str
        Where it came from in the end, without secrets.
    status : int
        200, or 304 where nothing is new since the `etag` or the `modified` that was sent along.
    body : bytes
        Unpacked; empty with 304.
    content_type, etag, modified : str or None
        As the server said.
    date : numpy.datetime64 or None
        What the server's own clock said, UTC.
    collected_at : numpy.datetime64
        When the whole body was here, UTC, by our clock.
    next_url : str
        The next page, as the header Link says; empty for none.
    attempts : int
        How often it was asked.

    Examples
    --------
    >>> at = np.datetime64("2026-11-28T08:00:00")
    >>> Answer("https://example.org/status", 200, b"[]", collected_at=at).next_url
    ''
    """

    url: str
    status: int
    body: bytes = field(repr=False)
    content_type: str | None = None
    etag: str | None = None
    modified: str | None = None
    date: np.datetime64 | None = None
    collected_at: np.datetime64 = np.datetime64("NaT", "s")
    next_url: str = field(default="", repr=False)
    attempts: int = 1
