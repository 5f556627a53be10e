import numpy as np
import pytest

from evforecast.errors import FileFormatError, TerminalError
from evforecast.scenarios import SimulatedCity
from evforecast.sources.feed import Payload, Request

AT = np.datetime64("2026-01-06T08:15:00")


def city(**changes):
    return SimulatedCity(**{"chargers": 6, "days": 3, **changes})


def asked(feed, at=AT, name="status"):
    [request] = [one for one in feed.requests(at) if one.name == name]
    answer = feed.get(request.url)
    return feed.read(Payload(answer.body, request, answer.collected_at))


def test_it_says_what_happens():
    feed = city()
    reading = asked(feed)
    row = feed.panel.codes[feed.panel.grid.position(AT, "before")]
    told = dict(
        zip(reading.tables["status"]["evse_id"], reading.tables["status"]["status"], strict=True)
    )
    seen = {
        e: feed.panel.scheme.names[c]
        for e, c in zip(feed.panel.evse_ids, row, strict=True)
        if c >= 0
    }
    assert told == seen
    assert reading.rows_read == len(told) + reading.counted_apart["not observed"]
    assert (reading.tables["status"]["collected_at"] == AT).all()


def test_the_chargers_come_once_a_day():
    feed = city()
    midnight = np.datetime64("2026-01-06T00:00:00")
    assert [one.name for one in feed.requests(midnight)] == ["evse", "status"]
    assert [one.name for one in feed.requests(AT)] == ["status"]
    points = asked(feed, midnight, "evse").tables["evse"]
    assert points["evse_id"].tolist() == feed.panel.evse_ids
    assert points["area"].tolist() == feed.panel.evse["area"].tolist()


def test_the_same_again_and_another_seed():
    url = city().requests(AT)[0].url
    assert city().get(url).body == city().get(url).body
    bodies = {city(seed=seed).get(url).body for seed in range(5)}
    assert len(bodies) > 1


def test_a_status_is_given_up():
    changed, same = city(change="passive", change_at="2026-01-07"), city()
    row = same.panel.grid.position("2026-01-07", "before")
    passive, charging = (same.panel.scheme.code(name) for name in ("passive", "charging"))
    assert (changed.panel.codes[:row] == same.panel.codes[:row]).all()
    assert (changed.panel.codes[row:] != passive).all()
    assert (changed.panel.codes[row:][same.panel.codes[row:] == passive] == charging).all()


@pytest.mark.parametrize("at", ["2026-01-04T23:45:00", "2026-01-08T00:00:00"])
def test_outside_of_its_days_there_is_no_answer(at):
    with pytest.raises(TerminalError, match="not within its days"):
        city().get(f"simulated://city/status/{at}")


def test_what_is_no_answer():
    with pytest.raises(FileFormatError, match="no JSON"):
        city().read(Payload(b"<html>", Request("simulated://city/status/x", "status"), AT))
