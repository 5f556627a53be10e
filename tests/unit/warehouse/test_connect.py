import pytest

from evforecast.errors import InputError
from evforecast.warehouse import DuckDBWarehouse, connect


def test_a_file_by_a_path_from_here_and_from_the_root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with connect("duckdb:///a%20b.duckdb") as one:
        assert isinstance(one, DuckDBWarehouse)
        assert one.url == "duckdb:///a b.duckdb"
    assert [path.name for path in tmp_path.iterdir()] == ["a b.duckdb"]
    with connect(f"duckdb:///{tmp_path}/c.duckdb"):
        pass
    assert (tmp_path / "c.duckdb").is_file()


def test_options_of_the_address(tmp_path):
    with connect(f"duckdb:///{tmp_path}/c.duckdb?memory_limit=333MB&threads=1") as warehouse:
        found = warehouse.run("SELECT current_setting('threads'), current_setting('memory_limit')")
    assert found == [(1, "317.5 MiB")]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("duckdb://ev.duckdb", "names no file"),
        ("duckdb:///", "names no file"),
        ("postgresql://h/d", "of no kind known here"),
        ("ev.duckdb", "of no kind known here"),
        ("snowflake://ann:secret@org/db/s", "no password in an address"),
        ("duckdb:///x?colour=red", "colour"),
    ],
)
def test_addresses_that_are_none(url, words):
    with pytest.raises(InputError, match=words) as caught:
        connect(url)
    assert "secret" not in str(caught.value)
