"""The Explore API: its envelopes, its addresses and its pages."""

import json
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from evforecast.errors import FileFormatError
from evforecast.sources._odsapi import Dataset, Envelope, opened
from evforecast.sources.feed import Payload, Request

PORTAL = "https://opendata.example.org/api/explore/v2.1/"
DATASET = Dataset(PORTAL, "chargers", "id_pdc")
NOW = np.datetime64("2026-11-28T08:00:00")
ROW = {"id_pdc": "a", "statut_pdc": "Disponible"}


@pytest.mark.parametrize(
    ("document", "rows", "total"),
    [
        ([ROW, ROW], [ROW, ROW], None),
        ([], [], None),
        ({"total_count": 9, "results": [ROW]}, [ROW], 9),
        ({"results": [ROW]}, [ROW], 1),
        ({"total_count": 0, "results": []}, [], 0),
        (
            {"total_count": 9, "links": [], "records": [{"record": {"id": "1", "fields": ROW}}]},
            [ROW],
            9,
        ),
        ({"nhits": 9, "parameters": {}, "records": [{"recordid": "1", "fields": ROW}]}, [ROW], 9),
        ([{"recordid": "1", "fields": ROW, "record_timestamp": "x"}], [ROW], None),
        ([1, None, "x", {"fields": 3}], [1, None, "x", {"fields": 3}], None),
    ],
)
def test_envelopes(document, rows, total):
    envelope = opened(document, "belib")
    assert (envelope.rows, envelope.total) == (rows, total)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"error_code": "ODSQLError", "message": "ODSQL query is malformed"}, "query is malformed"),
        ({"errorcode": 10002, "error": "Too many requests on the domain."}, "Too many requests"),
        ({"datasets": [], "total_count": 3}, r"found an object with 'datasets', 'total_count'"),
        ({}, "an object with nothing in it"),
        ({"results": {}}, "an object with 'results'"),
        (None, "found None"),
        ("text", "found 'text'"),
        (7, "found 7"),
    ],
)
def test_what_is_no_envelope(document, message):
    with pytest.raises(FileFormatError, match=f"belib: .*{message}"):
        opened(document, "belib")


def test_the_export_comes_first_and_a_page_where_it_fails():
    request = DATASET.request("availability")
    base = "https://opendata.example.org/api/explore/v2.1/catalog/datasets/chargers"
    assert request.name == "availability"
    assert request.url == f"{base}/exports/json?timezone=UTC"
    assert request.fallback == f"{base}/records?limit=100&offset=0&order_by=id_pdc&timezone=UTC"


def paged(total, size=100, name="availability"):
    """Follow the pages of a portal that holds `total` rows, as a collector does; return what was asked."""
    first = DATASET.request(name)
    left, asked, notes = [Request(first.fallback, name)], [], []
    while left:
        request = left.pop()
        query = {
            key: int(v[0])
            for key, v in parse_qs(urlsplit(request.url).query).items()
            if v[0].isdecimal()
        }
        assert query["offset"] + query["limit"] <= 10_000
        assert query["limit"] <= 100
        asked.append((request.name, query["offset"], query["limit"]))
        rows = [ROW] * max(min(size, query["limit"], total - query["offset"]), 0)
        more, notes = DATASET.more(Payload(b"", request, NOW), Envelope(rows, total))
        left.extend(more)
    return asked, notes


@pytest.mark.parametrize("total", [0, 1, 100, 101, 2097])
def test_pages_cover_all_rows(total):
    asked, notes = paged(total)
    assert [offset for _, offset, _ in asked] == list(range(0, max(total, 1), 100))
    assert len({name for name, _, _ in asked}) == len(asked), "each has a name of its own"
    assert asked[0][0] == "availability"
    assert notes == ()
    if total > 100:
        assert asked[1][0] == "availability-from-100"


def test_a_portal_may_give_less_than_was_asked_for():
    asked, _ = paged(120, size=50)
    assert [offset for _, offset, _ in asked] == [0, 50, 100]


def test_pages_end_at_their_limit():
    asked, notes = paged(12_345)
    assert asked[-1][1:] == (9_900, 100)
    assert notes == ("2,345 rows are out of reach: pages end at row 10,000",)
    asked, _ = paged(12_345, size=70)
    assert sum(asked[-1][1:]) == 10_000
    assert asked[-1][2] == 60


def test_no_page_after_an_export_or_an_empty_page():
    payload = Payload(b"", DATASET.request("availability"), NOW)
    assert DATASET.more(payload, Envelope([ROW], None)) == ((), ())
    assert DATASET.more(payload, Envelope([], 2097)) == ((), ()), "or it would never end"


def test_real_envelopes(data):
    folder = data / "belib"
    read = [
        opened(json.loads((folder / name).read_text()), name)
        for name in (
            "belib_export_v21_2023-01-30T1230.json",
            "belib_api_v2_records_limit40_2023-01-27.json",
            "belib_api_v2_groupby_statut_2023-01-30.json",
        )
    ]
    assert [(len(each.rows), each.total) for each in read] == [(2097, None), (40, 2037), (5, 5)]
    assert sorted(read[1].rows[0]) == ["adresse_station", "id_pdc", "last_updated"]
    assert sorted(read[2].rows[0]) == ["nb_bornes", "statut_pdc"]
