"""How long a server wants to be left alone."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.structures import CaseInsensitiveDict

from evforecast.sources._http_waits import backoff, http_date, quota_reset, retry_at, seconds

NOW = np.datetime64("2026-11-28T08:00:00", "s")
EPOCH = int(NOW.astype(np.int64))
# As the portal's documentation shows it.
PORTAL = {
    "errorcode": 10005,
    "reset_time": "2026-11-29T00:00:00Z",
    "limit_time_unit": "day",
    "call_limit": 1000,
    "error": "You have exceeded the requests limit for anonymous users.",
}


def wait(headers=None, body=b"", now=NOW):
    at = retry_at(CaseInsensitiveDict(headers or {}), body, now)
    return None if at is None else seconds(at, now)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "17"}, 17),
        ({"Retry-After": " 17 "}, 17),
        ({"Retry-After": "0"}, 0),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "-5"}, None),
        ({"Retry-After": "Sat, 28 Nov 2026 08:01:30 GMT"}, 90),
        # the server's clock is an hour late, and so is its date: the difference counts
        (
            {
                "Retry-After": "Sat, 28 Nov 2026 07:01:30 GMT",
                "Date": "Sat, 28 Nov 2026 07:00:00 GMT",
            },
            90,
        ),
        ({"Retry-After": "Sat, 28 Nov 2026 07:00:00 GMT"}, 0),
        ({"Retry-After": "31536000"}, 86_400),
        ({"X-RateLimit-Reset": "45"}, 45),
        ({"X-RateLimit-Reset": str(EPOCH + 60)}, 60),
        ({"X-RateLimit-Reset": str((EPOCH + 60) * 1000)}, 60),
        ({"X-RateLimit-Reset": "2026-11-28 09:00:00+00:00"}, 3600),
        ({"X-RateLimit-Reset": "2026-11-28T10:00:00+01:00"}, 3600),
        ({"X-RateLimit-Reset": "nan"}, None),
        ({"X-RateLimit-Reset": "-1"}, None),
        ({"X-RateLimit-Reset": "never"}, None),
        ({"X-RateLimit-Reset": "45", "Retry-After": "3"}, 3),
    ],
)
def test_retry_at(headers, expected):
    assert wait(headers) == expected


def test_the_body_of_the_portal():
    body = json.dumps(PORTAL).encode()
    assert wait(body=body) == 16 * 3600
    assert wait({"X-RateLimit-Reset": "45"}, body) == 16 * 3600
    assert wait({"Retry-After": "7"}, body) == 7
    for odd in (
        b"[]",
        b"{",
        b'{"reset_time": null}',
        b'{"reset_time": {}}',
        b"\xff",
        b"[" * 10_000,
    ):
        assert wait(body=odd) is None


@pytest.mark.parametrize(
    ("left", "expected"),
    [("0", 60), ("-1", 60), ("0.0", 60), ("1", None), ("many", None), ("", None)],
)
def test_quota_reset(left, expected):
    headers = CaseInsensitiveDict(
        {"X-RateLimit-Remaining": left, "X-RateLimit-Reset": str(EPOCH + 60)}
    )
    at = quota_reset(headers, NOW)
    assert (None if at is None else seconds(at, NOW)) == expected
    assert quota_reset({"X-RateLimit-Remaining": "0"}, NOW) is None
    assert quota_reset({}, NOW) is None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30), st.binary(max_size=60))
def test_no_header_and_no_body_breaks_it(one, other, body):
    headers = CaseInsensitiveDict({"Retry-After": one, "X-RateLimit-Reset": other, "Date": one})
    found = wait(headers, body)
    assert found is None or 0 <= found <= 86_400
    http_date(one)


def test_backoff_is_full_jitter():
    draw = np.random.default_rng(0)
    for attempt, most in ((1, 1), (2, 2), (4, 8), (12, 30)):
        waits = [backoff(attempt, draw) for _ in range(400)]
        assert 0 <= min(waits) < 0.05 * most
        assert 0.95 * most < max(waits) <= most


def test_http_date():
    assert http_date("Sat, 28 Nov 2026 09:00:00 +0100") == NOW
    assert [http_date(text) for text in (None, "", "yesterday")] == [None] * 3
