"""Fitted forecasters as one file of numbers and text, without pickle: to load one runs no code of its own.

What a file may hold is listed in the tables below. It names classes by the short names there, never by
something to import. A forged file can hold wrong numbers and so forecast wrongly; it can do no more.
"""

from __future__ import annotations

import math
import platform
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import sklearn
from sklearn.base import clone
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import HistGradientBoostingClassifier

from evforecast._version import __version__
from evforecast.errors import EvForecastError, InputError, NotFittedError
from evforecast.forecasting.archive import PathLike, open_archive, write_archive
from evforecast.forecasting.base import StatusForecaster
from evforecast.forecasting.blend import Blend
from evforecast.forecasting.calibrated import Calibrated, Recalibration
from evforecast.forecasting.climatology import Climatology
from evforecast.forecasting.dependence import Dependence
from evforecast.forecasting.direct import DirectForecaster
from evforecast.forecasting.failure_rate import FailureRate
from evforecast.forecasting.hazards import Hazards
from evforecast.forecasting.learning import Learnt
from evforecast.forecasting.markov import MarkovForecaster
from evforecast.forecasting.occupied import OccupiedFeed
from evforecast.forecasting.persistence import Persistence
from evforecast.forecasting.plain import KINDS, Kind, Reader, Writer, look_up
from evforecast.forecasting.recursive import RecursiveForecaster
from evforecast.forecasting.semimarkov import SemiMarkovForecaster
from evforecast.forecasting.trees import TreeEnsemble
from evforecast.panel import Calendar, StatusScheme
from evforecast.timegrid import step_text

__all__ = ["ESTIMATORS", "FORECASTERS", "RECORDS", "describe", "load", "save"]

FORECASTERS: dict[str, type[StatusForecaster]] = {
    "blend": Blend,
    "calibrated": Calibrated,
    "climatology": Climatology,
    "direct": DirectForecaster,
    "failure-rate": FailureRate,
    "markov": MarkovForecaster,
    "occupied-feed": OccupiedFeed,
    "persistence": Persistence,
    "recursive": RecursiveForecaster,
    "semi-markov": SemiMarkovForecaster,
}
"""Forecasters by the name that files use: saved are their parameters and what ends in ``_``."""

RECORDS: dict[str, type[Any]] = {
    "calendar": Calendar,
    "dependence": Dependence,
    "hazards": Hazards,
    "learnt": Learnt,
    "recalibration": Recalibration,
    "status-scheme": StatusScheme,
    "trees": TreeEnsemble,
}
"""Dataclasses by the name that files use: saved are their fields."""

ESTIMATORS: dict[str, tuple[type[Any], Callable[[Any], Any]]] = {
    "dummy": (DummyClassifier, TreeEnsemble.from_classifier),
    "hist-gradient-boosting": (HistGradientBoostingClassifier, TreeEnsemble.from_classifier),
}
"""Classifiers of scikit-learn: saved are parameters that differ from the defaults; of a fitted one, the
record that the function makes of it."""

_ALWAYS_LEARNT = ("evse_ids_", "scheme_", "step_", "trained_from_", "trained_until_")
_LEARNT = re.compile(r"[A-Za-z]\w*_")


def save(forecaster: StatusForecaster, path: PathLike) -> None:
    """Write a fitted forecaster to one file, whole or not at all; the same model gives the same bytes.

    Parameters
    ----------
    forecaster : StatusForecaster
        Fitted, of a class in `FORECASTERS`. Boosted classifiers of scikit-learn are written as their
        trees.
    path : path-like
        The file; one that is there is replaced at the end, in one step. Missing folders are made.

    Raises
    ------
    NotFittedError
        Before `fit`.
    InputError
        If it holds something that a file cannot: the message names the attribute.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(ev.Persistence(horizons=[1, 4]).fit(panel), f"{folder}/model.evf")
    ...     load(f"{folder}/model.evf").predict_proba(panel).proba.shape
    (2, 6, 5)
    """
    writer = Writer(_KINDS, _advice(), _stand_in)
    name = type(forecaster).__name__
    if type(forecaster) not in FORECASTERS.values():
        writer.refuse(forecaster, "the object to save")
    if not hasattr(forecaster, "trained_until_"):
        msg = f"save: the {name} is not fitted. Call fit(panel) first."
        raise NotFittedError(msg)
    document = {"about": _about(forecaster), "model": writer.value(forecaster, name)}
    write_archive(path, document, writer.arrays)


def load(path: PathLike) -> StatusForecaster:
    """Read what `save` wrote.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    StatusForecaster
        It forecasts as the saved one did; its classifiers are `TreeEnsemble`.

    Raises
    ------
    FileFormatError
        If the file is something else, damaged, forged, or written by a later format.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(ev.Climatology(unit_weight=3).fit(panel), f"{folder}/model.evf")
    ...     load(f"{folder}/model.evf").unit_weight
    3
    """
    with open_archive(path) as archive:
        forecaster = Reader(_KINDS, archive).value(archive.document["model"])
        fitted = all(hasattr(forecaster, name) for name in _ALWAYS_LEARNT)
        if not isinstance(forecaster, StatusForecaster) or not fitted or archive.waiting:
            msg = "it holds no fitted forecaster, or arrays that belong to none"
            raise ValueError(msg)
        return forecaster


