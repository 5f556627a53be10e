from evforecast.warehouse import Column, FileFormat, TableName
from evforecast.warehouse.duckdb_sql import in_part, insert_file, merge_inserts, merge_update

T, S = TableName(("t",)), TableName(("s",))
COLUMNS = [Column("it's", "text"), Column("raw", "bytes"), Column("n", "int4")]


def test_the_reader_is_told_everything_and_guesses_nothing():
    sql = insert_file(T, COLUMNS, FileFormat("csv", "gzip"), keep_going=True)
    assert "columns={'it''s': 'VARCHAR', 'raw': 'VARCHAR', 'n': 'INTEGER'}" in sql
    assert 'unhex("raw")' in sql
    for option in (
        "auto_detect=false",
        "allow_quoted_nulls=false",
        "compression='gzip'",
        "store_rejects=true",
    ):
        assert option in sql
    assert "rejects" not in insert_file(T, COLUMNS, FileFormat(), keep_going=False)


def test_a_statement_a_part():
    assert in_part(["a"], 1, 4) == 'hash("a") % 4 = 1'
    assert len(list(merge_update(S, T, COLUMNS, ["n"], 3))) == 3
    assert len(list(merge_inserts(S, T, COLUMNS, [], 3))) == 3


def test_nothing_to_update_where_all_is_key():
    assert list(merge_update(S, T, [Column("n", "int4")], ["n"], 2)) == []
