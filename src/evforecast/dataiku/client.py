"""Where the module `dataiku` is reached: only when something is done, and with a clear word where not."""

from __future__ import annotations

import importlib
from typing import Any

from evforecast.errors import EvForecastError

__all__ = ["NotInDataikuError", "dataset_of", "dss", "folder_of"]


class NotInDataikuError(EvForecastError, ImportError):
    """The module `dataiku` is not there: the code runs outside DSS."""

    def __init__(self) -> None:
        super().__init__(
            "There is no module 'dataiku' here: it is DSS's own and no package index has it. Run this in a "
            "recipe, a notebook or a scenario of DSS; on a laptop, inside `with "
            "evforecast.testing.fake_dataiku.fake_dss(folder):`.",
            name="dataiku",
        )


def dss() -> Any:
    """Return the module `dataiku`.

    Raises
    ------
    NotInDataikuError
        Outside DSS.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp()):
    ...     dss().default_project_key()
    'FAKE'
    """
    try:
        return importlib.import_module("dataiku")
    except ModuleNotFoundError as error:
        if error.name != "dataiku":
            raise
        raise NotInDataikuError from error


def dataset_of(which: Any) -> Any:
    """Return a `dataiku.Dataset`: the one so called, or the one given.

    Examples
    --------
    >>> dataset_of(3)
    3
    """
    return dss().Dataset(which) if isinstance(which, str) else which


def folder_of(which: Any) -> Any:
    """Return a `dataiku.Folder`: the one so called, or the one given.

    Examples
    --------
    >>> folder_of(3)
    3
    """
    return dss().Folder(which) if isinstance(which, str) else which
