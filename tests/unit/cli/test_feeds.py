import argparse
import json

import numpy as np
import pytest

from evforecast.cli.feeds import FEEDS, add_options, asked_feeds, expanded, hold_against
from evforecast.collect import Store
from evforecast.collect.notes import keep_note
from evforecast.errors import InputError
from evforecast.sources.kinds import KINDS, feed_of

NOW = np.datetime64("2026-11-28T08:00", "s")
URL = "https://example.org/list?key=a=b"


def asked(*options):
    parser = argparse.ArgumentParser()
    add_options(parser)
    return asked_feeds(parser.parse_args(list(options)))


def names(*options):
    return [feed.name for feed, _ in asked(*options)]


def test_the_help_names_every_kind():
    assert set(FEEDS) == {*KINDS, "openmeteo"}


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
        (
            ["--feed", "ocpi", "--url", URL, "--url", URL],
            r"given 2 times, for 1 of the feeds \(ocpi\)",
        ),
        (["--feed", "belib", "--url", URL], "--url is of no feed.*ocpi and irve have one"),
        (["--feed", "ocpi", "--url", f"My_City={URL}"], "'My_City' is no name.*small letters"),
        (["--feed", "ocpi", "--url", f"été={URL}"], "'été' is no name.*small letters"),
        (["--feed", "ocpi", "--url", "https://a.org/$NET_KEY"], "the variable NET_KEY, which"),
        (["--feed", "belib", "--lat", "48"], "--lat is of no feed"),
        (["--feed", "belib", "--station", "1"], "--station is of no feed"),
        (["--feed", "belib", "--permitted"], "--permitted is of no feed"),
        (["--feed", "meteociel", "--permitted"], "meteociel needs --station"),
        (["--feed", "meteociel", "--permitted", "--station", "x"], "'x' is no number"),
    ],
)
def test_what_cannot_be_asked_is_said(options, said):
    with pytest.raises(InputError, match=said) as told:
        asked(*options)
    assert "key" not in str(told.value)


def test_a_refused_address_is_not_told_with_its_key():
    with pytest.raises(InputError) as error:
        asked("--feed", "ocpi", "--url", "gopher://example.org/?key=SECRET")
    assert "SECRET" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://a.org?key=$NET_KEY&b=1", "https://a.org?key=s3cret&b=1"),
        ("https://a.org/${NET_KEY}more?x=$PLAIN", "https://a.org/s3cretmore?x=y"),
        ("https://a.org?price=5$&b=$1", "https://a.org?price=5$&b=$1"),
        ("https://a.org", "https://a.org"),
    ],
)
def test_variables_of_the_environment(text, said):
    assert expanded(text, {"NET_KEY": "s3cret", "PLAIN": "y"}) == said


@pytest.mark.parametrize("text", ["https://a.org?key=$NET_KEY", "https://a.org/${NET_KEY}/x"])
@pytest.mark.parametrize("environ", [{}, {"NET_KEY": " "}, {"NET_KE": "x"}])
def test_a_variable_that_is_not_there_is_named(text, environ):
    with pytest.raises(InputError, match=r"the variable NET_KEY, which is not .*write %24"):
        expanded(text, environ)


def test_how_often_is_in_the_note_and_with_some_kinds_in_the_feed():
    parser = argparse.ArgumentParser()
    add_options(parser)
    options = parser.parse_args(["--feed", "ocpi", "--url", URL, "--feed", "belib"])
    found = asked_feeds(argparse.Namespace(**vars(options), every="5min"))
    assert [(feed.every, note["every"]) for feed, note in found] == [
        ("5min", "5min"),
        ("15min", "5min"),
    ]


@pytest.fixture
def mine(tmp_path):
    """Return a folder with a feed of OCPI that is called mine."""
    note = {"feed": "ocpi", "url": URL, "name": "mine"}
    store = Store(tmp_path, feed_of(note))
    (store.folder / "journal").mkdir(parents=True)
    keep_note(store, note)
    return tmp_path


def test_the_same_again_is_no_news(mine):
    assert hold_against(mine, asked("--feed", "ocpi", "--url", f"mine={URL}")) == []
    assert hold_against(mine, asked("--feed", "ocpi", "--url", f"new={URL}")) == []
    other_key = "https://example.org/list?key=other"
    assert hold_against(mine, asked("--feed", "ocpi", "--url", f"mine={other_key}")) == []


def test_another_address_is_said_without_its_key(mine):
    said = hold_against(mine, asked("--feed", "ocpi", "--url", "mine=https://b.org?key=s3cret"))
    assert said == [
        "mine: asked at https://b.org?key=***; before, at https://example.org/list?key=***"
    ]


def test_another_kind_is_refused(mine):
    said = r"mine holds ocpi \(https://example.org/list\?key=\*\*\*\); --feed irve was asked\. Take another"
    with pytest.raises(InputError, match=said):
        hold_against(mine, asked("--feed", "irve", "--url", f"mine={URL}"))


def test_a_store_made_in_python_is_of_its_kind_too(tmp_path):
    store = Store(tmp_path, feed_of({"feed": "belib"}))
    (store.folder / "journal").mkdir(parents=True)
    with pytest.raises(InputError, match="belib-status holds belib; --feed ocpi was asked"):
        hold_against(tmp_path, asked("--feed", "ocpi", "--url", f"belib-status={URL}"))
