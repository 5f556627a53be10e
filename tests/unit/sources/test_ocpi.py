"""OCPI locations, with rows made by hand in the format of the protocol, and its own example."""

import gzip
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import FileFormatError, InputError
from evforecast.panel import VOCABULARIES
from evforecast.sources import ocpi
from evforecast.sources.feed import Payload, Request
from evforecast.sources.ocpi import OcpiLocations

NOW = np.datetime64("2026-11-28T08:00:00", "s")
URL = "https://example.org/ocpi/2.2.1/locations?limit=2"
EVSE = {
    "uid": "3256",
    "evse_id": "BE*BEC*E041503001",
    "status": "AVAILABLE",
    "connectors": [{"id": "1", "standard": "IEC_62196_T2"}],
    "last_updated": "2026-11-28T07:12:01Z",
}
PLACE = {
    "country_code": "BE",
    "party_id": "BEC",
    "id": "LOC1",
    "address": "F.Rooseveltlaan 3A",
    "city": "Gent",
    "postal_code": "9000",
    "coordinates": {"latitude": "51.047599", "longitude": "3.729944"},
    "evses": [EVSE],
}
# Version 2.1.1 has neither the country nor the party.
OLD = {key: value for key, value in PLACE.items() if key not in {"country_code", "party_id"}}


def parse(document):
    return ocpi.parse(json.dumps(document).encode(), collected_at=NOW)


def place(*evses, **changes):
    return {**PLACE, "evses": [{**EVSE, **evse} for evse in evses], **changes}


def accounted(read):
    return len(read.tables["status"]) + len(read.rejected) + sum(read.counted_apart.values())


# ------------------------------------------------------------------------------------------- feed


def test_the_feed():
    feed = OcpiLocations(URL, "ghent", every="5min")
    (request,) = feed.requests(NOW)
    assert request == Request(URL, "locations")
    assert (feed.name, feed.every, feed.lag) == ("ghent", "5min", "0min")
    read = feed.read(Payload(json.dumps([PLACE]).encode(), request, NOW))
    assert set(read.tables) == set(feed.tables)
    for name, table in feed.tables.items():
        assert {*table.key, table.time} <= set(read.tables[name].columns)
        assert read.tables[name]["source"].tolist() == ["ghent"]


@pytest.mark.parametrize("name", ["", "Ghent", "a/b", "a b"])
def test_a_name_that_is_no_folder(name):
    with pytest.raises(InputError, match="no name of a feed"):
        OcpiLocations(URL, name)


def test_pages_follow_the_link():
    feed = OcpiLocations(URL, "ghent")
    body = json.dumps([PLACE]).encode()
    (request,) = feed.requests(NOW)
    names = []
    for page in (2, 3, 4):
        following = f"{URL}&offset={page}"
        (request,) = feed.read(Payload(body, request, NOW, next_url=following)).more
        assert request.url == following
        names.append(request.name)
    assert names == ["locations-page-2", "locations-page-3", "locations-page-4"]
    assert feed.read(Payload(body, request, NOW)).more == ()


# ----------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    "document",
    [
        [PLACE],
        PLACE,
        {"data": [PLACE], "status_code": 1000, "timestamp": "2026-11-28T08:00:00Z"},
        {"data": PLACE, "status_code": 1000},
        {"data": [PLACE]},
    ],
)
def test_envelopes(document):
    read = parse(document)
    (status,) = read.tables["status"].to_dict("records")
    assert status == {
        "evse_id": "BE*BEC*E041503001",
        "status": "available",
        "word": "AVAILABLE",
        "observed_at": pd.Timestamp("2026-11-28 07:12:01"),
        "collected_at": pd.Timestamp("2026-11-28 08:00"),
        "source": "ocpi",
    }
    (evse,) = read.tables["evse"].drop(columns="collected_at").to_dict("records")
    assert evse == {
        "evse_id": "BE*BEC*E041503001",
        "location_id": "BE*BEC*LOC1",
        "address": "F.Rooseveltlaan 3A",
        "area": "9000",
        "lat": 51.047599,
        "lon": 3.729944,
        "source": "ocpi",
    }
    assert read.fields["location.coordinates"] == "object"
    assert read.fields["connectors"] == "list"
    assert "location.evses" not in read.fields


def test_a_gzip_file(tmp_path):
    path = tmp_path / "locations.json.gz"
    path.write_bytes(gzip.compress(json.dumps([PLACE]).encode()))
    assert (
        ocpi.read(path, collected_at=NOW).tables["status"].equals(parse([PLACE]).tables["status"])
    )


def test_every_word():
    words = VOCABULARIES["ocpi"].words
    read = parse([place(*({"evse_id": word, "status": word} for word in words))])
    status = read.tables["status"]
    found = dict(zip(status["evse_id"], status["status"], strict=True))
    assert found == {word: ours for word, ours in words.items() if ours is not None}
    assert read.counted_apart == {"planned chargers": 1, "removed chargers": 1}
    assert len(read.tables["evse"]) == len(found)


