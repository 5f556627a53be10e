"""What the programs of the peers share: the city as they read it, the model that they are given, the scores.

The peers live in an environment of their own (mlforecast needs pandas below 3)::

    python -m venv peers
    peers/bin/pip install darts lightgbm mlforecast numba pandas polars pyarrow \
        scikit-learn skforecast sktime threadpoolctl

None of them takes a missing value in its series, so each charger's last status is carried over its gaps
before the clock starts. Whatever one of them lacks, its job ends with the reason instead of figures.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 96, 672)
"""Of the benchmark's features, in quarter-hours."""
WINDOW = 96
SMALLEST = 1e-4
"""What every forecast gives a status at least when it is scored: labels alone would lose everything."""

HOT = "#"
"""Between a charger's id and a status's code in the id of a series of zeros and ones."""

PACKAGES = ("skforecast", "mlforecast", "sktime", "darts", "polars", "lightgbm", "pandas", "numpy")


@dataclass(frozen=True)
class City:
    """Statuses as arrays: codes ``[time, evse]`` (int8, -1 missing), ids, times (UTC), names."""

    codes: np.ndarray
    ids: np.ndarray
    times: np.ndarray
    statuses: tuple[str, ...]

    @classmethod
    def load(cls, path: str | Path) -> City:
        """Read what `save` wrote."""
        with np.load(path) as held:
            return cls(
                held["codes"],
                held["ids"].astype(str),
                held["times"].astype("datetime64[s]"),
                tuple(held["statuses"].astype(str)),
            )

    def save(self, path: str | Path) -> None:
        """Write the arrays to an npz file."""
        np.savez(
            path, codes=self.codes, ids=self.ids, times=self.times, statuses=list(self.statuses)
        )

    def rows(self, first: int, stop: int) -> City:
        """Return some rows; `first` may be negative, and reach before the first row."""
        first = max(len(self.codes) + first, 0) if first < 0 else first
        return replace(self, codes=self.codes[first:stop], times=self.times[first:stop])

    def units(self, count: int) -> City:
        """Return some chargers, spread evenly over all of them."""
        chosen = spread(len(self.ids), count)
        return replace(self, codes=self.codes[:, chosen], ids=self.ids[chosen])

    def extended(self, count: int) -> City:
        """Return the city with so many rows more, in which the last status goes on."""
        step = self.times[1] - self.times[0]
        later = self.times[-1] + step * np.arange(1, count + 1)
        codes = np.vstack([self.codes, np.repeat(self.codes[-1:], count, axis=0)])
        return replace(self, codes=codes, times=np.concatenate([self.times, later]))

    def filled(self) -> City:
        """Return the city with the last status carried over gaps, the first one back to the start."""
        row = np.arange(len(self.codes))[:, None]
        seen = np.where(self.codes >= 0, row, -1)
        np.maximum.accumulate(seen, axis=0, out=seen)
        first = np.argmax(self.codes >= 0, axis=0)
        codes = np.take_along_axis(self.codes, np.where(seen < 0, first, seen), axis=0)
        return replace(self, codes=np.maximum(codes, 0))

    def long(self, kind: type = float) -> Any:
        """Return a frame ``unique_id, ds, y``, sorted, `y` being the code."""
        return _long(self.ids, self.times, self.codes.T.astype(kind))

    def one_hot_long(self) -> Any:
        """Return a frame of one series of zeros and ones for each charger and status."""
        ids = hot_ids(self.ids, len(self.statuses))
        hot = self.codes.T[:, None, :] == np.arange(len(self.statuses))[None, :, None]
        return _long(ids, self.times, hot.reshape(len(ids), -1).astype(np.float32))

    def wide(self, kind: type = float) -> Any:
        """Return a frame of codes, a column a charger, with the frequency that skforecast asks for."""
        import pandas as pd

        index = pd.DatetimeIndex(nanoseconds(self.times), freq="15min")
        return pd.DataFrame(self.codes.astype(kind), index=index, columns=self.ids)


def _long(ids: np.ndarray, times: np.ndarray, values: np.ndarray) -> Any:
    import pandas as pd

    place = np.repeat(np.arange(len(ids)), len(times))
    return pd.DataFrame(
        {
            "unique_id": pd.Categorical.from_codes(place, categories=list(ids)),
            "ds": np.tile(nanoseconds(times), len(ids)),
            "y": values.ravel(),
        }
    )


def nanoseconds(times: np.ndarray) -> np.ndarray:
    """Return times in the unit that pandas 2 has by default; sktime reads others wrongly."""
    return times.astype("datetime64[ns]")


def hot_ids(ids: np.ndarray, size: int) -> np.ndarray:
    """Return the ids of the series of zeros and ones, by charger, then by status."""
    return np.array([f"{one}{HOT}{code}" for one in ids for code in range(size)])


def spread(total: int, count: int) -> np.ndarray:
    """Return `count` places among `total`, evenly spread."""
    return np.unique(np.linspace(0, total - 1, min(count, total)).round().astype(int))


def from_labels(labels: np.ndarray, size: int) -> np.ndarray:
    """Return labels (or numbers near them) as certain forecasts, ``[..., status]``."""
    codes = np.clip(np.rint(np.asarray(labels, float)), 0, size - 1).astype(int)
    return np.eye(size, dtype=np.float32)[codes]


def normalised(weights: np.ndarray) -> np.ndarray:
    """Return weights cut at `SMALLEST` and at 1, summing to 1 over the last axis."""
    cut = np.clip(np.asarray(weights, float), SMALLEST, 1)
    return (cut / cut.sum(axis=-1, keepdims=True)).astype(np.float32)


def log_loss(proba: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean log loss of forecasts ``[..., status]`` where the truth is known (not -1)."""
    cut = normalised(proba)
    taken = np.take_along_axis(cut, np.maximum(truth, 0)[..., None].astype(int), axis=-1)[..., 0]
    return float(-np.log(taken[truth >= 0]).mean())


def quiet() -> None:
    """Silence the warnings of the peers, which would hide the figures."""
    warnings.simplefilter("ignore")


def reason(error: BaseException) -> str:
    """Return why a peer cannot do a task, in one line and without folders of this machine."""
    lines = str(error).strip().splitlines() or [""]
    text = f"{type(error).__name__}: {lines[0]}"
    return re.sub(r"(?<![\w.])/[^\s'\":,)]*/", "", text)[:200]


def versions() -> dict[str, str]:
    """Return the versions of what is installed here."""
    import importlib.metadata

    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found
