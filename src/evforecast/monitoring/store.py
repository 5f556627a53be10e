"""Forecasts as they were given out, kept until their truth has come."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.panel import StatusForecast
from evforecast.timegrid import TimeLike, as_time

__all__ = ["ForecastStore"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_FILE = re.compile(r"\d{8}T\d{6}Z\.parquet")
# Written in float32, and perhaps by another number of threads: this close is the same forecast.
_SAME = 1e-5


class ForecastStore:
    """A folder of forecasts, one file a model and cutoff.

    Champion and challengers are kept side by side; so are the baselines that they are held against. A
    forecast that was given out is never written over.

    Parameters
    ----------
    root : path-like
        The folder; made with the first forecast.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> forecast = ev.Persistence([4]).fit(panel).predict_proba(panel)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     store = ForecastStore(folder)
    ...     store.add("persistence", forecast)
    ...     store.models(), len(store.cutoffs("persistence"))
    (['persistence'], 1)
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)

    def __repr__(self) -> str:
        """Say where it is."""
        return f"<ForecastStore at {str(self.root)!r}>"

    def add(self, model: str, forecast: StatusForecast) -> None:
        """Keep a forecast; to add the same one again changes nothing.

        Parameters
        ----------
        model : str
            Who made it: letters, digits, ``.``, ``_`` and ``-``.
        forecast : StatusForecast
            What was forecast.

        Raises
        ------
        InputError
            If the name has other characters, or another forecast of this model and cutoff is there.
        FileFormatError
            If the file that is there is damaged.
        """
        path = self._folder(model) / self._file(forecast.cutoff)
        if path.exists():
            if not alike(StatusForecast.load(path), forecast):
                msg = (
                    f"ForecastStore: {model!r} has already given out another forecast from "
                    f"{forecast.cutoff} UTC ({path}). What was given out is what is scored: keep a new "
                    "version of a model under a name of its own."
                )
                raise InputError(msg)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        forecast.save(path)

    def models(self) -> list[str]:
        """Return the names of the models, sorted."""
        if not self.root.is_dir():
            return []
        return sorted(
            path.name
            for path in self.root.iterdir()
            if path.is_dir() and _NAME.fullmatch(path.name)
        )

    def cutoffs(self, model: str) -> npt.NDArray[np.datetime64]:
        """Return the cutoffs of a model's forecasts, increasing, ``datetime64[s]``, UTC."""
        stamps = sorted(
            path.name for path in self._folder(model).glob("*") if _FILE.fullmatch(path.name)
        )
        times = [f"{s[:4]}-{s[4:6]}-{s[6:11]}:{s[11:13]}:{s[13:15]}" for s in stamps]
        return np.array(times, dtype="datetime64[s]")

    def read(
        self, model: str, *, since: TimeLike | None = None, until: TimeLike | None = None
    ) -> Iterator[StatusForecast]:
        """Read a model's forecasts, one after the other, by cutoff.

        Parameters
        ----------
        model : str
            Who made them; of a model without any, none are read.
        since, until : time, optional
            The first and the last cutoff.

        Raises
        ------
        InputError
            If it is no name of a model.
        FileFormatError
            If a file is damaged.
        """
        times = self.cutoffs(model)
        kept = np.ones(len(times), dtype=bool)
        if since is not None:
            kept &= times >= as_time(since)
        if until is not None:
            kept &= times <= as_time(until)
        for time in times[kept]:
            yield StatusForecast.load(self._folder(model) / self._file(time))

    def _folder(self, model: str) -> Path:
        if not _NAME.fullmatch(model):
            msg = (
                f"ForecastStore: {model!r} is no name for a model: it becomes a folder, so letters, "
                "digits, '.', '_' and '-' only, a letter or digit first."
            )
            raise InputError(msg)
        return self.root / model

    @staticmethod
    def _file(cutoff: np.datetime64) -> str:
        digits = re.sub(r"[-:]", "", str(cutoff.astype("datetime64[s]")))
        return f"{digits}Z.parquet"


def alike(one: StatusForecast, other: StatusForecast) -> bool:
    """Tell whether two forecasts are one, but for what another machine makes of the last digits."""
    return (
        one.cutoff == other.cutoff
        and one.step == other.step
        and one.scheme == other.scheme
        and np.array_equal(one.horizons, other.horizons)
        and one.evse_ids == other.evse_ids
        and np.allclose(one.proba, other.proba, rtol=0, atol=_SAME)
    )
