"""The profiles of a feed's requests on disk: what its next answers are held against."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from evforecast.collect.watch import Profile
from evforecast.disk import write_whole

__all__ = ["Profiles"]

_NAMES_KEPT = 64
_PARTS = ("names", "places", "present")
_DAMAGE = (OSError, ValueError, TypeError, KeyError, AttributeError)


class Profiles:
    """One profile for each request, in one file.

    What is noted of the feed as a whole, `present` say, is in the same file.

    A request seen for the first time, the page of another day say, is held against the last one of the same
    address without its query. The file helps to notice changes and no more: one that is lost or damaged is
    begun anew.

    Parameters
    ----------
    path : Path

    Examples
    --------
    >>> import tempfile
    >>> profiles = Profiles(Path(tempfile.mkdtemp(), "profiles.json"))
    >>> profiles.keep("a", "https://example.org/status?page=1", Profile(readings=7))
    >>> profiles.of("b", "https://example.org/status?page=2").readings
    7
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: tuple[tuple[int, int], dict[str, dict[str, Any]]] = ((0, 0), {})

    def of(self, name: str, url: str) -> Profile:
        """Return the profile of a request."""
        known = self._load()
        facts = known["names"].get(name) or known["places"].get(_place(url))
        try:
            return Profile.from_dict(facts) if facts else Profile()
        except _DAMAGE:
            return Profile()

    def keep(self, name: str, url: str, profile: Profile) -> None:
        """Keep the profile of a request."""
        known = self._load()
        facts = profile.to_dict()
        known["names"].pop(name, None)
        known["names"][name] = known["places"][_place(url)] = facts
        while len(known["names"]) > _NAMES_KEPT:
            known["names"].pop(next(iter(known["names"])))
        self._write(known)

    def present(self) -> dict[str, Any]:
        """Return what `keep_present` kept; nothing if it was lost."""
        return self._load()["present"]

    def keep_present(self, facts: dict[str, Any]) -> None:
        """Keep which chargers there are, as JSON can hold it."""
        self._write({**self._load(), "present": facts})

    def _write(self, known: dict[str, dict[str, Any]]) -> None:
        write_whole(self.path, json.dumps(known).encode(), flush=False)
        self._known = _stamp(self.path), known

    def _load(self) -> dict[str, dict[str, Any]]:
        try:
            stamp = _stamp(self.path)
            if stamp != self._known[0]:
                found = json.loads(self.path.read_bytes())
                known = {part: dict(found.get(part, {})) for part in _PARTS}
                self._known = stamp, known
        except _DAMAGE:
            return {part: {} for part in _PARTS}
        return self._known[1]


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_size


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}"
