"""The errors of a registry."""

from __future__ import annotations

from evforecast.errors import TerminalError

__all__ = ["ConflictError", "DamagedError", "RegistryError", "UnknownVersionError"]


class RegistryError(TerminalError):
    """A registry that cannot do what was asked; the message says why and what to do."""


class UnknownVersionError(RegistryError, LookupError):
    """A model, a version or an alias that the registry does not have."""


class DamagedError(RegistryError, ValueError):
    """A file that is missing, or is not what was published; nothing in its folder is used.

    Parameters
    ----------
    where : str
        The folder; begins the message.
    file : str
        The name of the file; kept as ``file``.
    reason : str
        What is wrong with it.
    """

    def __init__(self, where: object, file: str, reason: str) -> None:
        self.file = file
        super().__init__(
            f"{where}: {file} {reason}. Nothing in this folder is used: restore it from a copy, roll the "
            "alias back to a version that is whole, or publish the model again."
        )


class ConflictError(RegistryError, RuntimeError):
    """An alias that someone else has moved meanwhile.

    Parameters
    ----------
    message : str
    found : int
        The version that it points at now, 0 if none; kept as ``found``.
    """

    def __init__(self, message: str, found: int) -> None:
        self.found = found
        super().__init__(message)
