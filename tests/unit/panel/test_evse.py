import pandas as pd
import pytest

from evforecast.errors import InputError, MissingColumnsError, UnknownChargerError
from evforecast.panel.evse import EVSE_COLUMNS, evse_table, groups, positions


def test_bare_ids_get_every_column_and_a_location_of_their_own():
    table = evse_table(["b", "a"])
    assert list(table.columns) == list(EVSE_COLUMNS)
    assert table.index.to_list() == ["b", "a"]
    assert table.location_id.to_list() == ["b", "a"]
    assert table.area.to_list() == [None, None]


def test_known_facts_are_aligned_and_further_columns_kept():
    known = pd.DataFrame(
        {"evse_id": ["a", "z"], "area": [75011, 75012], "lat": ["48.85", "48.9"], "kw": [22, 7]}
    )
    table = evse_table(["z", "new"], known)
    assert table.loc["z", "area"] == "75012"
    assert table.loc["z", "lat"] == 48.9
    assert table.loc["z", "kw"] == 7
    assert table.loc["new", "area"] is None
    assert table.loc["new", "location_id"] == "new"


def test_the_table_is_its_own_fixed_point():
    table = evse_table(["a"], pd.DataFrame({"evse_id": ["a"], "lat": [1.0]}))
    assert evse_table(list(table.index), table).equals(table)


@pytest.mark.parametrize(
    ("ids", "known", "match"),
    [
        (["a", "a"], None, "repeat: 'a'"),
        ([""], None, "empty evse_id"),
        (["a"], {"evse_id": ["a", "a"]}, "rows of the table"),
        (["a"], {"evse_id": ["a"], "lat": [2486.0]}, "lat outside"),
    ],
)
def test_bad_tables_are_refused(ids, known, match):
    with pytest.raises(InputError, match=match):
        evse_table(ids, None if known is None else pd.DataFrame(known))


def test_positions():
    table = evse_table(["a", "b", "c"])
    assert positions(table, ["c", "a"]).tolist() == [2, 0]
    with pytest.raises(UnknownChargerError, match="'x'"):
        positions(table, ["a", "x"])


def test_groups_are_numbered_by_name_and_the_nameless_are_unknown():
    table = evse_table(["a", "b", "c"], pd.DataFrame({"evse_id": ["a", "b"], "area": ["z", "k"]}))
    codes, names = groups(table, "area", "test")
    assert names.to_list() == ["k", "unknown", "z"]
    assert codes.tolist() == [2, 0, 1]
    codes, names = groups(table, None, "test")
    assert (names.to_list(), codes.tolist()) == (["all"], [0, 0, 0])
    with pytest.raises(MissingColumnsError, match="test, the table of chargers"):
        groups(table, "region", "test")
