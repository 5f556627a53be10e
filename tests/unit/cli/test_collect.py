"""The command, before a server that replays a body and misbehaves; clock and sleep are the test's own."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from werkzeug import Response

from evforecast.cli import main
from evforecast.cli.collect import KEYS, add_parser, collect
from evforecast.collect import Store, collect_loop
from evforecast.errors import InputError
from evforecast.sources import belib
from evforecast.sources.http import USER_AGENT

START = np.datetime64("2026-11-28T08:15:03", "s")
DATASET = "belib-points-de-recharge-pour-vehicules-electriques-disponibilite-temps-reel"
EXPORT = f"/api/explore/v2.1/catalog/datasets/{DATASET}/exports/json"
PAGES = EXPORT.replace("exports/json", "records")
MAINTENANCE = (
    b"<!doctype html><html><head><title>Maintenance</title></head><body>Soon.</body></html>"
)


def charger(number, status, **more):
    """Return a row in the format of the portal."""
    return {
        "id_pdc": f"FR*V75*EPX04*03*{number}",
        "statut_pdc": status,
        "url_description_pdc": "https://parisdata.example/explore",
        "last_updated": "2026-11-28T04:30:10+01:00",
        "arrondissement": "Paris centre",
        "adresse_station": "13 Rue Malher 75004 Paris",
        "coordonneesxy": {"lon": 2.361378, "lat": 48.85648},
        "code_insee_commune": "75056",
        **more,
    }


def body(*statuses):
    return json.dumps([charger(n, status) for n, status in enumerate(statuses, 1)]).encode()


GOOD = body("Disponible", "Occupé (en charge)", "En maintenance")
BETTER = body("Disponible", "Disponible", "En maintenance")


class Time:
    """A clock that moves when something waits."""

    def __init__(self):
        self.now = START

    def clock(self):
        return self.now

    def sleep(self, seconds):
        self.now = self.now + np.timedelta64(int(seconds * 1000), "ms")


@pytest.fixture
def course():
    return Time()


@pytest.fixture(autouse=True)
def without_flushes(monkeypatch):
    """Leave the disk alone: when it is flushed is tested where files are written."""
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def serve(httpserver, monkeypatch):
    """Return what sets the answers of the portal: the last one stays; and what it answers by pages."""
    left, paged, asked = [], [], []

    def answer(request):
        asked.append(request)
        status, data = left.pop(0) if len(left) > 1 else left[0]
        kind = "text/html" if data.startswith(b"<") else "application/json"
        return Response(data, status, content_type=kind)

    httpserver.expect_request(EXPORT).respond_with_handler(answer)
    httpserver.expect_request(PAGES).respond_with_handler(
        lambda _: Response(paged[0][1], paged[0][0])
    )
    portal = httpserver.url_for("/api/explore/v2.1")
    monkeypatch.setattr(belib, "BelibStatus", partial(belib.BelibStatus, portal))

    def set_answers(*answers, pages=(503, b"no")):
        paged[:] = [pages]
        left[:] = [each if isinstance(each, tuple) else (200, each) for each in answers]
        return asked

    return set_answers


@pytest.fixture
def run(tmp_path, course):
    """Return what runs the command in the test's own time."""

    def go(*options, feed=("--feed", "belib"), sleep=course.sleep):
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        given = ["collect", "--store", str(tmp_path / "fresh"), *feed, *options]
        return collect(parser.parse_args(given), clock=course.clock, sleep=sleep)

    return go


@pytest.fixture
def store(tmp_path):
    """Return what opens the store of the feed."""
    return lambda: Store(tmp_path / "fresh", belib.BelibStatus())


def test_code_0_and_a_line_where_all_was_answered(run, serve, store, capsys):
    serve(GOOD)
    assert run() == 0
    said = capsys.readouterr()
    assert said.out == "2026-11-28 08:15  belib-status  1 stored, 3 chargers, 6 rows\n"
    assert not said.err
    words = store().rows("status")["word"].tolist()
    assert words == ["Disponible", "Occupé (en charge)", "En maintenance"]


def test_the_same_cycle_again_asks_nothing(run, serve, capsys):
    asked = serve(GOOD)
    assert [run(), run()] == [0, 0]
    assert len(asked) == 1
    assert capsys.readouterr().out.splitlines()[1].endswith("belib-status  answered before")


