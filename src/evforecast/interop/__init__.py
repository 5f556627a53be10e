"""sktime and skpro: our forecasters there, and their horizons and splitters here.

It needs ``pip install 'evforecast[skpro]'``. Each name loads its module when it is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evforecast.interop.categorical import Categorical
    from evforecast.interop.sktime import StatusForecaster
    from evforecast.interop.splitters import horizons, splitter_origins

__all__ = ["Categorical", "StatusForecaster", "horizons", "splitter_origins"]

_LAZY = {
    "Categorical": "categorical",
    "StatusForecaster": "sktime",
    "horizons": "splitters",
    "splitter_origins": "splitters",
}


def __getattr__(name: str) -> object:
    """Load a public name on first use."""
    if name not in _LAZY:
        msg = f"module 'evforecast.interop' has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(f"evforecast.interop.{_LAZY[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return sorted(__all__)
