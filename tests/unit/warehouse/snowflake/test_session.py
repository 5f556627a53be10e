import pytest

from evforecast.errors import InputError, TransientError
from evforecast.warehouse.base import WarehouseError
from evforecast.warehouse.snowflake.session import Session, open_connection
from evforecast.warehouse.snowflake.settings import SnowflakeSettings

connector = pytest.importorskip("snowflake.connector")
SETTINGS = SnowflakeSettings("org-ev", "ann", password="hush-hush", database="ev", schema="raw")


class Cursor:
    def __init__(self, connection):
        self.connection = connection
        self.sfqid = "query-7"

    def execute(self, statement, values):
        self.connection.asked.append((statement, values))
        if self.connection.error:
            raise self.connection.error

    def fetchall(self):
        return [(1,)]

    def close(self):
        self.connection.closed += 1


class Connection:
    def __init__(self, error=None):
        self.asked, self.closed, self.error = [], 0, error

    def cursor(self):
        return Cursor(self)


def test_a_statement_has_a_cursor_of_its_own():
    session = Session(Connection())
    assert session.ask("SELECT ?", [1]) == ([(1,)], "query-7")
    assert session.connection.asked == [("SELECT ?", [1])]
    assert session.connection.closed == 1


def test_no_values_are_none():
    session = Session(Connection())
    session.ask("SELECT '%'")
    assert session.connection.asked == [("SELECT '%'", None)]


def test_the_cursor_is_closed_after_an_error_too():
    session = Session(Connection(connector.errors.ProgrammingError("odd")))
    with pytest.raises(WarehouseError, match="SELECT 1: odd"):
        session.ask("SELECT 1")
    assert session.connection.closed == 1


def test_an_error_says_the_beginning_of_the_statement_only():
    session = Session(Connection(connector.errors.ProgrammingError("odd")))
    with pytest.raises(WarehouseError) as caught:
        session.ask("SELECT " + "x" * 500)
    assert len(str(caught.value)) < 120


def test_what_is_made_is_made_once():
    session = Session(Connection())
    session.make("CREATE STAGE IF NOT EXISTS s")
    session.make("CREATE STAGE IF NOT EXISTS s")
    assert len(session.connection.asked) == 1


def failing(monkeypatch, error):
    def connect(**_):
        raise error

    monkeypatch.setattr(connector, "connect", connect)


def test_a_refused_login_shows_no_secret(monkeypatch):
    failing(monkeypatch, connector.errors.DatabaseError("wrong: hush-hush", errno=250001))
    with pytest.raises(WarehouseError, match=r"connect: .*wrong: \*\*\*") as caught:
        open_connection(SETTINGS)
    assert caught.value.__cause__ is None


def test_a_network_that_is_down_may_come_back(monkeypatch):
    failing(monkeypatch, connector.errors.OperationalError("no route to host", errno=250001))
    with pytest.raises(TransientError, match="no route to host"):
        open_connection(SETTINGS)


def test_a_connection_that_the_file_has_not(monkeypatch, tmp_path):
    home = tmp_path / "snowflake"
    home.mkdir()
    (home / "connections.toml").write_text('[other]\naccount = "x"\n')
    (home / "connections.toml").chmod(0o600)
    manager = pytest.importorskip("snowflake.connector.config_manager").CONFIG_MANAGER
    slices = [
        one._replace(path=home / "connections.toml") if "connections" in str(one.path) else one
        for one in manager._slices
    ]
    monkeypatch.setattr(manager, "_slices", slices)
    monkeypatch.setattr(manager, "conf_file_cache", None)
    with pytest.raises(InputError, match=r"no connection 'work'.*\[work\]"):
        open_connection(SnowflakeSettings(connection="work"))


def test_nothing_is_tried_where_something_is_missing():
    with pytest.raises(InputError, match="not set"):
        open_connection(SnowflakeSettings("org-ev"))
