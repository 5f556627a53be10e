"""`sized`: a virtual warehouse of another size for one step."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from evforecast.errors import InputError
from evforecast.inwarehouse.credits.session import (
    Machine,
    current_machine,
    is_snowflake,
    put_back,
)
from evforecast.inwarehouse.credits.sizes import keyword, size_name
from evforecast.warehouse import Warehouse
from evforecast.warehouse.snowflake.errors import SnowflakeError

__all__ = ["sized"]

_LOG = logging.getLogger(__name__)
_NOT_RUNNING = 90064


@contextmanager
def sized(warehouse: Warehouse, *, size: str) -> Iterator[None]:
    """Run one step on a virtual warehouse of another size; afterwards it has its own size and is suspended.

    It is the one that the session uses. It runs, and has the size, before the step begins. A suspended one is
    resized before it is resumed, so that its first minute is paid once. It is suspended afterwards even where
    it ran before: what else runs on it ends first, and whoever needs it next resumes it. The role needs
    OPERATE and MODIFY on it. Nothing happens where there is no such machine: with DuckDB.

    Parameters
    ----------
    warehouse : Warehouse
    size : str
        ``X-Small`` to ``6X-Large``, as Snowflake writes them, in any case, with or without the dash.

    Raises
    ------
    InputError
        If there is no such size, the session uses no virtual warehouse, or that one has no size: it is
        adaptive.
    WarehouseError
        If the role may not change it.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.warehouse import connect
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     with sized(warehouse, size="Medium"):
    ...         warehouse.run("SELECT 42")
    [(42,)]
    """
    wanted = size_name(size)
    if not is_snowflake(warehouse):
        yield
        return
    machine = current_machine(warehouse)
    if machine.kind == "ADAPTIVE" or not machine.size:
        msg = (
            f"sized: the virtual warehouse {machine.name!r} is of type {machine.kind} and has no size to "
            "set. Use another one for this step, or leave the size out."
        )
        raise InputError(msg)
    with put_back(
        lambda: _let_go(warehouse, machine, wanted),
        f"The virtual warehouse {machine.name!r} may still run in size {wanted}, and cost so much: look at "
        f"it. It was {machine.state.lower()} in size {machine.size}.",
    ):
        if wanted != size_name(machine.size):
            # a suspended one has nothing to provision, and nothing to wait for
            wait = "" if machine.state == "SUSPENDED" else " WAIT_FOR_COMPLETION = TRUE"
            warehouse.run(set_size_sql(machine, wanted) + wait)
        warehouse.run(resume_sql(machine))
        _LOG.info("%s runs in size %s", machine.name, wanted)
        yield


def set_size_sql(machine: Machine, size: str) -> str:
    """Return the statement that gives a virtual warehouse a size."""
    return f"ALTER WAREHOUSE {machine.sql} SET WAREHOUSE_SIZE = {keyword(size)}"


def resume_sql(machine: Machine) -> str:
    """Return the statement that starts a virtual warehouse unless it runs."""
    return f"ALTER WAREHOUSE {machine.sql} RESUME IF SUSPENDED"


def suspend_sql(machine: Machine) -> str:
    """Return the statement that stops a virtual warehouse."""
    return f"ALTER WAREHOUSE {machine.sql} SUSPEND"


def _let_go(warehouse: Warehouse, machine: Machine, wanted: str) -> None:
    """Suspend it, unless it is by itself, then give it its size back; the second whatever the first does."""
    try:
        warehouse.run(suspend_sql(machine))
    except SnowflakeError as error:
        if error.errno != _NOT_RUNNING:
            raise
    finally:
        if wanted != size_name(machine.size):
            warehouse.run(set_size_sql(machine, machine.size))
