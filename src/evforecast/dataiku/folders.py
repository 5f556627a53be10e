"""Managed folders through streams: most of them are no folders of the disk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from evforecast.dataiku.client import folder_of

__all__ = ["bring_down", "download", "paths_in", "send_up", "upload"]


def paths_in(folder: Any) -> list[str]:
    """Return the paths of all files of a managed folder, sorted, without a slash in front.

    Parameters
    ----------
    folder : str or dataiku.Folder

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), folders=["reports"]):
    ...     upload("reports", "2026/a.html", b"hello")
    ...     paths_in("reports")
    ['2026/a.html']
    """
    return sorted(path.lstrip("/") for path in folder_of(folder).list_paths_in_partition())


def download(folder: Any, path: str) -> bytes:
    """Return what a file of a managed folder holds.

    Parameters
    ----------
    folder : str or dataiku.Folder
    path : str

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), folders=["reports"]):
    ...     upload("reports", "a.html", "hello")
    ...     download("reports", "a.html")
    b'hello'
    """
    with folder_of(folder).get_download_stream(path) as stream:
        data: bytes = stream.read()
    return data


def upload(folder: Any, path: str, data: bytes | str) -> None:
    """Write a file of a managed folder; one that is there is replaced.

    Parameters
    ----------
    folder : str or dataiku.Folder
    path : str
    data : bytes or str
        Text is written as UTF-8.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), folders=["reports"]):
    ...     upload("reports", "a.html", "hello")
    """
    folder_of(folder).upload_data(path, data.encode() if isinstance(data, str) else data)


def bring_down(folder: Any, local: Path, wanted: Callable[[str], bool] | None = None) -> list[str]:
    """Copy files of a managed folder to the disk; return their paths.

    Parameters
    ----------
    folder : str or dataiku.Folder
    local : Path
        The folder of the disk.
    wanted : callable, optional
        Tells by the path whether a file is; by default all are.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), folders=["models"]):
    ...     upload("models", "a/card.json", "{}")
    ...     bring_down("models", Path(tempfile.mkdtemp()))
    ['a/card.json']
    """
    handle = folder_of(folder)
    paths = [path for path in paths_in(handle) if wanted is None or wanted(path)]
    for path in paths:
        target = local / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with handle.get_download_stream(path) as stream, target.open("wb") as file:
            shutil.copyfileobj(stream, file)
    return paths


def send_up(folder: Any, local: Path, paths: Iterable[str]) -> None:
    """Copy files of the disk to a managed folder, one after the other in the order given.

    Parameters
    ----------
    folder : str or dataiku.Folder
    local : Path
        The folder of the disk.
    paths : iterable of str
        Within it.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> local = Path(tempfile.mkdtemp())
    >>> _ = (local / "a.txt").write_text("hello")
    >>> with fake_dss(tempfile.mkdtemp(), folders=["models"]):
    ...     send_up("models", local, ["a.txt"])
    ...     download("models", "a.txt")
    b'hello'
    """
    handle = folder_of(folder)
    for path in paths:
        with (local / path).open("rb") as file:
            handle.upload_stream(path, file)
