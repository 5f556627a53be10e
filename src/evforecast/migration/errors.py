"""The errors of a migration."""

from __future__ import annotations

from collections.abc import Mapping

from evforecast.errors import TerminalError, TransientError

__all__ = ["JournalError", "LostConnectionError", "MigrationError", "PartError", "UnfitColumnError"]


class MigrationError(TerminalError):
    """A migration that cannot go on by itself; the message says why and what to do."""


class JournalError(MigrationError):
    """A working folder that is in use, or holds the journal of another migration."""


class UnfitColumnError(MigrationError):
    """Columns whose values the warehouse cannot hold exactly.

    Parameters
    ----------
    where : str
        The table; begins the message.
    columns : mapping of str to str
        Each column with its reason; kept as ``columns``.
    """

    def __init__(self, where: str, columns: Mapping[str, str]) -> None:
        self.columns = dict(columns)
        reasons = "; ".join(f"{name!r}: {reason}" for name, reason in self.columns.items())
        names = ",".join(self.columns)
        super().__init__(
            f"{where}: {len(self.columns)} column(s) hold what the warehouse cannot hold exactly: {reasons}. "
            f"Nothing was moved. Migrate them as text (as_text, --as-text {names}), leave them out "
            "(columns), or correct the source."
        )


class PartError(MigrationError):
    """A file of the export that is missing, or is not what was written.

    Parameters
    ----------
    message : str
    part : str
        The name of the file; kept as ``part``.
    """

    def __init__(self, message: str, part: str) -> None:
        self.part = part
        super().__init__(message)


class LostConnectionError(TransientError):
    """PostgreSQL went away, or cannot be reached; what was done so far is in the journal."""
