"""Whatever happens in whatever order, a store says what a dict would."""

import hashlib
import json
import shutil
import tempfile

import numpy as np
import pandas as pd
from collected import QUARTER, START, Server, StatusFeed, at, body
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from evforecast.collect import Store, collect_once, journal, raw, shelf
from evforecast.collect.recovery import recover
from evforecast.errors import TransientError
from evforecast.panel import STATUS

URL = "https://status.test/all"
PAGE = b"<html>"
BODIES = [body("available"), body("weird", "down"), body(), PAGE, body("down", "down")]
WRITES = [(journal, "append_line"), (raw, "write_whole"), (shelf, "write_whole")]
# The process is killed before it writes for the time of this number.
KILLS = st.none() | st.integers(0, 5)


class Killed(BaseException):
    """The process is gone; its files are as they are."""


class Mended(StatusFeed):
    def words(self):
        return (*super().words(), "weird")


def payload_of(answer):
    return f"all-{hashlib.sha256(answer).hexdigest()}"


def rows_of(answer, words):
    """Return the rows that a body has, and how many of them have to be rejected."""
    rows = json.loads(answer) if answer.startswith(b"[") else []
    good = [(row["id"], row["status"]) for row in rows if row["status"] in words]
    return good, len(rows) - len(good)


class Machine(RuleBasedStateMachine):
    """A store that is collected, killed, read again and opened anew, beside the body of each cycle."""

    @initialize()
    def begin(self):
        self.folder = tempfile.mkdtemp()
        self.feed = StatusFeed()
        self.cycle, self.known = 0, {}
        self.open()

    def teardown(self):
        shutil.rmtree(self.folder)

    @rule()
    def open(self):
        self.store = Store(self.folder, self.feed)

    def run(self, kill, work):
        """Do something, perhaps in a process that is killed; return whether it came to its end."""
        writes, count = [getattr(*place) for place in WRITES], [0]

        def counted(write):
            def tried(*args, **kwargs):
                if count[0] == kill:
                    raise Killed
                count[0] += 1
                write(*args, **kwargs)

            return tried

        try:
            for (module, name), write in zip(WRITES, writes, strict=True):
                setattr(module, name, counted(write))
            work()
        except Killed:
            self.open()
            return False
        finally:
            for (module, name), write in zip(WRITES, writes, strict=True):
                setattr(module, name, write)
        return True

    @rule(
        step=st.sampled_from([0, 1, 1, 2, 95]),
        answer=st.sampled_from([*BODIES, None]),
        kill=KILLS,
    )
    def collect(self, step, answer, kill):
        self.cycle += step
        server = Server(at(self.cycle, 7))
        server.always[URL] = TransientError("down") if answer is None else answer
        day = str(at(self.cycle))[:10]
        before = self.store.archive.ids(day)
        is_done = self.run(kill, lambda: collect_once(self.store, server, now=at(self.cycle)))
        had = self.known.get(self.cycle, set())
        if answer is None or had - {PAGE}:  # what can be read is not asked for again
            return
        # What is archived is entered, sooner or later; a body that is there already may not have been.
        is_archived = bool(self.store.archive.ids(day) - before)
        if is_done or is_archived or payload_of(answer) in self.entered().get(self.cycle, ()):
            self.known[self.cycle] = had | {answer}

    @rule(kill=KILLS)
    def mend(self, kill):
        self.feed = Mended()
        self.open()
        while not self.run(kill, lambda: self.store.reparse(now=at(self.cycle))):
            kill = None

    def entered(self):
        with self.store.writing("looking"):
            recover(self.store, at(self.cycle), is_sound=False)
        entries = self.store.entries()
        entries = entries[entries["outcome"] != "failed"]
        cycles = (entries["cycle"].to_numpy() - START) // QUARTER
        assert (
            not pd.Series(cycles)[(entries["outcome"] != "unreadable").to_numpy()]
            .duplicated()
            .any()
        )
        found = {}
        for cycle, payload in zip(cycles.tolist(), entries["payload"], strict=True):
            found.setdefault(cycle, set()).add(payload)
        return found

    @invariant()
    def it_says_what_the_dict_says(self):
        expected = {cycle: set(map(payload_of, answers)) for cycle, answers in self.known.items()}
        assert self.entered() == expected
        # Each body is read once a day, as it came first.
        first = {}
        for cycle, answers in sorted(self.known.items()):
            for answer in answers:
                first.setdefault((cycle // 96, answer), cycle)
        read = {cycle: rows_of(answer, self.feed.words()) for (_, answer), cycle in first.items()}
        rows = self.store.rows("status", columns=["collected_at", "evse_id", "status"])
        assert sorted(map(tuple, rows.to_numpy())) == sorted(
            (np.datetime64(at(cycle, 7)).item(), *row)
            for cycle, (good, _) in read.items()
            for row in good
        )
        assert len(self.store.rejected()) == sum(bad for _, bad in read.values())
        assert set(rows["status"]) <= {*STATUS.names, "weird"}


class TestMachine(Machine.TestCase):
    settings = settings(max_examples=10, stateful_step_count=12, deadline=None)