def test_code_10_where_a_word_is_new(run, serve, store, capsys):
    serve(body("Disponible", "Suspendu"))
    assert run() == 10
    line = capsys.readouterr().out
    assert "2 rows, 1 rejected; new word: 'Suspendu' came 1 times" in line
    assert line.count("\n") == 1
    assert len(store().rejected()) == 1


def test_code_10_where_one_of_two_feeds_is_missing(run, serve, httpserver, capsys):
    serve(GOOD)
    httpserver.expect_request("/locations").respond_with_data("no", status=404)
    url = httpserver.url_for("/locations")
    assert run("--feed", "ocpi", "--url", f"mine={url}") == 10
    good, bad = capsys.readouterr().out.splitlines()
    assert good.split()[2:] == ["belib-status", "1", "stored,", "3", "chargers,", "6", "rows"]
    assert bad.split()[2] == "mine"
    assert "1 failed; missing locations: failed: TerminalHttpError: GET" in bad
    assert "404" in bad


def test_code_20_and_a_body_kept_where_a_page_came_for_json(run, serve, store, capsys):
    serve(MAINTENANCE)
    assert run() == 20
    line = capsys.readouterr().out
    assert "1 unreadable, 1 failed" in line
    assert "unreadable: FileFormatError: " in line
    assert "HTML 'Maintenance' where JSON was due" in line
    kept = store()
    (day,) = kept.archive.days()
    (payload,) = kept.archive.ids(day)
    assert kept.archive.get(day, payload) == MAINTENANCE


def test_code_20_where_asking_again_would_bring_the_same(run, serve):
    serve((404, b"no"), pages=(404, b"no"))
    assert run("--quiet") == 20


def test_code_10_where_the_rest_was_answered_before(run, serve, httpserver):
    serve(GOOD)
    assert run("--quiet") == 0
    httpserver.expect_request("/locations").respond_with_data("no", status=404)
    url = httpserver.url_for("/locations")
    assert run("--feed", "ocpi", "--url", url, "--quiet") == 10


def test_rows_that_came_before_in_the_cycle_are_no_news(run, course, httpserver, capsys):
    places = [{"id": name, "evses": [{"uid": name, "status": "AVAILABLE"}]} for name in "ABC"]
    more = f'<{httpserver.url_for("/2")}>; rel="next"'
    answers = [Response("no", 404), Response(json.dumps(places[1:]))]
    httpserver.expect_request("/1").respond_with_json(places[:1], headers={"Link": more})
    httpserver.expect_request("/2").respond_with_handler(lambda _: answers.pop(0))
    feed = ("--feed", "ocpi", "--url", httpserver.url_for("/1"))
    assert run(feed=feed) == 10
    course.sleep(60)
    assert run(feed=feed) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert "1 stored, 1 failed, 1 charger, 2 rows; missing locations-page-2: " in first
    assert second.endswith("ocpi  1 stored, 3 chargers, 4 rows")


def test_code_20_stays_20_when_the_cycle_is_tried_again(run, serve):
    serve(MAINTENANCE)
    assert [run(), run()] == [20, 20]


def test_code_0_where_the_pages_stand_in_for_the_export(run, serve, store, capsys):
    page = json.dumps({"total_count": 1, "results": [charger(1, "Disponible")]}).encode()
    serve(MAINTENANCE, pages=(200, page))
    assert run("--json") == 10  # the page that came for the export is an alert
    assert json.loads(capsys.readouterr().out)["missing"] == []
    serve((404, b"no"), pages=(200, page))
    assert run("--every", "15min", "--until", "2026-11-28 08:31", "--quiet") == 0
    assert store().gaps().empty


def test_code_75_where_it_may_come_later(run, serve, store, capsys):
    asked = serve((500, b"no"))
    assert run() == 75
    assert "2 failed; missing availability: failed: TransientHttpError" in capsys.readouterr().out
    assert len(asked) == 4  # the client has tried for itself
    assert store().gaps()["asked"].tolist() == [2]


def test_code_0_once_the_same_cycle_was_answered_after_all(run, serve, course, store):
    serve(*[(503, b"no")] * 4, GOOD)
    assert run() == 75
    course.sleep(300)
    assert run() == 0
    assert store().gaps().empty


