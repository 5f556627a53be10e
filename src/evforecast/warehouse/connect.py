"""`connect`: from an address to a warehouse."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from evforecast.errors import InputError, require_choice
from evforecast.warehouse.base import Warehouse

__all__ = ["connect"]


def connect(url: str) -> Warehouse:
    """Open the warehouse at an address.

    Parameters
    ----------
    url : str
        ``duckdb:///ev.duckdb`` (three slashes and a path as you would type it, four for one from the root)
        or ``snowflake://account/database/schema``, with ``?warehouse=…&role=…&user=…``, or
        ``snowflake://?connection=NAME`` for a connection of the connector's own ``connections.toml``.
        Secrets have no place in an address: they come from that file or from the environment
        (`SnowflakeWarehouse` says how).

    Returns
    -------
    Warehouse

    Raises
    ------
    InputError
        If the address is of no kind known here, or holds a password.

    Examples
    --------
    >>> import tempfile
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     warehouse.run("SELECT 42")
    [(42,)]
    """
    parts = urlsplit(url)
    if parts.password is not None:
        msg = "connect: no password in an address: it would end in logs. Use the environment or a file."
        raise InputError(msg)
    if parts.scheme == "duckdb":
        from evforecast.warehouse.duckdb import MEMORY_LIMIT, THREADS, DuckDBWarehouse

        path = unquote(parts.path.removeprefix("/"))
        if parts.netloc or not path:
            msg = f"connect: {url!r} names no file. Write duckdb:///ev.duckdb or duckdb:////folder/ev.duckdb."
            raise InputError(msg)
        options = dict(parse_qsl(parts.query))
        for name in options:
            require_choice(name, ("memory_limit", "threads"), f"connect: {url!r}: an option")
        return DuckDBWarehouse(
            Path(path),
            memory_limit=options.get("memory_limit", MEMORY_LIMIT),
            threads=int(options.get("threads", THREADS)),
        )
    if parts.scheme == "snowflake":
        from evforecast.warehouse.snowflake import SnowflakeWarehouse

        return SnowflakeWarehouse.from_url(url)
    msg = f"connect: {url!r} is of no kind known here. Write duckdb:///FILE or snowflake://ACCOUNT/DB/SCHEMA."
    raise InputError(msg)
