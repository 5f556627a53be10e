"""What asks for each feed: with its own login, and a word on what a refusal may want."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING

from evforecast.errors import InputError, TransientError
from evforecast.sources.http_logins import login_variable, logins_of

if TYPE_CHECKING:
    from evforecast.cli.feeds import Asked
    from evforecast.collect import Answer, Fetch
    from evforecast.sources.http import Client

__all__ = ["Asking", "asking"]

_REFUSED = (401, 403)


class Asking:
    """Asks as another does, counts what failed and may pass, and says what a refusal may want.

    Parameters
    ----------
    fetch : Fetch
    wish : str
        What to say of a refusal; empty for nothing.
    """

    def __init__(self, fetch: Fetch, wish: str = "") -> None:
        self._fetch, self._wish = fetch, wish
        self.passing = 0

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Answer:
        """Ask an address."""
        try:
            return self._fetch.get(url, etag=etag, modified=modified)
        except TransientError:
            self.passing += 1
            raise
        except Exception as error:
            if self._wish and getattr(error, "status", None) in _REFUSED:
                error.args = (f"{error} {self._wish}",)
            raise


def asking(
    client: Client, feeds: list[Asked], environ: Mapping[str, str], closing: ExitStack
) -> dict[str, Asking]:
    """Return what asks for each feed, by its name: with its own login, on the host of its address.

    Parameters
    ----------
    client : Client
        Knows of no login.
    feeds : list of tuple
        As `evforecast.cli.feeds.asked_feeds` returns them.
    environ : mapping of str to str
        Of the process: ``EVFORECAST_LOGIN_MY_CITY`` is the header Authorization for the feed ``my-city``.
    closing : contextlib.ExitStack
        Closes what was opened.

    Raises
    ------
    InputError
        If a login cannot be used.
    """
    found = {}
    for feed, note in feeds:
        if "url" not in note:
            found[feed.name] = Asking(client)
            continue
        variable = login_variable(feed.name)
        told = logins_of(feed.name, [note["url"]], environ)
        try:
            own = client.as_told(told)
        except InputError as error:
            msg = f"{variable}: {error}"
            raise InputError(msg) from error
        wish = (
            f"{variable} is set: is it what the header Authorization has to say, all of it?"
            if told
            else f"If it wants a login, set {variable}, which is not set, to what the header Authorization "
            "has to say."
        )
        found[feed.name] = Asking(closing.enter_context(own), wish)
    return found
