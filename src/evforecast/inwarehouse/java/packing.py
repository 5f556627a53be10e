"""A direct forecaster as bytes that Java reads: numbers with the highest byte first."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from evforecast.features import feature_names
from evforecast.forecasting import DirectForecaster
from evforecast.forecasting.base import FLOOR, check_horizons
from evforecast.forecasting.pooling import SMALLEST
from evforecast.inwarehouse.java.splits import SplitTrees, read_trees

__all__ = ["pack", "scorer_features"]


def scorer_features(model: DirectForecaster) -> tuple[str, ...]:
    """Return the names of what the scorer of a fitted forecaster is handed, in order.

    Parameters
    ----------
    model : DirectForecaster
        Fitted. Where one classifier serves all horizons the horizon is its last column; the scorer adds it.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.DirectForecaster(horizons=[4], groups=["calendar"], random_state=0).fit(panel)
    >>> scorer_features(model)
    ('target_minute', 'day_type', 'school_holiday')
    """
    return tuple(feature_names(model.scheme_.names, tuple(model.groups), model.exog_))


def pack(model: DirectForecaster) -> bytes:
    r"""Return a fitted forecaster as the bytes that ``Scorer.java`` reads; the same model gives the same.

    Parameters
    ----------
    model : DirectForecaster
        One of which `can_score_in_java` says nothing.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.DirectForecaster(horizons=[4], target="free", random_state=0).fit(panel)
    >>> pack(model)[:16]
    b'\x00\x00\x00\x02\x00\n"not free"'
    """
    statuses = model.target_scheme_.names
    partner_weight = 0.0 if model.semi_markov_ is None else float(model.semi_markov_weight)
    keys = [json.dumps(status).encode("ascii") for status in statuses]
    return b"".join(
        [
            struct.pack(">i", len(keys)),
            *(struct.pack(">H", len(key)) + key for key in keys),
            struct.pack(">i?", len(scorer_features(model)), model.pooled),
            struct.pack(">ddd", partner_weight, SMALLEST, FLOOR),
            _ints(check_horizons(model.horizons)),
            struct.pack(">i", len(model.learnt_)),
            *(_trees(read_trees(model.learnt_[key])) for key in sorted(model.learnt_)),
        ]
    )


def _trees(written: SplitTrees) -> bytes:
    trees = written.trees
    return b"".join(
        [
            _ints(trees.classes_),
            _doubles(trees.baseline),
            _ints(trees.leaves),
            _ints(written.feature),
            _doubles(trees.threshold),
            _ints(trees.missing_left),
            _ints(trees.left_leaves),
            _doubles(trees.value),
            _ints(written.node),
            _ints(written.table),
            _ints(written.goes_left.ravel()),
            struct.pack(">i", len(written.categories)),
            *map(_doubles, written.categories),
        ]
    )


def _ints(values: npt.ArrayLike) -> bytes:
    """Return whole numbers from 0 up, all in the fewest bytes that hold the largest."""
    numbers = np.asarray(values).astype(np.int64)
    most = int(numbers.max(initial=0))
    width = next(width for width in (1, 2, 4) if most < 1 << (8 * width))
    return struct.pack(">bi", width, len(numbers)) + numbers.astype(f">u{width}").tobytes()


def _doubles(values: Iterable[float] | npt.NDArray[np.floating]) -> bytes:
    numbers = np.asarray(values, ">f8")
    return struct.pack(">i", len(numbers)) + numbers.tobytes()
