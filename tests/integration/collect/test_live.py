"""The real services, through the whole of the collector: asked only with ``-m live``."""

import socket
from urllib.parse import urlsplit

import numpy as np
import pytest

from evforecast.clock import utc_now
from evforecast.collect import Store, collect_once
from evforecast.sources.belib import BelibPoints, BelibStatus
from evforecast.sources.http import Client
from evforecast.sources.openmeteo import OpenMeteoArchive, OpenMeteoForecast
from evforecast.sources.traffic import ParisTraffic

PARIS = (48.8566, 2.3522)
FEEDS = {
    "belib": BelibStatus(),
    "belib-points": BelibPoints(),
    "traffic": ParisTraffic(),
    "openmeteo-archive": OpenMeteoArchive(*PARIS),
    "openmeteo-forecast": OpenMeteoForecast(*PARIS),
}


@pytest.fixture(params=FEEDS.values(), ids=FEEDS)
def feed(request):
    """Return a feed whose service is to be asked, and can be reached; else skip."""
    if "live" not in request.config.option.markexpr:
        pytest.skip("the real services are asked only with -m live")
    for asked in request.param.requests(utc_now()):
        host = urlsplit(asked.url).hostname
        try:
            socket.create_connection((host, 443), timeout=5).close()
        except OSError as error:
            pytest.skip(f"{host} cannot be reached from here: {error}")
    return request.param


@pytest.mark.live
def test_a_cycle_of_the_real_service(feed, tmp_path):
    store = Store(tmp_path, feed)
    with Client() as client:
        result = collect_once(store, client, now=utc_now())
        again = collect_once(store, client, now=np.datetime64(result.cycle))
    assert result.is_complete, store.gaps()
    assert not result.alerts, store.alerts()
    came = store.entries()
    assert came["rows"].sum() > 0
    assert came["rejected"].sum() < 0.2 * came["rows"].sum()
    assert again.outcomes == {}