def test_json_is_a_line_for_each_cycle_and_nothing_else(run, serve, capsys):
    serve(GOOD, MAINTENANCE, BETTER)
    assert run("--every", "15min", "--until", "2026-11-28 08:50", "--json") == 10
    said = capsys.readouterr()
    assert not said.err
    cycles = [json.loads(line) for line in said.out.splitlines()]
    assert [each["cycle"] for each in cycles] == [
        f"2026-11-28T08:{minute}:00" for minute in (15, 30, 30, 45)
    ]
    assert [each["outcomes"] for each in cycles] == [
        {"stored": 1},
        {"unreadable": 1, "failed": 1},
        {"stored": 1},
        {"same": 1},
    ]
    first, second, again, _ = cycles
    assert again["missing"] == []
    assert first | {"outcomes": 0} == {
        "cycle": "2026-11-28T08:15:00",
        "feed": "belib-status",
        "outcomes": 0,
        "chargers": 3,
        "rows": 6,
        "rejected": 0,
        "missing": [],
        "alerts": [],
        "error": "",
    }
    assert [each["name"] for each in second["missing"]] == ["availability"]
    assert [each["kind"] for each in second["alerts"]] == ["unreadable"]


def test_a_loop_keeps_every_answer_on_the_times_of_the_clock(run, serve, store):
    serve(*[GOOD, BETTER] * 3, GOOD)
    assert run("--every", "15min", "--until", "2026-11-28 10:00", "--quiet") == 0
    found = store().entries()
    assert len(found) == 7
    assert found["outcome"].tolist() == ["stored", "stored", *["same"] * 5]
    late = found["asked_at"] - found["cycle"]
    assert late.dt.total_seconds().tolist() == [3, *[0] * 6]


def test_quiet_is_quiet_where_all_is_well(run, serve, capsys):
    serve(GOOD)
    assert run("--quiet") == 0
    said = capsys.readouterr()
    assert said.out == said.err == ""


def test_quiet_says_in_a_line_of_errors_what_is_not_well(run, serve, capsys):
    serve(MAINTENANCE)
    assert run("--quiet") == 20
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert said.err.startswith("evforecast collect: belib-status: 1 unreadable, 1 failed; missing ")


def test_what_cannot_be_read_is_asked_again_in_its_cycle(run, serve, store, course, capsys):
    """The status of a quarter cannot be had later: half a JSON is no answer."""
    asked = serve(GOOD[:-20], MAINTENANCE, GOOD)
    assert run("--quiet") == 20
    course.sleep(60)
    assert run("--quiet") == 20
    course.sleep(60)
    assert run() == 0
    assert run() == 0
    assert len(asked) == 3
    out = capsys.readouterr().out.splitlines()
    assert [line.split("  ")[-1] for line in out] == [
        "1 stored, 3 chargers, 6 rows",
        "answered before",
    ]
    assert len(store().archive.ids("2026-11-28")) == 3  # each body was kept
    assert store().gaps().empty


def test_a_loop_brings_what_failed_before_its_cycle_is_over(run, serve, store, course):
    asked = serve(*[(503, b"no")] * 4, MAINTENANCE, GOOD)
    assert (
        run("--every", "15min", "--until", "2026-11-28 08:29", "--quiet") == 10
    )  # the page is an alert
    assert store().gaps().empty
    assert len(store().rows("status")) == 3
    assert len(asked) == 6
    # The circuit was open for five minutes: the host was left alone.
    assert course.now > START + np.timedelta64(300, "s")


def test_the_reason_is_said_once(run, httpserver, capsys):
    httpserver.expect_request("/locations").respond_with_data("<html>no</html>")
    run(feed=("--feed", "ocpi", "--url", httpserver.url_for("/locations")))
    line = capsys.readouterr().out
    assert line.count("FileFormatError") == 1
    assert "missing locations: unreadable: FileFormatError: " in line


LOCATIONS = [{"id": "A", "evses": [{"uid": "A", "status": "AVAILABLE"}]}]
IRVE = "id_pdc_itinerance,etat_pdc,occupation_pdc,horodatage,etat_prise_type_2\n"
"""Of the national format, without a row."""


def test_another_kind_of_feed_is_refused_before_anything_is_asked(
    run, httpserver, tmp_path, capsys, monkeypatch
):
    httpserver.expect_request("/locations").respond_with_json(LOCATIONS)
    url = httpserver.url_for("/locations?key=S3CRET")
    monkeypatch.chdir(tmp_path)
    assert run("--quiet", feed=("--feed", "ocpi", "--url", f"log={url}")) == 0
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    given = ["collect", "--store", "fresh", "--feed", "irve", "--url", f"log={url}"]
    assert main(given) == 2
    err = capsys.readouterr().err
    assert "fresh/log holds ocpi (http://" in err
    assert (
        "key=***); --feed irve was asked. Take another NAME=, or put the --url in the order" in err
    )
    assert len(httpserver.log) == 1
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


