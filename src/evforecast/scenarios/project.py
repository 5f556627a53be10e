"""`Project`: what is to be done on a schedule, read from one file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import InputError
from evforecast.monitoring import Limits
from evforecast.timegrid import as_step

__all__ = ["STEPS", "FeedSettings", "ModelSettings", "MonitorSettings", "Project", "span"]

STEPS = (
    "collect",
    "load",
    "features",
    "train",
    "predict",
    "join_truth",
    "monitor",
    "retrain",
    "promote",
    "report",
)
"""The steps of production, in the order of a day."""


@dataclass(frozen=True)
class FeedSettings:
    """A feed to collect.

    Attributes
    ----------
    name : str
        In the project.
    kind : str
        Where its class is: ``evforecast.sources.belib.BelibStatus``, or one of your own.
    every : str, optional
        How often it is collected, where that is less often than the feed says.
    parameters : mapping
        Of the class.
    """

    name: str
    kind: str
    every: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelSettings:
    """A model, and how often it is trained.

    Attributes
    ----------
    name : str
        In the registry.
    kind : str
        A class of `evforecast.forecasting`.
    horizons : tuple of int
        Steps ahead.
    first : str
        How much must have been observed before the first training.
    history : str
        How much of the past a training learns from.
    holdout : str
        The end of the history that a trial fit is scored on, for the card; ``"0D"`` for none.
    baselines : tuple of str
        Classes of `evforecast.forecasting` that it must beat.
    parameters : mapping
        Of the class.

    Raises
    ------
    InputError
        If a span of time is none, or the holdout leaves nothing to learn from.
    """

    name: str
    kind: str
    horizons: tuple[int, ...]
    first: str = "28D"
    history: str = "365D"
    holdout: str = "1D"
    baselines: tuple[str, ...] = ("Persistence",)
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check the spans of time."""
        for name in ("first", "history", "holdout"):
            span(getattr(self, name), name)
        if span(self.holdout, "holdout") >= span(self.first, "first"):
            msg = f"holdout = {self.holdout!r} leaves nothing of first = {self.first!r} to learn from."
            raise InputError(msg)


@dataclass(frozen=True)
class MonitorSettings:
    """How the network and its forecasts are looked at.

    Attributes
    ----------
    window : str
        How much is looked at.
    every : str
        The time between the forecasts that are scored.
    scored : str
        How far back forecasts are scored.
    """

    window: str = "1D"
    every: str = "1h"
    scored: str = "28D"

    def __post_init__(self) -> None:
        """Check the spans of time."""
        for name in ("window", "scored"):
            span(getattr(self, name), name)
        as_step(self.every)


@dataclass(frozen=True)
class Project:
    """What is to be done on a schedule: the feeds, the warehouse, the models, the limits.

    Attributes
    ----------
    path : Path
        The file; folders in it are beside it, unless they begin at the root.
    name : str
    warehouse : str
        The address, as `evforecast.connect` takes it.
    tz : str
        The zone of the clock on the chargers' wall.
    step : numpy.timedelta64
        Of the grid.
    store, registry, reports, runs : Path
        The folders of what was collected, of models, of reports and of the records of runs.
    feeds : tuple of FeedSettings
        The first that brings a table ``status`` is the network's.
    models : tuple of ModelSettings
    monitor : MonitorSettings
    limits : Limits
    memory : mapping of str to int
        Bytes that each step may take.
    predict_in : str
        ``here``, or ``warehouse``.
    budget : float or None
        The credits that one run may cost.
    sizes : mapping of str to str
        The size of the warehouse, by step.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.scenarios.new_project import write_project
    >>> project = Project.read(write_project(tempfile.mkdtemp()))
    >>> project.name, [model.kind for model in project.models]
    ('city', ['SemiMarkovForecaster'])
    """

    path: Path
    name: str
    warehouse: str
    tz: str
    step: np.timedelta64
    store: Path
    registry: Path
    reports: Path
    runs: Path
    feeds: tuple[FeedSettings, ...]
    models: tuple[ModelSettings, ...]
    monitor: MonitorSettings
    limits: Limits
    memory: Mapping[str, int]
    predict_in: str
    budget: float | None
    sizes: Mapping[str, str]

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Project:
        """Read a project file.

        Parameters
        ----------
        path : path-like
            TOML; `evforecast init` writes one with comments.

        Raises
        ------
        FileNotFoundError
            If there is no such file.
        InputError
            If it is no TOML, a key is unknown, missing or a secret, or a value is of another kind; the
            message says the line, and the nearest key.
        """
        from evforecast.scenarios.project_file import read_project

        return read_project(Path(path))


def span(value: str, name: str) -> np.timedelta64:
    """Return a span of time.

    Raises
    ------
    InputError
        If it is none.

    Examples
    --------
    >>> span("28D", "first")
    np.timedelta64(2419200,'s')
    """
    try:
        seconds = pd.Timedelta(value).total_seconds()
    except ValueError:
        seconds = -1.0
    if not seconds >= 0:
        msg = f"{name} = {value!r} is no span of time; write it like '28D' or '6h'."
        raise InputError(msg)
    return np.timedelta64(int(seconds), "s")
