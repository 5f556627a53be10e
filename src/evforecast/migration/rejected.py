"""Rows that the warehouse could not load: kept in the working folder, each with its reason."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from evforecast.warehouse.base import LoadedFile

__all__ = ["keep_rejected", "read_rejected"]

REJECTED = "rejected"


def keep_rejected(folder: Path, file: LoadedFile) -> None:
    """Write the rejected rows of one file to ``rejected/NAME.jsonl``; over what an earlier try wrote.

    Parameters
    ----------
    folder : Path
        The working folder.
    file : LoadedFile
        Nothing is written for one without rejected rows.

    Examples
    --------
    >>> import tempfile
    >>> keep_rejected(Path(tempfile.mkdtemp()), LoadedFile("a.csv", "loaded", 3))
    """
    if not file.rejected:
        return
    path = folder / REJECTED / f"{file.name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    with new.open("w", encoding="utf-8") as out:
        for row in file.rejected:
            out.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
        out.flush()
        os.fsync(out.fileno())
    new.replace(path)


def read_rejected(folder: Path) -> list[dict[str, Any]]:
    """Return the rejected rows kept in a working folder, each with the name of its file.

    Examples
    --------
    >>> import tempfile
    >>> read_rejected(Path(tempfile.mkdtemp()))
    []
    """
    rows: list[dict[str, Any]] = []
    for path in sorted((folder / REJECTED).glob("*.jsonl")):
        name = path.name.removesuffix(".jsonl")
        lines = path.read_text(encoding="utf-8").split("\n")
        rows += [{"file": name, **json.loads(line)} for line in lines if line]
    return rows
