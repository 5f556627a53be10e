"""The note that a store keeps of its feed, and stores opened by it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from evforecast.collect.store import Store
from evforecast.disk import write_whole
from evforecast.errors import FileFormatError, InputError
from evforecast.sources.http_errors import masked
from evforecast.sources.kinds import KINDS, feed_of

__all__ = ["keep_note", "note_of", "open_store", "store_names"]

_NOTE = "feed.json"


def keep_note(store: Store, note: Mapping[str, Any]) -> None:
    """Keep in a store how its feed was asked for, so that `open_store` can open it; the store is held.

    How often it is collected stays as it was noted before where `note` does not say it.

    Parameters
    ----------
    store : Store
    note : mapping
        As `evforecast.sources.kinds.feed_of` takes it; of an address, the secrets are left out.
    """
    path = store.folder / _NOTE
    note = {key: masked(value) if key == "url" else value for key, value in note.items()}
    before = _read(path, strict=False)
    every = {"every": before["every"]} if "every" in before else {}
    if {**every, **note} != before:
        text = json.dumps({**every, **note}, indent=2) + "\n"
        write_whole(path, text.encode(), flush=False)


def note_of(root: str | os.PathLike[str], name: str, *, strict: bool = True) -> dict[str, Any]:
    """Return what is known of the feed of a store; nothing where it has no note.

    Parameters
    ----------
    root : path-like
        The folder of all feeds.
    name : str
        What the feed is called there.
    strict : bool
        Whether a damaged note is an error, or as good as none.

    Raises
    ------
    FileFormatError
        If the note is damaged.
    """
    folder = Path(root, name)
    is_there = (folder / "journal").is_dir()
    return _read(folder / _NOTE, strict=strict) or (_plain().get(name, {}) if is_there else {})


def store_names(root: str | os.PathLike[str]) -> list[str]:
    """Return the names of the feeds that were collected in a folder, in order.

    Parameters
    ----------
    root : path-like
        The folder of all feeds.
    """
    return sorted(path.parent.name for path in Path(root).glob("*/journal"))


def open_store(root: str | os.PathLike[str], name: str) -> Store:
    """Open what ``evforecast collect`` has collected of a feed.

    Parameters
    ----------
    root : path-like
        The folder of all feeds.
    name : str
        What the feed is called there: ``"belib-status"``.

    Returns
    -------
    Store
        With the time between its cycles as it was collected. The keys in its address are ``***``: what was
        collected can be read, and to collect on pass `Store` the feed itself.

    Raises
    ------
    InputError
        If there is none of that name, or it is not known of which feed it is: the store was made in Python,
        which has the feed to pass to `Store`.
    FileFormatError
        If its note is damaged.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.sources.belib import BelibStatus
    >>> store = Store(tempfile.mkdtemp(), BelibStatus())
    >>> store.journal.append("2026-11-28", {"what": "closed"})
    >>> open_store(store.folder.parent, "belib-status")
    <Store of belib-status: ...>
    """
    folder = Path(root, name)
    if name not in (there := store_names(root)):
        msg = f"nothing was collected of {name!r} in {str(root)!r}; there are: {', '.join(there) or 'none'}."
        raise InputError(msg)
    note = note_of(root, name)
    if not note:
        msg = (
            f"{folder}: of which feed is it? It has no {_NOTE}, since it was not made by evforecast collect. "
            "Name it with --feed, or pass Store its feed."
        )
        raise InputError(msg)
    try:
        store = Store(root, feed_of(note), every=note.get("every"))
    except (KeyError, TypeError, InputError) as error:
        msg = f"{folder / _NOTE} describes no feed ({error!r}). Name it with --feed, or pass Store its feed."
        raise InputError(msg) from error
    if store.folder != folder:
        msg = f"{folder / _NOTE} is of the feed {store.feed.name!r}. Call the folder so again."
        raise InputError(msg)
    return store


def _plain() -> dict[str, dict[str, Any]]:
    """Return the notes of the feeds that have to be told nothing, by name: they need none on the disk."""
    notes = [{"feed": kind} for kind, (_, _, needs) in KINDS.items() if not needs]
    return {feed_of(note).name: note for note in notes}


def _read(path: Path, *, strict: bool) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    if strict:
        msg = f"{path}: no note of a feed. Name the feed with --feed, or pass Store its feed."
        raise FileFormatError(msg)
    return {}
