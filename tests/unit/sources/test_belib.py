"""Belib': the feeds, whole answers of every version, and the real ones."""

import json
import socket

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import EmptyInputError, FileFormatError
from evforecast.sources import belib
from evforecast.sources.belib import BelibPoints, BelibStatus
from evforecast.sources.feed import Payload, Request
from evforecast.sources.http import Client

NOW = np.datetime64("2026-11-28T08:00:00", "s")
ROW = {
    "id_pdc": "FR*V75*EPX08*11*6",
    "statut_pdc": "Disponible",
    "last_updated": "2026-11-28T04:30:01+01:00",
    "coordonneesxy": {"lon": 2.314663, "lat": 48.8737},
    "adresse_station": "37 Rue la Boétie 75008 Paris",
    "code_insee_commune": "75056",
    "arrondissement": "08e Arrondissement",
}
SOURCES = {"belib-status": BelibStatus(), "belib-points": BelibPoints()}


def parse(*rows, **changes):
    body = json.dumps([{**ROW, **changes}, *rows], ensure_ascii=False).encode()
    return belib.parse(body, collected_at=NOW)


def accounted(read, main="status"):
    return len(read.tables[main]) + len(read.rejected) + sum(read.counted_apart.values())


# ------------------------------------------------------------------------------------------- feeds


@pytest.mark.parametrize("feed", SOURCES.values(), ids=SOURCES)
def test_what_is_asked(feed):
    (request,) = feed.requests(NOW)
    assert request.url.startswith(
        "https://opendata.paris.fr/api/explore/v2.1/catalog/datasets/belib-"
    )
    assert request.url.endswith("/exports/json?timezone=UTC")
    assert "/records?limit=100&offset=0&order_by=id_pdc" in request.fallback
    assert feed.requests(NOW) == feed.requests(NOW + np.timedelta64(1, "D"))
    elsewhere = type(feed)(portal="http://localhost:1/api").requests(NOW)[0]
    assert elsewhere.url.startswith("http://localhost:1/api/catalog/datasets/belib-")


@pytest.mark.parametrize("feed", SOURCES.values(), ids=SOURCES)
def test_tables_are_what_the_feed_says(feed):
    read = feed.read(Payload(json.dumps([ROW]).encode(), feed.requests(NOW)[0], NOW))
    assert set(read.tables) == set(feed.tables)
    for name, table in feed.tables.items():
        assert {*table.key, table.time} <= set(read.tables[name].columns)
        assert read.tables[name]["source"].eq(feed.name).all()
        assert len(read.tables[name]) == 1


def test_pages_lead_to_the_next_one():
    feed = BelibStatus()
    (request,) = feed.requests(NOW)
    page = json.dumps({"total_count": 3, "results": [ROW]}).encode()
    first = feed.read(Payload(page, Request(request.fallback, request.name), NOW))
    (second,) = first.more
    assert (second.name, second.fallback) == ("availability-from-1", "")
    assert "offset=1&" in second.url
    (third,) = feed.read(Payload(page, second, NOW)).more
    assert feed.read(Payload(page, third, NOW)).more == ()
    export = feed.read(Payload(json.dumps([ROW]).encode(), request, NOW))
    assert export.more == ()


# ----------------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    "document",
    [
        [ROW],
        {"total_count": 1, "results": [ROW]},
        {
            "total_count": 1,
            "links": [],
            "records": [{"links": [], "record": {"id": "x", "fields": ROW}}],
        },
        {"nhits": 1, "parameters": {}, "records": [{"recordid": "x", "fields": ROW}]},
    ],
    ids=["export", "v2.1", "v2.0", "v1"],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_every_version_says_the_same(document, mark):
    read = belib.parse(mark + json.dumps(document).encode(), collected_at=NOW)
    assert read.tables["status"].equals(parse().tables["status"])
    assert read.tables["evse"].equals(parse().tables["evse"])
    assert read.fields == {**dict.fromkeys(ROW, "text"), "coordonneesxy": "object"}
    assert (read.rows_read, read.notes) == (1, ())


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Disponible", "available"),
        ("Occupé (en charge)", "charging"),
        ("Occupée", "charging"),
        ("Réservé", "passive"),
        ("En maintenance", "down"),
        ("Inconnu", "offline"),
        ("  Disponible ", "available"),
    ],
)
def test_words(word, status):
    read = parse(statut_pdc=word)
    assert read.tables["status"][["status", "word"]].to_numpy().tolist() == [[status, word.strip()]]


