import argparse
import json

import numpy as np
import pytest

from evforecast.cli.feeds import (
    FEEDS,
    add_options,
    asked_feeds,
    feed_of,
    keep_note,
    kept_store,
    kept_stores,
    logins,
)
from evforecast.collect import Store
from evforecast.errors import FileFormatError, InputError

NOW = np.datetime64("2026-11-28T08:00", "s")
URL = "https://example.org/list?key=a=b"


def asked(*options):
    parser = argparse.ArgumentParser()
    add_options(parser)
    return asked_feeds(parser.parse_args(list(options)))


def names(*options):
    return [feed.name for feed, _ in asked(*options)]


def test_every_short_name_makes_its_feed():
    told = {"lat": 48.8566, "lon": 2.3522, "url": URL, "name": "mine", "station": "7156"}
    made = {kind: feed_of({"feed": kind, "permitted": True, **told}).name for kind in FEEDS}
    assert made == {
        "belib": "belib-status",
        "belib-points": "belib-points",
        "traffic": "paris-traffic",
        "openmeteo-archive": "open-meteo-archive-48-8566n-2-3522e",
        "openmeteo-forecast": "open-meteo-forecast-48-8566n-2-3522e",
        "ocpi": "mine",
        "irve": "mine",
        "irve-points": "mine",
        "meteociel": "meteociel-7156",
    }


def test_a_note_is_json_from_which_the_feed_is_made_again():
    options = ["--feed", "belib", "--feed", "ocpi", "--url", f"mine={URL}", "--feed", "openmeteo"]
    found = asked(*options, "--lat", "48.8566", "--lon", "2.3522")
    assert len(found) == 4
    for feed, note in found:
        again = feed_of(json.loads(json.dumps(note)))
        assert type(again) is type(feed)
        assert again.name == feed.name
        assert again.requests(NOW) == feed.requests(NOW)


def test_addresses_go_to_the_feeds_in_their_order():
    options = ["--feed", "irve", "--feed", "belib", "--feed", "ocpi"]
    found = asked(*options, "--url", "city=https://a.org/x.csv", "--url", "https://b.org/l?a=b")
    assert [feed.name for feed, _ in found] == ["city", "belib-status", "ocpi"]
    assert [getattr(feed, "url", "") for feed, _ in found] == [
        "https://a.org/x.csv",
        "",
        "https://b.org/l?a=b",
    ]


def test_meteociel_needs_the_leave_of_the_site():
    options = ["--feed", "meteociel", "--station", "7156"]
    with pytest.raises(InputError, match=r"forbid programs.*--permitted"):
        asked(*options)
    assert names(*options, "--permitted") == ["meteociel-7156"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--feed", "belib", "--feed", "belib"], "'belib-status' stands there twice"),
        (["--feed", "weather"], "--feed='weather' is no choice"),
        (["--feed", "openmeteo"], "openmeteo-archive needs --lat and --lon"),
        (["--feed", "openmeteo", "--lat", "48"], "openmeteo-archive needs --lon"),
        (["--feed", "openmeteo", "--lat", "98", "--lon", "2"], "is no place"),
        (["--feed", "ocpi"], "ocpi needs --url NAME=URL"),
        (["--feed", "ocpi", "--feed", "irve", "--url", URL], "irve needs --url"),
        (["--feed", "ocpi", "--url", "mine=ftp://example.org"], "no address of the web"),
        (["--feed", "ocpi", "--url", "a-=https://example.org"], "no name of a feed"),
        (["--feed", "ocpi", "--url", URL, "--url", URL], "--url is of no feed"),
        (["--feed", "belib", "--lat", "48"], "--lat is of no feed"),
        (["--feed", "belib", "--station", "1"], "--station is of no feed"),
        (["--feed", "belib", "--permitted"], "--permitted is of no feed"),
        (["--feed", "meteociel", "--permitted"], "meteociel needs --station"),
        (["--feed", "meteociel", "--permitted", "--station", "x"], "'x' is no number"),
    ],
)
def test_what_cannot_be_asked_is_said(options, said):
    with pytest.raises(InputError, match=said):
        asked(*options)


def test_a_refused_address_is_not_told_with_its_key():
    with pytest.raises(InputError) as error:
        asked("--feed", "ocpi", "--url", "gopher://example.org/?key=SECRET")
    assert "SECRET" not in str(error.value)


