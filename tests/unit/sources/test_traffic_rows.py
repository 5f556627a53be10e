"""Rows of the hourly counts: their formats, words, repeats, and the accounting."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import FileFormatError
from evforecast.sources import _traffic_rows
from evforecast.sources._instants import NEVER, TWICE

HEAD = "iu_ac;libelle;t_1h;q;k;etat_trafic;etat_barre;dessin"
AT = np.datetime64("2026-09-01T21:00:00")


def from_text(text, encoding="utf-8"):
    return _traffic_rows.counts(_traffic_rows.rows_of_text(text.encode(encoding), "week"), "week")


def from_json(found):
    body = json.dumps(found).encode()
    return _traffic_rows.counts(_traffic_rows.rows_of_json(body, "day"), "day")


def row(**changes):
    return {
        "iu_ac": "1",
        "t_1h": "2026-08-30T22:00:00+00:00",
        "q": 250.0,
        "k": 16.5,
        "etat_trafic": "Pré-saturé",
        "etat_barre": "Ouvert",
    } | changes


def accounted(reading):
    return (
        sum(map(len, reading.tables.values()))
        + len(reading.rejected)
        + sum(reading.counted_apart.values())
    )


def test_the_formats_say_the_same():
    texts = [
        f"{HEAD}\n1;Quai;2026-08-31 00:00:00;250;16.5;2;1;|-->\n",
        "iu_ac,libelle,t_1h,q,k,etat_trafic,etat_barre\n1,Quai,2026-08-31 00:00:00,250,16.5,2,1\n",
        (
            "\ufeffIdentifiant arc;Libelle;Date et heure de comptage;Débit horaire;"
            "Taux d'occupation;Etat trafic;Etat arc;geo_shape\n"
            '1;Quai;2026-08-31T00:00:00+02:00;250;16.5;Pré-saturé;Ouvert;"{""type"": 1}"\n'
        ),
    ]
    features = {"features": [{"geometry": None, "properties": row()}]}
    readings = [
        *map(from_text, texts),
        *map(from_json, ([row()], {"total_count": 1, "results": [row()]}, features)),
    ]
    for reading in readings:
        table = reading.tables["traffic"]
        assert table.to_numpy(object).tolist() == [
            ["1", pd.Timestamp("2026-08-30 22:00"), 250.0, 16.5, 2, 1]
        ]
        assert table["time"].dtype == "datetime64[s]"
        assert accounted(reading) == reading.rows_read == 1
        assert (reading.fields["q"], reading.fields["etat_trafic"]) == ("number", "text")
        assert not reading.notes


def test_the_layout_before_2014_has_no_header_and_no_state():
    reading = from_text("12\t2013-01-01 01:00:00\t250\t16,5\n12\t2013-01-01 02:00:00\t\t\n")
    table = reading.tables["traffic"]
    assert table["time"].tolist() == [
        pd.Timestamp("2013-01-01 00:00"),
        pd.Timestamp("2013-01-01 01:00"),
    ]
    np.testing.assert_array_equal(table["k"], [16.5, np.nan])
    assert table["state"].tolist() == [2, 0]
    assert table["open"].tolist() == [0, 0]
    assert "follows from the occupancy" in reading.notes[0]


def test_an_arc_is_text_and_nothing_measured_is_no_zero():
    table = from_json([row(iu_ac=5201, q=0, k=None)]).tables["traffic"]
    assert table["iu_ac"].tolist() == ["5201"]
    assert (table["q"].item(), np.isnan(table["k"].item())) == (0.0, True)


def test_the_state_follows_from_the_occupancy():
    rows = [
        row(iu_ac=str(i), k=k) for i, k in enumerate([None, 0, 14.99, 15, 29.9, 30, 49.9, 50, 100])
    ]
    for one in rows:
        del one["etat_trafic"]
    assert from_json(rows).tables["traffic"]["state"].tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iu_ac": None}, "no arc"),
        ({"t_1h": None}, "no time"),
        ({"t_1h": "soon"}, "not an ISO time"),
        ({"q": "many"}, "q is no number"),
        ({"q": -1}, "q is out of range"),
        ({"k": 101}, "k is out of range"),
        ({"k": {"a": 1}}, "k is no number"),
        ({"etat_trafic": "Dense"}, "etat_trafic is a word that is not known"),
        ({"etat_barre": "4"}, "etat_barre is a word that is not known"),
    ],
)
def test_a_row_that_cannot_be_taken_is_rejected_with_its_reason(changes, reason):
    reading = from_json([row(**changes), row(iu_ac="2")])
    assert reading.tables["traffic"]["iu_ac"].tolist() == ["2"]
    assert reading.rejected["reason"].tolist() == [reason]
    assert accounted(reading) == 2


def test_unknown_words_are_counted():
    rows = [row(iu_ac=str(i), etat_trafic="Dense") for i in range(3)]
    reading = from_json([*rows, row(etat_barre="Fermé", q="x")])
    assert reading.unknown_words == {"Dense": 3}  # the last row was rejected for its q before
    assert from_json([row(etat_barre="Fermé")]).unknown_words == {"Fermé": 1}


def test_the_phantom_arc_is_counted_apart():
    nothing = dict.fromkeys(row())
    reading = from_json([{**nothing, "iu_ac": "*"}, row()])
    assert reading.counted_apart == {"phantom arc": 1}
    assert len(reading.tables["traffic"]) == 1


def test_repeats_are_left_once_and_conflicts_are_noted():
    rows = [
        row(),
        row(k=16.5004),  # written with other digits
        row(iu_ac="2", q=1),
        row(iu_ac="2", q=2),  # the later of two that are as full
        row(iu_ac="3", q=9),
        row(iu_ac="3", q=None),  # not the later: it knows less
    ]
    reading = from_json(rows)
    assert reading.tables["traffic"]["q"].tolist() == [250, 2, 9]
    assert reading.tables["traffic"]["k"].tolist() == [16.5004, 16.5, 16.5]
    assert reading.counted_apart == {"rows that repeat an arc and hour": 1}
    assert reading.rejected["q"].tolist() == ["1", ""]
    assert reading.notes[0].startswith("2 hours of an arc came with several values")


def test_the_autumn_hours_of_an_arc_are_told_by_their_order():
    hours = ["01", "02", "02", "03"]
    lines = [
        f"{arc};Q;2020-10-25 {hour}:00:00;{i};1;1;1;"
        for arc in "12"
        for i, hour in enumerate(hours)
    ]
    table = from_text("\n".join([HEAD, *lines]) + "\n").tables["traffic"]
    assert (table["time"].dt.hour.tolist(), table["q"].tolist()) == (
        [23, 0, 1, 2] * 2,
        [0, 1, 2, 3] * 2,
    )
    reading = from_text("\n".join([HEAD, lines[0], lines[1], lines[3]]) + "\n")
    assert reading.rejected["reason"].tolist() == [TWICE]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the answer is empty"),
        ("<html><title>Portail</title>", "HTML 'Portail' where CSV was due"),
        ("id;time;count\n1;2;3\n", "no field 'iu_ac', 't_1h', 'q' and 1 more; found 'id'"),
        (f"{HEAD}\n1;Quai;2026-08-31 00:00:00;250\n", "row 2: Expected 8 columns, got 4"),
    ],
)
def test_another_text_is_refused(text, message):
    with pytest.raises(FileFormatError, match=message):
        from_text(text)


def test_another_encoding_is_refused():
    with pytest.raises(FileFormatError, match="not utf-8"):
        from_text(f"{HEAD}\n1;Mégisserie;2026-08-31 00:00:00;250;1;1;1;\n", "latin-1")


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ({"error_code": "ODSQLError"}, "neither a list of rows nor an envelope"),
        ([1], "element 0 is no object"),
        ([{"iu_ac": "1"}], "no field 't_1h', 'q', 'k'; found 'iu_ac'"),
    ],
)
def test_another_json_is_refused(found, message):
    with pytest.raises(FileFormatError, match=message):
        from_json(found)


def test_a_day_that_is_not_there_yet_is_empty():
    for reading in (from_json([]), from_json({"results": []}), from_text(f"{HEAD}\n")):
        assert (reading.rows_read, len(reading.rejected), reading.notes) == (0, 0, ())
        assert reading.tables["traffic"].columns.tolist() == [
            "iu_ac",
            "time",
            "q",
            "k",
            "state",
            "open",
        ]


def test_arcs():
    rows = [
        {"iu_ac": "1", "libelle": "Quai", "geo_point_2d": {"lon": 2.3, "lat": 48.8}},
        {"iu_ac": "1", "libelle": "Quai", "geo_point_2d": {"lon": 2.3, "lat": 48.8}},
        {"iu_ac": "257", "libelle": "Seze", "geo_point_2d": None},
        {"iu_ac": "*"},
        {"iu_ac": None},
        {"iu_ac": "9", "libelle": "X", "geo_point_2d": {"lon": 2.3, "lat": 480}},
        {"iu_ac": "10", "geo_point_2d": "48.9, 2.4"},
    ]
    raw = _traffic_rows.rows_of_json(json.dumps(rows).encode(), "arcs")
    reading = _traffic_rows.arcs(raw, AT, "arcs")
    table = reading.tables["traffic-arcs"]
    assert table["iu_ac"].tolist() == ["1", "257", "10"]
    np.testing.assert_array_equal(table["lat"], [48.8, np.nan, 48.9])
    np.testing.assert_array_equal(table["lon"], [2.3, np.nan, 2.4])
    assert table["name"].tolist() == ["Quai", "Seze", ""]
    assert (table["collected_at"] == AT).all()
    assert reading.rejected["reason"].tolist() == ["no arc", "the coordinates are no degrees"]
    assert reading.counted_apart == {"phantom arc": 1, "rows of an arc that stands there": 1}
    assert reading.notes == ("1 arcs have no coordinates",)
    assert accounted(reading) == reading.rows_read == 7
    empty = _traffic_rows.arcs(_traffic_rows.rows_of_json(b"[]", "arcs"), AT, "arcs")
    assert empty.tables["traffic-arcs"].empty
    with pytest.raises(FileFormatError, match="no field 'geo_point_2d'"):
        _traffic_rows.arcs(pd.DataFrame({"iu_ac": ["1"]}), AT, "arcs")


stamps = st.sampled_from(
    [
        "2026-08-30T22:00:00+00:00",
        "2020-10-25 02:00:00",
        "2020-03-29 02:00:00",
        "2020-01-01 00:00:00",
        None,
        "?",
    ]
)
any_rows = st.fixed_dictionaries(
    {
        "iu_ac": st.sampled_from(["1", "2", 2, "*", "", None]),
        "t_1h": stamps,
        "q": st.one_of(st.none(), st.floats(), st.sampled_from(["1", "", "x"])),
        "k": st.one_of(st.none(), st.floats(0, 120), st.just("?")),
        "etat_trafic": st.sampled_from(["Fluide", "2", "PRÉ-SATURÉ", "", None, "Dense"]),
        "etat_barre": st.sampled_from(["Ouvert", 3, "Barre", None, "?"]),
    }
)


@given(st.lists(any_rows, max_size=12))
@settings(max_examples=60, deadline=None)
def test_no_row_is_lost_and_none_twice(rows):
    reading = from_json(rows)
    assert accounted(reading) == reading.rows_read == len(rows)
    table = reading.tables["traffic"]
    assert not table.duplicated(["iu_ac", "time"]).any()
    assert not table["time"].isna().any()
    assert table["state"].between(0, 4).all()
    assert table["open"].between(0, 3).all()
    assert reading.rejected["reason"].map(bool).all()


def test_the_real_archives(data):
    """A week of 2019 stands there twice; the days when the clocks change have 24 rows each."""
    for street in ("champs_elysees", "convention", "st_antoine"):
        for year, n_again in ((2019, 120), (2020, 0)):
            path = data / "traffic" / f"comptages_archive_{street}_{year}.csv.gz"
            reading = _traffic_rows.counts(_traffic_rows.rows_of_text(path, str(path)), str(path))
            table = reading.tables["traffic"]
            assert accounted(reading) == reading.rows_read
            assert sum(reading.counted_apart.values()) == n_again
            assert sorted(reading.rejected["reason"]) == sorted([NEVER, TWICE])
            hours = pd.date_range(table["time"].min(), table["time"].max(), freq="h")
            gaps = hours.difference(pd.DatetimeIndex(table["time"]))
            # the two hours of autumn, and one that was never published
            assert len(gaps) == (3 if year == 2019 else 2)
            assert (table["state"] == _traffic_rows._state(table["k"].to_numpy())).all()


def test_the_real_exports(data):
    folder = data / "traffic"
    body = (folder / "comptages_export_v21_labels_champs_elysees_2024_head.csv").read_bytes()
    raw = _traffic_rows.rows_of_text(body, "labels")
    reading = _traffic_rows.counts(raw, "labels")
    assert (len(reading.tables["traffic"]), len(reading.rejected)) == (1500, 0)
    assert set(reading.tables["traffic"]["state"]) == {0, 1, 2, 3, 4}
    arcs = _traffic_rows.arcs(raw, AT, "labels").tables["traffic-arcs"]
    assert arcs.to_numpy(object).tolist()[0][:2] == ["4264", "AV_Champs_Elysees"]
    raw = _traffic_rows.rows_of_json(
        (folder / "comptages_export_geojson_2026-08-30_7arcs.json").read_bytes(), "arcs"
    )
    table = _traffic_rows.counts(raw, "arcs").tables["traffic"]
    assert table["q"].notna().tolist() == [False, False, True, True, False, True, True]
    assert table["open"].tolist() == [1, 3, 2, 2, 3, 1, 1]
    assert _traffic_rows.arcs(raw, AT, "arcs").notes == ("3 arcs have no coordinates",)
    grouped = (folder / "comptages_groupby_phantom_arc.json").read_bytes()
    with pytest.raises(FileFormatError, match="no field 't_1h'"):
        _traffic_rows.counts(_traffic_rows.rows_of_json(grouped, "grouped"), "grouped")
