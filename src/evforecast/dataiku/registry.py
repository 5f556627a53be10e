"""The registry in a managed folder: worked on beside, on the disk; what makes it seen is sent up last."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from evforecast.clock import Clock, utc_now
from evforecast.dataiku.client import folder_of
from evforecast.dataiku.folders import bring_down, download, paths_in, send_up
from evforecast.registry import AliasEvent, ConflictError, ModelVersion, Registry
from evforecast.registry.folders import numbers

__all__ = ["FolderRegistry", "open_registry"]

# The file that is sent last: a folder without it is not there yet.
_SEEN_BY = {"versions": "card.json", "aliases": "event.json"}
_MODEL = "model.evf"

Done = TypeVar("Done")


class FolderRegistry(Registry):
    """A registry that is kept in a managed folder (see `open_registry`).

    Parameters
    ----------
    folder : dataiku.Folder
    local : Path
        A folder of the disk, empty.
    clock : callable
        Returns the present time, UTC.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), folders=["models"]):
    ...     FolderRegistry(folder_of("models"), Path(tempfile.mkdtemp())).models()
    []
    """

    def __init__(self, folder: Any, local: Path, *, clock: Clock = utc_now) -> None:
        super().__init__(local, clock=clock)
        self._folder = folder
        self.refresh()

    def refresh(self) -> None:
        """Bring down what others have published and moved since; models only when they are needed."""
        numbered = _numbered(paths_in(self._folder))
        whole = {where for where, names in numbered.items() if _SEEN_BY[where[1]] in names}

        def is_new(path: str) -> bool:
            where = _where(path)
            is_model = path.endswith(f"/{_MODEL}")
            return where in whole and not is_model and not (self.root / path).exists()

        bring_down(self._folder, self.root, is_new)

    def publish(self, model: Any, *, name: str, **facts: Any) -> ModelVersion:
        """Write a fitted forecaster as the next version, as `Registry.publish` does, and send it up.

        Parameters
        ----------
        model, name, facts
            As for `Registry.publish`.

        Raises
        ------
        ConflictError
            If someone else has published at the same time.
        """
        self.refresh()
        for number in self._there(name):  # one that is the same has to be found whole
            self._need_model(name, number)
        return self._sent(
            name, lambda: super(FolderRegistry, self).publish(model, name=name, **facts)
        )

    def set_alias(self, name: str, alias: str, version: int, **how: Any) -> AliasEvent:
        """Point an alias at a version, as `Registry.set_alias` does, and send that up.

        Parameters
        ----------
        name, alias, version, how
            As for `Registry.set_alias`.

        Raises
        ------
        ConflictError
            As there, or if someone else has moved an alias at the same time.
        """
        self.refresh()
        return self._sent(
            name, lambda: super(FolderRegistry, self).set_alias(name, alias, version, **how)
        )

    def clear_alias(self, name: str, alias: str, **how: Any) -> AliasEvent:
        """Let an alias point at nothing, as `Registry.clear_alias` does, and send that up."""
        self.refresh()
        return self._sent(name, lambda: super(FolderRegistry, self).clear_alias(name, alias, **how))

    def rollback(self, name: str, alias: str, **how: Any) -> AliasEvent:
        """Point an alias at the version before, as `Registry.rollback` does, and send that up."""
        self.refresh()
        return self._sent(name, lambda: super(FolderRegistry, self).rollback(name, alias, **how))

    # ---- within ----

    def _read(self, name: str, number: int) -> ModelVersion:
        self._need_model(name, number)
        return super()._read(name, number)

    def _need_model(self, name: str, number: int) -> None:
        path = f"{name}/versions/{number}/{_MODEL}"
        if not (self.root / path).exists():
            bring_down(self._folder, self.root, lambda found: found == path)

    def _there(self, name: str) -> list[int]:
        return self._numbers(name) if name in self.models() else []

    def _sent(self, name: str, do: Callable[[], Done]) -> Done:
        """Do something on the disk, and send up what the folder lacks: also what an earlier call left."""
        before = self._folders(name)
        done = do()
        there = _numbered(paths_in(self._folder))
        for where in self._folders(name):
            base, last = "/".join(map(str, where)), _SEEN_BY[where[1]]
            if last in there.get(where, ()):
                if where not in before:
                    self._lost(base, where[2])
                continue
            names = {path.name for path in (self.root / base).iterdir()}
            files = [*sorted(names - {last}), last]
            send_up(self._folder, self.root, [f"{base}/{file}" for file in files])
            if download(self._folder, f"{base}/{last}") != (self.root / base / last).read_bytes():
                self._lost(base, where[2])
        return done

    def _folders(self, name: str) -> list[tuple[str, str, int]]:
        """Return the versions on the disk, then the moves of aliases, in order."""
        return [
            (name, kind, number) for kind in _SEEN_BY for number in numbers(self.root / name / kind)
        ]

    def _lost(self, base: str, number: int) -> NoReturn:
        shutil.rmtree(self.root / base)
        msg = (
            f"folder {self._folder.name}: someone else has written {base} at the same time, and this is not "
            "in it. Let one recipe write to the registry at a time, and run this one again."
        )
        raise ConflictError(msg, number)


def open_registry(folder: Any, *, clock: Clock = utc_now) -> FolderRegistry:
    """Open the registry in a managed folder.

    Cards and the history of the aliases are brought to a folder of the disk at once, a model when it is
    loaded; what is published is sent up before the call returns, and removed from the disk with the object.

    What is promised: readers, any number of them and at any time, see a version or a move of an alias whole
    or not at all, since its card is sent last, and every file is held against its sum. A recipe that is
    killed may be run again. One recipe writes at a time: a managed folder has no step that only one of two
    writers can win, as a disk has. Two at once are mostly noticed (ConflictError), and what they may mix
    up is refused when it is loaded (DamagedError), but one of the two may be lost.

    Parameters
    ----------
    folder : str or dataiku.Folder
    clock : callable
        Returns the present time, UTC, for the cards and the history.

    Returns
    -------
    FolderRegistry
        A `evforecast.registry.Registry`.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> with fake_dss(tempfile.mkdtemp(), folders=["models"]):
    ...     version = open_registry("models").publish(
    ...         ev.Persistence([1]).fit(panel), name="city", data=panel
    ...     )
    ...     open_registry("models").load("city", version.number)
    Persistence(horizons=[1])
    """
    local = Path(tempfile.mkdtemp(prefix="evforecast-registry-"))
    registry = FolderRegistry(folder_of(folder), local, clock=clock)
    weakref.finalize(registry, shutil.rmtree, local, ignore_errors=True)
    return registry


def _where(path: str) -> tuple[str, str, int] | None:
    """Return model, kind and number of the folder that a file belongs to."""
    parts = path.split("/")
    if len(parts) == 4 and parts[1] in _SEEN_BY and parts[2].isdecimal():
        return parts[0], parts[1], int(parts[2])
    return None


def _numbered(paths: list[str]) -> dict[tuple[str, str, int], set[str]]:
    found: dict[tuple[str, str, int], set[str]] = {}
    for path in paths:
        if where := _where(path):
            found.setdefault(where, set()).add(path.rsplit("/", 1)[1])
    return found
