import numpy as np
import pandas as pd
import pytest
from collected import StatusFeed, at, body

from evforecast.collect import Store
from evforecast.sources.feed import Reading

NONE = pd.DataFrame()


class Broken(StatusFeed):
    """Reads what a test wants it to."""

    def __init__(self, made):
        super().__init__()
        self.made = made

    def read(self, payload):
        return self.made(super().read(payload))


def changed(reading, **more):
    return Reading(**{**vars(reading), **more})


def fail(error):
    raise error


TABLES = {
    "another table": lambda r: changed(r, tables={**r.tables, "strange": NONE}),
    "no key": lambda r: changed(r, tables={"status": r.tables["status"].drop(columns="evse_id")}),
    "no time": lambda r: changed(
        r, tables={"status": r.tables["status"].assign(collected_at=np.datetime64("NaT", "s"))}
    ),
    "a name of ours": lambda r: changed(r, tables={"status": r.tables["status"].assign(payload=1)}),
    "mixed kinds": lambda r: changed(
        r, tables={"status": r.tables["status"].assign(status=["a", 1])}
    ),
    "a bug": lambda _: fail(ZeroDivisionError("no")),
    "out of memory": lambda _: fail(MemoryError()),
    "no reading": lambda _: None,
}


@pytest.mark.parametrize("what", TABLES)
def test_whatever_a_reader_does_wrong_the_body_is_kept_and_it_is_told(tmp_path, collect, what):
    store = Store(tmp_path, Broken(TABLES[what]))
    result = collect(0, body("available", "down"), into=store)
    assert result.outcomes == {"unreadable": 1}
    assert [alert.kind for alert in result.alerts] == ["unreadable"]
    assert len(store.archive.ids("2026-11-28")) == 1
    entry = store.entries().iloc[0]
    assert (entry["outcome"], entry["rows"]) == ("unreadable", 0)
    assert store.alerts()["message"].tolist() == [entry["reason"]]
    # The next cycle goes on, and a mended reader brings the rows.
    assert collect(1, body("down"), into=store).outcomes == {"unreadable": 1}
    mended = Store(tmp_path, StatusFeed())
    mended.reparse(now=at(2))
    assert len(mended.rows("status")) == 3
    assert mended.entries()["outcome"].tolist() == ["stored", "stored"]


def test_rejected_rows_are_kept_as_text(tmp_path, collect):
    strange = pd.DataFrame({"id": [1, "x"], "when": [None, 2.5], "reason": "why"})
    store = Store(tmp_path, Broken(lambda r: changed(r, rejected=strange)))
    assert collect(0, body("down"), into=store).outcomes == {"stored": 1}
    rejected = store.rejected()
    assert rejected["id"].tolist() == ["1", "x"]
    assert rejected["when"].isna().tolist() == [True, False]
    assert store.entries()["rejected"].tolist() == [2]


def test_what_a_reader_counts_is_in_the_journal(tmp_path, collect):
    counts = {"planned": np.int64(3)}
    store = Store(tmp_path, Broken(lambda r: changed(r, counted_apart=counts, notes=("odd",))))
    collect(0, body("down"), into=store)
    line = store.journal.lines("2026-11-28")[1]
    assert (line["counted_apart"], line["notes"], line["rows"]) == (
        {"planned": 3},
        ["odd"],
        {"status": 1},
    )


def test_a_watch_that_cannot_look_says_so_and_the_rows_are_kept(tmp_path, collect):
    store = Store(tmp_path, Broken(lambda r: changed(r, unknown_words=None)))
    store.feed.made = lambda r: changed(r, fields=["not a mapping"])
    result = collect(0, body("down"), into=store)
    assert result.outcomes == {"stored": 1}
    assert "watch" in result.alerts[0].message
    assert len(store.rows("status")) == 1


def test_the_payload_says_what_was_asked_and_when(tmp_path, collect):
    seen = []

    class Curious(StatusFeed):
        def read(self, payload):
            seen.append(payload)
            return super().read(payload)

    for _ in range(2):
        store = Store(tmp_path, Curious())
        collect(0, body("down"), into=store)
        store.reparse(now=at(0))
    assert len(seen) == 3
    for payload in seen:
        assert (payload.request.name, payload.collected_at) == ("all", at(0, 7))
        assert payload.request.url == "https://status.test/all"
        assert payload.content_type == "application/json"
        assert payload.body == body("down")
