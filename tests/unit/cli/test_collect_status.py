import argparse
import json
import os
import shutil

import numpy as np
import pytest
from collected import QUARTER, START, Server, at
from page_reader import Reader

from evforecast.cli import main
from evforecast.cli.collect import add_parser
from evforecast.cli.collect_status import status
from evforecast.collect import Store, collect_once
from evforecast.sources.belib import BelibStatus

DOWN = RuntimeError("down\nfor good")


def body(*words):
    rows = [{"id_pdc": f"FR*V75*E9001*01*{n}", "statut_pdc": word} for n, word in enumerate(words)]
    return json.dumps(rows).encode()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A store of eight cycles: of the third and fourth nothing came, in the second a word was new."""
    root = tmp_path_factory.mktemp("fresh")
    fsync, os.fsync = os.fsync, lambda _: None
    store, server = Store(root, BelibStatus()), Server()
    (request,) = store.feed.requests(START)
    for cycle in range(8):
        server.now = at(cycle, 7)
        words = ["Disponible", "Suspendu"] if cycle == 1 else ["Disponible", "En maintenance"]
        server.always[request.url] = DOWN if cycle in {2, 3} else body(*words[: 1 + cycle % 2])
        collect_once(store, server, now=at(cycle))
    os.fsync = fsync
    return root


@pytest.fixture
def run(folder):
    """Return what runs the command, so many cycles after the first."""

    def go(*options, cycle=7, seconds=60):
        parser = argparse.ArgumentParser()
        add_parser(parser.add_subparsers())
        given = parser.parse_args(["collect", "status", "--store", str(folder), *options])
        return status(given, clock=lambda: at(cycle, seconds))

    return go


def test_what_is_said_of_a_feed(run, capsys):
    assert run() == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert not said.err
    assert lines[0] == "belib-status: OK, last answer 2026-11-28 01:45:07 UTC"
    assert lines[1].split() == ["requests", "6", "of", "8", "answered,", "2", "missing"]
    assert "rejected  1 unknown status word 'Suspendu'" in said.out
    gap = "2026-11-28 00:30 to 2026-11-28 00:45  availability x 2: failed: TransientError: "
    assert f"gaps      {gap}" in said.out
    assert "alerts    2026-11-28 00:15  new word: 'Suspendu' came 1 times" in said.out
    day = next(line for line in lines if line.startswith("  2026-11-28")).split()
    assert day[:3] == ["2026-11-28", "8", "6"]


@pytest.mark.parametrize(
    ("cycle", "code", "level"), [(7, 0, "OK"), (10, 10, "WARNING"), (12, 20, "ERROR")]
)
def test_the_code_says_how_old_the_last_answer_is(run, capsys, cycle, code, level):
    assert run(cycle=cycle) == code
    assert capsys.readouterr().out.startswith(f"belib-status: {level}, ")


def test_json_is_json_and_nothing_else(run, capsys):
    assert run("--json", cycle=12) == 20
    said = capsys.readouterr()
    assert not said.err
    found = json.loads(said.out)
    assert found["now"] == "2026-11-28T03:01:00"
    assert found["exit_code"] == 20
    (feed,) = found["feeds"]
    assert {name: feed[name] for name in ("feed", "level", "every_seconds", "first", "last")} == {
        "feed": "belib-status",
        "level": "ERROR",
        "every_seconds": 900,
        "first": "2026-11-28T00:00:07",
        "last": "2026-11-28T01:45:07",
    }
    assert (feed["planned"], feed["answered"]) == (12, 6)
    assert feed["rejected"] == {"unknown status word 'Suspendu'": 1}
    assert [gap["cycles"] for gap in feed["gaps"]] == [4, 2]
    assert feed["gaps"][1]["first"].startswith("2026-11-28T00:30:00")
    assert [alert["subject"] for alert in feed["alerts"]] == ["Suspendu"]
    (day,) = feed["days"]
    assert day["day"].startswith("2026-11-28")
    assert (day["planned"], day["answered"], day["failed"]) == (12, 6, 4)
    assert feed["bytes"]["raw"] > 0


def test_since_and_until(run, capsys):
    options = ["--since", "2026-11-28 00:30", "--until", "2026-11-28 01:00", "--json"]
    assert run(*options) == 20
    (feed,) = json.loads(capsys.readouterr().out)["feeds"]
    assert (feed["planned"], feed["answered"], feed["last"]) == (2, 0, None)


def test_before_anything_was_collected(run, capsys):
    assert run("--until", "2026-01-01") == 10
    assert capsys.readouterr().out == "belib-status: EMPTY, no answer\n"


def test_the_page(run, tmp_path, capsys):
    path = tmp_path / "new" / "page.html"
    assert run("--html", str(path)) == 0
    assert f"Report: {path} (" in capsys.readouterr().out
    read = Reader(path.read_text("utf-8"))
    assert "availability" in read.cells
    assert "img" in read.tags


def test_a_feed_that_is_named(run, capsys):
    assert run("--feed", "belib", "--feed", "traffic") == 10
    out = capsys.readouterr().out
    assert "belib-status: OK" in out
    assert out.endswith("paris-traffic: EMPTY, no answer\n")


def test_a_feed_by_the_name_that_is_printed(run, capsys):
    assert run("--feed", "belib-status") == 0
    assert "belib-status: OK" in capsys.readouterr().out


def test_a_store_of_an_unknown_feed_is_said_beside_the_others(folder, run, capsys, tmp_path):
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    (tmp_path / "mine" / "journal").mkdir(parents=True)
    options = ["--store", str(tmp_path), "--until", str(at(7, 60))]
    assert main(["collect", "status", *options]) == 10
    out = capsys.readouterr().out
    assert out.startswith("belib-status: OK")
    assert "\n\nmine: UNKNOWN, " in out
    assert "of which feed is it?" in out
    assert main(["collect", "status", *options, "--json"]) == 10
    found = json.loads(capsys.readouterr().out)
    assert [each["feed"] for each in found["feeds"]] == ["belib-status"]
    assert [each["feed"] for each in found["unknown"]] == ["mine"]
    # Whoever knows what it is says so.
    more = ["--feed", "ocpi", "--url", "mine=https://example.org/l"]
    assert main(["collect", "status", *options, *more]) == 10
    assert capsys.readouterr().out == "mine: EMPTY, no answer\n"


def test_why_it_is_not_well(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)
    store, server = Store(tmp_path, BelibStatus()), Server()
    for cycle in range(8):
        server.now = at(cycle, 7)
        server.always[store.feed.requests(START)[0].url] = body(
            *["Disponible"] * (3 if cycle == 7 else 30), *["En maintenance"] * (cycle % 3)
        )
        collect_once(store, server, now=at(cycle))
    assert main(["collect", "status", "--store", str(tmp_path), "--until", str(at(7, 60))]) == 10
    lines = capsys.readouterr().out.splitlines()
    said = "last answer 2026-11-28 01:45:07 UTC; 4 rows came where 31 are usual"
    assert lines[0] == f"belib-status: WARNING, {said}"
    assert " kB: raw " in lines[4]


def test_long_lists_are_cut(run, capsys, monkeypatch):
    monkeypatch.setattr("evforecast.cli.collect_status._MOST_LINES", 1)
    monkeypatch.setattr("evforecast.cli.collect_status._MOST_DAYS", 1)
    run(cycle=7 + 96)
    out = capsys.readouterr().out
    assert "and 1 more: see --json or --html." in out
    assert out.endswith("and 1 more days: see --json or --html.\n")


def test_by_the_whole_command(folder, capsys):
    options = ["--store", str(folder), "--until", str(START + 8 * QUARTER)]
    assert main(["collect", "status", *options]) == 0
    assert main(["collect", *options[:2], "status", *options[2:]]) == 0
    first, second = capsys.readouterr().out.split("belib-status: OK")[1:]
    assert first == second


def test_by_the_clock_on_the_wall(folder):
    assert np.datetime64("now") > START + 30 * QUARTER
    assert main(["collect", "status", "--store", str(folder), "--since", "2026-11-28 01:45"]) == 20


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--store is missing"),
        (["--store", "nowhere"], "nothing was collected in 'nowhere'"),
        (["--store", "{folder}", "--since", "soon"], "not a time: 'soon'"),
        (["--store", "{folder}", "--feed", "belip"], "'belip' is no choice"),
        (["--store", "{folder}/belib-status/feed.json"], "nothing was collected in"),
        (["--store", __file__], "is a file; the folder that evforecast collect made"),
        (["--store", "{folder}", "--html", "{folder}"], "is a folder; name the file: "),
    ],
)
def test_code_2_and_a_line_for_what_cannot_be_used(folder, options, said, capsys):
    given = [option.replace("{folder}", str(folder)) for option in options]
    assert main(["collect", "status", *given]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_help_says_the_codes(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["collect", "status", "--help"])
    assert stop.value.code == 0
    assert "Exit codes: 0 every feed has brought" in capsys.readouterr().out
