import json
import os

import pytest
from collected import Server, at

from evforecast.cli import main
from evforecast.collect import Store, collect_once
from evforecast.collect.notes import keep_note
from evforecast.sources.belib import BelibStatus
from evforecast.sources.kinds import feed_of


def body(*words):
    rows = [{"id_pdc": f"FR*V75*E9001*01*{n}", "statut_pdc": word} for n, word in enumerate(words)]
    return json.dumps(rows).encode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two feeds; one was collected while its reader was broken."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    mine = {"feed": "ocpi", "url": "https://mine.test/l", "name": "mine"}
    places = json.dumps([{"id": "A", "evses": [{"uid": "A", "status": "AVAILABLE"}]}]).encode()
    for store, answers in (
        (Store(tmp_path, BelibStatus()), [body("Disponible"), body("Disponible", "Suspendu")]),
        (Store(tmp_path, feed_of(mine)), [places, b"<html>"]),
    ):
        server = Server()
        for cycle, answer in enumerate(answers):
            if store.feed.name != "mine":
                store.feed = BelibStatus()
                object.__setattr__(store.feed, "read", lambda _: 1 / 0)
            server.now = at(cycle, 7)
            server.always[store.feed.requests(at(cycle))[0].url] = answer
            collect_once(store, server, now=at(cycle))
    keep_note(store, mine)
    return tmp_path


def test_the_rows_come_once_the_reader_is_mended(folder, capsys):
    assert Store(folder, BelibStatus()).rows("status").empty
    assert main(["collect", "reparse", "--store", str(folder), "--feed", "belib-status"]) == 0
    assert capsys.readouterr().out == "belib-status  2 payloads, 4 rows, 1 rejected\n"
    assert len(Store(folder, BelibStatus()).rows("status")) == 2


def test_every_feed_and_what_still_cannot_be_read(folder, capsys):
    assert main(["collect", "--store", str(folder), "reparse"]) == 10
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "belib-status  2 payloads, 4 rows, 1 rejected",
        "mine  2 payloads, 2 rows, 1 unreadable",
    ]


def test_days(folder, capsys):
    options = ["--store", str(folder), "--feed", "mine"]
    assert main(["collect", "reparse", *options, "--since", "2026-11-29"]) == 0
    assert main(["collect", "reparse", *options, "--until", "2026-11-28"]) == 0
    assert capsys.readouterr().out == "mine  0 payloads, 0 rows\n" * 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "--store is missing"),
        (["--store", "nowhere"], "nothing was collected in 'nowhere'"),
        (["--store", "{folder}", "--feed", "mien"], "there are: belib-status, mine"),
        (["--store", "{folder}", "--since", "soon"], "not a time: 'soon'"),
    ],
)
def test_code_2_and_a_line_for_what_cannot_be_used(folder, options, said, capsys):
    given = [option.replace("{folder}", str(folder)) for option in options]
    assert main(["collect", "reparse", *given]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1
