import datetime as dt
import gzip

import pytest

from evforecast.errors import InputError, MissingColumnsError
from evforecast.migration import MigrationError, import_file

pytestmark = pytest.mark.integration

TEXT = (
    'evse_id,at,n,note\n008,,2.5,\n009,2020-01-02 00:00:00,-3,""\n'
    '007,2020-01-01 00:15:00,1,"a, ""b""\n c"\n'
)


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "status.csv"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_a_file_becomes_a_table_and_no_value_changes(sql, dsn, path):
    report = import_file(dsn, path, "status", progress=False)
    assert (report.rows, report.already) == (3, False)
    assert report.columns == {
        "evse_id": "text",
        "at": "timestamp",
        "n": "double precision",
        "note": "text",
    }
    assert [tuple(row) for row in sql("SELECT * FROM status ORDER BY 1")] == [
        ("007", dt.datetime(2020, 1, 1, 0, 15), 1.0, 'a, "b"\n c'),  # noqa: DTZ001 - as it stands
        ("008", None, 2.5, None),
        ("009", dt.datetime(2020, 1, 2), -3.0, ""),  # noqa: DTZ001
    ]
    assert "status: 3 rows in" in str(report)


def test_the_same_file_is_not_loaded_twice(sql, dsn, path):
    import_file(dsn, path, "status", progress=False)
    again = import_file(dsn, path, "status", progress=False)
    assert again.already
    assert again.rows == 3
    assert again.columns["at"] == "timestamp without time zone"
    assert sql("SELECT count(*) FROM status")[0][0] == 3
    assert str(again) == "status: holds this file already, 3 rows"


def test_another_file_replaces_it_only_when_told(sql, dsn, path):
    import_file(dsn, path, "status", progress=False)
    path.write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(MigrationError, match=r"holds something else.*replace=True"):
        import_file(dsn, path, "status", progress=False)
    assert import_file(dsn, path, "status", replace=True, progress=False).rows == 1
    assert [tuple(row) for row in sql("SELECT * FROM status")] == [(1,)]


def test_packed_files_and_other_delimiters(sql, dsn, tmp_path):
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress("x;y\n1;é\n2;NA\n".encode("utf-8-sig")))
    assert import_file(dsn, path, "a", null="NA", progress=False).rows == 2
    assert [tuple(row) for row in sql("SELECT * FROM a")] == [(1, "é"), (2, None)]


def test_types_that_are_known_better(sql, dsn, path):
    import_file(
        dsn, path, "status", types={"n": "numeric(9,3)", "at": "timestamptz"}, progress=False
    )
    assert sql("SELECT max(n)::text FROM status")[0][0] == "2.500"
    with pytest.raises(InputError, match="'number; DROP TABLE x', for column 'n', is no type"):
        import_file(dsn, path, "b", types={"n": "number; DROP TABLE x"}, progress=False)
    with pytest.raises(MissingColumnsError, match="'m'"):
        import_file(dsn, path, "b", types={"m": "int"}, progress=False)


def test_a_value_that_is_not_of_its_type_is_named_and_nothing_is_left(sql, dsn, path):
    with pytest.raises(
        MigrationError, match=r'line 2, column \'n\': invalid input.*"2.5".*Correct'
    ):
        import_file(dsn, path, "status", types={"n": "integer"}, progress=False)
    assert sql("SELECT to_regclass('status')")[0][0] is None


def test_a_name_of_every_kind(sql, dsn, tmp_path):
    path = tmp_path / "a [1].csv"
    path.write_text('"select",Mixed Case\n1,2\n', encoding="utf-8")
    sql('CREATE SCHEMA "My"')
    assert import_file(dsn, path, '"My"."T able"', progress=False).rows == 1
    assert tuple(sql('SELECT "select", "Mixed Case" FROM "My"."T able"')[0]) == (1, 2)


def test_the_real_files(sql, dsn, data_dir):
    for name, rows in (
        ("traffic/comptages_archive_convention_2019.csv.gz", 8_879),
        ("belib/belib_points_2023.csv", None),
        ("planete_oui/ytrain_raw_sample_head105_tail105.csv", 210),
    ):
        report = import_file(dsn, data_dir / name, "real", replace=True, progress=False)
        assert sql("SELECT count(*) FROM real")[0][0] == report.rows
        assert rows is None or report.rows == rows
