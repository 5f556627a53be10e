"""`Ledger`: the journal of a working folder, what its entries add up to, and the files beside it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evforecast.migration.errors import JournalError
from evforecast.migration.journal import Journal
from evforecast.migration.parts import Part
from evforecast.migration.state import MadePlan, Round, read_state
from evforecast.warehouse.hashing import file_hash

__all__ = ["Ledger"]


class Ledger:
    """What is known of a migration, and where new knowledge is written down.

    Parameters
    ----------
    folder : Path
        The working folder.

    Raises
    ------
    JournalError
        If what stands there is not a journal; by `made` and `current`, before there are such.

    Examples
    --------
    >>> import tempfile
    >>> Ledger(Path(tempfile.mkdtemp())).is_planned
    False
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal = Journal(folder)
        self._made, self.round = read_state(self._journal.entries)

    @property
    def is_planned(self) -> bool:
        """Whether there is a plan."""
        return self._made is not None

    @property
    def made(self) -> MadePlan:
        """The plan as it was made."""
        if self._made is None:
            msg = f"{self.folder}: nothing was planned here yet."
            raise JournalError(msg)
        return self._made

    @property
    def current(self) -> Round:
        """The round that is under way."""
        if self.round is None:
            msg = f"{self.folder}: no round has begun here yet."
            raise JournalError(msg)
        return self.round

    def record(self, event: str, **facts: Any) -> None:
        """Write down that something is done, and know it from now on."""
        self._journal.record(event, **facts)
        entry = self._journal.entries[-1]
        if event == "plan":
            self._made = MadePlan.from_dict(entry["made"])
        elif event == "round":
            self.round = Round(entry["number"], entry["run"])
        else:
            self.current.take(entry)

    @property
    def parts_folder(self) -> Path:
        """Where the files of this round are."""
        return self.folder / "parts" / self.current.run

    def damage(self, part: Part) -> str | None:
        """Return what is wrong with an exported file, None when nothing is."""
        path = self.parts_folder / part.name
        if not path.is_file():
            return "it is missing"
        if path.stat().st_size != part.size:
            return f"it has {path.stat().st_size:,} bytes instead of {part.size:,}"
        if file_hash(path) != part.sha256:
            return "its contents are not what was written (SHA-256)"
        return None

    def remove_parts(self) -> None:
        """Remove the files of this round, and folders that are empty then."""
        folder = self.parts_folder
        for name in self.current.parts:
            (folder / name).unlink(missing_ok=True)
        for path in (folder, folder.parent):
            if path.is_dir() and not any(path.iterdir()):
                path.rmdir()
