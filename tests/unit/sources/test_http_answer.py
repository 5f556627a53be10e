import numpy as np

from evforecast.sources import http
from evforecast.sources._http_answer import Answer


def test_what_may_be_secret_or_long_is_not_shown():
    at = np.datetime64("2026-11-28T08:00:00")
    shown = repr(Answer("https://a.org", 200, b"body", collected_at=at, next_url="?key=s3cret"))
    assert "body" not in shown.replace("body=", "")
    assert "s3cret" not in shown
    assert http.Answer is Answer
