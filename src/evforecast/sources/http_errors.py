"""The errors of asking the network, and what of an address may be said in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus, urlsplit, urlunsplit

from evforecast.errors import EvForecastError, TerminalError, TransientError

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "CircuitOpenError",
    "HttpError",
    "RateLimitError",
    "TerminalHttpError",
    "TransientHttpError",
    "masked",
    "unmasked",
    "without_secrets",
]

_SECRET = re.compile(
    "key|token|secret|passw|passphrase|auth|signature|credential|jwt|"
    "^(sig|pw|pwd|pass|code|session|sid|k|app[_-]?id|access([_-]id)?)$",
    re.IGNORECASE,
)
_MASK = "***"


def masked(url: str) -> str:
    """Return an address without its secrets: passwords, and the values of keys and tokens in its query.

    A secret is known by its name: one in the path is not.

    Parameters
    ----------
    url : str
        An address.

    Returns
    -------
    str

    Examples
    --------
    >>> masked("https://me:secret@example.org/status?limit=5&apikey=123")
    'https://***@example.org/status?limit=5&apikey=***'
    """
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")
    netloc = f"{_MASK}@{host[2]}" if host[1] else parts.netloc
    query = "&".join(
        f"{pair.partition('=')[0]}={_MASK}"
        if _SECRET.search(unquote(pair.partition("=")[0])) and "=" in pair
        else pair
        for pair in parts.query.split("&")
    )
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))


def unmasked(url: str, like: str) -> str:
    """Return a masked address with the secrets of another one put back, by the names of its query.

    Parameters
    ----------
    url : str
        As `masked` wrote it.
    like : str
        An address of the same host with its secrets.

    Returns
    -------
    str

    Examples
    --------
    >>> unmasked("https://example.org/?page=2&apikey=***", "https://example.org/?apikey=123")
    'https://example.org/?page=2&apikey=123'
    """
    parts, known = urlsplit(url), urlsplit(like)
    if parts.netloc.rpartition("@")[2] != known.netloc.rpartition("@")[2]:
        return url
    pairs = [pair.partition("=") for pair in known.query.split("&")]
    secrets = {name: value for name, _, value in pairs}
    query = "&".join(
        f"{name}={secrets.get(name, value)}" if value == _MASK else f"{name}{equals}{value}"
        for name, equals, value in (pair.partition("=") for pair in parts.query.split("&"))
    )
    netloc = known.netloc if parts.netloc.startswith(f"{_MASK}@") else parts.netloc
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))


def without_secrets(text: str, url: str) -> str:
    """Return a text with the secrets of an address masked: a server may echo what it was asked.

    Parameters
    ----------
    text : str
        What is to be told.
    url : str
        The address with the secrets.

    Returns
    -------
    str

    Examples
    --------
    >>> without_secrets("no such key: 123", "https://example.org/?apikey=123")
    'no such key: ***'
    """
    parts = urlsplit(url)
    given = [pair.partition("=") for pair in parts.query.split("&")]
    secrets = {value for name, _, value in given if _SECRET.search(unquote(name))}
    secrets |= {parts.password or ""}
    secrets |= {unquote_plus(secret) for secret in secrets}
    for secret in sorted(secrets - {""}, key=len, reverse=True):
        text = text.replace(secret, _MASK)
    return text


class HttpError(EvForecastError):
    """An address was asked and gave no answer that can be used.

    Attributes
    ----------
    url : str
        What was asked, without secrets.
    status : int or None
        The status of the answer, if there was one.
    attempts : int
        How often it was asked.
    """

    def __init__(
        self, url: str, found: str, advice: str, *, status: int | None = None, attempts: int = 1
    ) -> None:
        self.url = masked(url)
        self.status = status
        self.attempts = attempts
        super().__init__(f"GET {self.url}: {without_secrets(found, url)}. {advice}")


class TerminalHttpError(HttpError, TerminalError):
    """Asking again would bring the same: a wrong address, a refusal, another host."""


class TransientHttpError(HttpError, TransientError):
    """Asking again later may bring an answer; `retry_at` says from when on (UTC), None if unknown."""

    def __init__(
        self,
        url: str,
        found: str,
        advice: str = "",
        *,
        status: int | None = None,
        attempts: int = 1,
        retry_at: np.datetime64 | None = None,
    ) -> None:
        self.retry_at = retry_at
        when = "later" if retry_at is None else f"from {retry_at} UTC on"
        super().__init__(
            url, found, f"{advice} Ask again {when}.".lstrip(), status=status, attempts=attempts
        )


class RateLimitError(TransientHttpError):
    """The host says that it was asked too often."""


class CircuitOpenError(TransientHttpError):
    """The host failed so often in a row that it is not asked for a while."""
