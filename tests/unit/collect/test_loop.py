import errno
import os
import signal
import threading
import time

import numpy as np
import pytest
from collected import Server, StatusFeed, at, body

from evforecast.collect import Store, StoreBusyError, collect_loop
from evforecast.errors import InputError, TerminalError, TransientError

A = body("available")
SECOND = np.timedelta64(1, "s")


class Time:
    """A clock that goes on while one sleeps, and while one asks."""

    def __init__(self, now, asking=0):
        self.now, self.asking, self.slept = now, asking, []

    def clock(self):
        return self.now

    def sleep(self, seconds):
        assert 0 < seconds <= 60
        self.slept.append(seconds)
        self.now += np.timedelta64(round(seconds), "s")


class Slow(Server):
    """Takes its time."""

    def __init__(self, time_, taking=0):
        super().__init__()
        self.time, self.taking = time_, taking

    def get(self, url, **more):
        self.time.now += np.timedelta64(self.taking, "s")
        self.now = self.time.now
        self.always.setdefault(url, lambda: body("available", n=len(self.asked)))
        return super().get(url, **more)


@pytest.fixture
def run(tmp_path):
    """Return what runs the loop until a cycle; it returns the times of asking, by feed."""

    def loop(time_, until, *feeds, server=None, **more):
        server, asked = server or Slow(time_), {}

        def tell(result):
            asked.setdefault(result.feed, []).append((result.cycle, time_.now))

        stores = [Store(tmp_path, feed) for feed in feeds or (StatusFeed(),)]
        more = {"tell": tell, **more}
        done = collect_loop(
            stores, server, clock=time_.clock, sleep=time_.sleep, until=until, **more
        )
        return done, asked, stores

    return loop


def test_cycles_begin_on_their_time_whatever_they_take(run):
    time_ = Time(at(0, 100))
    done, asked, [store] = run(time_, at(5, 0), server=Slow(time_, taking=61))
    assert done == 5
    assert [cycle for cycle, _ in asked["status"]] == [at(n, 0) for n in range(5)]
    begun = store.entries()["asked_at"].to_numpy() - store.entries()["cycle"].to_numpy()
    assert (begun / SECOND).tolist() == [100, 0, 0, 0, 0]


def test_a_cycle_that_takes_longer_than_it_has_leaves_a_gap_and_no_burst(run):
    time_ = Time(at(0, 0))
    _, asked, [store] = run(time_, at(9, 0), server=Slow(time_, taking=1000))
    done = (0, 1, 2, 3, 4, 5, 7, 8)
    assert [cycle for cycle, _ in asked["status"]] == [at(n, 0) for n in done]
    time_ = Time(at(20, 0))
    run(time_, at(23, 0))
    assert store.gaps()["cycle"].tolist() == [at(n, 0) for n in (6, *range(9, 20))]


def test_feeds_have_each_their_own_time_and_the_present_comes_first(run):
    time_ = Time(at(3, 10))
    feeds = StatusFeed("late", lag="1D"), StatusFeed("now"), StatusFeed("hourly", every="1h")
    _, asked, _ = run(time_, at(9, 0), *feeds)
    assert list(asked) == ["now", "hourly", "late"]
    assert [cycle for cycle, _ in asked["now"]] == [at(n, 0) for n in range(3, 9)]
    assert [cycle for cycle, _ in asked["hourly"]] == [at(n, 0) for n in (0, 4, 8)]


def test_one_feed_that_fails_does_not_stop_another(run):
    class Broken(StatusFeed):
        def requests(self, now):  # noqa: ARG002 - it never gets so far
            raise ZeroDivisionError

    _, asked, stores = run(Time(at(0)), at(3, 0), Broken("bad"), StatusFeed("good"))
    assert len(asked["bad"]) == len(asked["good"]) == 3
    assert stores[1].gaps().empty


def test_what_a_full_disk_kept_from_being_done_is_tried_again_while_the_cycle_is_on(
    run, monkeypatch
):
    time_, results, write = Time(at(0, 0)), [], os.write

    def full(handle, data):
        if time_.now < at(0, 200):
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data)

    monkeypatch.setattr(os, "write", full)
    done, _, [store] = run(time_, at(2, 0), tell=results.append)
    assert [bool(result.error) for result in results] == [True] * 3 + [False] * 2
    assert results[0].error == "OSError: [Errno 28] No space left on device"
    assert done == 2
    assert store.gaps().empty
    assert not results[0].is_complete


def test_a_busy_store_is_waited_for(run, tmp_path, monkeypatch):
    monkeypatch.setattr("evforecast.collect.loop.WAIT", 0.0)
    time_, results = Time(at(0, 0)), []
    other = Store(tmp_path, StatusFeed()).writing("reading again")
    other.__enter__()

    def tell(result):
        results.append(result)
        if len(results) == 2:
            other.__exit__(None, None, None)

    _, _, [store] = run(time_, at(1, 0), tell=tell)
    assert [result.error[:14] for result in results] == ["StoreBusyError"] * 2 + [""]
    assert store.entries()["asked_at"].tolist() == [at(0, 90)]


def test_two_loops_on_one_feed(run, tmp_path):
    other, met = [Store(tmp_path, StatusFeed())], []

    def tell(result):
        with pytest.raises(StoreBusyError, match="is collecting in a loop"):
            collect_loop(other, Server(), clock=lambda: at(0), until=at(1))
        met.append(1)

    run(Time(at(0)), at(2, 0), tell=tell)
    assert met == [1, 1]
    assert run(Time(at(2)), at(3, 0))[0] == 1  # once it has ended, another may begin


