"""Where the forecasts of a backtest are kept: in memory, or in a folder from which a later call goes on.

A folder holds ``plan.json``, what was asked; ``proba-000.npy`` and so on, a model's probabilities; and
``done.npy``, a mark for each model and origin. It comes into being whole, under another name at first.
After that bytes are only ever set: a forecast is written, flushed to the disk, and then marked. So a
process may be killed at any moment, and two that work at once do the same twice.
"""

from __future__ import annotations

import json
import os
import reprlib
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import FileFormatError, InputError

__all__ = ["InMemory", "Stored"]

F32 = npt.NDArray[np.float32]
Shape = tuple[int, int, int, int]
_PLAN, _DONE = "plan.json", "done.npy"
_SHOWN = 3


class InMemory:
    """Forecasts in memory.

    Parameters
    ----------
    names : iterable of str
        The models.
    shape : tuple of int
        ``(origin, horizon, evse, status)``, of each model's probabilities.

    Examples
    --------
    >>> kept = InMemory(["a"], (2, 1, 1, 2))
    >>> kept.put("a", 1, np.full((1, 1, 2), 0.5, np.float32))
    >>> kept.proba()["a"][1].tolist()
    [[[0.5, 0.5]]]
    """

    def __init__(self, names: Iterable[str], shape: Shape) -> None:
        self._proba = {name: np.empty(shape, dtype=np.float32) for name in names}

    def waiting(self, name: str) -> list[int]:
        """Return the places of the origins that a model has not been asked from."""
        return list(range(len(self._proba[name])))

    def put(self, name: str, place: int, proba: F32) -> None:
        """Keep a forecast, ``[horizon, evse, status]``."""
        self._proba[name][place] = proba

    def proba(self) -> dict[str, F32]:
        """Return all of it, by model."""
        return self._proba