def test_feeds_of_which_the_addresses_are_swapped_are_refused(run, httpserver, store):
    httpserver.expect_request("/a").respond_with_json(LOCATIONS)
    httpserver.expect_request("/b").respond_with_data(IRVE)
    urls = [f"log={httpserver.url_for('/a')}", f"city={httpserver.url_for('/b')}"]
    feeds = ("--feed", "ocpi", "--feed", "irve")
    given = [part for url in urls for part in ("--url", url)]
    run("--quiet", *given, feed=feeds)
    n = len(httpserver.log)
    with pytest.raises(InputError, match=r"city holds irve .*log holds ocpi|log holds ocpi"):
        run("--quiet", *given, feed=("--feed", "irve", "--feed", "ocpi"))
    assert len(httpserver.log) == n


def test_another_address_of_the_same_kind_is_said_and_asked(run, httpserver, course, capsys):
    for path in ("/old", "/new"):
        httpserver.expect_request(path).respond_with_json(LOCATIONS)
    for path in ("/old", "/new", "/new"):
        assert run(feed=("--feed", "ocpi", "--url", f"net={httpserver.url_for(path)}")) == 0
        course.sleep(900)
    lines = capsys.readouterr().out.splitlines()
    old, new = httpserver.url_for("/old"), httpserver.url_for("/new")
    assert [line for line in lines if "asked at" in line] == [
        f"net: asked at {new}; before, at {old}"
    ]


def test_a_login_is_of_one_feed_and_not_of_its_host(run, httpserver, monkeypatch, capsys):
    """Three feeds of one host: two people, and nobody."""
    said = {}

    def answer(request):
        said.setdefault(request.path, []).append(request.headers.get("Authorization"))
        return Response(json.dumps(LOCATIONS), headers={"Set-Cookie": f"who={request.path[1:]}"})

    def again(request):
        said.setdefault("cookies", []).append(request.headers.get("Cookie"))
        return answer(request)

    for path in ("/one", "/two", "/three"):
        httpserver.expect_request(path).respond_with_handler(again)
    monkeypatch.setenv("EVFORECAST_LOGIN_ONE", "Token 1")
    monkeypatch.setenv("EVFORECAST_LOGIN_TWO", "Token 2")
    feeds = [part for name in ("one", "two", "three") for part in ("--feed", "ocpi")]
    urls = [
        part
        for name in ("one", "two", "three")
        for part in ("--url", f"{name}={httpserver.url_for(f'/{name}')}")
    ]
    run("--quiet", *urls, feed=feeds)
    assert {path: said[path] for path in ("/one", "/two", "/three")} == {
        "/one": ["Token 1"],
        "/two": ["Token 2"],
        "/three": [None],
    }
    assert said["cookies"] == [None] * 3  # what it told one of them is not told to another


@pytest.mark.parametrize("status", [401, 403])
def test_a_refusal_says_which_variable_to_set(run, httpserver, monkeypatch, capsys, course, status):
    httpserver.expect_request("/l").respond_with_data("no", status=status)
    feed = ("--feed", "ocpi", "--url", f"my-city={httpserver.url_for('/l')}")
    run(feed=feed)
    assert "set EVFORECAST_LOGIN_MY_CITY, which is not set, to " in capsys.readouterr().out
    monkeypatch.setenv("EVFORECAST_LOGIN_MY_CITY", "Token s3cret")
    course.sleep(60)
    run(feed=feed)
    out = capsys.readouterr().out
    assert "EVFORECAST_LOGIN_MY_CITY is set: is it what" in out
    assert "s3cret" not in out


def test_a_login_with_the_name_of_its_header_is_refused(run, monkeypatch):
    monkeypatch.setenv("EVFORECAST_LOGIN_MINE", "Authorization: Token s3cret")
    with pytest.raises(InputError, match=r"EVFORECAST_LOGIN_MINE: .*begins with the name") as told:
        run(feed=("--feed", "ocpi", "--url", "mine=https://example.org/l"))
    assert "s3cret" not in str(told.value)


