"""What a status, a redirect and a failed connection mean: whether to ask again, and what to tell."""

from __future__ import annotations

import re
from urllib.parse import urljoin, urlsplit

from evforecast.sources.http_errors import TerminalHttpError, masked

__all__ = ["MOVED", "TRANSIENT", "advice_on", "followed", "reason_of"]

TRANSIENT = {429, 500, 502, 503, 504}
"""What may pass; every other status but 200 and 304 will not."""
MOVED = {301, 302, 303, 307, 308}

_LOGIN = re.compile(r"/(log-?in|sign-?in|sso|auth|oauth2?|connexion)\b", re.IGNORECASE)
_ADVICE = {
    400: "Check the query.",
    401: "It asks for a login or a key.",
    403: "It refuses: check the key, and whether the service allows collectors.",
    404: "There is nothing at this address: has the service moved?",
    410: "The service is gone for good.",
}


def advice_on(status: int) -> str:
    """Return what to do about a status that will not pass."""
    return _ADVICE.get(status, "Look at the address in a browser.")


def followed(url: str, place: str, status: int, location: str) -> str:
    """Return where a redirect leads; raise unless it is the same host, as safe, and no login.

    Parameters
    ----------
    url : str
        What was asked for, for the message.
    place : str
        Where the redirect came from.
    status : int
    location : str
        What it says.

    Raises
    ------
    TerminalHttpError
        If it leads elsewhere.
    """
    target = urljoin(place, location)
    old, new = urlsplit(place), urlsplit(target)
    found = f"status {status}, a redirect to {masked(target)}"
    if new.hostname != old.hostname:
        advice = "That is another host: if it is the right one, ask that address."
    elif _LOGIN.search(new.path):
        advice = "That is a page for a login: the service does not give this to everyone."
    elif new.scheme not in {old.scheme, "https"}:
        advice = "That is less safe than what was asked."
    else:
        return target
    raise TerminalHttpError(url, found, advice, status=status)


def reason_of(error: BaseException) -> str:
    """Return the kind of the error at the bottom of what requests raised, which quotes no address."""
    cause = next((each for each in error.args if isinstance(each, BaseException)), error)
    inner = [getattr(cause, "reason", None), *cause.args]
    return type(next((e for e in inner if isinstance(e, BaseException)), cause)).__name__
