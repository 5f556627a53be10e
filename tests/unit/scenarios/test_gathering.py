from dataclasses import replace

import numpy as np
import pytest

from evforecast.collect import Store, to_panel
from evforecast.collect.notes import open_store
from evforecast.errors import InputError
from evforecast.panel import MISSING
from evforecast.scenarios import FeedSettings, gathering
from evforecast.scenarios.gathering import collect, features, load
from evforecast.scenarios.reading import read_panel
from evforecast.scenarios.tables import TABLES, stamp, watermark
from evforecast.sources.ocpi import OcpiLocations

START, DAYS = np.datetime64("2026-01-05", "s"), 5
HOUR, DAY = np.timedelta64(3600, "s"), np.timedelta64(86_400, "s")


def test_a_replay_is_asked_for_every_cycle(small, at_work):
    work = at_work(small(), day=0.5)
    done = collect(work)
    assert (done.status, done.rows, done.watermark) == ("done", 14, START + 12 * HOUR)
    again = collect(work)
    assert (again.status, again.rows) == ("nothing", 0)


def test_a_cycle_that_was_interrupted_is_asked_again(small, at_work, monkeypatch):
    work = at_work(small(), day=0)
    feed = work.network.feed
    inner = type(feed).get

    def half(self, url, **options):
        if "/status/" in url:
            raise KeyboardInterrupt
        return inner(self, url, **options)

    monkeypatch.setattr(type(feed), "get", half)
    with pytest.raises(KeyboardInterrupt):
        collect(work)
    monkeypatch.undo()
    assert collect(work).rows == 1
    assert work.network.entries()["name"].tolist() == ["evse", "status"]


def test_after_the_end_of_a_replay_nothing_comes(small, at_work):
    done = collect(at_work(small(), day=DAYS + 1.5))
    assert done.status == "WARNING"
    assert int(done.artefacts["failed"]) == 14  # of midnight there are two
    assert "is not within its days" in done.artefacts["city"]


@pytest.mark.parametrize(
    ("late", "cycles"), [(0, 1), (900, 1), (901, 0)], ids=["now", "just now", "gone"]
)
def test_a_live_feed_is_asked_for_the_present_alone(small, at_work, monkeypatch, late, cycles):
    monkeypatch.setattr(gathering, "is_replay", lambda _: False)
    work = at_work(small(), day=1)
    work.network.every = np.timedelta64(900, "s")
    work.clock = lambda: work.as_of + np.timedelta64(late, "s")
    assert len(gathering._cycles(work, work.network)) == cycles


def test_a_live_feed_is_not_asked_for_the_future(small, at_work, monkeypatch):
    monkeypatch.setattr(gathering, "is_replay", lambda _: False)
    work = at_work(small(), day=1)
    work.clock = lambda: work.as_of - DAY
    with pytest.raises(InputError, match="is in the future"):
        collect(work)


OCPI = """[{"id": "1", "coordinates": {"latitude": "48.85", "longitude": "2.35"},
"last_updated": "2026-01-05T07:55:00Z", "evses":
[{"uid": "1-1", "status": "CHARGING", "last_updated": "2026-01-05T07:55:00Z"}]}]"""


def test_a_live_feed_is_asked_with_its_login(small, at_work, monkeypatch, httpserver, tmp_path):
    asked = httpserver.expect_request("/locations", headers={"Authorization": "Token s3cret"})
    asked.respond_with_data(OCPI)
    monkeypatch.setenv("EVFORECAST_LOGIN_MY_CITY", "Token s3cret")
    work = at_work(small(), day=1)
    feed = OcpiLocations(httpserver.url_for("/locations"), "my-city")
    store = Store(tmp_path / "live", feed)
    assert gathering._asked(work, store, [work.as_of]) == ({"stored": 1}, "")
    assert store.rows("status")["status"].tolist() == ["charging"]
    for path in (tmp_path / "live").rglob("*"):
        assert path.is_dir() or b"s3cret" not in path.read_bytes()


def of_ocpi(project, url):
    feed = FeedSettings("net", "ocpi", "5min", {"url": url})
    return replace(project, feeds=(feed,))