def test_a_login_is_of_the_feed_that_it_is_named_for():
    found = asked("--feed", "ocpi", "--url", "my-city=https://u:p@a.org:444/l", "--feed", "belib")
    environ = {"EVFORECAST_LOGIN_MY_CITY": "Token 1", "EVFORECAST_LOGIN_BELIB_STATUS": "x"}
    assert logins(found, environ) == {"a.org:444": "Token 1"}
    assert logins(found, {}) == {}


def put(root, options, **more):
    """Make the stores of feeds, as the command does."""
    stores = []
    for feed, note in asked(*options):
        stores.append(Store(root, feed))
        (stores[-1].folder / "journal").mkdir(parents=True)
        keep_note(stores[-1], {**note, **more})
    return stores


def test_kept_stores_are_those_that_were_collected(tmp_path):
    put(tmp_path, ["--feed", "ocpi", "--url", f"mine={URL}", "--feed", "belib"], every="1h")
    (tmp_path / "other").mkdir()
    found = kept_stores(str(tmp_path))
    assert [store.feed.name for store in found] == ["belib-status", "mine"]
    assert [store.every.astype(int) for store in found] == [3600, 3600]
    assert found[1].feed.url == "https://example.org/list?key=***"
    assert kept_store(str(tmp_path), found[1].feed).every.astype(int) == 3600


def test_how_often_stays_noted_when_it_is_not_said(tmp_path):
    (store,) = put(tmp_path, ["--feed", "belib"], every="1h")
    path = store.folder / "feed.json"
    before = path.stat().st_mtime_ns
    keep_note(store, {"feed": "belib"})
    assert json.loads(path.read_text()) == {"feed": "belib", "every": "1h"}
    assert path.stat().st_mtime_ns == before
    keep_note(store, {"feed": "belib", "every": "2h"})
    assert json.loads(path.read_text())["every"] == "2h"


def test_a_damaged_note_is_written_anew_by_the_collector(tmp_path):
    (store,) = put(tmp_path, ["--feed", "belib"])
    (store.folder / "feed.json").write_text("{")
    assert kept_store(str(tmp_path), store.feed).feed is store.feed
    keep_note(store, {"feed": "belib"})
    assert [kept.feed.name for kept in kept_stores(str(tmp_path))] == ["belib-status"]


def test_a_store_of_a_feed_that_needs_nothing_needs_no_note(tmp_path):
    (store,) = put(tmp_path, ["--feed", "traffic"])
    (store.folder / "feed.json").unlink()
    assert [kept.feed.name for kept in kept_stores(str(tmp_path))] == ["paris-traffic"]


@pytest.mark.parametrize(
    ("note", "kind", "said"),
    [
        (None, InputError, "of which feed is it"),
        ("{", FileFormatError, "no note of a feed"),
        ("[]", FileFormatError, "no note of a feed"),
        ('{"feed": "ocpi"}', InputError, "describes no feed"),
        ('{"feed": "nothing"}', InputError, "describes no feed"),
        ('{"feed": "openmeteo-archive", "lat": "x", "lon": 1}', InputError, "describes no feed"),
    ],
)
def test_a_store_that_is_not_known_is_said(tmp_path, note, kind, said):
    (tmp_path / "mine" / "journal").mkdir(parents=True)
    if note is not None:
        (tmp_path / "mine" / "feed.json").write_text(note)
    with pytest.raises(kind, match=rf"{said}.*ame .* with --feed"):
        kept_stores(str(tmp_path))


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(InputError, match="nothing was collected in"):
        kept_stores(str(tmp_path / "fresh"))


def test_a_note_has_to_be_of_its_folder(tmp_path):
    (store,) = put(tmp_path, ["--feed", "belib"])
    store.folder.rename(tmp_path / "old")
    with pytest.raises(InputError, match=r"old.feed\.json is of the feed 'belib-status'"):
        kept_stores(str(tmp_path))


def test_a_note_of_no_time_is_said(tmp_path):
    put(tmp_path, ["--feed", "belib"], every="often")
    with pytest.raises(InputError, match=r"describes no feed .*often"):
        kept_stores(str(tmp_path))
