"""What the errors of the network say, and what they never say."""

import numpy as np
import pytest

from evforecast.errors import EvForecastError, TerminalError, TransientError
from evforecast.sources.http_errors import (
    CircuitOpenError,
    HttpError,
    RateLimitError,
    TerminalHttpError,
    TransientHttpError,
    masked,
    unmasked,
    without_secrets,
)

URL = "https://me:pass%2Fword@example.org:8080/data?limit=5&apikey=S3CR%20ET&access_token=T0KEN#top"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (URL, "https://***@example.org:8080/data?limit=5&apikey=***&access_token=***"),
        ("https://example.org/a?where=x%3D1&limit=5", "https://example.org/a?where=x%3D1&limit=5"),
        ("https://example.org/a?API%2DKEY=1", "https://example.org/a?API%2DKEY=***"),
        ("https://example.org/a?sig=1&key", "https://example.org/a?sig=***&key"),
        ("https://example.org", "https://example.org"),
        *(
            (f"https://example.org/a?{name}=S3CRET&b=1", f"https://example.org/a?{name}=***&b=1")
            for name in (
                *("pw", "pass", "appid", "app_id", "APP-ID", "k", "jwt", "access", "credential"),
                *("credentials", "id_jwt", "access_id", "passphrase", "password"),
            )
        ),
        *(
            (f"https://example.org/{path}", f"https://example.org/{path}")
            for path in ("a?kw=1&passages=2&accessible=3&apps=4", "of/S3CRET/in?the=path")
        ),
    ],
)
def test_masked(url, shown):
    assert masked(url) == shown
    assert masked(shown) == shown


def test_a_server_that_echoes_a_secret_is_masked_too():
    said = "no such key S3CR ET (S3CR%20ET), user pass/word, T0KEN"
    assert without_secrets(said, URL) == "no such key *** (***), user ***, ***"
    assert without_secrets(said, "https://example.org/data?limit=5") == said


def test_what_they_say():
    at = np.datetime64("2026-11-29T00:00:00")
    error = RateLimitError(URL, "status 429, 'key T0KEN'", status=429, attempts=2, retry_at=at)
    assert str(error) == (
        "GET https://***@example.org:8080/data?limit=5&apikey=***&access_token=***: status 429, 'key ***'. "
        "Ask again from 2026-11-29T00:00:00 UTC on."
    )
    assert (error.status, error.attempts, error.retry_at) == (429, 2, at)
    assert str(TransientHttpError("http://a/b", "no answer")) == (
        "GET http://a/b: no answer. Ask again later."
    )
    gone = TerminalHttpError("http://a/b", "status 410", "Gone for good.", status=410)
    assert str(gone) == "GET http://a/b: status 410. Gone for good."
    assert gone.url == "http://a/b"


def test_the_tree():
    for kind in (TransientHttpError, RateLimitError, CircuitOpenError):
        assert issubclass(kind, (HttpError, TransientError))
        assert not issubclass(kind, TerminalError)
    assert issubclass(TerminalHttpError, TerminalError)
    assert not issubclass(TerminalHttpError, TransientError)
    assert issubclass(HttpError, EvForecastError)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/status",
        "https://example.org/status?limit=5&apikey=123&x=%20a",
        "https://me:secret@example.org/?token=1&page=2",
        "https://me@example.org:8000/?flag&pwd=a%3Db",
    ],
)
def test_secrets_are_put_back_where_they_were(url):
    assert unmasked(masked(url), url) == url


def test_secrets_are_not_put_into_the_address_of_another_host():
    assert unmasked("https://b.org/?key=***", "https://a.org/?key=1") == "https://b.org/?key=***"
