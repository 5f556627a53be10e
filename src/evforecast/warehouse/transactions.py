"""`Transactions`: several statements that happen together or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from evforecast.errors import EvForecastError, InputError

__all__ = ["Transactions"]


class Transactions:
    """The transactions of one connection, one at a time.

    Snowflake commits silently before and after a statement that makes or drops a table, and DuckDB's own
    loads are transactions already. So inside of one only `Warehouse.run` is for use, and the other methods
    are refused on both.

    Parameters
    ----------
    run : callable
        Runs a statement.

    Attributes
    ----------
    is_open : bool
        Whether one has begun.

    Examples
    --------
    >>> said = []
    >>> with Transactions(said.append).begin():
    ...     said.append("DELETE FROM t")
    >>> said
    ['BEGIN', 'DELETE FROM t', 'COMMIT']
    """

    def __init__(self, run: Callable[[str], object]) -> None:
        self._run = run
        self.is_open = False

    @contextmanager
    def begin(self) -> Iterator[None]:
        """Begin one; commit it at the end of the block, roll it back when an error leaves the block.

        Raises
        ------
        InputError
            If one has begun already.
        """
        self.refuse("another transaction")
        self._run("BEGIN")
        self.is_open = True
        try:
            yield
            self._run("COMMIT")
        except BaseException:
            with suppress(
                EvForecastError
            ):  # the connection may be gone, and with it the transaction
                self._run("ROLLBACK")
            raise
        finally:
            self.is_open = False

    def refuse(self, what: str) -> None:
        """Raise InputError while a transaction is open."""
        if self.is_open:
            msg = f"{what}: not inside a transaction, where only run() is for use. Do it before or after."
            raise InputError(msg)
