"""What is said to a host that wants to know who asks, and to no other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from evforecast.errors import InputError

__all__ = ["Logins", "login_variable", "logins_of"]

_LOCAL = ("localhost", "127.0.0.1", "::1")


class Logins:
    """Logins by host; its ``repr`` keeps them to itself.

    Parameters
    ----------
    given : mapping of str to str
        By host, with its port where it has one, the value of the header Authorization.

    Raises
    ------
    InputError
        If a login is empty, more than a line, or begins with the name of the header.
    """

    def __init__(self, given: Mapping[str, str]) -> None:
        for host, login in given.items():
            if not login.strip() or not login.isprintable():
                msg = f"the login for {host} has to be one line: 'Token 1234', 'Bearer 1234'."
                raise InputError(msg)
            if login.strip().lower().startswith("authorization:"):
                msg = (
                    f"the login for {host} begins with the name of the header: leave out 'Authorization:', "
                    "and give what comes behind it."
                )
                raise InputError(msg)
        self._given = {host.lower(): login.strip() for host, login in given.items()}

    def headers(self, url: str) -> dict[str, str]:
        """Return the header for an address; none where its host has no login.

        Raises
        ------
        InputError
            If the login would go over the network in the clear.
        """
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2].lower()
        login = self._given.get(host)
        if login is None:
            return {}
        if parts.scheme != "https" and parts.hostname not in _LOCAL:
            msg = f"the login for {host} would be sent in the clear. Ask by https://."
            raise InputError(msg)
        return {"Authorization": login}

    def masked_in(self, text: str) -> str:
        """Return a text without the secrets: a server may echo what it was sent."""
        for login in self._given.values():
            text = text.replace(login.split()[-1], "***")
        return text


def login_variable(name: str) -> str:
    """Return the variable of the environment that holds the login of a feed.

    Examples
    --------
    >>> login_variable("my-city")
    'EVFORECAST_LOGIN_MY_CITY'
    """
    return "EVFORECAST_LOGIN_" + name.upper().replace("-", "_")


def logins_of(name: str, urls: Iterable[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return what the environment says to the hosts of a feed; nothing where it is not set.

    Parameters
    ----------
    name : str
        Of the feed.
    urls : iterable of str
        What it asks.
    environ : mapping of str to str
        Of the process.

    Examples
    --------
    >>> environ = {"EVFORECAST_LOGIN_MY_CITY": "Token 1234"}
    >>> logins_of("my-city", ["https://example.org/locations"], environ)
    {'example.org': 'Token 1234'}
    """
    login = environ.get(login_variable(name), "")
    hosts = {urlsplit(url).netloc.rpartition("@")[2] for url in urls}
    return {host: login for host in sorted(hosts) if login}
