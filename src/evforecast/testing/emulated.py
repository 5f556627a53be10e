"""A Snowflake of one's own, for demonstrations and tests: an emulator in this process, reached over HTTP."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from typing import Any

from evforecast.errors import MissingExtraError
from evforecast.testing.taught import taught
from evforecast.warehouse.snowflake import SnowflakeSettings

__all__ = ["emulated_snowflake", "serving"]

_TALKERS = ("fakesnow.server", "sqlglot", "uvicorn.access", "uvicorn.error")
_NUMBERS = itertools.count(1)


@contextmanager
def emulated_snowflake() -> Iterator[SnowflakeSettings]:
    """Start an emulator of Snowflake; yield the settings with which Snowflake's own connector reaches it.

    It is fakesnow, which runs on DuckDB, taught what it lacks of a load (`evforecast.testing.taught`). It
    listens on this machine only. Each time it has a new, empty database; nothing is kept when the process
    ends. What it cannot show stands in the documentation, "What the emulator cannot show".

    Yields
    ------
    SnowflakeSettings
        For ``SnowflakeWarehouse.connect``: with those of an account in their place, the same code runs there.

    Raises
    ------
    MissingExtraError
        If the emulator is not installed: it needs pandas 3.

    Examples
    --------
    >>> from evforecast.warehouse.snowflake import SnowflakeWarehouse
    >>> with emulated_snowflake() as settings:  # doctest: +SKIP
    ...     with SnowflakeWarehouse.connect(settings) as warehouse:
    ...         warehouse.run("SELECT 42")
    """
    _server()
    with taught(), serving() as arguments:
        said = {name: arguments.pop(name) for name in ("account", "user", "password")}
        yield SnowflakeSettings(
            **said, database=f"EV_{next(_NUMBERS)}", schema="RAW", options=arguments
        )


@contextmanager
def serving() -> Iterator[dict[str, Any]]:
    """Start the emulator's server; yield what ``snowflake.connector.connect`` needs to reach it.

    Raises
    ------
    MissingExtraError
        If the emulator is not installed.

    Examples
    --------
    >>> with serving() as arguments:  # doctest: +SKIP
    ...     snowflake.connector.connect(**arguments)
    """
    with _quiet(), _server()() as arguments:
        # else the connector tries a refused statement again for minutes
        yield {**arguments, "network_timeout": 3, "login_timeout": 5}


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the server and its parser log errors only: they tell each request, and each statement we taught."""
    loggers = [logging.getLogger(name) for name in _TALKERS]
    for logger in loggers:
        logger.addFilter(_is_error)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(_is_error)


def _is_error(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR


@cache
def _server() -> Callable[[], AbstractContextManager[dict[str, Any]]]:
    """Return what starts the server: once it has run, a module stands under that name."""
    try:
        import fakesnow
        import uvicorn  # noqa: F401 - the server needs it, and is installed apart
    except ImportError as error:
        raise MissingExtraError("emulator", "fakesnow") from error
    return fakesnow.server
