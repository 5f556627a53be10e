import json
from dataclasses import replace

import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.registry import AliasEvent, ConflictError, DamagedError, UnknownVersionError
from evforecast.registry import history as history_module
from evforecast.registry.history import History

AT = np.datetime64("2020-11-09T06:30:15")


def event(version, alias="champion", action="set", by="ann", **facts):
    return AliasEvent(0, AT, alias, action, version, 0, by, f"to {version}", "ab", **facts)


@pytest.fixture
def history(tmp_path):
    return History(tmp_path / "driver" / "aliases")


def test_moves_are_numbered_and_know_what_was_before(history):
    for move in (event(1), event(5, "challenger"), event(2), event(0, "challenger", "clear")):
        history.move(move)
    kept = [(e.number, e.alias, e.previous, e.version) for e in history.events()]
    assert kept == [
        (1, "champion", 0, 1),
        (2, "challenger", 0, 5),
        (3, "champion", 1, 2),
        (4, "challenger", 5, 0),
    ]
    assert history.last("champion") == history.events()[2]
    assert history.last("none") is None


def test_a_move_to_where_it_is_is_not_written_again(history):
    first = history.move(event(1))
    assert history.move(event(1, by="bob"), expected=7) == first
    history.move(event(0, action="clear"))
    assert history.move(event(0, action="clear")).number == 2
    assert len(history.events()) == 2


def test_what_another_wrote_outlasts_a_power_cut_before_it_is_told(history, monkeypatch):
    history.move(event(1))
    flushed = []
    monkeypatch.setattr(history_module, "flush_names", flushed.append)
    history.move(event(1))
    assert flushed == [history.folder]


def test_expected(history):
    with pytest.raises(
        ConflictError, match="points at nothing, not at version 3: it was never set"
    ):
        history.move(event(1), expected=3)
    history.move(event(1), expected=0)
    history.move(event(2), expected=1)
    with pytest.raises(ConflictError) as caught:
        history.move(event(4), expected=1)
    assert caught.value.found == 2
    said = (
        "'champion' points at version 2, not at version 1: ann moved it on 2020-11-09T06:30:15 UTC"
    )
    assert f"{said} (move 2, 'to 2'). Look at the history" in str(caught.value)
    with pytest.raises(ConflictError, match="not at nothing"):
        history.move(event(4), expected=0)
    assert [e.version for e in history.events()] == [1, 2]


@pytest.mark.parametrize("quicker", [event(5, "challenger"), event(3), event(2)])
def test_another_writer_is_quicker(history, monkeypatch, quicker):
    history.move(event(1))
    draft = history_module.draft
    others = [quicker]

    def after_another(*arguments):
        if others:
            History(history.folder).move(others.pop())
        return draft(*arguments)

    monkeypatch.setattr(history_module, "draft", after_another)
    mine = replace(event(2), reason="mine")
    if quicker.version == 3:
        with pytest.raises(ConflictError, match="points at version 3, not at version 1"):
            history.move(mine, expected=1)
        assert len(history.events()) == 2
    elif quicker.version == 2:  # it went where we wanted to go
        assert history.move(mine, expected=1).reason == "to 2"
        assert len(history.events()) == 2
    else:
        kept = history.move(mine, expected=1)
        assert (kept.number, kept.previous, kept.reason) == (3, 1, "mine")


def test_without_expected_the_last_writer_wins_and_tells_the_truth(history, monkeypatch):
    draft, others = history_module.draft, [event(3)]

    def after_another(*arguments):
        if others:
            History(history.folder).move(others.pop())
        return draft(*arguments)

    monkeypatch.setattr(history_module, "draft", after_another)
    kept = history.move(event(2))
    assert (kept.number, kept.previous, kept.version) == (2, 3, 2)


def test_what_was_never_set_cannot_be_cleared(history):
    with pytest.raises(UnknownVersionError, match="'champion' was never set"):
        history.move(event(0, action="clear"))


@pytest.mark.parametrize("text", ["", "  ", None, 3])
@pytest.mark.parametrize("name", ["by", "reason"])
def test_who_and_why_must_be_said(history, name, text):
    with pytest.raises(InputError, match=f"{name}={text!r}: say who moves 'champion', and why"):
        history.move(replace(event(1), **{name: text}))
    assert history.events() == []


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, object()])
def test_a_record_is_what_json_holds(history, value):
    with pytest.raises(InputError, match="record: JSON cannot hold it"):
        history.move(event(1, record={"a": value}))
    assert history.events() == []


def test_what_is_returned_is_what_is_kept(history):
    kept = history.move(event(1, record={"window": ("a", "b")}))
    assert kept == history.events()[0]
    assert kept.record == {"window": ["a", "b"]}


@pytest.mark.parametrize("number", [1, 2])
def test_a_history_that_was_changed_is_refused(history, number):
    for version in (1, 2, 3):
        history.move(event(version))
    path = history.folder / str(number) / "event.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"by": "bob"}))
    with pytest.raises(DamagedError, match=r"event\.json has changed"):
        history.events()


def test_a_history_with_a_gap_is_refused(history):
    for version in (1, 2, 3):
        history.move(event(version))
    (history.folder / "2").rename(history.folder / "no number")
    with pytest.raises(DamagedError, match="SHA256SUMS cannot be read"):
        history.events()
    (history.folder / "3").rename(history.folder / "2")
    with pytest.raises(DamagedError, match=r"event\.json is that of move 3"):
        history.events()