def describe(path: PathLike) -> dict[str, Any]:
    """Return what a saved forecaster is and was trained on; its arrays are not read.

    Parameters
    ----------
    path : path-like
        The file.

    Returns
    -------
    dict
        ``class``, ``parameters``, ``statuses``, ``step``, ``chargers`` (their number),
        ``trained_from``, ``trained_until`` (UTC), ``versions``, all as text and numbers; and ``sha256``,
        which differs where anything in the file does.

    Raises
    ------
    FileFormatError
        If the file is something else, damaged, or written by a later format.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(ev.MarkovForecaster().fit(panel), f"{folder}/model.evf")
    ...     describe(f"{folder}/model.evf")["class"]
    'MarkovForecaster'
    """
    with open_archive(path) as archive:
        return {**archive.document["about"], "sha256": archive.sha256}


def _about(forecaster: StatusForecaster) -> dict[str, Any]:
    parameters = forecaster.get_params(deep=False)
    return {
        "class": type(forecaster).__name__,
        "parameters": {name: _readable(value) for name, value in parameters.items()},
        "statuses": list(forecaster.scheme_.names),
        "step": step_text(forecaster.step_),
        "chargers": len(forecaster.evse_ids_),
        "trained_from": str(forecaster.trained_from_),
        "trained_until": str(forecaster.trained_until_),
        "versions": {
            "evforecast": __version__,
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
            "python": platform.python_version(),
        },
    }


def _readable(value: Any) -> Any:
    """Return a parameter as JSON for people: `load` reads the exact one elsewhere in the document."""
    if isinstance(value, dict):
        return {str(key): _readable(item) for key, item in value.items()}
    if isinstance(value, list | tuple | range | np.ndarray):
        return [_readable(item) for item in value]
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float) and not math.isfinite(plain):
        return str(plain)
    return plain if isinstance(plain, bool | int | float | str | None) else type(plain).__name__


def _advice() -> str:
    return (
        f"So can {', '.join(cls.__name__ for cls in FORECASTERS.values())}, and of classifiers "
        "scikit-learn's HistGradientBoostingClassifier and DummyClassifier(strategy='prior'). LightGBM "
        "and other classifiers are not supported yet: fit with the default classifier, or pickle the "
        "forecaster, and load it only where you trust whoever can write the file. A new class of "
        "evforecast joins a table in forecasting/saving.py."
    )


def _write_forecaster(writer: Writer, model: StatusForecaster, where: str) -> Any:
    parameters = model.get_params(deep=False)
    learnt = {name: value for name, value in sorted(vars(model).items()) if name not in parameters}
    for name in learnt:
        if not _LEARNT.fullmatch(name):
            msg = (
                f"{where}.{name} is neither a parameter nor does its name end in an underscore, as "
                "what is learnt does. Rename it, or compute it where it is needed."
            )
            raise InputError(msg)
    # A classifier given as a parameter is a pattern to be cloned, even where it happens to be fitted.
    for name, value in parameters.items():
        if type(value) in _estimators():
            parameters[name] = clone(value)
    name = next(name for name, cls in FORECASTERS.items() if cls is type(model))
    return [name, writer.named(parameters, where), writer.named(learnt, where)]


def _read_forecaster(reader: Reader, content: Any) -> StatusForecaster:
    name, parameters, learnt = content
    model = look_up(FORECASTERS, name, "forecaster")(**reader.named(parameters))
    for attribute, value in reader.named(learnt).items():
        if not _LEARNT.fullmatch(attribute):
            msg = f"a {type(model).__name__} learns no {attribute!r}"
            raise ValueError(msg)
        setattr(model, attribute, value)
    return model


def _write_record(writer: Writer, record: Any, where: str) -> Any:
    name = next(name for name, cls in RECORDS.items() if cls is type(record))
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return [name, writer.named(values, where)]


def _read_record(reader: Reader, content: Any) -> Any:
    name, values = content
    return look_up(RECORDS, name, "record")(**reader.named(values))


def _estimators() -> set[type]:
    return {estimator for estimator, _ in ESTIMATORS.values()}


def _stand_in(value: Any, where: str) -> Any:
    """Return the record of a fitted classifier, and anything else as it is."""
    if type(value) not in _estimators() or not hasattr(value, "classes_"):
        return value
    try:
        return next(record for cls, record in ESTIMATORS.values() if cls is type(value))(value)
    except EvForecastError as error:
        msg = f"{where}: {error}"
        raise InputError(msg) from error


def _write_estimator(writer: Writer, model: Any, where: str) -> Any:
    """Write one that is not fitted as the parameters that differ from the defaults."""
    name = next(name for name, (cls, _) in ESTIMATORS.items() if cls is type(model))
    # Defaults are left out: a later scikit-learn may not know them any more.
    default = {key: repr(value) for key, value in type(model)().get_params(deep=False).items()}
    parameters = model.get_params(deep=False).items()
    given = {key: value for key, value in parameters if repr(value) != default[key]}
    return [name, writer.named(given, where)]


def _read_estimator(reader: Reader, content: Any) -> Any:
    name, given = content
    return look_up(ESTIMATORS, name, "classifier")[0](**reader.named(given))


_KINDS: dict[str, Kind] = {
    **KINDS,
    "estimator": Kind(_estimators, _write_estimator, _read_estimator),
    "forecaster": Kind(FORECASTERS.values, _write_forecaster, _read_forecaster),
    "record": Kind(RECORDS.values, _write_record, _read_record),
}
