"""`dataiku.Folder`: a managed folder, as it is on a bucket."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from evforecast.testing.fake_dataiku.frames import DssError

if TYPE_CHECKING:
    from evforecast.testing.fake_dataiku.dss import FakeDss

__all__ = ["Folder"]


class Folder:
    """A handle on a managed folder that is not on the disk of the server; what DSS calls `dataiku.Folder`.

    Parameters
    ----------
    lookup : str
        Its name or id.
    project_key : str, optional
    ignore_flow : bool
        In a recipe, whether it may be used though it is neither an input nor an output.

    Raises
    ------
    DssError
        If there is no such folder, or the recipe does not declare it.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp()) as dss:
    ...     import dataiku
    ...
    ...     dss.add_folder("models")
    ...     folder = dataiku.Folder("models")
    ...     folder.upload_data("a/b.txt", b"hello")
    ...     folder.list_paths_in_partition()
    ['/a/b.txt']
    """

    _dss: ClassVar[FakeDss]

    def __init__(
        self,
        lookup: str,
        project_key: str | None = None,
        *,
        ignore_flow: bool = False,
    ) -> None:
        dss = self._dss
        self.project_key = project_key or dss.project_key
        self.name = self.short_name = self.full_name = lookup
        readable, self._writable = dss.allowed(
            f"{self.project_key}.{lookup}", ignore_flow=ignore_flow
        )
        if not (readable or self._writable):
            msg = f"Managed folder {lookup} cannot be used : declare it as input or output of your recipe"
            raise DssError(msg)
        self._root = dss.folder_root(self.project_key, lookup)
        if not self._root.is_dir():
            msg = f"Managed folder '{lookup}' doesn't exist"
            raise DssError(msg)

    def get_id(self) -> str:
        """Return the id."""
        return self.name

    def get_info(self, *, sensitive_info: bool = False) -> dict[str, Any]:
        """Return what it is; there is no path, since it is not on the disk of the server."""
        del sensitive_info
        return {"id": self.name, "projectKey": self.project_key, "name": self.name, "type": "S3"}

    def get_path(self) -> str:
        """Raise: only a folder on the disk of the server has a path.

        Raises
        ------
        DssError
            Always.
        """
        msg = (
            f"Folder {self.name} is not on the local filesystem of the DSS server (S3): get_path() cannot be "
            "used, use the read/download and write/upload methods"
        )
        raise DssError(msg)

    def list_paths_in_partition(self, partition: str = "") -> list[str]:
        """Return the paths of all files, each with a slash in front."""
        del partition
        files = (path for path in self._root.rglob("*") if path.is_file())
        return sorted(f"/{path.relative_to(self._root).as_posix()}" for path in files)

    def get_download_stream(self, path: str) -> io.BytesIO:
        """Return what a file holds as a stream, to be used with ``with``."""
        file = self._file(path)
        if not file.is_file():
            msg = f"File not found: {path} in folder {self.name}"
            raise DssError(msg)
        return io.BytesIO(file.read_bytes())

    def upload_stream(self, path: str, f: Any) -> None:
        """Write a file from a stream, or from bytes; one that is there is replaced."""
        self.upload_data(path, f.read() if hasattr(f, "read") else f)

    def upload_file(self, path: str, file_path: str) -> None:
        """Write a file from one on the disk."""
        self.upload_data(path, Path(file_path).read_bytes())

    def upload_data(self, path: str, data: bytes) -> None:
        """Write a file; one that is there is replaced."""
        if not self._writable:
            msg = f"You cannot write folder {self.name}, it is not declared as an output"
            raise DssError(msg)
        file = self._file(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def delete_path(self, path: str) -> None:
        """Remove a file."""
        self._file(path).unlink(missing_ok=True)

    def read_json(self, filename: str) -> Any:
        """Return what a file of JSON holds."""
        with self.get_download_stream(filename) as stream:
            return json.load(stream)

    def write_json(self, filename: str, obj: Any) -> None:
        """Write a file of JSON."""
        self.upload_data(filename, json.dumps(obj).encode())

    def _file(self, path: str) -> Path:
        file = (self._root / path.lstrip("/")).resolve()
        if not file.is_relative_to(self._root.resolve()):
            msg = f"Illegal path in folder {self.name}: {path}"
            raise DssError(msg)
        return file
