"""Whatever is done in whatever order, a registry says what lists in memory would."""

import shutil
import tempfile

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import evforecast as ev
from evforecast.registry import ConflictError, Registry, UnknownVersionError, folders

PANEL = ev.simulate(n_evse=4, days=3, random_state=0)
MODELS = [ev.Persistence(horizons=[n]).fit(PANEL) for n in (1, 2, 3)]
ALIASES = st.sampled_from(["champion", "challenger"])
EXPECTED = st.none() | st.integers(0, 4)
SAID = {"by": "me", "reason": "why"}


class Machine(RuleBasedStateMachine):
    """Two openings of one registry, beside a list of publications and, by alias, of what it pointed at."""

    @initialize()
    def begin(self):
        self.folder = tempfile.mkdtemp()
        clock = lambda: np.datetime64("2020-11-09")  # noqa: E731
        self.openings = [Registry(self.folder, clock=clock) for _ in range(2)]
        self.published = []
        self.pointing = {"champion": 0, "challenger": 0}
        self.standing = {"champion": [], "challenger": []}
        self.moves = []

    def teardown(self):
        shutil.rmtree(self.folder)

    @rule(place=st.sampled_from(range(3)), notes=st.sampled_from(["", "again"]), who=st.booleans())
    def publish(self, place, notes, who):
        version = self.openings[who].publish(MODELS[place], name="a", data=PANEL, notes=notes)
        if (place, notes) not in self.published:
            self.published.append((place, notes))
        assert version.number == self.published.index((place, notes)) + 1

    def moved(self, action, alias, version):
        self.moves.append((action, alias, self.pointing[alias], version))
        self.pointing[alias] = version

    def fits(self, alias, target, expected):
        return expected in {None, self.pointing[alias]} or self.pointing[alias] == target

    @precondition(lambda self: self.published)
    @rule(alias=ALIASES, version=st.integers(1, 6), expected=EXPECTED, who=st.booleans())
    def set(self, alias, version, expected, who):
        def call():
            return self.openings[who].set_alias("a", alias, version, expected=expected, **SAID)

        if version > len(self.published):
            with pytest.raises(UnknownVersionError):
                call()
        elif not self.fits(alias, version, expected):
            with pytest.raises(ConflictError):
                call()
        else:
            assert call().version == version
            if self.pointing[alias] != version:
                self.moved("set", alias, version)
                if self.standing[alias][-1:] != [version]:
                    self.standing[alias].append(version)

    @precondition(lambda self: self.published)
    @rule(alias=ALIASES, expected=EXPECTED, who=st.booleans())
    def roll_back(self, alias, expected, who):
        def call():
            return self.openings[who].rollback("a", alias, expected=expected, **SAID)

        standing, present = self.standing[alias], self.pointing[alias]
        if expected not in {None, present}:
            with pytest.raises(ConflictError):
                call()
        elif len(standing) < (2 if present else 1):
            with pytest.raises(UnknownVersionError):
                call()
        else:
            if present:
                standing.pop()
            assert call().version == standing[-1]
            self.moved("rollback", alias, standing[-1])

    @precondition(lambda self: self.published)
    @rule(alias=ALIASES, expected=EXPECTED, who=st.booleans())
    def clear(self, alias, expected, who):
        def call():
            return self.openings[who].clear_alias("a", alias, expected=expected, **SAID)

        ever = bool(self.standing[alias])
        if not self.fits(alias, 0 if ever else None, expected):
            with pytest.raises(ConflictError):
                call()
        elif not ever:
            with pytest.raises(UnknownVersionError):
                call()
        else:
            assert call().version == 0
            if self.pointing[alias]:
                self.moved("clear", alias, 0)

    @invariant()
    def both_openings_say_what_the_lists_say(self):
        if not self.published:
            return
        for registry in self.openings:
            assert registry.versions("a")["number"].tolist() == [
                n + 1 for n in range(len(self.published))
            ]
            for alias, version in self.pointing.items():
                assert registry.alias("a", alias) == version
                if version:
                    place, notes = self.published[version - 1]
                    assert registry.load("a", alias).horizons == [place + 1]
                    assert registry.get("a", alias).card.notes == notes
        events = self.openings[0].events("a")
        assert [(e.action, e.alias, e.previous, e.version) for e in events] == self.moves


@pytest.mark.usefixtures("without_flushes")
class TestMachine(Machine.TestCase):
    settings = settings(max_examples=10, stateful_step_count=20, deadline=None)


@pytest.fixture
def without_flushes(monkeypatch):
    """Leave the disk alone: what is flushed when is tested elsewhere, and takes most of the time."""
    monkeypatch.setattr(folders.os, "fsync", lambda _: None)
