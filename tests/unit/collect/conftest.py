import os

import pytest
from collected import Server, StatusFeed, at

from evforecast.collect import Store, collect_once

URL = "https://status.test/all"


@pytest.fixture(autouse=True)
def without_flushes(monkeypatch):
    """Leave the disk alone: when it is flushed is tested where files are written."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def server():
    return Server()


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path, StatusFeed())


@pytest.fixture
def collect(store, server):
    """Return what collects a cycle, where the server answers so."""

    def cycle(number, answer, *, seconds=5, into=store):
        server.now = at(number, seconds + 2)
        server.always[URL] = answer
        return collect_once(into, server, now=at(number, seconds))

    return cycle