def test_it_is_said_why_a_feed_did_not_answer(small, at_work, httpserver):
    httpserver.expect_request("/gone").respond_with_data("", status=404)
    work = at_work(of_ocpi(small(), httpserver.url_for("/gone")), day=1)
    work.clock = lambda: work.as_of
    done = collect(work)
    assert (done.status, done.artefacts["failed"]) == ("WARNING", "1")
    assert "/gone" in done.artefacts["net"]
    assert "404" in done.artefacts["net"]


def test_the_status_of_what_was_collected_can_be_asked(small, at_work, httpserver):
    httpserver.expect_request("/locations").respond_with_data(OCPI)
    work = at_work(of_ocpi(small(), httpserver.url_for("/locations")), day=1)
    work.clock = lambda: work.as_of
    assert collect(work).rows == 1
    store = open_store(work.project.store, "net")
    assert store.every == np.timedelta64(300, "s")
    assert len(store.rows("status")) == 1


def test_rows_come_to_the_warehouse_once(small, at_work):
    work = at_work(small(), day=0.5)
    collect(work)
    done = load(work)
    seen = len(work.network.rows("status"))
    assert (done.rows, done.status) == (seen, "done")
    assert load(work).status == "nothing"
    assert work.warehouse.run('SELECT COUNT(*) FROM "status"') == [(seen,)]


def test_the_grid_is_the_panel(played, at_work):
    work = at_work(played)
    end = START + DAYS * DAY
    expected = to_panel(work.network, since=START, until=end + HOUR, step="1h", tz="Europe/Paris")
    found = read_panel(work.warehouse, since=START, until=end, step=HOUR, tz="Europe/Paris")
    same = expected.select(found.evse_ids)
    assert np.array_equal(found.codes, same.codes)
    assert found.evse.equals(same.evse)
    assert (found.codes != MISSING).mean() > 0.5


def test_the_grid_grows_by_days_and_no_further_than_was_asked(small, at_work):
    project = small()
    collect(at_work(project, day=1.25))
    work = at_work(project, day=3)
    done = features(work)
    assert (done.watermark, done.artefacts["days"]) == (START + 30 * HOUR, "3")
    assert features(work).status == "nothing"
    assert watermark(work.warehouse, "features") == START + 30 * HOUR


def test_a_stretch_in_which_nothing_was_seen(small, at_work, monkeypatch):
    project = small()
    work = at_work(project, day=0.25)
    collect(work)
    features(work)
    feed = type(work.network.feed)
    monkeypatch.setattr(feed, "get", lambda *_, **__: 1 / 0)
    later = at_work(project, day=0.5)
    assert collect(later).status == "WARNING"
    done = features(later)
    assert (done.rows, done.watermark) == (0, START + 12 * HOUR)


def test_chargers_that_are_known_anew(small, at_work, monkeypatch):
    project = small()
    work = at_work(project, day=0.25)
    collect(work)
    features(work)
    before = work.warehouse.run(f"SELECT * FROM {TABLES['evse'].sql} ORDER BY 1")
    evse = gathering.read_evse(work.warehouse)
    renamed = evse.assign(area="new").iloc[:2]
    merged = gathering._merged(evse, renamed)
    assert merged.index.tolist() == evse.index.tolist()
    assert merged["area"].tolist()[:2] == ["new", "new"]
    assert merged["area"].tolist()[2:] == evse["area"].tolist()[2:]
    assert len(before) == 6


def test_a_dry_run_writes_nothing(small, at_work):
    project = small()
    work = at_work(project, day=0.5, dry_run=True)
    assert (collect(work).status, collect(work).rows) == ("planned", 13)
    assert not work.network.folder.exists()
    collect(at_work(project, day=0.5))
    assert (load(work).status, features(work).status) == ("planned", "planned")
    assert watermark(work.warehouse, "features") is None


def test_a_day_that_does_not_fit_is_refused_before_it_is_loaded(small, at_work):
    work = at_work(small(), day=0.5, memory=10**6)
    collect(work)
    work.held_before = 0
    with pytest.raises(
        InputError, match=r"features: a day of 6 chargers needs about .* divide the network"
    ):
        features(work)
    assert watermark(work.warehouse, "features") is None
    assert stamp(START) == "2026-01-05 00:00:00"
