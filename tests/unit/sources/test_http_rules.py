"""What a status, a redirect and a failed connection mean."""

import pytest
import requests
import urllib3.exceptions

from evforecast.sources._http_rules import TRANSIENT, advice_on, followed, reason_of
from evforecast.sources.http_errors import TerminalHttpError

URL = "https://example.org/api/status?limit=1"


def test_which_statuses_may_pass():
    assert sorted(TRANSIENT) == [429, 500, 502, 503, 504]
    assert "login" in advice_on(401)
    assert "browser" in advice_on(418)


@pytest.mark.parametrize(
    ("place", "location", "expected"),
    [
        (URL, "/api/v2/status", "https://example.org/api/v2/status"),
        (URL, "other?x=1", "https://example.org/api/other?x=1"),
        (URL, "https://EXAMPLE.org/api/authors", "https://EXAMPLE.org/api/authors"),
        ("http://example.org/a", "https://example.org/a", "https://example.org/a"),
    ],
)
def test_followed(place, location, expected):
    assert followed(URL, place, 302, location) == expected


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("https://evil.org/api?token=123", r"evil.org/api\?token=\*\*\*\. That is another host"),
        ("//evil.org/", "another host"),
        ("/login/?next=/api", "login"),
        ("/accounts/sign-in", "login"),
        ("http://example.org/api/status", "less safe"),
        ("file:///etc/passwd", "another host"),
        ("ftp://example.org/", "less safe"),
    ],
)
def test_not_followed(location, message):
    with pytest.raises(TerminalHttpError, match=message) as caught:
        followed(URL, URL, 302, location)
    assert caught.value.status == 302


def test_reason_of():
    inner = urllib3.exceptions.ProtocolError("aborted", ConnectionResetError("x?apikey=1"))
    assert reason_of(requests.exceptions.ConnectionError(inner)) == "ConnectionResetError"
    dns = urllib3.exceptions.MaxRetryError(None, "/x?apikey=1", TimeoutError("t"))
    assert reason_of(requests.exceptions.ConnectionError(dns)) == "TimeoutError"
    assert reason_of(requests.exceptions.ConnectionError("plain")) == "ConnectionError"
    assert reason_of(OSError()) == "OSError"
