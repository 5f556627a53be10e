"""A session of Snowflake: the connector's connection, asked in our words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from evforecast.errors import InputError
from evforecast.warehouse.snowflake.errors import asked, translate
from evforecast.warehouse.snowflake.settings import SnowflakeSettings

if TYPE_CHECKING:
    from snowflake.connector import SnowflakeConnection

__all__ = ["Session", "open_connection"]


class Session:
    """A connection, and what was made over it.

    Threads may share it, each statement having a cursor of its own.

    Parameters
    ----------
    connection : snowflake.connector.SnowflakeConnection
    """

    def __init__(self, connection: SnowflakeConnection) -> None:
        self.connection = connection
        self._made: set[str] = set()

    def ask(
        self, statement: str, values: Sequence[Any] = ()
    ) -> tuple[list[tuple[Any, ...]], str | None]:
        """Return the rows of a statement and its id in the query history.

        Raises
        ------
        WarehouseError
            If Snowflake refuses it.
        TransientError
            If no answer came.
        """
        with asked(statement[:80]):
            cursor = self.connection.cursor()
            try:
                cursor.execute(statement, list(values) or None)
                rows: list[Any] = cursor.fetchall()
                return rows, cursor.sfqid
            finally:
                cursor.close()

    def make(self, statement: str) -> None:
        """Make a stage or a file format, once a session."""
        if statement not in self._made:
            self.ask(statement)
            self._made.add(statement)

    def close(self) -> None:
        """Let go of the connection."""
        with asked("close"):
            self.connection.close()


def open_connection(settings: SnowflakeSettings) -> SnowflakeConnection:
    """Connect.

    Raises
    ------
    InputError
        If something is missing, or ``connections.toml`` has no such connection.
    TransientError
        If Snowflake cannot be reached.
    WarehouseError
        If it refuses the login.
    """
    arguments = settings.arguments()
    import snowflake.connector
    from snowflake.connector.errors import ConfigSourceError, Error

    try:
        return snowflake.connector.connect(**arguments)
    except Error as error:
        name = settings.connection
        if name and (isinstance(error, ConfigSourceError) or "connection_name" in str(error)):
            msg = (
                f"Snowflake: connections.toml has no connection {name!r}: {error}. Add a section "
                f"[{name}] there; `snow connection list` shows what it has."
            )
            raise InputError(msg) from error
        # the connector's error may hold what it was given, so it is not kept as the cause
        raise translate(error, "connect", settings.secrets) from None