class Stored:
    """Forecasts in a folder.

    Parameters
    ----------
    folder : Path
        A new one, an empty one, or one that was made for the same plan.
    plan : dict
        What is asked, as JSON can hold it; ``models`` are by name.
    shape : tuple of int
        ``(origin, horizon, evse, status)``, of each model's probabilities.

    Raises
    ------
    InputError
        If the folder holds something else, or the answers to another plan.
    FileFormatError
        If a file in it is damaged.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp()) / "backtest"
    >>> plan = {"models": {"a": {"class": "A"}}}
    >>> Stored(folder, plan, (2, 1, 1, 2)).put("a", 1, np.full((1, 1, 2), 0.5, np.float32))
    >>> Stored(folder, plan, (2, 1, 1, 2)).waiting("a")
    [0]
    """

    def __init__(self, folder: Path, plan: dict[str, Any], shape: Shape) -> None:
        self.folder, self._shape = (
            folder.absolute(),
            shape,
        )  # a worker may have another place to be in
        self._names = sorted(plan["models"])
        asked = json.loads(json.dumps(plan))
        if not (self.folder / _PLAN).exists():
            self._create(asked)
        self._require_same(asked)
        for name in self._names:
            _read(self._file(name), shape, np.float32)
        self._done()

    def waiting(self, name: str) -> list[int]:
        """Return the places of the origins that a model has not been asked from."""
        places: list[int] = np.flatnonzero(~self._done()[self._names.index(name)]).tolist()
        return places

    def put(self, name: str, place: int, proba: F32) -> None:
        """Keep a forecast, ``[horizon, evse, status]``: it is on the disk before its mark is written."""
        _write(self._file(name), place, proba)
        _write(self.folder / _DONE, self._names.index(name) * self._shape[0] + place, np.True_)

    def proba(self) -> dict[str, F32]:
        """Return all of it, by model: read-only maps of the files."""
        return {name: _read(self._file(name), self._shape, np.float32) for name in self._names}

    def _file(self, name: str) -> Path:
        return self.folder / f"proba-{self._names.index(name):03d}.npy"

    def _done(self) -> npt.NDArray[np.bool_]:
        return _read(self.folder / _DONE, (len(self._names), self._shape[0]), np.bool_)

    def _create(self, plan: dict[str, Any]) -> None:
        if self.folder.exists() and (not self.folder.is_dir() or any(self.folder.iterdir())):
            msg = (
                f"backtest: store={str(self.folder)!r} is there and holds no backtest. Name a new or an "
                "empty folder."
            )
            raise InputError(msg)
        beside = self.folder.with_name(f".{self.folder.name}.{uuid.uuid4().hex}")
        beside.mkdir(parents=True)
        try:
            for name in self._names:
                _make(beside / self._file(name).name, self._shape, np.float32)
            _make(beside / _DONE, (len(self._names), self._shape[0]), np.bool_)
            with (beside / _PLAN).open("w", encoding="utf-8") as file:
                json.dump(plan, file, indent=1, ensure_ascii=False)
                file.flush()
                os.fsync(file.fileno())
            try:
                if self.folder.exists():
                    self.folder.rmdir()
                beside.rename(self.folder)
            except OSError:
                if not (self.folder / _PLAN).exists():
                    raise
                # another process was first: this one goes on with what that one made
        finally:
            shutil.rmtree(beside, ignore_errors=True)

    def _require_same(self, asked: dict[str, Any]) -> None:
        path = self.folder / _PLAN
        try:
            held = _flat(json.loads(path.read_text(encoding="utf-8")))
        except (AttributeError, ValueError) as error:
            msg = (
                f"{path}: no plan of a backtest ({error}). Delete its folder, or name another one."
            )
            raise FileFormatError(msg) from error
        wanted = _flat(asked)
        changed = [
            f"{key} was {_shown(held, key)}, now {_shown(wanted, key)}"
            for key in dict.fromkeys([*held, *wanted])
            if key not in held or key not in wanted or held[key] != wanted[key]
        ]
        if changed:
            more = f" (and {len(changed) - _SHOWN:,} more)" if len(changed) > _SHOWN else ""
            msg = (
                f"backtest: store={str(self.folder)!r} holds another backtest: "
                f"{'; '.join(changed[:_SHOWN])}{more}. Ask the same again to go on with it, or name "
                "another folder."
            )
            raise InputError(msg)


def _flat(node: dict[str, Any], above: str = "") -> dict[str, Any]:
    """Return the leaves of nested dictionaries by their path."""
    found: dict[str, Any] = {}
    for key, value in node.items():
        if isinstance(value, dict) and value:
            found |= _flat(value, f"{above}{key}.")
        else:
            found[f"{above}{key}"] = value
    return found


def _shown(leaves: dict[str, Any], key: str) -> str:
    return reprlib.repr(leaves[key]) if key in leaves else "not there"


def _make(path: Path, shape: tuple[int, ...], dtype: npt.DTypeLike) -> None:
    """Make a file of zeros: it takes room on the disk as it is filled."""
    np.lib.format.open_memmap(path, "w+", dtype=dtype, shape=shape).flush()


def _read(path: Path, shape: tuple[int, ...], dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r")
        if array.shape != shape or array.dtype != dtype:
            msg = f"it holds {array.dtype} {array.shape}, not {np.dtype(dtype)} {shape}"
            raise ValueError(msg)  # noqa: TRY301 - told with the others below
    except (EOFError, OSError, ValueError) as error:
        msg = f"{path}: damaged ({error}). Delete its folder, and ask again."
        raise FileFormatError(msg) from error
    return array


def _write(path: Path, place: int, value: npt.NDArray[Any] | np.generic) -> None:
    """Write one of equal parts of an array, by file and not by map: a full disk is then an error."""
    with path.open("r+b") as file:
        np.lib.format.read_magic(file)
        np.lib.format.read_array_header_1_0(file)
        file.seek(place * value.nbytes, os.SEEK_CUR)
        file.write(value.tobytes())
        file.flush()
        os.fsync(file.fileno())