@pytest.mark.parametrize(
    ("word", "what"),
    [
        ("Mise en service planifiée", "planned chargers"),
        ("En cours de mise en service", "chargers about to be put in use"),
        ("Pas implémenté", "chargers not in use yet"),
        ("Supprimé", "removed chargers"),
    ],
)
def test_chargers_that_are_no_observation(word, what):
    read = parse(statut_pdc=word)
    assert read.counted_apart == {what: 1}
    assert [len(table) for table in read.tables.values()] == [0, 0]
    assert len(read.rejected) == 0


def test_no_status_is_guessed():
    read = parse(
        {**ROW, "id_pdc": "b", "statut_pdc": None},
        {**ROW, "id_pdc": "c", "statut_pdc": "disponible"},
        {**ROW, "id_pdc": "d", "statut_pdc": "OccupÃ© (en charge)"},
        {**ROW, "id_pdc": None},
        {key: ROW[key] for key in ROW if key != "statut_pdc"},
        statut_pdc="Suspendu",
    )
    assert len(read.tables["status"]) == 0
    assert read.unknown_words == {"Suspendu": 1, "disponible": 1, "OccupÃ© (en charge)": 1}
    assert read.rejected["reason"].tolist() == [
        "unknown status word 'Suspendu'",
        "no status",
        "unknown status word 'disponible'",
        "unknown status word 'OccupÃ© (en charge)'",
        "no id",
        "no status",
    ]
    assert read.rejected["coordonneesxy"][0] == '{"lon": 2.314663, "lat": 48.8737}'
    assert read.rejected["id_pdc"].tolist()[:2] == ["FR*V75*EPX08*11*6", "b"]


def test_places_may_be_missing():
    read = parse(
        coordonneesxy=None, adresse_station=None, code_insee_commune=None, arrondissement=None
    )
    (evse,) = read.tables["evse"].to_dict("records")
    assert evse["location_id"] == "FR*V75*PPX08*11"
    assert evse["address"] is evse["area"] is None
    assert np.isnan(evse["lat"])
    assert np.isnan(evse["lon"])
    assert len(read.tables["status"]) == 1


@pytest.mark.parametrize("stamp", [None, "", "hier", "2026-11-28T04:30:01", 0])
def test_a_status_without_a_stamp_is_a_status(stamp):
    read = parse(last_updated=stamp)
    assert read.tables["status"]["observed_at"].isna().all()
    assert read.tables["status"]["status"].tolist() == ["available"]
    assert read.notes[0].startswith("1 rows carry no stamp with a zone")


def test_spellings():
    many = ["FR*V75*EPX20*22*01", "frv75epx20231", "FR*V75*EPX20*24*1", "FR*V75*EPX20*24*01"]
    read = parse(*[{**ROW, "id_pdc": each} for each in many])
    assert read.tables["status"]["evse_id"].tolist() == [
        "FR*V75*EPX08*11*6",
        "FR*V75*EPX20*22*1",
        "FR*V75*EPX20*23*1",
        *many[2:],
    ]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "the answer is empty"),
        (b"<!DOCTYPE html><html><title>Maintenance</title>", "a page in HTML 'Maintenance'"),
        (b'[{"id_pdc": "FR*V75', "no JSON"),
        ("[" + json.dumps(ROW, ensure_ascii=False) + "]", "not utf-8"),
        (b'{"error_code": "X", "message": "Unknown dataset"}', "Unknown dataset"),
        (b'{"id_pdc": "a"}', "found an object with 'id_pdc'"),
        (b"3", "found 3"),
    ],
)
def test_what_cannot_be_read(body, message):
    raw = body.encode("latin-1") if isinstance(body, str) else body
    for feed in SOURCES.values():
        with pytest.raises(FileFormatError, match=f"{feed.name}, availability: .*{message}"):
            feed.read(Payload(raw, Request("", "availability"), NOW))


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.just({}),
    st.just([1]),
)
ANY_ROW = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(ROW, VALUES),
        "id_pdc": st.sampled_from(["FR*V75*EPX08*11*6", "FR*V75*EPX08*11*06", "b", None]) | VALUES,
        "statut_pdc": st.sampled_from(["Disponible", "Supprimé", "Inconnu"]) | VALUES,
        "last_updated": st.sampled_from(["2026-11-28T04:30:01+01:00", "2026-11-27"]) | VALUES,
    },
)


