"""IRVE files, with rows made by hand in the format of the schema, and its own examples."""

import gzip
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import FileFormatError, InputError
from evforecast.panel import VOCABULARIES
from evforecast.sources import irve
from evforecast.sources.feed import Payload, Request
from evforecast.sources.irve import IrvePoints, IrveStatus

NOW = np.datetime64("2022-10-18T12:40:00", "s")
HEAD = "id_pdc_itinerance,etat_pdc,occupation_pdc,horodatage,etat_prise_type_2\n"
STAMP = "2022-10-18T14:35:49+02:00"
POINTS = (
    "id_pdc_itinerance,id_station_itinerance,adresse_station,coordonneesXY,code_insee_commune,"
    "puissance_nominale,date_maj\n"
)


def parse(*lines, head=HEAD):
    return irve.parse((head + "\n".join(lines)).encode(), collected_at=NOW)


def parse_points(*lines, head=POINTS):
    return irve.parse_points((head + "\n".join(lines)).encode(), collected_at=NOW)


def accounted(read):
    (main,) = read.tables.values()
    return len(main) + len(read.rejected) + sum(read.counted_apart.values())


@pytest.mark.parametrize(
    ("feed", "request_name", "table"),
    [
        (IrveStatus("https://example.org/d.csv", "net", every="5min"), "status", "status"),
        (IrvePoints("https://example.org/s.csv", "net"), "points", "evse"),
    ],
)
def test_the_feeds(feed, request_name, table):
    assert feed.requests(NOW) == [Request(feed.url, request_name)]
    assert (feed.name, feed.lag, list(feed.tables)) == ("net", "0min", [table])
    with pytest.raises(InputError, match="no name of a feed"):
        type(feed)(feed.url, "My Net")
    body = (HEAD if table == "status" else POINTS).encode()
    read = feed.read(Payload(body, feed.requests(NOW)[0], NOW))
    assert list(read.tables) == [table]
    assert {*feed.tables[table].key, feed.tables[table].time} <= set(read.tables[table].columns)
    assert (read.rows_read, read.more) == (0, ())


# ----------------------------------------------------------------------------------------- dynamic


def test_every_pair_of_words():
    words = VOCABULARIES["irve"].words
    read = parse(*(f"{p.replace('/', '')},{p.replace('/', ',')},{STAMP}," for p in words))
    status = read.tables["status"]
    assert dict(zip(status["word"], status["status"], strict=True)) == words
    assert set(map(str, status["observed_at"].to_numpy())) == {"2022-10-18T12:35:49"}
    assert read.fields["etat_pdc"] == "text"
    assert (read.counted_apart, read.notes) == ({}, ())


def test_no_status_is_guessed():
    read = parse(
        f"a,en_service,,{STAMP},",
        f"b,,,{STAMP},",
        f"c,En service,libre,{STAMP},",
        f"Non concerné,en_service,libre,{STAMP},",
        f",en_service,libre,{STAMP},",
        "d,en_service,libre",
        f"e,en_service,libre,{STAMP},,,",
    )
    assert len(read.tables["status"]) == 0
    assert read.rejected["reason"].tolist() == [
        "unknown status word 'en_service/'",
        "no status",
        "unknown status word 'En service/libre'",
        "no id",
        "no id",
        "3 fields where 5 are due",
        "7 fields where 5 are due",
    ]
    assert read.unknown_words == {"en_service/": 1, "En service/libre": 1}
    assert read.rows_read == accounted(read) == 7


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2022-10-18T12:35:49+0000", "2022-10-18T12:35:49"),
        ("2023-01-30T10:27:50+01:00", "2023-01-30T09:27:50"),
        ("2022-10-18T12:35:49Z", "2022-10-18T12:35:49"),
        ("2022-10-18T12:35:49", "NaT"),
        ("", "NaT"),
    ],
)
def test_stamps(stamp, expected):
    read = parse(f"a,en_service,libre,{stamp},")
    assert list(map(str, read.tables["status"]["observed_at"].to_numpy())) == [expected]
    assert any("no stamp with a zone" in note for note in read.notes) == (expected == "NaT")


def test_the_newest_of_two_rows_counts():
    read = parse(
        "a,en_service,libre,2022-10-18T12:00:00Z,",
        "a,en_service,occupe,2022-10-18T12:30:00Z,",
        "a,en_service,occupe,2022-10-18T14:30:00+02:00,",
    )
    assert read.tables["status"]["status"].tolist() == ["charging"]
    assert read.counted_apart == {"repeated rows": 1}
    assert read.rejected["reason"].tolist() == ["a newer row of the same charger is here"]


def test_how_it_may_be_written(tmp_path):
    due = parse(f"a,en_service,libre,{STAMP},").tables["status"]
    text = f"{HEAD}a,en_service,libre,{STAMP},\n"
    for body in (
        text.encode("utf-8-sig"),
        text.replace(",", ";").encode(),
        text.replace("\n", "\r\n").encode(),
        gzip.compress(text.encode()),
        HEAD.upper().encode() + text.split("\n")[1].encode(),
    ):
        path = tmp_path / "status.csv"
        path.write_bytes(body)
        assert irve.read(path, collected_at=NOW).tables["status"].equals(due)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "empty"),
        (b"<html><title>Error</title>", "a page in HTML 'Error' where CSV was due"),
        (json.dumps([{"id_pdc_itinerance": "a"}]).encode(), "no column"),
        (b"id_pdc_itinerance,etat_pdc\n", "no column 'occupation_pdc', 'horodatage'"),
        (gzip.compress(HEAD.encode(), mtime=0)[:-4], "damaged or cut short"),
    ],
)
def test_what_cannot_be_read(body, message):
    with pytest.raises(FileFormatError, match=f"irve, body.*{message}"):
        irve.parse(body, collected_at=NOW)
    with pytest.raises(FileFormatError, match="irve-points, body"):
        irve.parse_points(body, collected_at=NOW)