def test_a_clock_that_jumps(run):
    class Jumping(Time):
        def sleep(self, seconds):
            super().sleep(seconds)
            if len(self.slept) == 20:
                self.now -= np.timedelta64(3600, "s")
            if len(self.slept) == 200:
                self.now += np.timedelta64(86_400, "s")

    time_ = Jumping(at(8, 0))
    _, _, [store] = run(time_, at(130, 0))
    entries = store.entries()
    assert not entries.duplicated("cycle").any()
    assert {at(8, 0), at(9, 0), at(10, 0)} <= set(entries["cycle"].to_numpy())
    assert (entries["outcome"] == "stored").all()


def test_it_stops_between_two_feeds(run):
    stop, seen = threading.Event(), []

    def tell(result):
        seen.append(result.feed)
        stop.set()

    done, *_ = run(Time(at(0)), None, StatusFeed("a"), StatusFeed("b"), stop=stop, tell=tell)
    assert (done, seen) == (1, ["a"])


def test_a_signal_wakes_it(tmp_path):
    stop, store = threading.Event(), Store(tmp_path, StatusFeed())
    before = signal.signal(signal.SIGALRM, lambda *_: stop.set())
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        start = time.monotonic()
        collect_loop([store], Server(), clock=lambda: at(0), stop=stop)
        assert 0.1 < time.monotonic() - start < 20
    finally:
        signal.signal(signal.SIGALRM, before)


def test_it_ends_at_its_time_even_if_no_cycle_is_due(run):
    time_ = Time(at(0, 10))
    done, *_ = run(time_, at(0, 70))
    assert (done, time_.now) == (1, at(0, 70))
    assert run(Time(at(5)), at(4))[0] == 0


def test_an_interrupt_goes_through(run):
    def tell(result):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(Time(at(0)), None, tell=tell)
    assert run(Time(at(1)), at(2, 0))[0] == 1


def test_failures_are_no_errors(run):
    server = Slow(Time(at(0)))
    server.always["https://status.test/all"] = TransientError("down")
    done, asked, _ = run(Time(at(0)), at(3, 0), server=server)
    assert done == len({cycle for cycle, _ in asked["status"]}) == 3


class Failing(Slow):
    """Answers as it is told for a while, then well."""

    def __init__(self, time_, failure, until):
        super().__init__(time_)
        self.failure, self.until, self.times = failure, until, []

    def get(self, url, **more):
        self.times.append(int((self.time.now - at(0, 0)) / SECOND))
        if self.time.now < self.until:
            self.queued[url] = [self.failure]
        return super().get(url, **more)


@pytest.mark.parametrize("failure", [TransientError("down"), OSError("gone"), b"<html>", b"[{"])
def test_what_failed_is_asked_again_while_the_cycle_is_on(run, failure):
    time_ = Time(at(0, 0))
    server = Failing(time_, failure, at(0, 400))
    done, asked, [store] = run(time_, at(2, 0), server=server)
    assert server.times == [0, 30, 90, 210, 450, 900]
    assert done == 2
    assert [cycle for cycle, _ in asked["status"]] == [at(0, 0)] * 5 + [at(1, 0)]
    assert store.gaps().empty
    assert len(store.rows("status")) == 2


def test_it_is_asked_until_a_minute_before_the_end_of_the_cycle(run):
    time_ = Time(at(0, 0))
    server = Failing(time_, TransientError("down"), at(1, 0))
    run(time_, at(1, 1), server=server)
    assert server.times == [0, 30, 90, 210, 450, 690, 900]


def test_a_server_that_says_when_is_asked_then(run):
    time_ = Time(at(0, 0))
    failure = TransientError("rest")
    failure.retry_at = at(0, 301)
    server = Failing(time_, failure, at(0, 301))
    run(time_, at(1, 0), server=server)
    assert server.times == [0, 301]
    failure.retry_at = at(1, 870)
    server = Failing(time_, failure, at(2, 0))
    run(time_, at(3, 0), server=server)
    assert server.times == [900, 1800]


def test_what_takes_long_is_not_asked_again_at_once(run):
    time_ = Time(at(0, 0))
    server = Failing(time_, TransientError("down"), at(0, 500))
    server.taking = 100
    run(time_, at(1, 0), server=server)
    assert server.times == [0, 130, 290, 510]


@pytest.mark.parametrize("failure", [TerminalError("404"), InputError("in the clear")])
def test_what_asking_again_will_not_change_waits_for_the_next_cycle(run, failure):
    time_ = Time(at(0, 0))
    server = Failing(time_, failure, at(0, 100))
    done, _, [store] = run(time_, at(2, 0), server=server)
    assert (server.times, done) == ([0, 900], 2)
    assert store.gaps()["cycle"].tolist() == [at(0, 0)]


def test_a_long_cycle_is_asked_less_often_as_time_goes_by(run):
    time_ = Time(at(0, 0))
    server = Failing(time_, TransientError("down"), at(96, 0))
    run(time_, at(96, 0), StatusFeed(every="1D"), server=server)
    gaps = np.diff(server.times)
    assert gaps[:8].tolist() == [30, 60, 120, 240, 480, 960, 1920, 3600]
    assert set(gaps[8:].tolist()) == {3600}


def test_each_feed_may_be_asked_by_its_own(run):
    time_ = Time(at(0, 0))
    servers = {"a": Slow(time_), "b": Slow(time_)}
    run(time_, at(2, 0), StatusFeed("a"), StatusFeed("b"), server=servers)
    assert {name: set(server.asked) for name, server in servers.items()} == {
        "a": {"https://a.test/all"},
        "b": {"https://b.test/all"},
    }
