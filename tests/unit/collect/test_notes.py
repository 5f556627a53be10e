import json

import pytest

from evforecast.collect import Store, open_store
from evforecast.collect.notes import keep_note, note_of, store_names
from evforecast.errors import FileFormatError, InputError
from evforecast.sources.kinds import feed_of

URL = "https://example.org/list?key=a=b"
OCPI = {"feed": "ocpi", "url": URL, "name": "mine"}


def put(root, note):
    """Make the store of a feed, as the command does."""
    store = Store(root, feed_of(note))
    (store.folder / "journal").mkdir(parents=True)
    keep_note(store, note)
    return store


def test_a_store_is_opened_by_its_name(tmp_path):
    put(tmp_path, {**OCPI, "every": "1h"})
    put(tmp_path, {"feed": "belib"})
    (tmp_path / "other").mkdir()
    assert store_names(tmp_path) == ["belib-status", "mine"]
    found = [open_store(tmp_path, name) for name in store_names(str(tmp_path))]
    assert [store.feed.name for store in found] == ["belib-status", "mine"]
    assert [store.every.astype(int) for store in found] == [900, 3600]
    assert found[1].feed.url == "https://example.org/list?key=***"


def test_a_pace_of_ones_own_is_opened_with_it(tmp_path):
    put(tmp_path, {**OCPI, "every": "5min"})
    assert open_store(tmp_path, "mine").every.astype(int) == 300


def test_how_often_stays_noted_when_it_is_not_said(tmp_path):
    store = put(tmp_path, {"feed": "belib", "every": "1h"})
    path = store.folder / "feed.json"
    before = path.stat().st_mtime_ns
    keep_note(store, {"feed": "belib"})
    assert json.loads(path.read_text()) == {"feed": "belib", "every": "1h"}
    assert path.stat().st_mtime_ns == before
    keep_note(store, {"feed": "belib", "every": "2h"})
    assert json.loads(path.read_text())["every"] == "2h"


def test_a_damaged_note_is_written_anew_by_the_collector(tmp_path):
    store = put(tmp_path, OCPI)
    (store.folder / "feed.json").write_text("{")
    assert note_of(tmp_path, "mine", strict=False) == {}
    keep_note(store, OCPI)
    assert open_store(tmp_path, "mine").feed.name == "mine"


def test_a_store_of_a_feed_that_needs_nothing_needs_no_note(tmp_path):
    assert note_of(tmp_path, "paris-traffic") == {}
    store = put(tmp_path, {"feed": "traffic"})
    (store.folder / "feed.json").unlink()
    assert note_of(tmp_path, "paris-traffic") == {"feed": "traffic"}
    assert open_store(tmp_path, "paris-traffic").feed.name == "paris-traffic"


@pytest.mark.parametrize(
    ("note", "kind", "said"),
    [
        (None, InputError, "of which feed is it"),
        ("{", FileFormatError, "no note of a feed"),
        ("[]", FileFormatError, "no note of a feed"),
        ('{"feed": "ocpi"}', InputError, "describes no feed"),
        ('{"feed": "nothing"}', InputError, "describes no feed"),
        ('{"feed": "belib", "every": "often"}', InputError, "describes no feed .*often"),
        ('{"feed": "openmeteo-archive", "lat": "x", "lon": 1}', InputError, "describes no feed"),
    ],
)
def test_a_store_that_is_not_known_is_said(tmp_path, note, kind, said):
    (tmp_path / "mine" / "journal").mkdir(parents=True)
    if note is not None:
        (tmp_path / "mine" / "feed.json").write_text(note)
    with pytest.raises(kind, match=rf"{said}.*ame .* with --feed, or pass Store its feed"):
        open_store(tmp_path, "mine")


def test_a_name_that_is_not_there_is_said_with_those_that_are(tmp_path):
    with pytest.raises(InputError, match=r"nothing was collected of 'mine' in .*there are: none"):
        open_store(tmp_path / "fresh", "mine")
    put(tmp_path, OCPI)
    with pytest.raises(InputError, match="there are: mine"):
        open_store(tmp_path, "min")


def test_a_note_has_to_be_of_its_folder(tmp_path):
    store = put(tmp_path, {"feed": "belib"})
    store.folder.rename(tmp_path / "old")
    with pytest.raises(InputError, match=r"old.feed\.json is of the feed 'belib-status'"):
        open_store(tmp_path, "old")