def test_a_key_from_the_environment_is_asked_with_and_kept_nowhere(
    run, httpserver, tmp_path, monkeypatch, capsys
):
    httpserver.expect_request("/l", query_string={"k": "S3CRET"}).respond_with_json(LOCATIONS)
    monkeypatch.setenv("NET_KEY", "S3CRET")
    assert run(feed=("--feed", "ocpi", "--url", f"net={httpserver.url_for('/l')}?k=$NET_KEY")) == 0
    assert "S3CRET" not in capsys.readouterr().out
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or b"S3CRET" not in path.read_bytes()


def test_how_often_each_feed_is_asked_is_said_first(run, serve, httpserver, capsys):
    serve(GOOD, BETTER)
    httpserver.expect_request("/l").respond_with_json(LOCATIONS)
    options = [
        "--every",
        "1min",
        "--until",
        "2026-11-28 08:18",
        "--url",
        f"net={httpserver.url_for('/l')}",
    ]
    run("--feed", "ocpi", *options)
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "belib-status  asked every 0:15:00 (it is renewed no more often): now, then at 2026-11-28 08:30 UTC",
        "net           asked every 0:01:00: now, then at 2026-11-28 08:16 UTC",
    ]
    assert sum(" net  " in line for line in lines) == 3
    assert sum(" belib-status  " in line for line in lines) == 1


@pytest.mark.parametrize("option", ["--quiet", "--json"])
def test_how_often_is_not_said_to_programs(run, serve, capsys, option):
    serve(GOOD)
    run("--every", "15min", "--until", "2026-11-28 08:20", option)
    assert "asked every" not in capsys.readouterr().out


def test_the_store_says_by_itself_what_it_is_of_and_how_often(run, httpserver, tmp_path, capsys):
    httpserver.expect_request("/locations").respond_with_json(LOCATIONS)
    url = httpserver.url_for("/locations")
    feed = ("--feed", "ocpi", "--url", f"mine={url}")
    assert run("--every", "1h", "--until", "2026-11-28 10:30", "--quiet", feed=feed) == 0
    options = ["--store", str(tmp_path / "fresh"), "--until", "2026-11-28 10:30", "--json"]
    assert main(["collect", "status", *options]) == 0
    (found,) = json.loads(capsys.readouterr().out)["feeds"]
    assert found["feed"] == "mine"
    assert found["every_seconds"] == 3600
    assert found["planned"] == found["answered"] == 3


def test_a_feed_is_not_asked_more_often_than_it_is_renewed(run, serve):
    asked = serve(GOOD)
    run("--every", "5min", "--until", "2026-11-28 08:45", "--quiet")
    assert len(asked) == 2


def test_the_server_is_told_who_asks(run, serve):
    asked = serve(GOOD)
    run("--contact", "me@example.org", "--quiet")
    assert asked[0].headers["User-Agent"] == f"{USER_AGENT} me@example.org"


def test_a_second_collector_has_to_wait(serve, store, course):
    serve(GOOD)
    found = []
    stop = threading.Event()

    def meanwhile(result):
        stop.set()
        options = ["collect", "--store", str(store().folder.parent), "--feed", "belib"]
        found.append(main(options))

    class Down:
        def get(self, url, **_):
            raise OSError(url)

    collect_loop([store()], Down(), clock=course.clock, stop=stop, tell=meanwhile)
    assert found == [75]


def test_a_disk_that_is_full_is_told_and_does_not_end_the_loop(
    run, serve, store, capsys, monkeypatch
):
    serve(GOOD, BETTER)
    put = type(store().archive).put
    full = [OSError(28, "No space left on device")]

    def filled(*args):
        if full:
            raise full.pop()
        put(*args)

    monkeypatch.setattr(type(store().archive), "put", filled)
    assert run("--every", "15min", "--until", "2026-11-28 08:40") == 0
    lines = capsys.readouterr().out.splitlines()[1:]
    assert "OSError: [Errno 28] No space left on device" in lines[0]
    assert "1 stored" in lines[1]  # half a minute later, in the same cycle: nothing is missing
    assert len(lines) == 3


def test_a_full_disk_alone_may_pass(run, serve, store, monkeypatch):
    def filled(*_):
        raise OSError(28, "No space left on device")

    serve(GOOD)
    monkeypatch.setattr(type(store().archive), "put", filled)
    assert run("--quiet") == 75


def test_collecting_goes_on_when_nobody_reads_what_is_printed(run, serve, store, monkeypatch):
    class Gone:
        def write(self, _):
            raise BrokenPipeError

    serve(GOOD)
    monkeypatch.setattr(sys, "stdout", Gone())
    assert run("--every", "15min", "--until", "2026-11-28 08:45") == 0
    assert len(store().entries()) == 2


