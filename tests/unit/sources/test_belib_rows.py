"""Rows of Belib's portal: fields, words, areas, positions."""

import numpy as np
import pandas as pd
import pytest

from evforecast.panel import VOCABULARIES
from evforecast.sources._belib_rows import _APART, _area, _lat_lon, points, snapshots, statuses
from evforecast.sources._odsapi import Envelope

NOW = np.datetime64("2026-11-28T08:00:00", "s")


def test_every_word_that_is_no_status_is_told_in_english():
    silent = {word for word, status in VOCABULARIES["belib"].words.items() if status is None}
    assert set(_APART) == silent
    assert all(what.isascii() for what in _APART.values())


@pytest.mark.parametrize(
    ("address", "commune", "district", "expected"),
    [
        ("37 Rue la Boétie 75008 Paris", "75108", "08e Arrondissement", "75008"),
        # 1 to 4 are one in the field, and the address says which
        ("13 Rue Malher 75004 Paris", "75056", "Paris centre", "75004"),
        # the fields of one row may differ: the address is what a driver types
        ("1 Rue Navier 75017 Paris", "75117", "18e Arrondissement", "75017"),
        ("2 Avenue Foch 75116 Paris", "75116", None, "75016"),
        ("2 Avenue Foch", "75116", "16e Arrondissement", "75016"),
        ("2 Avenue Foch", "16116", "16e Arrondissement", "75016"),
        (None, "75056", "08e Arrondissement", "75008"),
        (None, None, "1er Arrondissement", "75001"),
        (None, "75056", "Paris centre", None),
        ("12 Rue de Rome, 93100 Montreuil", "93048", None, None),
        ("1750089 Paris", None, None, None),
        (None, None, None, None),
    ],
)
def test_area(address, commune, district, expected):
    assert _area(address, commune, district) == expected


@pytest.mark.parametrize(
    ("point", "expected"),
    [
        ({"lon": 2.31, "lat": 48.87}, (48.87, 2.31)),
        ([48.87, 2.31], (48.87, 2.31)),
        ("48.87, 2.31", ("48.87", " 2.31")),
        ("[48.87,2.31]", ("48.87", "2.31")),
        ({"lon": 2.31}, (None, 2.31)),
        ([48.87], (None, None)),
        (None, (None, None)),
        ("", (None, None)),
        (48.87, (None, None)),
    ],
)
def test_positions(point, expected):
    assert _lat_lon(point) == expected


def test_statuses():
    row = {
        "id_pdc": "fr*v75*epx08*11*06",
        "statut_pdc": "Occupé (en charge)",
        "last_updated": "2026-11-28T08:59:00+01:00",
        "coordonneesxy": [48.87, 2.31],
        "adresse_station": " 37 Rue la Boétie 75008 Paris ",
    }
    read = statuses(Envelope([row, 3, {}]), NOW, "belib-status", notes=["n"])
    (status,) = read.tables["status"].to_dict("records")
    assert status == {
        "evse_id": "FR*V75*EPX08*11*6",
        "status": "charging",
        "word": "Occupé (en charge)",
        "observed_at": pd.Timestamp("2026-11-28 07:59"),
        "collected_at": pd.Timestamp("2026-11-28 08:00"),
        "source": "belib-status",
    }
    (evse,) = read.tables["evse"].to_dict("records")
    assert evse["location_id"] == "FR*V75*PPX08*11"
    assert evse["address"] == "37 Rue la Boétie 75008 Paris"
    assert (evse["area"], evse["lat"], evse["lon"]) == ("75008", 48.87, 2.31)
    assert read.rejected["reason"].tolist() == ["no JSON object", "no id"]
    assert read.notes == ("n",)


def test_points():
    rows = [
        {
            "id_pdc_local": "FR*V75*EPX01*01*1",
            "id_pdc_itinerance": "FRV75EPX01011",
            "coordonneesxy": {"lat": 48.8566, "lon": 2.3522},
            "adresse_station": "1 Rue Test 75001 Paris",
            "puissance_nominale": "7",
            "statut_pdc": "En service",
            "date_maj": "2026-08-24",
        },
        {"id_pdc_itinerance": "FRV75EPX01012", "puissance_nominale": 22.0},
        {"id_pdc_local": "FR*V75*EPX01*01*3", "statut_pdc": "Supprimé"},
        {"id_pdc_local": " ", "nom_station": "Location fictive"},
        {"id_pdc_local": "FR*V75*EPX01*01*1", "puissance_nominale": "7", "date_maj": "2026-08-23"},
    ]
    read = points(Envelope(rows), NOW, "belib-points")
    table = read.tables["evse"].set_index("evse_id")
    assert table["power_kw"].to_dict() == {"FR*V75*EPX01*01*1": 7, "FR*V75*EPX01*01*2": 22}
    assert table["location_id"].tolist() == ["FR*V75*PPX01*01"] * 2
    assert read.counted_apart == {"removed chargers": 1}
    assert read.rejected["reason"].tolist() == ["no id", "a newer row of the same charger is here"]
    assert read.rows_read == 5


def test_snapshots_have_one_spelling_for_all(tmp_path):
    path = tmp_path / "snapshots.csv"
    lines = [
        "id_pdc,snapshot_utc,statut_pdc,last_updated",
        "FR*V75*EPX20*21*01,2026-01-01T00:00Z,Disponible,2025-12-31T04:30:03+01:00",
        "FR*V75*EPX20*21*1,2026-01-01T00:15Z,Disponible,2025-12-31T04:30:03+01:00",
        "FR*V75*EPX20*22*01,2026-01-01T00:15Z,Supprimé,",
    ]
    path.write_text("\n".join(lines))
    read = snapshots(path)
    assert read.tables["status"]["evse_id"].tolist() == [
        "FR*V75*EPX20*21*01",
        "FR*V75*EPX20*21*1",
    ]
    assert set(read.tables) == {"status"}
    assert read.counted_apart == {"removed chargers": 1}