def test_ids():
    alone = {"evse_id": None}
    read = parse([place(alone), {**OLD, "id": 7, "evses": [{"uid": 12, "status": "AVAILABLE"}]}])
    assert read.tables["status"]["evse_id"].tolist() == ["BE*BEC*3256", "12"]
    assert read.tables["evse"]["location_id"].tolist() == ["BE*BEC*LOC1", "7"]
    read = parse([place({"evse_id": "", "uid": None}, {"evse_id": None, "status": "REMOVED"})])
    assert read.rejected["reason"].tolist() == ["no id"]
    assert read.counted_apart == {"removed chargers": 1}, "the protocol takes the id off those"


def test_places_may_be_missing():
    read = parse(
        [
            {"id": "a", "city": "Gent", "evses": [{"uid": "1", "status": "AVAILABLE"}]},
            place({"coordinates": {"latitude": "51.5", "longitude": "3.5"}, "evse_id": "own"}),
            place({"evse_id": "odd"}, coordinates="51.0, 3.7", postal_code=" "),
        ]
    )
    evse = read.tables["evse"].set_index("evse_id")
    assert evse.loc["1", "area"] == "Gent"
    assert np.isnan(evse.loc["1", "lat"])
    assert evse.loc["1", "address"] is None
    assert evse.loc["own", ["lat", "lon"]].tolist() == [51.5, 3.5], (
        "of the EVSE itself, if it has one"
    )
    assert evse.loc["odd", "area"] == "Gent"
    assert np.isnan(evse.loc["odd", "lon"])


def test_stamps():
    read = parse(
        [place({"last_updated": "2026-11-28T07:12:01"}, {"evse_id": "b", "last_updated": None})]
    )
    assert list(map(str, read.tables["status"]["observed_at"].to_numpy())) == [
        "2026-11-28T07:12:01",
        "NaT",
    ]
    assert read.notes[0].startswith("1 rows carry no stamp")


def test_odd_elements():
    read = parse(
        [
            place({}),
            7,
            None,
            {**PLACE, "evses": "none"},
            {**PLACE, "evses": [3]},
            {"id": "x"},
            OLD | {"evses": []},
        ]
    )
    assert len(read.tables["status"]) == 1
    assert set(read.rejected["reason"]) == {"neither an EVSE nor a location with a list of them"}
    assert read.rows_read == accounted(read) == 5
    assert read.notes == ("2 locations have no EVSE",)


def test_no_location():
    read = parse({"data": [], "status_code": 1000})
    assert (read.rows_read, accounted(read), read.notes) == (0, 0, ())
    assert list(read.tables) == ["status", "evse"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"<html><title>401</title></html>", "a page in HTML '401'"),
        (json.dumps([PLACE]).encode()[:-20], "no JSON"),
        (gzip.compress(b"[]", mtime=0)[:-4], "damaged or cut short"),
        (
            b'{"status_code": 2001, "status_message": "Invalid token"}',
            "the server says 2001, 'Invalid token'",
        ),
        (b'{"status_code": "OK", "data": []}', "the server says 'OK'"),
        (b'{"status_code": 1000}', "no locations of OCPI"),
        (b'{"data": 3}', "no locations of OCPI, found 3"),
        (b'{"results": []}', "no locations of OCPI"),
    ],
)
def test_what_cannot_be_read(body, message):
    with pytest.raises(FileFormatError, match=f"ocpi, body: .*{message}"):
        ocpi.parse(body, collected_at=NOW)


ODD = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.just({}) | st.just([1])
SOME_EVSE = st.fixed_dictionaries(
    {},
    optional={
        "uid": ODD,
        "evse_id": st.sampled_from(["a", "b"]) | ODD,
        "status": st.sampled_from(["AVAILABLE", "REMOVED"]) | ODD,
        "last_updated": st.sampled_from(["2026-11-28T07:12:01Z", "2026-11-28"]) | ODD,
        "coordinates": ODD,
    },
)
SOME_PLACE = st.fixed_dictionaries(
    {"evses": st.lists(SOME_EVSE | ODD, max_size=4) | ODD},
    optional={"id": ODD, "party_id": ODD, "address": ODD, "coordinates": ODD, "postal_code": ODD},
)


@settings(max_examples=60, deadline=None)
@given(st.lists(SOME_PLACE | ODD, max_size=5))
def test_whatever_comes_every_row_is_accounted_for(places):
    read = parse(places)
    due = 0
    for each in places:
        evses = each.get("evses") if isinstance(each, dict) else 7
        due += len(evses) if isinstance(evses, list) else bool(evses) or not isinstance(each, dict)
    assert read.rows_read == due == accounted(read)
    assert read.tables["status"]["evse_id"].is_unique
    assert read.tables["status"]["status"].isin(["available"]).all()


def test_the_example_of_the_protocol(data):
    read = ocpi.read(data / "irve" / "ocpi_2.3.0_location_example.json", collected_at=NOW)
    status = read.tables["status"]
    assert status["evse_id"].tolist() == ["BE*BEC*E041503001", "BE*BEC*E041503002"]
    assert status["status"].tolist() == ["available", "passive"]
    assert list(map(str, status["observed_at"].to_numpy())) == [
        "2015-06-28T08:12:01",
        "2015-06-29T20:39:09",
    ]
    assert read.tables["evse"]["location_id"].tolist() == ["BE*BEC*LOC1"] * 2
    assert (read.rows_read, len(read.rejected)) == (2, 0)
