import pytest
from hypothesis import given
from hypothesis import strategies as st

from evforecast.errors import InputError
from evforecast.warehouse import TableName, quote

NAMES = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=30
)


@pytest.mark.parametrize(
    ("name", "quoted"), [("a", '"a"'), ('a"b', '"a""b"'), ("select", '"select"'), ("É x", '"É x"')]
)
def test_a_name_is_never_read_as_sql(name, quoted):
    assert quote(name) == quoted


@pytest.mark.parametrize("name", ["", "a\0b", "x" * 256])
def test_what_no_database_takes_as_a_name(name):
    with pytest.raises(InputError, match="1 to 255 characters"):
        quote(name)


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_a_table_is_read_as_it_is_written(parts):
    table = TableName(tuple(parts))
    assert TableName.parse(str(table)) == table
    assert table.sql == ".".join(map(quote, parts))


def test_parts_with_and_without_quotes():
    assert TableName.parse('db."My.Schema".t').parts == ("db", "My.Schema", "t")
    assert TableName.parse(TableName(("t",))) == TableName(("t",))
    assert TableName.parse("s.t").renamed("u").parts == ("s", "u")


@pytest.mark.parametrize("text", ["a b", "a.", ".a", 'a"b', '"a', "", "a..b"])
def test_what_is_no_table(text):
    with pytest.raises(InputError):
        TableName.parse(text)


def test_at_most_three_parts():
    with pytest.raises(InputError, match="1 to 3 parts, not 4"):
        TableName.parse("a.b.c.d")
