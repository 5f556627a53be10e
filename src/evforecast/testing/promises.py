"""What the suites of promises share: to require, and to run checks by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from evforecast.errors import require_choice

__all__ = ["require", "run_checks"]


def require(holds: bool, message: str) -> None:  # noqa: FBT001 - reads as an assertion
    """Raise AssertionError with a message unless something holds.

    Examples
    --------
    >>> require(1 > 0, "one is not more than nothing")
    """
    if not holds:
        raise AssertionError(message)


def run_checks(
    checks: Mapping[str, Callable[..., None]], only: Sequence[str], what: str, *given: Any
) -> list[str]:
    """Run checks, each on the same things; return the names of those that ran.

    Parameters
    ----------
    checks : mapping of str to callable
    only : sequence of str
        Names of those to run; by default all.
    what : str
        What is checked, for the message.
    *given : object
        What each check is called with.

    Raises
    ------
    AssertionError
        If a promise is broken: says which.
    InputError
        If there is no such check.

    Examples
    --------
    >>> run_checks({"is positive": lambda n: require(n > 0, "not above 0")}, (), "the number", 3)
    ['is positive']
    """
    for name in only:
        require_choice(name, list(checks), "only")
    names = list(only) or list(checks)
    for name in names:
        try:
            checks[name](*given)
        except AssertionError as error:
            msg = f"{what} breaks {name!r}: {error}"
            raise AssertionError(msg) from error
    return names