def test_a_signal_ends_the_loop_between_two_cycles(run, serve, store, course):
    serve(GOOD, BETTER)
    before = signal.getsignal(signal.SIGTERM)

    def told(seconds):
        course.sleep(seconds)
        if len(store().entries()) == 2:
            threads = threading.active_count()
            signal.raise_signal(signal.SIGTERM)
            while threading.active_count() > threads:
                time.sleep(0.001)

    with pytest.raises(KeyboardInterrupt):
        run("--every", "15min", "--quiet", sleep=told)
    assert store().entries()["outcome"].tolist() == ["stored", "stored"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_signal_ends_the_waits_of_the_client(run, serve, store, course):
    asked = serve((500, b"no"))
    signals = [signal.SIGINT]

    def told(seconds):
        course.sleep(seconds)
        if signals:
            signal.raise_signal(signals.pop())

    with pytest.raises(KeyboardInterrupt):
        run("--quiet", sleep=told)
    assert len(asked) == 1
    assert store().entries().empty


def test_a_second_signal_does_not_wait(run, serve, course):
    serve(GOOD)

    def told(_):
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        run("--every", "15min", "--quiet", sleep=told)


def test_a_process_ends_with_130_on_sigterm(httpserver, tmp_path):
    httpserver.expect_request("/locations").respond_with_json([])
    url = httpserver.url_for("/locations")
    options = ["--store", str(tmp_path), "--feed", "ocpi", "--url", url, "--every", "1h"]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        [sys.executable, "-m", "evforecast", "collect", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=buffered,
        text=True,
    ) as process:
        hung = threading.Timer(30, process.kill)
        hung.start()
        try:
            # At once, not with the next ones.
            assert "ocpi  asked every 1:00:00: now, " in process.stdout.readline()
            assert "ocpi  1 stored" in process.stdout.readline()
            process.terminate()
            out, err = process.communicate(timeout=20)
        finally:
            hung.cancel()
            process.kill()
    assert (process.returncode, out, err) == (130, "", "evforecast collect: interrupted\n")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--feed", "belib"], "--store is missing"),
        (["--store", "fresh"], "--feed is missing: .*belib, belib-points, traffic"),
        (["--store", "fresh", "--feed", "belip"], "--feed='belip' is no choice.*'belib'"),
        (["--store", "fresh", "--feed", "belib", "--until", "2099-01-01"], "add --every"),
        (
            ["--store", "fresh", "--feed", "belib", "--every", "1h", "--until", "2020-01-01"],
            "is past",
        ),
        (["--store", "fresh", "--feed", "belib", "--every", "often"], "not a time step: 'often'"),
        (["--store", "fresh", "--feed", "belib", "--every", "1h", "--until", "soon"], "not a time"),
        (
            ["--store", "fresh", "--feed", "belib", "--every", "60"],
            "--every '60': .*Write 60s or 60min",
        ),
    ],
)
def test_code_2_and_a_line_for_what_cannot_be_used(options, said, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["collect", *options]) == 2
    err = capsys.readouterr().err
    assert err.startswith("evforecast collect: ")
    assert err.count("\n") == 1
    assert re.search(said, err)
    assert not list(tmp_path.iterdir())


def test_code_2_where_nothing_can_be_written(tmp_path, capsys):
    (tmp_path / "fresh").write_text("a file")
    assert main(["collect", "--store", str(tmp_path / "fresh"), "--feed", "belib"]) == 2
    assert "is a file; name a folder" in capsys.readouterr().err


def test_help_says_the_codes(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["collect", "--help"])
    assert stop.value.code == 0
    out = capsys.readouterr().out
    assert "0 every request was answered; 10 something is missing" in out
    assert "collect status" in out


def test_errors_of_arguments_are_of_ours(run):
    with pytest.raises(InputError, match="needs --lat and --lon"):
        run("--feed", "openmeteo-archive")


def test_help_and_guide_say_the_same_of_keys(capsys):
    with pytest.raises(SystemExit):
        main(["collect", "--help"])
    said = " ".join(KEYS.split())
    guide = (Path(__file__).parents[3] / "docs" / "how-to" / "collect.md").read_text("utf-8")
    assert said in " ".join(capsys.readouterr().out.split())
    assert said in " ".join(guide.replace("`", "").split()).replace(" (in single quotes)", "")
