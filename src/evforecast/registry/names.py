"""What models and aliases may be called: nothing that a path or a number could be taken for."""

from __future__ import annotations

import re

from evforecast.errors import InputError

__all__ = ["LATEST", "alias_name", "is_model_name", "model_name"]

LATEST = "latest"
_MODEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ALIAS = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,99}")


def is_model_name(name: str) -> bool:
    """Tell whether a folder may be that of a model.

    Examples
    --------
    >>> is_model_name("paris-driver"), is_model_name("..")
    (True, False)
    """
    return _MODEL.fullmatch(name) is not None


def model_name(name: object) -> str:
    """Return `name` if a model may be called so.

    Parameters
    ----------
    name : str

    Raises
    ------
    InputError
        If it may not.

    Examples
    --------
    >>> model_name("paris-driver")
    'paris-driver'
    """
    if isinstance(name, str) and is_model_name(name):
        return name
    msg = (
        f"name={name!r}: a model is called by up to 100 letters a to z, digits, '-', '_' and '.', the first "
        "a letter or a digit, like 'paris-driver'."
    )
    raise InputError(msg)


def alias_name(name: object) -> str:
    """Return `name` if an alias may be called so.

    Parameters
    ----------
    name : str

    Raises
    ------
    InputError
        If it may not.

    Examples
    --------
    >>> alias_name("champion")
    'champion'
    """
    if isinstance(name, str) and _ALIAS.fullmatch(name) and name != LATEST:
        return name
    msg = (
        f"alias={name!r}: an alias is called by up to 100 letters a to z, digits, '-', '_' and '.', the "
        f"first a letter, like 'champion'. {LATEST!r} always is the highest number."
    )
    raise InputError(msg)
