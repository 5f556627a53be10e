"""A folder of models: versions that never change, and names that point at them."""

from __future__ import annotations

import operator
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from evforecast.clock import Clock, utc_now
from evforecast.errors import first_few
from evforecast.forecasting import StatusForecaster
from evforecast.panel import StatusPanel
from evforecast.registry.aliases import AliasEvent, current, events_frame, version_before
from evforecast.registry.card import ModelCard, cards_frame
from evforecast.registry.errors import DamagedError, RegistryError, UnknownVersionError
from evforecast.registry.folders import numbers
from evforecast.registry.history import History
from evforecast.registry.names import LATEST, alias_name, is_model_name, model_name
from evforecast.registry.version import (
    CARD,
    ModelVersion,
    load_version,
    publish_version,
    read_version,
)
from evforecast.timegrid import as_time

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Registry"]


class Registry:
    """Models on disk, for several processes at once.

    Several processes may publish and move aliases at the same time, and be killed at any moment: what can
    be seen is whole, and what a call has returned stays. It needs a disk on which a folder is renamed in
    one step: a local one or a network drive, not a bucket that looks like one.

    Parameters
    ----------
    root : path-like
        The folder; made by the first publication.
    clock : callable
        Returns the present time, UTC, for the cards and the history.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.Persistence(horizons=[1, 4]).fit(panel)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     registry = Registry(folder)
    ...     version = registry.publish(model, name="driver", data=panel)
    ...     _ = registry.set_alias("driver", "champion", version.number, by="me", reason="first")
    ...     registry.load("driver", "champion").predict_proba(panel).proba.shape
    (2, 6, 5)
    """

    def __init__(self, root: str | os.PathLike[str], *, clock: Clock = utc_now) -> None:
        self.root = Path(root)
        self.clock = clock

    def __repr__(self) -> str:
        """Say the folder and the models."""
        return f"<Registry {self.root}: {', '.join(self.models()) or 'no models'}>"

    # ---- versions ----

    def models(self) -> list[str]:
        """Return the names of the models that have a version, sorted."""
        names = [path.name for path in self.root.iterdir()] if self.root.exists() else []
        return sorted(
            name for name in names if is_model_name(name) and numbers(self._versions(name))
        )

    def publish(
        self,
        model: StatusForecaster,
        *,
        name: str,
        data: StatusPanel,
        scores: pd.DataFrame | None = None,
        notes: str = "",
    ) -> ModelVersion:
        """Write a fitted forecaster as the next version, or return the one that is the same already.

        Safe to run again after an interruption: the same bytes with the same data, scores, notes and
        versions of the packages are one version, unless that has been damaged since.

        Parameters
        ----------
        model : StatusForecaster
            Fitted, of a class that `evforecast.forecasting.save` writes.
        name : str
            Of the model: up to 100 letters, digits, ``-``, ``_`` and ``.``.
        data : StatusPanel
            What it was fitted on, for the card; it is not kept.
        scores : pandas.DataFrame, optional
            Its rows of `evforecast.evaluation.Backtest.scores`, one a horizon.
        notes : str
            Anything else to know.

        Raises
        ------
        InputError
            If `name` is none, `data` is not what the model learnt from, `scores` are of several models
            or not by horizon, or the model holds what a file cannot.
        NotFittedError
            Before `fit`.
        """
        return publish_version(
            self._versions(name),
            model,
            name=name,
            data=data,
            scores=scores,
            notes=notes,
            at=as_time(self.clock()),
        )

    def get(self, name: str, which: int | str) -> ModelVersion:
        """Return a version with its card; the model's file is not looked at.

        Parameters
        ----------
        name : str
            The model.
        which : int or str
            A number, an alias (``champion``), or ``latest`` for the highest number.

        Raises
        ------
        UnknownVersionError
            If there is no such model or version, or the alias points at nothing.
        DamagedError
            If the card is missing, or has changed since it was published or the alias was set to it.
        """
        there = self._numbers(name)
        if which == LATEST:
            return self._read(name, there[-1])
        if not isinstance(which, str):
            number = operator.index(which)
            if number not in there:
                msg = f"{self.root}: {name!r} has no version {number}; there are {_span(there)}."
                raise UnknownVersionError(msg)
            return self._read(name, number)
        event = self._history(name).last(alias_name(which))
        if event is None or not event.version:
            msg = f"{self.root}: {which!r} of {name!r} points at no version; there are {_span(there)}."
            raise UnknownVersionError(msg)
        version = self._read(name, event.version)
        if version.card_sha256 != event.card_sha256:
            reason = f"has changed since {event.by} set {which!r} to it on {event.at}"
            raise DamagedError(version.path, CARD, reason)
        return version

    def load(self, name: str, which: int | str) -> StatusForecaster:
        """Load a forecaster, once every file of its version is what was published.

        No code of a file is run (see `evforecast.load`).

        Parameters
        ----------
        name, which
            As for `get`.

        Raises
        ------
        UnknownVersionError
            If there is no such model or version, or the alias points at nothing.
        DamagedError
            If a file of the version is missing, has changed, or does not belong there.
        """
        return load_version(self.get(name, which).path)[0]

    def versions(self, name: str) -> pd.DataFrame:
        """Return the versions of a model, one row each; every file is looked at.

        Returns
        -------
        pandas.DataFrame
            ``number``; ``intact``, whether every file is what was published; ``aliases``, those that point
            at it; from the card, and missing where not intact, ``published_at``, ``class``,
            ``trained_from``, ``trained_until``, ``chargers``, ``bytes``, ``notes``. Times are UTC.

        Raises
        ------
        UnknownVersionError
            If there is no such model.
        """
        cards: dict[int, ModelCard | None] = {}
        for number in self._numbers(name):
            try:
                version = self._read(name, number)
                version.require_intact()
            except RegistryError:  # the listing is there to find a version that is whole
                cards[number] = None
            else:
                cards[number] = version.card
        return cards_frame(cards, current(self.events(name)))

    # ---- aliases ----

    def alias(self, name: str, alias: str) -> int:
        """Return the number of the version that an alias points at, 0 if it points at none."""
        event = self._history(name).last(alias_name(alias))
        return event.version if event else 0

    def set_alias(
        self,
        name: str,
        alias: str,
        version: int,
        *,
        by: str,
        reason: str,
        record: Mapping[str, Any] | None = None,
        expected: int | None = None,
    ) -> AliasEvent:
        """Point an alias at a version; where it points there already, nothing is written.

        Parameters
        ----------
        name : str
            The model.
        alias : str
            ``champion``, ``challenger``, or another name that begins with a letter.
        version : int
            The number. The version has to be intact.
        by, reason : str
            Who moves it and why, for the history.
        record : mapping, optional
            What the move rests on (a decision to promote, say), as JSON holds it.
        expected : int, optional
            What the alias must point at until now, 0 for nothing; without it the last writer wins.

        Returns
        -------
        AliasEvent
            The move, or the earlier one that led there.

        Raises
        ------
        UnknownVersionError
            If there is no such version.
        DamagedError
            If a file of it is missing, has changed, or does not belong there.
        ConflictError
            If the alias points neither at `version` nor at `expected`.
        InputError
            If `alias` is no name, `by` or `reason` is empty, or JSON cannot hold `record`.
        """
        target = self.get(name, operator.index(version))
        target.require_intact()
        event = self._event(alias, "set", target, by=by, reason=reason, record=record)
        return self._history(name).move(event, expected)

    def clear_alias(
        self,
        name: str,
        alias: str,
        *,
        by: str,
        reason: str,
        record: Mapping[str, Any] | None = None,
        expected: int | None = None,
    ) -> AliasEvent:
        """Let an alias point at nothing; where it does already, nothing is written.

        Parameters
        ----------
        name, alias, by, reason, record, expected
            As for `set_alias`.

        Raises
        ------
        UnknownVersionError
            If there is no such model, or the alias was never set.
        ConflictError
            If the alias points elsewhere than at `expected`.
        InputError
            If `by` or `reason` is empty, or JSON cannot hold `record`.
        """
        event = self._event(alias, "clear", None, by=by, reason=reason, record=record)
        return self._history(name).move(event, expected)

    def rollback(
        self,
        name: str,
        alias: str,
        *,
        by: str,
        reason: str,
        expected: int | None = None,
    ) -> AliasEvent:
        """Point an alias at the version that it pointed at before.

        Moves that were rolled back do not count: two rollbacks go back two versions, not there and back. A
        cleared alias points again where it did. A program that may be run again passes `expected`, so
        that it does not go back twice.

        Parameters
        ----------
        name, alias, by, reason, expected
            As for `set_alias`.

        Raises
        ------
        UnknownVersionError
            If there is no such model, or no version before.
        DamagedError
            If that version is damaged; `set_alias` takes any other.
        ConflictError
            If the alias points elsewhere than at `expected`, or is moved elsewhere meanwhile.
        InputError
            If `by` or `reason` is empty.
        """
        history = self._history(name)
        events = history.events()
        last = next((event for event in reversed(events) if event.alias == alias), None)
        history.require(alias, last, expected)
        number = version_before(events, alias)
        if last is None or not number:
            msg = f"{self.root}: {alias!r} of {name!r} has no version to go back to. See history()."
            raise UnknownVersionError(msg)
        target = self.get(name, number)
        target.require_intact()
        event = self._event(alias, "rollback", target, by=by, reason=reason, record=None)
        return history.move(event, last.version)

    def events(self, name: str) -> list[AliasEvent]:
        """Return every move of the aliases of a model, oldest first, with its record."""
        return self._history(name).events()

    def history(self, name: str) -> pd.DataFrame:
        """Return the moves of the aliases of a model, oldest first, one row each.

        Returns
        -------
        pandas.DataFrame
            ``number, at, alias, action, version, previous, by, reason``; ``at`` is UTC, and version 0
            means none. The records are in `events`.
        """
        return events_frame(self.events(name))

    # ---- within ----

    def _versions(self, name: str) -> Path:
        return self.root / model_name(name) / "versions"

    def _history(self, name: str) -> History:
        self._numbers(name)  # a name misspelt is not a model without a history
        return History(self._versions(name).with_name("aliases"))

    def _numbers(self, name: str) -> list[int]:
        there = numbers(self._versions(name))
        if not there:
            known = first_few(self.models()) or "none"
            msg = f"{self.root}: there is no model {name!r}; there are {known}. Publish it first."
            raise UnknownVersionError(msg)
        return there

    def _read(self, name: str, number: int) -> ModelVersion:
        version = read_version(self._versions(name) / str(number))
        if (version.name, version.number) != (name, number):
            reason = f"is that of {version.name!r}, version {version.number}"
            raise DamagedError(version.path, CARD, reason)
        return version

    def _event(
        self,
        alias: str,
        action: Literal["set", "rollback", "clear"],
        target: ModelVersion | None,
        *,
        by: str,
        reason: str,
        record: Mapping[str, Any] | None,
    ) -> AliasEvent:
        return AliasEvent(
            number=0,
            at=as_time(self.clock()),
            alias=alias_name(alias),
            action=action,
            version=target.number if target else 0,
            previous=0,
            by=by,
            reason=reason,
            card_sha256=target.card_sha256 if target else "",
            record=None if record is None else dict(record),
        )


def _span(there: list[int]) -> str:
    """Return the numbers of versions as people say them."""
    return f"{len(there)}, from {there[0]} to {there[-1]}"