CELL = st.sampled_from(
    ["", "a", "b", "Non concerné", "en_service", "libre", STAMP, "hors_service", "7"]
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(CELL, min_size=1, max_size=6).filter(any), max_size=8))
def test_whatever_comes_every_row_is_accounted_for(rows):
    lines = [",".join(row) for row in rows]
    for read in (parse(*lines), parse_points(*lines)):
        assert read.rows_read == len(rows) == accounted(read)
    assert parse(*lines).tables["status"]["evse_id"].is_unique


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["a", "b", "c", ""]),
            st.sampled_from(["en_service", "hors_service", "inconnu", "x"]),
            st.sampled_from(["libre", "occupe", "reserve", "inconnu"]),
        ),
        max_size=8,
    )
)
def test_kept_is_what_a_slow_reader_keeps(rows):
    read = parse(*(f"{name},{state},{use},{STAMP}," for name, state, use in rows))
    said = {}
    for name, state, use in rows:
        if name and state != "x":
            said.setdefault(name, set()).add(f"{state}/{use}")
    due = {n: VOCABULARIES["irve"].words[w.pop()] for n, w in said.items() if len(w) == 1}
    status = read.tables["status"]
    assert dict(zip(status["evse_id"], status["status"], strict=True)) == due


# ------------------------------------------------------------------------------------------ static


def test_points():
    read = parse_points(
        'FRA1,FRAP1,1 avenue de la Paix 75001 Paris,"[7.48710500,48.345345]",75056,22,2021-04-05',
        'FRA2,Non concerné,12 Rue 12345 des Champs,"7.5,48.3",67482,7.4,2021-04-05',
        "FRA3,FRAP1,Le Bourg,,12345,,",
        'FRA4,FRAP1,,"[7.4,95]",,n/a,',
        'Non concerné,FRAP1,,"[7.4,48]",12345,22,2021-04-05',
        'FRA1,FRAP1,1 avenue de la Paix 75001 Paris,"[7.48710500,48.345345]",75056,11,2020-04-05',
    )
    table = read.tables["evse"].set_index("evse_id")
    assert table.index.tolist() == ["FRA1", "FRA2", "FRA3", "FRA4"]
    assert table["location_id"].tolist() == ["FRAP1", None, "FRAP1", "FRAP1"]
    assert table["area"].tolist() == ["75001", "12345", "12345", None]
    assert table["lon"].fillna(0).tolist() == [7.487105, 7.5, 0, 7.4]
    assert table["lat"].fillna(0).tolist() == [48.345345, 48.3, 0, 0]
    assert table["power_kw"].fillna(0).tolist() == [22, 7.4, 0, 0]
    assert read.rejected["reason"].tolist() == ["no id", "a newer row of the same charger is here"]
    assert read.rows_read == accounted(read) == 6


def test_fields_that_the_schema_does_not_ask_for():
    head = "id_pdc_itinerance,id_station_itinerance,adresse_station,coordonneesxy\n"
    read = parse_points('FRA1,FRAP1,Le Bourg,"[7.4,48]"', head=head)
    (row,) = read.tables["evse"].to_dict("records")
    assert row["area"] is None
    assert np.isnan(row["power_kw"])


# --------------------------------------------------------------------------------- the real examples


def test_the_examples_of_the_schema(data):
    status = irve.read(data / "irve" / "exemple-valide-dynamique_v2.3.0.csv", collected_at=NOW)
    assert status.tables["status"]["evse_id"].tolist() == ["FRA68P68021001", "ESZUNE1111ER7"]
    assert status.tables["status"]["status"].tolist() == ["available"] * 2
    assert (
        list(map(str, status.tables["status"]["observed_at"].to_numpy()))
        == ["2022-10-18T12:35:49"] * 2
    )
    assert (status.rows_read, len(status.rejected), status.notes) == (2, 0, ())
    fixed = irve.read_points(data / "irve" / "exemple-valide-statique_v2.3.0.csv", collected_at=NOW)
    table = fixed.tables["evse"]
    assert table["evse_id"].tolist() == ["FRA68E680210015", "ESZUNE1111ER7"]
    assert table["area"].tolist() == ["75001"] * 2
    assert table["power_kw"].tolist() == [22, 22]
    assert fixed.rows_read == accounted(fixed) == 2


def test_the_words_of_the_schema_are_known(data):
    schema = json.loads((data / "irve" / "schema-dynamique_v2.3.0.json").read_text())
    words = {each["name"]: each["constraints"].get("enum") for each in schema["fields"]}
    pairs = {f"{a}/{b}" for a in words["etat_pdc"] for b in words["occupation_pdc"]}
    assert pairs == set(VOCABULARIES["irve"].words)
    required = {each["name"] for each in schema["fields"] if each["constraints"]["required"]}
    assert required == {"id_pdc_itinerance", "etat_pdc", "occupation_pdc", "horodatage"}
