import json

from journal_entries import MADE, PRINT, entries

from evforecast.migration.state import PHASES, Round, read_state


def phases():
    found = []
    for length in range(2, len(entries()) + 1):
        current = read_state(json.loads(json.dumps(entries()[:length])))[1]
        if current.phase not in found:
            found.append(current.phase)
    return found


def test_the_phases_follow_one_another():
    assert phases() == [*PHASES[1:], "done"]


def test_the_plan_survives_json():
    made, current = read_state(json.loads(json.dumps(entries())))
    assert made == MADE
    assert current.slices[0].print == PRINT
    assert current.seconds == {"export": 1.0, "stage": 0.5, "check": 0.2, "merge": 0.1}


def test_a_new_round_forgets_the_last():
    current = read_state([*entries(), {"event": "round", "number": 2, "run": "r2"}])[1]
    assert (current.number, current.run, current.parts, current.phase) == (2, "r2", {}, "export")


def test_parts_of_an_older_snapshot_are_void_with_all_that_was_done_with_them():
    again = {"event": "source", "slices": [], "todo": [], "extra": {}, "kept": []}
    current = read_state([*entries()[:9], again])[1]
    assert (current.parts, current.staged, current.loaded, current.transient) == ({}, {}, {}, None)
    kept = read_state([*entries()[:9], {**again, "kept": ["a.csv"]}])[1]
    assert list(kept.parts) == list(kept.staged) == list(kept.loaded) == ["a.csv"]


def test_a_damaged_part_is_exported_again():
    current = read_state([*entries()[:6], {"event": "again", "parts": ["a.csv"]}])[1]
    assert current.phase == "export"
    assert current.staged == {}


def test_nothing_yet():
    assert read_state([]) == (None, None)
    assert Round(1, "r").phase == "export"
