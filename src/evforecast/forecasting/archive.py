"""One file of JSON and arrays that is whole and as it was written, or is refused.

It is a zip of ``model.json`` and one ``.npy`` for each array, which any language reads. ``model.json``
lists the SHA-256 of each array's file, and the comment of the zip gives that of ``model.json``. These
sums find damage; they do not say who wrote the file. So nothing in it is taken on trust: no object
dtype, no name but those expected, no array whose header does not fit the size of its member.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import re
import uuid
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from evforecast._version import __version__
from evforecast.errors import FileFormatError, InputError

__all__ = ["FORMAT", "Archive", "PathLike", "is_plain", "open_archive", "write_archive"]

PathLike = str | os.PathLike[str]
Array = npt.NDArray[Any]

FORMAT = 1
_DOCUMENT = "model.json"
_COMMENT = re.compile(rb"evforecast model (\d{1,9}) ([0-9a-f]{64})")
# A model of thousands of chargers unpacks to some megabytes: more is an attack or a mistake.
_MOST_BYTES = 1 << 30
_MOST_TEXT = 1 << 24
# All that reading a damaged or forged file raises, wherever it breaks.
_DAMAGE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
)


class Archive:
    """An open file: its document, and its arrays, each to be read once.

    Attributes
    ----------
    document : dict
        What `write_archive` was given, and ``format``, ``evforecast`` and ``members``.
    sha256 : str
        Of the document, which names the sums of the arrays: one for each different content.
    waiting : dict of str to str
        The SHA-256 of each array not yet read, by its name.
    """

    def __init__(self, members: zipfile.ZipFile, document: dict[str, Any], sha256: str) -> None:
        self._members = members
        self.document = document
        self.sha256 = sha256
        self.waiting: dict[str, str] = dict(document["members"])

    def array(self, name: str) -> Array:
        """Return an array; no memory is taken because a header asks for it.

        Raises
        ------
        ValueError
            If it is no array of numbers, times or text, not of its declared size, or has changed.
        KeyError
            If there is none of this name, or it was read before.
        """
        expected = self.waiting.pop(name)
        data = self._members.read(name)
        _require_sum(data, expected, name)
        header = io.BytesIO(data)
        if np.lib.format.read_magic(header) != (1, 0):
            _refuse(f"{name} is an .npy of another version")
        shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(header)
        if is_fortran or not is_plain(dtype):
            _refuse(f"{name} holds {dtype}, not plain numbers or text, row by row")
        start, n_bytes = header.tell(), len(data) - header.tell()
        if any(size < 0 for size in shape) or math.prod(shape) * dtype.itemsize != n_bytes:
            _refuse(f"{name} has {n_bytes:,} bytes for an array {shape} of {dtype}")
        array: Array = np.ndarray(shape, dtype, data, start).copy()
        return array


def is_plain(dtype: np.dtype[Any]) -> bool:
    """Return whether elements are numbers, times or text, of one size on every machine.

    Examples
    --------
    >>> is_plain(np.dtype("float32")), is_plain(np.dtype(object))
    (True, False)
    """
    return dtype.kind in "biumMU" or (dtype.kind == "f" and dtype.itemsize <= 8)


def write_archive(path: PathLike, document: dict[str, Any], arrays: Sequence[Array]) -> None:
    """Write a document and arrays to one file, whole or not at all.

    The same content gives the same bytes, as far as zlib is the same.

    Parameters
    ----------
    path : path-like
        The file; one that is there is replaced at the end, in one step. Missing folders are made.
    document : dict
        What JSON can hold.
    arrays : sequence of numpy.ndarray
        Of plain elements; the document calls them ``0000.npy``, ``0001.npy``, ….

    Raises
    ------
    InputError
        If all of it is larger than a reader would accept.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_archive(f"{folder}/a", {"sizes": "0000.npy"}, [np.arange(3)])
    ...     with open_archive(f"{folder}/a") as archive:
    ...         archive.array(archive.document["sizes"]).tolist()
    [0, 1, 2]
    """
    members = {f"{place:04d}.npy": _npy(array) for place, array in enumerate(arrays)}
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    whole = {"format": FORMAT, "evforecast": __version__, **document, "members": sums}
    text = json.dumps(whole, allow_nan=False, indent=1).encode()
    if len(text) > _MOST_TEXT or sum(map(len, members.values())) + len(text) > _MOST_BYTES:
        msg = (
            f"{path}: {len(text):,} bytes of text and {sum(map(len, members.values())):,} of arrays; "
            f"at most {_MOST_TEXT:,} and {_MOST_BYTES:,} in all. Does the model keep data?"
        )
        raise InputError(msg)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.comment = f"evforecast model {FORMAT} {hashlib.sha256(text).hexdigest()}".encode()
        for name, data in {_DOCUMENT: text, **members}.items():
            entry = zipfile.ZipInfo(name)  # its date is 1980, whatever the day
            entry.create_system = 3  # its system is Unix, whatever the machine
            entry.external_attr = 0o644 << 16  # and whoever unpacks it may read it
            file.writestr(entry, data, zipfile.ZIP_DEFLATED, compresslevel=6)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with beside.open("xb") as handle:
            handle.write(packed.getbuffer())
            handle.flush()
            os.fsync(handle.fileno())
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


@contextmanager
def open_archive(path: PathLike) -> Iterator[Archive]:
    """Open what `write_archive` wrote; whatever breaks inside the ``with`` is one FileFormatError.

    Parameters
    ----------
    path : path-like
        The file.

    Yields
    ------
    Archive
        Its document is proved, its arrays are not yet read.

    Raises
    ------
    FileFormatError
        If the file is something else, damaged, forged, or written by a later format.

    Examples
    --------
    >>> with open_archive(__file__) as archive:
    ...     pass
    Traceback (most recent call last):
    evforecast.errors.FileFormatError: ...: no model that evforecast ... can read: ... no... zip ...
    """
    writer = "evforecast"
    with Path(path).open("rb") as handle:
        try:
            with zipfile.ZipFile(handle) as members:
                archive = _opened(members, path)
                writer = f"evforecast {archive.document['evforecast']}"
                yield archive
        except FileFormatError:
            raise
        except _DAMAGE as error:
            reason = str(error) if type(error) is ValueError else f"{type(error).__name__}: {error}"
            msg = (
                f"{path}: no model that evforecast {__version__} can read: {reason}. Copy the file again "
                f"from its source, save it anew, or install the {writer} that wrote it."
            )
            raise FileFormatError(msg) from error


def _opened(members: zipfile.ZipFile, path: PathLike) -> Archive:
    mark = _COMMENT.fullmatch(members.comment)
    if mark is None:
        _refuse("the mark of evforecast at its end is missing")
    if int(mark[1]) > FORMAT:
        msg = (
            f"{path}: has format {int(mark[1])}, evforecast {__version__} reads up to {FORMAT}. "
            "Install the evforecast that wrote it, or a later one."
        )
        raise FileFormatError(msg)
    entries = members.infolist()
    if sum(entry.file_size for entry in entries) > _MOST_BYTES:
        _refuse(f"it unpacks to over {_MOST_BYTES:,} bytes")
    if any(entry.compress_type not in {0, zipfile.ZIP_DEFLATED} for entry in entries):
        _refuse("a member is packed in a way that is never used")
    if (size := members.getinfo(_DOCUMENT).file_size) > _MOST_TEXT:
        _refuse(f"its {_DOCUMENT} has {size:,} bytes")
    text = members.read(_DOCUMENT)
    _require_sum(text, mark[2].decode(), _DOCUMENT)
    document: dict[str, Any] = json.loads(text, parse_constant=_refuse)
    listed = [f"{place:04d}.npy" for place in range(len(document["members"]))]
    if [entry.filename for entry in entries] != [_DOCUMENT, *listed]:
        _refuse(f"its members are not those that {_DOCUMENT} lists")
    if list(document["members"]) != listed or document["format"] != int(mark[1]):
        _refuse(f"{_DOCUMENT} contradicts itself")
    return Archive(members, document, mark[2].decode())


def _npy(array: Array) -> bytes:
    data = io.BytesIO()
    np.lib.format.write_array(data, np.asarray(array, order="C"), (1, 0), allow_pickle=False)
    return data.getvalue()


def _require_sum(data: bytes, expected: str, name: str) -> None:
    if hashlib.sha256(data).hexdigest() != expected:
        _refuse(f"{name} has changed: its SHA-256 is another")


def _refuse(reason: str) -> NoReturn:
    raise ValueError(reason)
