"""The feed of the counts, and the yearly archives."""

import json
import struct
import zipfile
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

from evforecast.errors import FileFormatError
from evforecast.sources import traffic
from evforecast.sources.feed import Payload, Request

HEAD = "iu_ac;libelle;t_1h;q;k;etat_trafic;etat_barre\n"
WEEK = HEAD + "1;Quai;2020-11-08 10:00:00;250;3.5;1;1\n"


def query(url):
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}


def test_the_days_that_are_published_and_may_change_are_asked():
    feed = traffic.ParisTraffic()

    def names(now):
        return [request.name for request in feed.requests(np.datetime64(now))]

    assert names("2026-09-01T00:59:59")[:3] == ["2026-08-27", "2026-08-28", "2026-08-29"]
    assert names("2026-09-01T01:00")[:3] == ["2026-08-28", "2026-08-29", "2026-08-30"]
    assert names("2026-09-01T21:00")[3] == "arcs-2026-08-30"


@pytest.mark.parametrize(
    ("now", "after", "until"),
    [
        ("2026-09-01T12:00", "2026-08-29T22:00:00", "2026-08-30T22:00:00"),
        ("2020-10-27T12:00", "2020-10-24T22:00:00", "2020-10-25T23:00:00"),  # 25 hours
        ("2020-03-31T12:00", "2020-03-28T23:00:00", "2020-03-29T22:00:00"),  # 23 hours
    ],
)
def test_a_local_day_is_asked_by_the_ends_of_its_hours(now, after, until):
    newest = traffic.ParisTraffic().requests(np.datetime64(now))[2]
    asked = query(newest.url)
    assert asked["where"] == f"t_1h>date'{after}' and t_1h<=date'{until}'"
    assert asked["timezone"] == "UTC"
    assert query(newest.fallback) == asked
    assert urlsplit(newest.url).path.endswith("/exports/json")
    assert urlsplit(newest.fallback).path.endswith("/exports/csv")


def test_the_feed_reads_what_it_asks_for():
    feed = traffic.ParisTraffic()
    now = np.datetime64("2026-09-01T12:00:00")
    *_, day, arcs = feed.requests(now)
    row = {"iu_ac": "1", "t_1h": "2026-08-30T22:00:00+00:00", "q": 1.0, "k": 2.0}
    row |= {"etat_trafic": "Fluide", "etat_barre": "Ouvert"}
    place = {"iu_ac": "1", "libelle": "Quai", "geo_point_2d": {"lon": 2.3, "lat": 48.8}}
    from_json = feed.read(Payload(json.dumps([row]).encode(), day, now))
    line = ";".join(map(str, row.values()))
    from_csv = feed.read(Payload(f"{';'.join(row)}\n{line}\n".encode(), day, now))
    located = feed.read(Payload(json.dumps([place]).encode(), arcs, now))
    assert from_json.tables["traffic"].equals(from_csv.tables["traffic"])
    assert from_json.fields == from_csv.fields
    for reading in (from_json, located):
        for name, table in reading.tables.items():
            assert set(feed.tables[name].key) | {feed.tables[name].time} <= set(table.columns)
    assert set(from_json.tables) | set(located.tables) == set(feed.tables)
    assert located.tables["traffic-arcs"]["collected_at"].item() == pd.Timestamp(now)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "day: the answer is empty"),
        (b"<html>down</html>", "day: a page in HTML"),
        (b'[{"iu_ac": "1"', "cut short"),
        (b"service unavailable", "no field 'iu_ac'"),
    ],
)
def test_another_answer_is_refused(body, message):
    payload = Payload(body, Request("https://a", "day"), np.datetime64("2026-09-01T12:00:00"))
    with pytest.raises(FileFormatError, match=message):
        traffic.ParisTraffic().read(payload)


def zipped(path, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("2020/", "")
        archive.writestr("__MACOSX/._week.txt", "x")
        archive.writestr("2020/week45.txt", WEEK)
        archive.writestr("2020/week46.txt", WEEK.replace("11-08", "11-09"))
    return path


def test_an_archive_is_read_text_by_text(tmp_path):
    readings = dict(traffic.read_archive(zipped(tmp_path / "2020.zip")))
    assert list(readings) == ["2020/week45.txt", "2020/week46.txt"]
    times = [reading.tables["traffic"]["time"].item() for reading in readings.values()]
    assert times == [pd.Timestamp("2020-11-08 09:00"), pd.Timestamp("2020-11-09 09:00")]
    text = tmp_path / "week45.txt"
    text.write_text(WEEK)
    ((name, reading),) = traffic.read_archive(text)
    assert name == "week45.txt"
    assert reading.tables["traffic"].equals(readings["2020/week45.txt"].tables["traffic"])


def test_deflate64_is_refused_with_a_hint(tmp_path):
    path = zipped(tmp_path / "2021.zip", zipfile.ZIP_STORED)
    body = bytearray(path.read_bytes())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):  # in both headers of each member
        at = body.find(mark)
        while at >= 0:
            struct.pack_into("<H", body, at + offset, 9)
            at = body.find(mark, at + 1)
    path.write_bytes(body)
    with pytest.raises(FileFormatError, match=r"2020/week45\.txt: compressed with Deflate64.*7z x"):
        list(traffic.read_archive(path))


def test_a_damaged_archive_is_refused(tmp_path):
    path = zipped(tmp_path / "2020.zip")
    body = path.read_bytes()
    at = body.index(b"week45.txt") + 15  # within the packed bytes of the first text
    for damaged in (body[: len(body) // 2], body[:at] + b"\xff\xff" + body[at + 2 :]):
        path.write_bytes(damaged)
        with pytest.raises(FileFormatError, match=r"2020\.zip: the zip is damaged or cut short"):
            list(traffic.read_archive(path))


def test_the_real_archives_through_the_reader(data):
    path = data / "traffic" / "comptages_archive_champs_elysees_2020.csv.gz"
    ((name, reading),) = traffic.read_archive(path)
    assert name == path.name
    city = traffic.city_state(reading.tables["traffic"])
    assert len(city) == 8782
    # the first confinement: a third of the traffic of the months before
    flow = city["average_flow"]
    assert flow["2020-04"].mean() < 0.4 * flow["2020-02"].mean()
