"""What collecting needs of whatever asks the network: one call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Answer", "Fetch"]


class Answer(Protocol):
    """What a server answered.

    Attributes
    ----------
    status : int
        200, or 304 where nothing is new since the `etag` or the `modified` that was sent along.
    body : bytes
        Unpacked; empty with 304.
    content_type, etag, modified : str or None
        As the server said.
    collected_at : numpy.datetime64
        When it was there, UTC.
    next_url : str
        The next page, as the header Link says; empty for none.
    """

    @property
    def status(self) -> int:
        """200 or 304."""

    @property
    def body(self) -> bytes:
        """What came."""

    @property
    def content_type(self) -> str | None:
        """As the server said."""

    @property
    def etag(self) -> str | None:
        """As the server said."""

    @property
    def modified(self) -> str | None:
        """As the server said."""

    @property
    def collected_at(self) -> np.datetime64:
        """When it was there."""

    @property
    def next_url(self) -> str:
        """As the server said."""


class Fetch(Protocol):
    """What asks an address; any exception means that there is no answer."""

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Answer:
        """Ask an address once for all: retrying is done within."""
