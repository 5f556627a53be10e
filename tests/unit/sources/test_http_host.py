"""The circuit of one host, and the distance between requests to it."""

import numpy as np

from evforecast.sources._http_host import FAILURES, OPEN_SECONDS, Host

NOW = np.datetime64("2026-11-28T08:00:00", "s")


def after(n):
    return NOW + np.timedelta64(n, "s")


def test_a_circuit_opens_and_one_request_decides():
    host = Host()
    for _ in range(FAILURES - 1):
        host.failed(NOW)
    assert not host.is_open(NOW)
    host.failed(NOW)
    assert host.is_open(NOW)
    assert host.is_open(after(OPEN_SECONDS - 1))
    later = after(OPEN_SECONDS)
    assert not host.is_open(later)
    host.failed(later)
    assert host.is_open(later)
    host.succeeded()
    assert not host.is_open(later)
    host.failed(later)
    assert not host.is_open(later)


def test_failures_count_only_in_a_row():
    host = Host()
    for _ in range(3 * FAILURES):
        host.failed(NOW)
        host.succeeded()
    assert not host.is_open(NOW)


def test_resting():
    host = Host(resting_until=after(10))
    assert host.is_resting(after(9))
    assert not host.is_resting(after(10))
    assert not Host().is_resting(NOW)


def test_distance():
    assert Host().pause(NOW, 5.0) == 0
    host = Host(asked_at=NOW)
    assert [host.pause(after(n), 5.0) for n in (0, 2, 5, 9)] == [5, 3, 0, 0]
    assert host.pause(after(-3600), 5.0) == 0, "the clock was set back"
