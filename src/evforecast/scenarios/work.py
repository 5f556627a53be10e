"""What a step works on: the project, the time it is done for, the warehouse, the stores and the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeGuard

import numpy as np

from evforecast.clock import Clock, utc_now
from evforecast.collect import Fetch, Store
from evforecast.collect.ledger import span
from evforecast.errors import InputError
from evforecast.registry import Registry
from evforecast.scenarios.classes import make_feed
from evforecast.scenarios.memory import resident
from evforecast.scenarios.project import FeedSettings, Project
from evforecast.scenarios.settings import Source
from evforecast.scenarios.tables import TABLES, stamp, watermark
from evforecast.sources.feed import Feed
from evforecast.warehouse import TableName, Warehouse

__all__ = ["Done", "Replay", "Work", "feed_of", "is_replay", "opened"]

_AHEAD = np.timedelta64(86_400, "s")
_OFTEN = ("features", "predict")  # another schedule may do them more often


class Replay(Feed, Fetch, Protocol):
    """A feed that answers its own requests, at any time from its first on: a simulation, a recording."""

    @property
    def since(self) -> np.datetime64:
        """Its first time."""


@dataclass(frozen=True)
class Done:
    """What a step says of itself; the runner makes a `StepResult` of it.

    Attributes
    ----------
    rows : int
    watermark : numpy.datetime64 or None
    status : str
    artefacts : mapping of str to str
    """

    rows: int = 0
    watermark: np.datetime64 | None = None
    status: str = "done"
    artefacts: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Work:
    """What a step works on.

    Attributes
    ----------
    project : Project
    as_of : numpy.datetime64
        The time that it is done for, UTC.
    warehouse : Warehouse
    dry_run : bool
        Whether nothing is to be written.
    memory : int
        The bytes that the step may take.
    held_before : int
        The bytes that the process held when the step began.
    clock : callable
        The present time: to tell whether a live feed can still be asked, and for nothing else.
    looks : dict
        What was seen of a model, so that a report in the same process need not look again.
    """

    project: Project
    as_of: np.datetime64
    warehouse: Warehouse
    dry_run: bool = False
    memory: int = 10**9
    held_before: int = field(default_factory=resident)
    clock: Clock = utc_now
    looks: dict[str, Any] = field(default_factory=dict)

    @property
    def now(self) -> np.datetime64:
        """The last time of the grid that is not after `as_of`."""
        epoch = np.datetime64(0, "s")
        return epoch + (self.as_of - epoch) // self.project.step * self.project.step

    @cached_property
    def stores(self) -> dict[str, Store]:
        """The store of each feed, by its name in the project."""
        return {
            one.name: Store(self.project.store, feed_of(one, self.project), every=one.every)
            for one in self.project.feeds
        }

    @property
    def network(self) -> Store:
        """The store of the first feed that brings statuses."""
        for store in self.stores.values():
            if "status" in store.feed.tables:
                return store
        msg = f"{self.project.path}: none of its feeds brings a table 'status'. Add one that does."
        raise InputError(msg)

    @cached_property
    def registry(self) -> Registry:
        """The models; what is published is published at `as_of`."""
        return Registry(self.project.registry, clock=lambda: self.as_of)

    @property
    def collected_until(self) -> np.datetime64:
        """The last cycle of the network that was asked, not after `now`."""
        store = self.network
        return min(span(store, None, None)[1] - store.every, self.now)

    @property
    def data_until(self) -> np.datetime64 | None:
        """How far the grid in the warehouse reaches, but not beyond `now`; None of an empty one."""
        found = watermark(self.warehouse, "features")
        return None if found is None else min(found, self.now)

    def begun(self, step: str, *, often: bool = False) -> np.datetime64 | None:
        """Return how far a step has come, refusing to go back.

        Parameters
        ----------
        step : str
            As the table ``watermark`` calls it.
        often : bool
            Whether another schedule may do it more often, and so be ahead of this one by up to a day.

        Raises
        ------
        InputError
            If it has come further than `now`.
        """
        found = watermark(self.warehouse, step)
        if found is not None and found > self.now + (_AHEAD if often else 0):
            raise self._back([(step, found)])
        return found

    def refuse_to_go_back(self, steps: Sequence[str]) -> None:
        """Refuse steps, before the first of them, where one has come further than `as_of`.

        Parameters
        ----------
        steps : sequence of str
            Of the project.

        Raises
        ------
        InputError
            If one has; it says which, how far, and how far back is tolerated.
        """
        if self.warehouse.columns(TableName(("watermark",))) is None:
            return
        rows = self.warehouse.run(
            f'SELECT "step", "until" FROM {TABLES["watermark"].sql} ORDER BY 1'
        )
        models = tuple(f"predict:{model.name}-" for model in self.project.models)
        ahead = []
        for step in steps:
            for name, time in rows:
                until = np.datetime64(time, "s")
                is_its = name.startswith(models) if step == "predict" else name == step
                if is_its and until > self.now + (_AHEAD if step in _OFTEN else 0):
                    ahead.append((name, until))
        if ahead:
            raise self._back(ahead)

    def _back(self, ahead: Sequence[tuple[str, np.datetime64]]) -> InputError:
        done = ", ".join(f"{name} up to {stamp(until)}" for name, until in ahead)
        first = ahead[0][0]
        return InputError(
            f"it is asked for {stamp(self.now)} UTC, and what is done already: {done}. A time before is for "
            f"{' and '.join(_OFTEN)} alone, by a day at most. Has a clock been set back, or is --as-of an "
            "old one? Mend that and run it again; to do it again on purpose, set the rows in the table "
            f"\"watermark\" back first (step = '{first}'{', …' if len(ahead) > 1 else ''})."
        )


def is_replay(feed: Feed) -> TypeGuard[Replay]:
    """Return whether a feed answers its own requests.

    Examples
    --------
    >>> from evforecast.scenarios import SimulatedCity
    >>> is_replay(SimulatedCity())
    True
    """
    return hasattr(type(feed), "since")  # of the class: the value may take long


def feed_of(settings: FeedSettings, project: Project) -> Feed:
    """Return the feed that a project describes.

    Raises
    ------
    InputError
        If there is no such class, or it takes other parameters.

    Examples
    --------
    >>> from evforecast.scenarios.new_project import write_project
    >>> import tempfile
    >>> project = Project.read(write_project(tempfile.mkdtemp()))
    >>> feed_of(project.feeds[0], project).name
    'simulated'
    """
    return make_feed(settings, Source(project.path, ""))


@contextmanager
def opened(project: Project) -> Iterator[Warehouse]:
    """Open the warehouse of a project.

    Examples
    --------
    >>> from evforecast.scenarios.new_project import write_project
    >>> import tempfile
    >>> with opened(Project.read(write_project(tempfile.mkdtemp()))) as warehouse:
    ...     warehouse.run("SELECT 1")
    [(1,)]
    """
    from evforecast.warehouse import connect

    with connect(project.warehouse) as warehouse:
        yield warehouse
