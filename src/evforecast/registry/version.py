"""One version of a model: a folder with the forecaster, its card and the sums of both."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from evforecast.disk import flush_names
from evforecast.forecasting import StatusForecaster, load, save
from evforecast.panel import StatusPanel
from evforecast.registry.card import ModelCard
from evforecast.registry.errors import DamagedError, RegistryError
from evforecast.registry.facts import (
    data_facts,
    feature_facts,
    model_facts,
    require_learnt_from,
    score_facts,
)
from evforecast.registry.folders import (
    draft,
    listed_sums,
    numbers,
    read_file,
    verify,
)

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["ModelVersion", "load_version", "publish_version", "read_version"]

MODEL, CARD = "model.evf", "card.json"
_FILES = (CARD, MODEL)


@dataclass(frozen=True)
class ModelVersion:
    """One version of a model, as it was published.

    Attributes
    ----------
    name : str
        The model.
    number : int
        From 1 on.
    path : Path
        Its folder: ``model.evf``, ``card.json`` and ``SHA256SUMS``.
    card : ModelCard
        What is known of it.
    card_sha256 : str
        Of ``card.json``, which names the SHA-256 of ``model.evf``: it stands for the whole version.
    """

    name: str
    number: int
    path: Path
    card: ModelCard = field(repr=False)
    card_sha256: str = field(repr=False)

    def require_intact(self) -> None:
        """Raise unless every file is what was published.

        Raises
        ------
        DamagedError
            If one is missing, has changed, or does not belong there.
        """
        if verify(self.path, _FILES)[MODEL] != self.card.model["sha256"]:
            raise DamagedError(self.path, MODEL, "is not the one that the card describes")


def read_version(path: Path) -> ModelVersion:
    """Return the version in a folder, by its card; the model's file is not looked at.

    Parameters
    ----------
    path : Path
        A folder that `publish_version` made, or a copy of it.

    Raises
    ------
    DamagedError
        If the card is missing or has changed.
    RegistryError
        If the card is of a later evforecast.

    Examples
    --------
    >>> read_version(Path("nowhere"))
    Traceback (most recent call last):
    evforecast.registry.errors.DamagedError: nowhere: SHA256SUMS cannot be read ...
    """
    text = read_file(path, CARD, _FILES)
    card = ModelCard.from_json(text, path / CARD)
    return ModelVersion(card.name, card.number, path, card, hashlib.sha256(text).hexdigest())


def load_version(path: Path) -> tuple[StatusForecaster, ModelCard]:
    """Load the forecaster in a folder, and its card, once every file is what was published.

    Parameters
    ----------
    path : Path
        A folder that `publish_version` made, or a copy of it.

    Raises
    ------
    DamagedError
        If a file is missing, has changed, or does not belong there.

    Examples
    --------
    >>> load_version(Path("nowhere"))
    Traceback (most recent call last):
    evforecast.registry.errors.DamagedError: nowhere: SHA256SUMS cannot be read ...
    """
    version = read_version(path)
    version.require_intact()
    return load(path / MODEL), version.card


def publish_version(
    folder: Path,
    model: StatusForecaster,
    *,
    name: str,
    data: StatusPanel,
    scores: pd.DataFrame | None,
    notes: str,
    at: np.datetime64,
) -> ModelVersion:
    """Write a forecaster as the next version, or return an intact one of the same content.

    Parameters
    ----------
    folder : Path
        Of all versions of the model.
    model : StatusForecaster
        Fitted.
    name : str
        Of the model.
    data : StatusPanel
        What it was fitted on.
    scores : pandas.DataFrame, optional
        By horizon.
    notes : str
    at : numpy.datetime64
        The present time, UTC.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.Persistence([1]).fit(panel)
    >>> facts = {"name": "driver", "data": panel, "scores": None, "notes": "", "at": panel.cutoff}
    >>> with tempfile.TemporaryDirectory() as root:
    ...     folder = Path(root, "driver", "versions")
    ...     [publish_version(folder, model, **facts).number for _ in range(2)]
    [1, 1]
    """
    with draft(folder, _FILES) as new:
        save(model, new.path / MODEL)
        require_learnt_from(model, data)
        facts, versions = model_facts(new.path / MODEL)
        card = ModelCard(
            name=name,
            number=0,
            published_at=at,
            model=facts,
            data=data_facts(data),
            features=feature_facts(model),
            scores=score_facts(scores),
            versions=versions,
            notes=notes,
        )
        while True:
            # Before a number is asked for, every version below it has been looked at: of two writers of
            # the same content, the later one finds that of the earlier.
            there = [number for number in numbers(folder) if number >= card.number]
            for number in reversed(there):
                same = _same(folder / str(number), card)
                if same is not None:
                    flush_names(folder)  # whoever wrote it may have been killed before this
                    return same
            card = replace(card, number=max(there, default=0) + 1)
            new.write(CARD, card.to_json())
            if new.publish(card.number):
                return read_version(folder / str(card.number))


def _same(path: Path, card: ModelCard) -> ModelVersion | None:
    """Return the version in a folder if it is the publication of `card`, and can be loaded."""
    try:
        if listed_sums(path, _FILES)[MODEL] == card.model["sha256"]:
            version = read_version(path)
            version.require_intact()
            return version if version.card.content() == card.content() else None
    except (
        RegistryError
    ):  # a damaged version does not keep the same model from being published again
        pass
    return None
