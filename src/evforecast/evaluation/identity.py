"""What a model is, as plain text and sums that another process finds equal to its own.

A model that is to be fitted here is its class and its parameters; one that is used as it is, is what it
has learnt too. Sums are SHA-256.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import pickle
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import InputError

__all__ = ["described", "model_identity"]


def model_identity(name: str, model: object, *, learns: bool) -> dict[str, Any]:
    """Return what a model is, as far as its forecasts depend on it.

    Parameters
    ----------
    name : str
        What the message calls it.
    model : forecaster
        With scikit-learn's ``get_params``, or without: then all that it holds counts.
    learns : bool
        Whether it is fitted anew, so that what it has learnt before is of no account.

    Returns
    -------
    dict
        ``class``, ``parameters``, and of a model that does not learn ``trained_until`` and ``learnt``.

    Raises
    ------
    InputError
        If it holds something that has no text, an open file say.

    Examples
    --------
    >>> import evforecast as ev
    >>> model_identity("c", ev.Climatology([4]), learns=True)["parameters"]["horizons"]
    [4]
    """
    try:
        parameters = model.get_params(deep=False) if hasattr(model, "get_params") else {}
        found = {"class": _class(model), "parameters": described(parameters)}
        if not learns or not hasattr(model, "get_params"):
            state = model.__getstate__()
            held = dict(state) if isinstance(state, dict) else {"state": state}
            learnt = {key: value for key, value in held.items() if key not in parameters}
            found["trained_until"] = str(getattr(model, "trained_until_", None))
            found["learnt"] = hashlib.sha256(_text(described(learnt))).hexdigest()
    except (AttributeError, RecursionError, TypeError, pickle.PicklingError) as error:
        msg = (
            f"backtest: model {name!r} holds something that cannot be written down ({error}), so a later "
            "call could not tell whether it continues with the same model. Leave out store=..., or give "
            "the model what can be pickled."
        )
        raise InputError(msg) from error
    return found


def described(value: Any) -> Any:
    """Return a value as JSON can hold it, equal for equal values; arrays and objects by their content.

    Examples
    --------
    >>> described({"horizons": range(1, 3), "target": None, "share": np.float64(0.5)})
    {'horizons': [1, 2], 'target': None, 'share': 0.5}
    """
    if isinstance(value, np.generic) and value.dtype.kind in "biuf":
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else repr(value)
    if isinstance(value, Mapping):
        return {str(key): described(item) for key, item in value.items()}
    if isinstance(value, list | tuple | range):
        return [described(item) for item in value]
    return {"class": _class(value), **_content(value)}


def _content(value: Any) -> dict[str, Any]:
    """Return what an object holds, or the sum of its pickle where it does not tell."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        data = np.ascontiguousarray(value).tobytes()
        return {"dtype": str(value.dtype), "shape": list(value.shape), "sha256": _sum(data)}
    if isinstance(value, np.ndarray | pd.Index):
        return {"values": described(value.tolist())}
    if isinstance(value, pd.DataFrame | pd.Series):
        return {"sha256": _sum(value.to_csv().encode())}
    held: object = None
    if isinstance(value, np.random.Generator):
        held = value.bit_generator.state
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        held = {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    elif not isinstance(value, type):
        held = value.__getstate__()
    if isinstance(held, dict):
        return dict(described(held))
    return {"sha256": _sum(pickle.dumps(value, protocol=4))}


def _class(value: object) -> str:
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _text(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True).encode()


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
