"""What is asked of a session of Snowflake about itself, and how it is put back as it was."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from evforecast.errors import EvForecastError, InputError
from evforecast.warehouse import Warehouse, WarehouseError, quote
from evforecast.warehouse.snowflake.sql import literal

__all__ = [
    "Machine",
    "Parameter",
    "current_machine",
    "is_snowflake",
    "parameter",
    "put_back",
    "restore_sql",
    "set_sql",
]


@dataclass(frozen=True)
class Parameter:
    """A parameter of the session; `own` where it is the session's, not the user's or the account's."""

    name: str
    value: str | int
    own: bool


@dataclass(frozen=True)
class Machine:
    """The virtual warehouse that the session uses: what computes, where `Warehouse` is where tables are.

    Attributes
    ----------
    name : str
    state : str
        ``STARTED``, ``SUSPENDED``, ``RESIZING`` and so on.
    kind : str
        ``STANDARD``, ``SNOWPARK-OPTIMIZED`` or ``ADAPTIVE``.
    size : str
        ``X-Small`` and so on, or none for a kind that has no size.
    """

    name: str
    state: str
    kind: str
    size: str

    @property
    def sql(self) -> str:
        """The name as it stands in a statement."""
        return quote(self.name)


def is_snowflake(warehouse: Warehouse) -> bool:
    """Return whether a warehouse has sessions that cost credits: DuckDB has not.

    Examples
    --------
    >>> from evforecast.warehouse import connect
    >>> import tempfile
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     is_snowflake(warehouse)
    False
    """
    return warehouse.dialect.name == "snowflake"


def show_sql(name: str) -> str:
    """Return the statement that says what a parameter of the session is."""
    return f"SHOW PARAMETERS LIKE {literal(name)} IN SESSION"


def set_sql(name: str, value: str | int) -> str:
    """Return the statement that sets a parameter of the session; ALTER takes no bound values.

    Examples
    --------
    >>> print(set_sql("QUERY_TAG", "it's"))
    ALTER SESSION SET QUERY_TAG = 'it''s'
    """
    return f"ALTER SESSION SET {name} = {literal(value) if isinstance(value, str) else value}"


def restore_sql(was: Parameter) -> str:
    """Return the statement that gives a parameter the value back that it had.

    Examples
    --------
    >>> restore_sql(Parameter("QUERY_TAG", "of the user", own=False))
    'ALTER SESSION UNSET QUERY_TAG'
    """
    return set_sql(was.name, was.value) if was.own else f"ALTER SESSION UNSET {was.name}"


def machines_sql(name: str) -> str:
    """Return the statement that lists the warehouses of a name; its signs for any character are masked."""
    masked = name.replace("\\", "\\\\").replace("_", "\\_").replace("%", "\\%")
    return f"SHOW WAREHOUSES LIKE {literal(masked)}"


def parameter(warehouse: Warehouse, name: str, kind: type[str | int] = str) -> Parameter:
    """Return a parameter of the session, a text or a whole number.

    Raises
    ------
    WarehouseError
        If Snowflake does not say.
    """
    for key, value, _, level, *_ in warehouse.run(show_sql(name)):
        if str(key).upper() == name:
            return Parameter(name, kind(value or kind()), level == "SESSION")
    msg = f"{warehouse.url}: Snowflake does not say what the parameter {name} of this session is."
    raise WarehouseError(msg)


def current_machine(warehouse: Warehouse) -> Machine:
    """Return the virtual warehouse that the session uses.

    Raises
    ------
    InputError
        If it uses none.
    """
    name = warehouse.run("SELECT CURRENT_WAREHOUSE()")[0][0]
    # the first four columns are those that accounts of every edition have
    shown = warehouse.run(machines_sql(name)) if name else []
    for found, state, kind, size, *_ in shown:
        if found == name:
            return Machine(name, str(state).upper(), str(kind).upper(), str(size or ""))
    msg = (
        f"the session of {warehouse.url} uses "
        + (f"the virtual warehouse {name!r}, which the role may not see" if name else "none")
        + ": name one (?warehouse= in the address, or EVFORECAST_SNOWFLAKE_WAREHOUSE) that the role may use."
    )
    raise InputError(msg)


@contextmanager
def put_back(undo: Callable[[], object], what: str) -> Iterator[None]:
    """Run `undo` at the end, however that comes; where it fails after an error, that error says so too.

    Parameters
    ----------
    undo : callable
    what : str
        What is not as it was where `undo` fails, and what to do.

    Examples
    --------
    >>> with put_back(lambda: print("as it was"), "not as it was"):
    ...     print("work")
    work
    as it was
    """
    try:
        yield
    except BaseException as error:
        try:
            undo()
        except EvForecastError as second:
            error.add_note(f"{what} ({second})")
        raise
    undo()