@settings(max_examples=50, deadline=None)
@given(st.lists(ANY_ROW | VALUES, max_size=8))
def test_whatever_comes_every_row_is_accounted_for(rows):
    body = json.dumps(rows).encode()
    read = belib.parse(body, collected_at=NOW)
    assert read.rows_read == len(rows) == accounted(read)
    assert read.tables["status"]["evse_id"].is_unique
    assert read.tables["status"]["status"].isin(["available", "offline"]).all()
    fixed = belib.parse_points(body, collected_at=NOW)
    assert fixed.rows_read == len(rows) == accounted(fixed, "evse")


# ----------------------------------------------------------------------------------------- snapshots

HEAD = "snapshot_utc,id_pdc,statut_pdc,last_updated\n"


def test_snapshots(tmp_path, caplog):
    path = tmp_path / "snapshots.csv"
    path.write_text(
        HEAD
        + "2023-01-27T15:56:27Z,FR*V75*E9001*01*1,Disponible,2022-01-27T04:30:03+01:00\n"
        + "2023-01-27T16:19:53Z,FR*V75*E9001*01*1,En maintenance,2023-01-27T04:30:03+01:00\n"
        + "2023-01-27T16:19:53Z,FR*V75*E9001*01*2,Supprimé,2023-01-27T04:30:03+01:00\n"
    )
    evse = pd.DataFrame({"evse_id": ["FR*V75*E9001*01*1"], "area": ["75001"]})
    with caplog.at_level("INFO", "evforecast.sources"):
        log = belib.read_snapshots(path, evse=evse)
    assert "3 rows read, 2 kept; 1 removed chargers" in caplog.text
    assert log.frame["observed_at"].equals(log.frame["collected_at"])
    assert log.evse["area"].tolist() == ["75001"]
    panel = log.to_panel("15min", max_age="30min").to_long()
    assert panel["status"].astype(object).tolist()[0] == "available"
    assert panel["status"].astype(object).tolist()[-1] == "down"


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("", EmptyInputError, "empty"),
        (HEAD, EmptyInputError, "no rows"),
        ("snapshot_utc,id_pdc\n1,2\n", FileFormatError, "no column 'statut_pdc'"),
        (
            HEAD + "2023-01-27 15:56,a,Disponible,\n",
            FileFormatError,
            "row 2: snapshot_utc .* no time",
        ),
    ],
)
def test_bad_snapshots(tmp_path, text, error, message):
    path = tmp_path / "snapshots.csv"
    path.write_text(text)
    with pytest.raises(error, match=message):
        belib.read_snapshots(path)


# ----------------------------------------------------------------------------------------- real data


def test_a_real_export(data):
    path = data / "belib" / "belib_export_v21_2023-01-30T1230.json"
    read = belib.read(path, collected_at="2023-01-30 11:30Z")
    raw = pd.DataFrame(json.loads(path.read_bytes()))
    assert read.rows_read == len(raw) == 2097 == accounted(read)
    assert read.counted_apart == {
        "planned chargers": int((raw["statut_pdc"] == "Mise en service planifiée").sum())
    }
    assert read.counted_apart == {"planned chargers": 11}
    assert len(read.rejected) == 0
    status, evse = read.tables["status"], read.tables["evse"]
    assert status["evse_id"].is_unique
    words = raw["statut_pdc"].value_counts()
    assert status["status"].value_counts().to_dict() == {
        "available": words["Disponible"],
        "charging": words["Occupé (en charge)"],
        "offline": words["Inconnu"],
        "down": words["En maintenance"],
    }
    assert evse["evse_id"].equals(status["evse_id"])
    assert evse["area"].str.fullmatch(r"750\d\d").all()
    assert evse["area"].nunique() == 20
    assert evse["lat"].between(48.8, 48.91).all()
    assert evse["lon"].between(2.2, 2.42).all()
    assert (status["observed_at"] < pd.Timestamp("2022-12-30")).sum() == 41, "a month old and more"
    assert (status["observed_at"] < pd.Timestamp("2023-01-30 03:30")).mean() < 0.04, (
        "the nightly touch"
    )
    touched = pd.Timestamp("2023-01-30 03:30"), pd.Timestamp("2023-01-30 03:31")
    assert status["observed_at"].between(*touched).mean() > 0.3, (
        "the nightly touch, no start of a state"
    )
    assert read.notes == ()


