import pytest

from evforecast.migration import MigrationError
from evforecast.migration.compare import check_transient, compare_target, require_same_columns
from evforecast.migration.parts import Part
from evforecast.migration.plan import MigrationPlan
from evforecast.migration.profile import SourceSlice
from evforecast.migration.slicing import Slicing
from evforecast.migration.state import MadePlan, Round
from evforecast.warehouse import Column, TableName, connect

COLUMNS = (Column("n", "int4"), Column("s", "text"))
TABLE = TableName(("t",))


@pytest.fixture
def warehouse(tmp_path):
    with connect(f"duckdb:///{tmp_path / 'ev.duckdb'}") as opened:
        opened.create(TABLE, COLUMNS, transient=False)
        opened.run("INSERT INTO t VALUES (1, 'a'), (2, 'a'), (3, 'b')")
        yield opened


@pytest.fixture
def made():
    return MadePlan(
        MigrationPlan("t"), "", "", COLUMNS, ("n",), Slicing("column", COLUMNS[1]), (), {}
    )


@pytest.fixture
def slices(warehouse, made):
    """Return the slices of a source that is as the warehouse is now."""
    prints = warehouse.fingerprint(
        TABLE, COLUMNS, slice_by=made.slicing.full_key(warehouse.dialect)
    )
    return [SourceSlice(key, made.slicing.label(key), print_) for key, print_ in prints.items()]


def test_equal_tables_differ_in_nothing(warehouse, made, slices):
    assert compare_target(warehouse, made, slices) == {}


def test_each_slice_that_differs_is_told(warehouse, made, slices):
    warehouse.run("UPDATE t SET n = 9 WHERE n = 3")
    warehouse.run("INSERT INTO t VALUES (4, 'c')")
    found = compare_target(warehouse, made, slices)
    assert found == {
        "s=b": ["column 'n': smallest 9 against 3, largest 9 against 3"],
        "s=c": ["1 rows that the source has not"],
    }
    warehouse.drop(TABLE)
    assert compare_target(warehouse, made, slices) == {
        "s=a": ["not there yet"],
        "s=b": ["not there yet"],
    }


def loaded(slices, **files):
    current = Round(1, "r", slices=slices, todo=tuple(one.label for one in slices), transient="t")
    for one in slices:
        rows = one.print.rows
        current.parts[one.label] = (one.label, Part(one.label, rows, 0, 0, "", 0.0))
        current.loaded[one.label] = {"rows": rows, "rejected": 0, **files.get(one.key, {})}
    return current


def test_what_was_loaded_is_compared_with_its_keys(warehouse, made, slices):
    assert check_transient(warehouse, made, loaded(slices)) == ({"s=a": 2, "s=b": 1}, {})
    warehouse.run("UPDATE t SET n = 1 WHERE n = 2")
    keys, differences = check_transient(warehouse, made, loaded(slices))
    assert keys["s=a"] == 1
    assert differences["s=a"][-1] == "2 rows have 1 different keys"


def test_rows_that_were_rejected_are_expected_to_lack(warehouse, made, slices):
    warehouse.run("DELETE FROM t WHERE n = 2")
    assert check_transient(warehouse, made, loaded(slices))[1] == {"s=a": ["1 rows against 2"]}
    current = loaded(slices, a={"rows": 1, "rejected": 1})
    assert check_transient(warehouse, made, current)[1] == {}


def test_columns_are_compared_whatever_their_order():
    require_same_columns(COLUMNS[::-1], COLUMNS, "t")
    with pytest.raises(MigrationError, match=r"t: other columns.*'s' is int8 instead of text"):
        require_same_columns([COLUMNS[0], Column("s", "int8")], COLUMNS, "t")
    price = [Column("p", "decimal", precision=9, scale=2)]
    with pytest.raises(MigrationError, match=r"'p' is decimal\(9,3\) instead of decimal\(9,2\)"):
        require_same_columns([Column("p", "decimal", precision=9, scale=3)], price, "t")
