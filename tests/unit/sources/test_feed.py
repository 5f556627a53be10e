"""What a feed is, and that ours of chargers are such feeds."""

import inspect

import numpy as np
import pandas as pd
import pytest

from evforecast.sources.belib import BelibPoints, BelibStatus
from evforecast.sources.feed import Feed, Payload, Reading, Request, Table
from evforecast.sources.irve import IrvePoints, IrveStatus
from evforecast.sources.ocpi import OcpiLocations

NOW = np.datetime64("2026-11-28T08:00:00", "s")
URL = "https://example.org/data"
FEEDS = [
    BelibStatus(),
    BelibPoints(),
    OcpiLocations(URL, "network"),
    IrveStatus(URL, "status"),
    IrvePoints(URL, "points"),
]


def test_what_is_left_out_is_empty():
    request = Request(URL, "all")
    payload = Payload(b"secret", request, NOW)
    assert (request.fallback, payload.content_type, payload.next_url) == ("", "", "")
    assert "secret" not in repr(payload), "a body may be large"
    reading = Reading({}, pd.DataFrame(), 0)
    assert (reading.counted_apart, reading.unknown_words, reading.fields) == ({}, {}, {})
    assert (reading.notes, reading.more) == ((), ())


@pytest.mark.parametrize("feed", FEEDS, ids=lambda feed: type(feed).__name__)
def test_our_feeds(feed):
    assert feed.name.replace("-", "").isalnum()
    assert feed.name == feed.name.lower()
    assert pd.Timedelta(feed.every) > pd.Timedelta(0)
    assert pd.Timedelta(feed.lag) == pd.Timedelta(0), "they show only the present"
    assert all(isinstance(table, Table) for table in feed.tables.values())
    requests = feed.requests(NOW)
    assert len({request.name for request in requests}) == len(requests) > 0
    for method in ("requests", "read"):
        due = inspect.signature(getattr(Feed, method)).parameters
        assert list(inspect.signature(getattr(type(feed), method)).parameters) == list(due)
    assert feed == type(feed)(
        **{k: getattr(feed, k) for k in inspect.signature(type(feed)).parameters}
    )
