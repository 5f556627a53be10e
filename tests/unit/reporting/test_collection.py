import re

import numpy as np
import pytest
from collected import Server, StatusFeed, at, body
from matplotlib.figure import Figure
from page_reader import Reader

from evforecast.collect import Store, collect_once
from evforecast.errors import EmptyInputError, InputError, TransientError
from evforecast.plotting import Picture
from evforecast.reporting import collection_report

HOSTILE = '<script>alert("$x$")</script>'


@pytest.fixture(scope="module")
def stores(tmp_path_factory):
    """Two feeds: one with gaps, rejected rows and alerts, of a hostile server; one where all is well."""
    root = tmp_path_factory.mktemp("fresh")
    patch = pytest.MonkeyPatch()
    patch.setattr("os.fsync", lambda _: None)
    found = []
    for name in ("trouble", "well"):
        store, server = Store(root, StatusFeed(name)), Server()
        (request,) = store.feed.requests(at(0))
        for cycle in range(60):
            server.now = at(cycle, 7)
            words = ["charging" if cycle % 4 else "available", "down"][: 1 + cycle % 2]
            server.always[request.url] = body(*words)
            if name == "trouble" and cycle > 3 and cycle % 2:
                server.always[request.url] = TransientError(HOSTILE)
            if name == "trouble" and cycle == 20:
                server.always[request.url] = body(HOSTILE, "available")
            collect_once(store, server, now=at(cycle))
        found.append(store)
    patch.undo()
    return found


@pytest.fixture
def no_picture(monkeypatch):
    """Draw nothing: most of the seconds are the picture."""
    blank = Picture(b"light", b"dark", "image/svg+xml", (4.8, 3.2))
    monkeypatch.setattr("evforecast.reporting.collection.picture", lambda *_, **__: blank)


@pytest.fixture(scope="module")
def page(stores):
    return collection_report(stores, now=at(59, 60))


def test_the_sections_in_the_order_of_reading(page):
    titles = re.findall(r"<h2[^>]*>([^<]*)<", page.html())
    assert titles == ["How it stands", "trouble", "well", "How to read it"]


def test_it_is_one_file_that_asks_for_nothing(page):
    text = page.html()
    read = Reader(text)
    places = [value for name, value in read.attributes if name in {"src", "srcset"}]
    assert len(places) == 2
    assert all(value.startswith("data:image/") for value in places)
    assert "script" not in read.tags
    assert "&lt;script&gt;" in text
    assert len(text) < 200_000


def test_the_feeds_with_their_numbers(page, stores):
    table = page.frames()["feeds"].set_index("feed")
    assert table.index.tolist() == ["trouble", "well"]
    assert table["level"].tolist() == ["OK", "OK"]
    for store in stores:
        row = table.loc[store.feed.name]
        days = store.coverage_by_day()
        assert row["planned"] == days["planned"].sum() == 60
        assert row["missing"] == 60 - days["answered"].sum()
        assert row["rows"] == days["rows"].sum()
        assert row["rejected"] == len(store.rejected())
        assert row["alerts"] == len(store.alerts())
    assert table.loc["trouble", ["missing", "rejected"]].tolist() == [28, 1]
    assert table.loc["well", "missing"] == 0


def test_a_long_list_of_gaps_is_cut_and_whole_among_the_frames(page):
    assert len(page.frames()["trouble: gaps"]) == 28
    assert "16 more rows are not shown." in page.html()
    assert "28 requests missing" in page.markdown()


def test_rejected_rows_by_reason_and_alerts(page):
    frames = page.frames()
    assert frames["trouble: rejected"].values.tolist() == [["unknown word", 1]]
    assert HOSTILE in frames["trouble: alerts"]["subject"].tolist()
    assert "well: gaps" not in frames
    assert "Nothing is missing." in page.markdown()


def test_the_verdict_when_data_comes(page):
    said = page.markdown()
    assert "**OK** Every feed brings its data. Of 120 planned requests, 28 have no answer" in said


@pytest.mark.parametrize(
    ("cycle", "said"),
    [
        (
            61,
            "**WARNING** trouble: no row came since 2026-11-28 14:30 UTC. Of 122 planned requests, 30",
        ),
        (63, "**ERROR** trouble: no row came since 2026-11-28 14:30 UTC."),
        (70, "UTC. well: no row came since 2026-11-28 14:45 UTC. Of"),
    ],
)
def test_the_verdict_when_it_does_not(stores, no_picture, cycle, said):
    assert said in collection_report(stores, now=at(cycle, 0)).markdown()


def test_all_well(stores, no_picture):
    said = collection_report(stores[1:], now=at(59, 60)).markdown()
    assert "**OK** Every feed brings its data. All 60 planned requests were answered." in said


def test_since(stores, no_picture):
    found = collection_report(stores[:1], now=at(59, 60), since=at(50, 0)).frames()
    assert found["feeds"]["planned"].tolist() == [10]


def test_nothing_was_collected(tmp_path):
    page = collection_report([Store(tmp_path, StatusFeed())], now=at(0), title=HOSTILE)
    said = page.markdown()
    assert "**EMPTY** Nothing was collected of status." in said
    assert "There is no picture" in said
    assert "<script" not in page.html()
    Reader(page.html())


def test_the_same_again_is_the_same_page(stores, no_picture):
    pages = [collection_report(stores, now=at(59, 60)).html() for _ in range(2)]
    assert pages[0] == pages[1]


def test_what_cannot_be_reported_is_said(stores):
    with pytest.raises(EmptyInputError, match="no store was given"):
        collection_report([], now=at(0))
    with pytest.raises(InputError, match=r"two stores of one feed among \['well', 'well'\]"):
        collection_report([stores[1], stores[1]], now=at(0))


def test_the_verdict_follows_what_the_feed_brings(tmp_path, no_picture, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: None)
    store, server = Store(tmp_path, StatusFeed()), Server()
    for cycle in range(8):
        server.now = at(cycle, 7)
        server.always["https://status.test/all"] = body(
            *["down"] * (3 if cycle == 7 else 30), n=cycle
        )
        collect_once(store, server, now=at(cycle))
    page = collection_report([store], now=at(7, 60))
    said = (
        "**WARNING** status: 3 rows came where 30 are usual. All 8 planned requests were answered."
    )
    assert said in page.markdown()
    assert page.frames()["feeds"]["level"].tolist() == ["WARNING"]


@pytest.mark.parametrize(
    ("now", "begin", "end", "label"),
    [(at(8, 60), "2026-11-28T00:00", "2026-11-28T02:15", "02:00"), (at(500), None, None, "02 Dec")],
)
def test_the_picture_spans_the_first_to_the_last_cycle(stores, monkeypatch, now, begin, end, label):
    drawn = []

    def draw(work, **_):
        drawn.append(work(Figure().add_subplot()))
        return Picture(b"light", b"dark", "image/svg+xml", (4.8, 3.2))

    monkeypatch.setattr("evforecast.reporting.collection.picture", draw)
    collection_report(stores, now=now)
    (ax,) = drawn
    ax.figure.canvas.draw()
    if begin:
        span = [
            (np.datetime64(time) - np.datetime64(0, "s")) / np.timedelta64(1, "D")
            for time in (begin, end)
        ]
        assert list(ax.get_xlim()) == span
    assert label in [text.get_text() for text in ax.get_xticklabels()]