def test_the_real_rows_of_2026(data):
    path = data / "belib" / "belib_export_2026-09-23_8records.json"
    read = belib.read(path, collected_at="2026-09-23 06:00Z")
    assert (read.rows_read, len(read.rejected), read.counted_apart) == (8, 0, {})
    assert "FR*V75*EPX20*21*1" in set(read.tables["status"]["evse_id"])
    assert read.tables["evse"]["area"].tolist() == [
        "75016", "75004", "75017", "75020", "75013", "75004", "75016", "75017",
    ]  # fmt: skip


def test_real_pages_of_an_older_version(data):
    folder = data / "belib"
    page = belib.read(
        folder / "belib_api_v2_records_limit40_2023-01-27.json", collected_at="2023-01-27 12:00Z"
    )
    assert page.rows_read == accounted(page) == 40
    assert set(page.rejected["reason"]) == {"no status"}, "the query did not ask for it"
    assert "statut_pdc" not in page.fields
    assert "offset=40&" in page.more[0].url
    counts = belib.read(
        folder / "belib_api_v2_groupby_statut_2023-01-30.json", collected_at="2023-01-30 12:00Z"
    )
    assert counts.rows_read == accounted(counts) == 5
    assert len(counts.tables["status"]) == 0


def test_the_real_snapshots(data):
    log = belib.read_snapshots(data / "belib" / "belib_status_36snapshots_20230127_20230213.csv.gz")
    assert len(log) == 75_492 - 36 * 11
    assert len(log.evse) == 2_086
    assert log.frame["collected_at"].nunique() == 36
    counts = log.frame["status"].value_counts()
    assert counts[["available", "charging", "offline", "down"]].tolist() == [
        45_985,
        24_558,
        2_864,
        1_689,
    ]


def test_stamps_of_the_real_snapshots_are_no_starts(data):
    """A state that changed carries the stamp of the touch, and stamps go back."""
    frame = pd.read_csv(data / "belib" / "belib_status_36snapshots_20230127_20230213.csv.gz")
    frame["stamp"] = pd.to_datetime(frame["last_updated"], utc=True)
    by = frame.sort_values("snapshot_utc", kind="stable").groupby("id_pdc")
    back = by["stamp"].diff() < pd.Timedelta(0)
    assert back.sum() > 0
    same = (by["statut_pdc"].shift() == frame["statut_pdc"]) & (
        by["stamp"].diff() > pd.Timedelta(0)
    )
    assert same.mean() > 0.3, "a newer stamp on the same status"


# ------------------------------------------------------------------------------------------- live


@pytest.fixture(scope="module")
def network(pytestconfig):
    """Skip unless the real service is asked for, and can be reached."""
    if "live" not in pytestconfig.option.markexpr:
        pytest.skip("the real service is asked only with -m live")
    try:
        socket.create_connection(("opendata.paris.fr", 443), timeout=5).close()
    except OSError as error:
        pytest.skip(f"opendata.paris.fr cannot be reached from here: {error}")


@pytest.mark.live
@pytest.mark.parametrize("feed", SOURCES.values(), ids=SOURCES)
def test_the_real_service(network, feed):
    (request,) = feed.requests(NOW)
    with Client() as client:
        answers = [client.get(request.url), client.get(request.fallback)]
    for answer, url in zip(answers, (request.url, request.fallback), strict=True):
        read = feed.read(Payload(answer.body, Request(url, request.name), answer.collected_at))
        main = next(iter(feed.tables))
        assert read.rows_read == accounted(read, main)
        assert len(read.tables[main]) > 0.8 * read.rows_read > 0
        assert read.unknown_words == {}
    assert read.more
