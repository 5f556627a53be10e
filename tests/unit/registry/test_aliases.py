import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.registry import AliasEvent, RegistryError
from evforecast.registry.aliases import current, events_frame, version_before

AT = np.datetime64("2020-11-09T06:30:15")


def moves(*steps, alias="champion"):
    """Make events: a number sets, "back" rolls back, "clear" clears."""
    events, present = [], 0
    for number, step in enumerate(steps, 1):
        action = {"back": "rollback", "clear": "clear"}.get(step, "set")
        target = {"back": lambda: version_before(events, alias), "clear": lambda: 0}
        version = target.get(step, lambda step=step: step)()
        events.append(AliasEvent(number, AT, alias, action, version, present, "me", "why", "ab"))
        present = version
    return events


@pytest.mark.parametrize(
    ("steps", "before"),
    [
        ((), 0),
        ((1,), 0),
        ((1, 2), 1),
        ((1, 2, 3), 2),
        ((1, 2, 3, "back"), 1),
        ((1, 2, 3, "back", "back"), 0),
        ((1, 2, 3, "back", 4), 2),
        ((1, 2, 3, "back", 3), 2),
        ((1, 2, 3, "back", 3, "back"), 1),
        ((1, 2, 1), 2),
        ((1, 2, 1, "back"), 1),
        ((1, 2, 1, "back", "back"), 0),
        ((1, 2, "clear"), 2),
        ((1, 2, "clear", "back"), 1),
        ((1, 2, "clear", "back", "back"), 0),
        ((1, "clear", 2), 1),
        ((1, "clear", 1), 0),
        ((1, "clear", 1, 2), 1),
        ((1, "clear"), 1),
        ((1, 2, "back", "clear"), 1),
        ((1, 2, "back", "clear", "back"), 0),
    ],
)
def test_where_a_rollback_goes(steps, before):
    assert version_before(moves(*steps), "champion") == before


def test_aliases_do_not_mix():
    events = [*moves(1, 2), *moves(3, "clear", alias="old"), *moves(4, 5, alias="challenger")]
    assert current(events) == {"champion": 2, "challenger": 5}
    assert version_before(events, "challenger") == 4
    assert version_before(events, "old") == 3
    assert version_before(events, "none") == 0


@given(st.lists(st.integers(1, 4) | st.sampled_from(["back", "clear"]), max_size=12))
def test_rollbacks_lead_to_the_first_version_and_never_round(steps):
    kept = []
    for step in steps:
        trial = [*kept, step]
        # What the registry would not write: a rollback to nowhere, and a move to where the alias is.
        if step == "back" and not version_before(moves(*kept), "champion"):
            continue
        events = moves(*trial)
        if events[-1].version != events[-1].previous:
            kept = trial
    events, seen = moves(*kept), []
    while target := version_before(events, "champion"):
        seen.append(target)
        kept = [*kept, "back"]
        events = moves(*kept)
        assert len(kept) < 30
    first = next((event.version for event in events), 0)
    assert not seen or seen[-1] == first
    assert all(one != other for one, other in itertools.pairwise(seen))


def test_an_event_is_read_as_it_was_written():
    event = AliasEvent(1, AT, "champion", "set", 2, 1, "ann", "é", "ab", {"days": [1.5, None]})
    assert AliasEvent.from_json(event.to_json(), "x") == event
    assert json.loads(event.to_json())["at"] == "2020-11-09T06:30:15"
    assert "days" not in repr(event)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "no event of an alias"),
        (b"[1]", "no event of an alias"),
        (b'{"schema": 1, "at": "2020-11-09"}', "no event of an alias"),
        (b'{"schema": 2}', "an event of schema 2, where 1 is known. Install the evforecast"),
    ],
)
def test_what_is_no_event_is_refused(text, reason):
    with pytest.raises(RegistryError, match=f"^here: {reason}"):
        AliasEvent.from_json(text, "here")


def test_the_table_of_events():
    frame = events_frame(moves(1, 2, "back"))
    assert frame["action"].tolist() == ["set", "set", "rollback"]
    assert frame["version"].tolist() == [1, 2, 1]
    assert frame["previous"].tolist() == [0, 1, 2]
    assert frame["at"][0] == pd.Timestamp(AT, tz="UTC")
    empty = events_frame([])
    assert list(empty) == list(frame)
    assert [str(kind) for kind in empty.dtypes[["number", "at"]]] == ["int64", "datetime64[s, UTC]"]
