"""Names and places of the cpinfo.ie units."""

import numpy as np
import pandas as pd

from evforecast.sources import _cpinfo_units

PLACES = pd.DataFrame(
    {
        "id": ["A", "A", "B", "B", "N/A"],
        "type": ["x", "y", "x", "x", "x"],
        "address": ["1, County Clare", "2, BT1 2AB", "3", "4", "5"],
        "position": ["-6,52", "-6.5,54", "-7,53", "?", "-8,51"],
        "last": [9, 3, 4, 7, 1],
    }
)


def test_only_ids_seen_at_two_addresses_at_once_are_split():
    place = np.array([0, 1, 2, 3, 4])
    snapshot = np.array([0, 0, 0, 1, 0])
    named, split = _cpinfo_units.name_units(PLACES, place, snapshot)
    assert split == ["A", "N/A"]
    assert named["evse_id"].tolist() == [
        "A/x@1, County Clare", "A/y@2, BT1 2AB", "B/x", "B/x", "N/A/x@5",
    ]  # fmt: skip
    assert "post" not in PLACES


def test_a_post_stands_where_it_was_last_seen():
    named, _ = _cpinfo_units.name_units(PLACES, np.arange(5), np.arange(5))
    table = _cpinfo_units.unit_table(pd.Index(["A/x", "A/y", "B/x"]), named)
    assert table["location_id"].tolist() == ["1, County Clare", "1, County Clare", "4"]
    assert table["area"].tolist() == ["Clare", "Clare", None]
    assert table["lat"].tolist()[:2] == [52, 52]
    assert np.isnan(table["lat"].iloc[2])
    assert table["model"].tolist() == ["x", "y", "x"]


def test_counties():
    names = ["a, County Meath", "b, BT364RN", "c, BT12", "Boyle, Boston", "BTX", ""]
    assert [_cpinfo_units._county(name) for name in names] == [
        "Meath", "Northern Ireland", "Northern Ireland", None, None, None,
    ]  # fmt: skip
