import argparse
import json
import threading

import numpy as np
import pytest
from collected import Server, StatusFeed, at, body

from evforecast.cli.collect_telling import Teller
from evforecast.collect import CycleResult, Store, collect_once
from evforecast.errors import TransientError

URL = "https://status.test/all"
DOWN = TransientError("down")


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    """Return what collects a cycle of a feed and tells of it, and the teller."""
    monkeypatch.setattr("os.fsync", lambda _: None)
    store, server = Store(tmp_path, StatusFeed()), Server()
    options = argparse.Namespace(every="15min", quiet=False, json=False)
    passing = argparse.Namespace(passing=0)
    note = {"feed": "status"}
    teller = Teller(options, {"status": (store, note)}, {"status": passing}, threading.Event())

    def cycle(number, answer, seconds=5):
        server.always[URL] = answer
        passing.passing += answer is DOWN
        server.now = at(number, seconds)
        teller(collect_once(store, server, now=at(number, seconds)))
        return capsys.readouterr().out

    cycle.teller = teller
    return cycle


def test_what_was_missing_and_came_before_the_cycle_was_over_is_nothing(ask):
    ask(0, DOWN)
    assert ask.teller.code == 75
    ask(0, body("available"), seconds=40)
    assert ask.teller.code == 0
    ask(1, DOWN)
    assert ask.teller.code == 10
    ask(2, body("down"))
    assert ask.teller.code == 10  # the cycle is over, and lacks it for good
    assert ask.teller.wrong == "status: 1 failed; missing all: failed: TransientError: down"


def test_what_will_not_pass_by_itself_is_20_until_it_was_answered(ask):
    ask(0, b"<html>")
    assert ask.teller.code == 20
    ask(0, body("available"), seconds=40)
    assert ask.teller.code == 10  # the page was an alert


def test_the_line_names_the_chargers_and_a_reason_once(ask):
    assert ask(0, body("available", "down")).endswith("1 stored, 2 chargers, 2 rows\n")
    assert ask(1, body("available", "down")).endswith("1 same, 2 chargers\n")
    line = ask(2, b"<html>")
    assert line.count("not JSON") == 1
    assert "1 unreadable; missing all: unreadable: FileFormatError: not JSON" in line
    line = ask(3, body("available", "weird"))
    assert "1 charger, 1 rows, 1 rejected; new word: 'weird' came 1 times" in line


def test_as_json(ask, capsys):
    ask.teller._arguments.json = True
    facts = json.loads(ask(0, body("available", "down")))
    assert (facts["chargers"], facts["rows"], facts["missing"]) == (2, 2, [])


def test_an_error_is_told_and_lasts_unless_it_passes(ask):
    for error, code in (("OSError: full", 75), ("ValueError: a bug", 20)):
        ask.teller(CycleResult("status", np.datetime64("2026-11-28T00:00:00"), error=error))
        assert ask.teller.code == code
        assert ask.teller.wrong == f"status: {error}"
