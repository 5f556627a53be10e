"""The one module that asks the network: a polite client, and nothing else.

It waits between requests, tries again what may pass and never what will not, takes a server's word for when
to come back, gives up in time, and leaves a host that keeps failing alone for a while. One client is for one
thread.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urljoin, urlsplit

import numpy as np

from evforecast._version import __version__
from evforecast.clock import Clock, utc_now
from evforecast.errors import InputError
from evforecast.random import RandomState, generator
from evforecast.sources._http_answer import Answer
from evforecast.sources._http_host import Host
from evforecast.sources._http_rules import MOVED, TRANSIENT, advice_on, followed, reason_of
from evforecast.sources._http_waits import backoff, http_date, quota_reset, retry_at, seconds
from evforecast.sources.http_errors import (
    CircuitOpenError,
    RateLimitError,
    TerminalHttpError,
    TransientHttpError,
    masked,
)
from evforecast.sources.http_logins import Logins

if TYPE_CHECKING:
    from typing import Self

    import requests

__all__ = ["USER_AGENT", "Answer", "Client"]

USER_AGENT = f"evforecast/{__version__} (forecasts of the status of public chargers, open source)"
"""Who we say we are; whoever collects for long adds an address where they can be reached."""

_HOPS = 5
_CHUNK, _SHOWN, _SNIPPET = 1 << 16, 1 << 16, 200


@dataclass(frozen=True)
class _Failure:
    """What kept a request from being answered, and may pass."""

    found: str
    status: int | None = None
    retry_at: np.datetime64 | None = None


@dataclass(frozen=True)
class _Call:
    """One call of `get`: what is asked, of whom, with which headers, until when."""

    url: str
    host: Host
    headers: Mapping[str, str]
    end: np.datetime64


class Client:
    """A client that a server need not fear.

    Parameters
    ----------
    user_agent : str
        Who asks.
    clock : callable
        Returns the present time, UTC; everything is measured by it.
    sleep : callable
        Waits so many seconds.
    timeout : tuple of float
        Seconds to wait for a connection, and for the next bytes.
    deadline : float
        Seconds after which a call gives up, waits and all.
    attempts : int
        How often a call asks, at most.
    spacing : float
        Seconds between two requests to one host, at least.
    max_body : int
        Bytes, unpacked, that are taken at most.
    logins : mapping of str to str, optional
        By host (``"example.org"``), what the header Authorization says to it, and to no other.
    random_state : int, numpy.random.Generator or None
        Draws the waits between attempts.

    Raises
    ------
    InputError
        If an argument cannot be used.

    Examples
    --------
    >>> with Client(spacing=2.0) as client:
    ...     client.get("file:///etc/hosts")
    Traceback (most recent call last):
        ...
    evforecast.errors.InputError: Client.get: 'file:///etc/hosts' is no address of the web. ...
    """

    def __init__(
        self,
        *,
        user_agent: str = USER_AGENT,
        clock: Clock = utc_now,
        sleep: Callable[[float], None] = time.sleep,
        timeout: tuple[float, float] = (5.0, 30.0),
        deadline: float = 120.0,
        attempts: int = 4,
        spacing: float = 1.0,
        max_body: int = 100_000_000,
        logins: Mapping[str, str] | None = None,
        random_state: RandomState = None,
    ) -> None:
        if not user_agent.strip() or not user_agent.isprintable():
            msg = f"Client: user_agent={user_agent!r} names nobody. Say in a line who asks."
            raise InputError(msg)
        limits = {"deadline": deadline, "attempts": attempts, "max_body": max_body}
        limits |= {"timeout": min(timeout)}
        wrong = [name for name, value in limits.items() if not value > 0]
        if wrong or not spacing >= 0:
            msg = f"Client: {wrong[0] if wrong else 'spacing'} has to be above zero."
            raise InputError(msg)
        self._user_agent, self._timeout, self._max_body = user_agent, timeout, max_body
        self._clock, self._sleep = clock, sleep
        self._deadline, self._attempts, self._spacing = deadline, attempts, spacing
        self._logins = Logins(logins or {})
        self._draw = generator(random_state)
        self._hosts: dict[str, Host] = {}
        self._session: requests.Session | None = None

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close its connections."""
        self.close()

    def as_told(self, logins: Mapping[str, str]) -> Self:
        """Return a client that has logins of its own, and a session; all else it shares with this one.

        So two feeds of one host may ask as two people, and the host is left in peace as by one.

        Parameters
        ----------
        logins : mapping of str to str
            In place of those of this client.

        Raises
        ------
        InputError
            If a login cannot be used.
        """
        other = copy.copy(self)
        vars(other).update(_logins=Logins(logins), _session=None)
        return other

    def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Answer:
        """Ask an address, again where that may help, until it answers or the deadline has come.

        Parameters
        ----------
        url : str
            With its query.
        etag, modified : str, optional
            What an earlier answer said: with nothing new, the answer is a 304 without a body.

        Returns
        -------
        Answer

        Raises
        ------
        InputError
            If `url` is no address.
        TransientHttpError
            If a later call may succeed: no connection, too slow, cut short, 429, 500, 502, 503, 504.
            `RateLimitError` if the host wants to be left alone, `CircuitOpenError` if it failed too often.
        TerminalHttpError
            If it will not: another status, another host, a page for a login, no valid certificate, too
            large.
        """
        call = self._call(url, {"If-None-Match": etag, "If-Modified-Since": modified})
        host, attempt = call.host, 0
        while True:
            self._approach(call, attempt)
            attempt += 1
            try:
                outcome = self._ask(call)
            except TerminalHttpError as error:
                error.attempts = attempt
                host.succeeded()  # whoever refuses is well
                raise
            now = self._clock()
            if isinstance(outcome, Answer):
                host.succeeded()
                return replace(outcome, attempts=attempt)
            wait = backoff(attempt, self._draw)
            if outcome.retry_at is not None:
                host.resting_until = outcome.retry_at
                wait = max(wait, seconds(outcome.retry_at, now))
            if outcome.status != 429:  # whoever counts requests is well
                host.failed(now)
            if attempt == self._attempts or host.is_open(now) or wait >= seconds(call.end, now):
                _give_up(call, outcome, attempt)
            self._sleep(wait)

    def _call(self, url: str, headers: Mapping[str, str | None]) -> _Call:
        try:
            parts = urlsplit(url)
            is_usable = parts.scheme in {"http", "https"} and bool(parts.hostname)
        except ValueError:
            is_usable = False
        if not is_usable:
            scheme = url.partition("?")[0].rpartition("@")[2]
            msg = (
                f"Client.get: {scheme!r} is no address of the web. Write it like https://host/path."
            )
            raise InputError(msg)
        host = self._hosts.setdefault(parts.netloc.rpartition("@")[2].lower(), Host())
        end = self._clock() + np.timedelta64(int(self._deadline * 1000), "ms")
        return _Call(url, host, {name: value for name, value in headers.items() if value}, end)

    def _approach(self, call: _Call, attempt: int) -> None:
        """Keep the distance to the request before; raise if the host is not to be asked now."""
        host, now = call.host, self._clock()
        if host.is_resting(now):
            found = "the host asked for a rest"
            raise RateLimitError(call.url, found, attempts=attempt, retry_at=host.resting_until)
        if host.is_open(now):
            found = f"the host failed {host.failures} times in a row and is left alone"
            raise CircuitOpenError(call.url, found, attempts=attempt, retry_at=host.open_until)
        pause = host.pause(now, self._spacing)
        if pause >= seconds(call.end, now):
            found = f"the deadline of {self._deadline:g} s has come"
            raise TransientHttpError(call.url, found, attempts=attempt)
        if pause:
            self._sleep(pause)
        host.asked_at = self._clock()

    def _ask(self, call: _Call) -> Answer | _Failure:
        """Send one request, and follow where it leads on the same host."""
        place = call.url
        for _ in range(_HOPS):
            response = self._send(call, place)
            if isinstance(response, _Failure):
                return response
            try:
                if response.status_code not in MOVED or "Location" not in response.headers:
                    return self._judge(call, place, response)
                location = response.headers["Location"]
                place = followed(call.url, place, response.status_code, location)
            finally:
                response.close()
        found = f"{_HOPS} redirects in a row, the last to {masked(place)}"
        raise TerminalHttpError(call.url, found, "Look at the address in a browser.")

    def _send(self, call: _Call, place: str) -> requests.Response | _Failure:
        import requests

        if self._session is None:
            self._session = requests.Session()
            self._session.headers["User-Agent"] = self._user_agent
        left = max(seconds(call.end, self._clock()), 0.001)
        connect, read = (min(limit, left) for limit in self._timeout)
        # What requests says holds the whole address, secrets and all: its errors are told anew, not chained.
        try:
            return self._session.get(
                place,
                headers={**call.headers, **self._logins.headers(place)},
                timeout=(connect, read),
                stream=True,
                allow_redirects=False,
            )
        except requests.exceptions.SSLError as error:
            found = f"no valid certificate ({reason_of(error)})"
        except requests.exceptions.ConnectTimeout:
            return _Failure(f"no connection within {connect:g} s")
        except requests.exceptions.Timeout:
            return _Failure(f"no answer within {read:g} s")
        except requests.exceptions.ConnectionError as error:
            return _Failure(f"no connection ({reason_of(error)})")
        except requests.exceptions.RequestException as error:
            found = f"cannot be asked ({type(error).__name__})"
        raise TerminalHttpError(call.url, found, "Check the address.")

    def _judge(self, call: _Call, place: str, response: requests.Response) -> Answer | _Failure:
        """Return an answer, or a failure that may pass; raise what will not."""
        status, given = response.status_code, response.headers
        if status != 200 and not (status == 304 and call.headers):
            return self._refused(call, response)
        body = b"" if status == 304 else self._body(call, response)
        if isinstance(body, _Failure):
            return body
        now = self._clock()
        call.host.resting_until = quota_reset(given, now)
        following = response.links.get("next", {}).get("url", "")
        return Answer(
            url=masked(place),
            status=status,
            body=body,
            content_type=given.get("Content-Type"),
            etag=given.get("ETag"),
            modified=given.get("Last-Modified"),
            date=http_date(given.get("Date")),
            collected_at=now.astype("datetime64[s]"),
            next_url=urljoin(place, following) if following else "",
        )

    def _refused(self, call: _Call, response: requests.Response) -> _Failure:
        body = self._body(call, response, limit=_SHOWN)
        shown = b"" if isinstance(body, _Failure) else body
        said = " ".join(shown[:4096].decode("utf-8", "replace").split())
        text = self._logins.masked_in(said)[:_SNIPPET]
        found = f"status {response.status_code}" + (f", {text!r}" if text else "")
        if response.status_code in TRANSIENT:
            at = retry_at(response.headers, shown, self._clock())
            return _Failure(found, response.status_code, at)
        advice = advice_on(response.status_code)
        raise TerminalHttpError(call.url, found, advice, status=response.status_code)

    def _body(self, call: _Call, response: requests.Response, limit: int = 0) -> bytes | _Failure:
        """Return the whole body, unpacked; with a limit, its beginning. A slow one is cut at the deadline."""
        import urllib3.exceptions

        parts: list[bytes] = []
        size = 0
        try:
            # read1 returns with what has arrived, where read would wait for a full chunk, drop by drop
            while chunk := response.raw.read1(_CHUNK, decode_content=True):
                parts.append(chunk)
                size += len(chunk)
                if limit and size >= limit:
                    break
                if size > self._max_body:
                    found = f"more than {self._max_body:,} bytes"
                    raise TerminalHttpError(call.url, found, "Ask for less, or raise max_body.")
                if self._clock() >= call.end:
                    found = f"still coming after {self._deadline:g} s, {size:,} bytes are here"
                    return _Failure(found, response.status_code)
        except urllib3.exceptions.ReadTimeoutError:
            return _Failure(f"stopped coming after {size:,} bytes", response.status_code)
        except urllib3.exceptions.HTTPError as error:
            found = f"cut short after {size:,} bytes ({type(error).__name__})"
            return _Failure(found, response.status_code)
        if not parts and not any(
            name in response.headers for name in ("Content-Length", "Transfer-Encoding")
        ):
            # what a connection that is lost amid the headers looks like
            return _Failure("cut short before its body", response.status_code)
        return b"".join(parts)


def _give_up(call: _Call, failure: _Failure, attempt: int) -> NoReturn:
    kind = RateLimitError if failure.status == 429 else TransientHttpError
    until = failure.retry_at or call.host.open_until
    found = f"{failure.found} (asked {attempt} time{'s' * (attempt > 1)})"
    raise kind(call.url, found, status=failure.status, attempts=attempt, retry_at=until)
