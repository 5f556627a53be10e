"""What is said to a host that wants to know who asks, and to no other."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from evforecast.errors import InputError

__all__ = ["Logins"]

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
