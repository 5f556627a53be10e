import datetime as dt

import numpy as np

from evforecast.clock import utc_now


def test_now_is_utc_in_whole_seconds(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    now = utc_now()
    after = dt.datetime.now(dt.UTC)
    assert now.dtype == np.dtype("datetime64[s]")
    assert before <= now.item().replace(tzinfo=dt.UTC) <= after
