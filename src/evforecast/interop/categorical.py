"""`Categorical`: the skpro distribution of a status, which skpro itself lacks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError, MissingExtraError, first_few

try:
    from skpro.distributions.base import BaseDistribution
except ImportError as error:
    raise MissingExtraError("skpro", "skpro") from error

__all__ = ["Categorical"]

_Floats = npt.NDArray[np.float64]

# float32 probabilities of a handful of statuses sum to 1 within this.
_SUM_TOLERANCE = 1e-4


class Categorical(BaseDistribution):
    """Distributions over a few numbered classes, one for each row and column.

    Its `cdf`, `ppf`, `mean`, `var` and `energy` follow the order and the distances of the codes. skpro asks
    for them, and for statuses, which have no order, they mean nothing: use `pmf` and `log_pmf`.

    Parameters
    ----------
    probs : numpy.ndarray
        Shape ``[row, column, class]``; each last axis is a probability distribution. Shape ``[class]``
        makes a single distribution, without rows and columns.
    codes : array-like
        The number of each class, increasing, shape ``[class]``.
    index : pandas.Index, optional
        The names of the rows, for a forecast charger and time; by default 0, 1, …
    columns : pandas.Index, optional
        The names of the columns; by default 0, 1, …

    Raises
    ------
    InputError
        If shapes disagree, codes do not increase, or a row is no probability distribution.

    References
    ----------
    Székely and Rizzo (2013), Energy statistics, doi:10.1016/j.jspi.2013.03.018 (the energy).

    Examples
    --------
    >>> import numpy as np
    >>> import pandas as pd
    >>> from evforecast.interop import Categorical
    >>> p = np.array([[[0.7, 0.3, 0.0]], [[0.1, 0.1, 0.8]]])
    >>> d = Categorical(p, [0, 1, 4], index=pd.Index(["a", "b"]), columns=pd.Index(["status"]))
    >>> d.pmf(pd.DataFrame({"status": [0, 4]}, index=["a", "b"]))["status"].tolist()
    [0.7, 0.8]
    >>> d.iloc[[1]].index.tolist()
    ['b']
    """

    _tags = {  # noqa: RUF012 - skpro reads its tags from a plain dict of the class
        "authors": ["evforecast"],
        "maintainers": ["evforecast"],
        "capabilities:approx": [],
        "capabilities:exact": ["mean", "var", "energy", "pmf", "log_pmf", "cdf", "ppf"],
        "distr:measuretype": "discrete",
        "distr:paramtype": "general",
        "broadcast_init": "off",
    }

    def __init__(
        self,
        probs: npt.NDArray[Any],
        codes: npt.ArrayLike,
        index: pd.Index | None = None,
        columns: pd.Index | None = None,
    ) -> None:
        self.probs = probs
        self.codes = codes
        p, numbers = np.asarray(probs, dtype=np.float64), np.asarray(codes, dtype=np.float64)
        if p.ndim == 3:
            index = pd.RangeIndex(p.shape[0]) if index is None else index
            columns = pd.RangeIndex(p.shape[1]) if columns is None else columns
        _check(p, numbers, index, columns)
        # float32 sums to 1 only nearly: a second rounding here would make ppf and cdf disagree
        self._p = p / p.sum(axis=-1, keepdims=True)
        self._cumulative = self._p.cumsum(axis=-1)
        self._cumulative[..., -1] = 1.0
        self._codes = numbers
        super().__init__(index=index, columns=columns)

    # ---- what skpro asks for; x and p have the shape of the distribution, [row, column] or [] ----

    def _pmf(self, x: _Floats) -> _Floats:
        """Return the probability of `x`: 0 for a number that is no class, NaN where it is missing."""
        x = np.asarray(x, dtype=np.float64)
        hit = x[..., None] == self._codes
        result: _Floats = np.where(np.isnan(x), np.nan, (self._p * hit).sum(axis=-1))
        return result

    def _log_pmf(self, x: _Floats) -> _Floats:
        with np.errstate(divide="ignore"):
            result: _Floats = np.log(self._pmf(x))
        return result

    def _cdf(self, x: _Floats) -> _Floats:
        x = np.asarray(x, dtype=np.float64)
        below = np.searchsorted(self._codes, x, side="right")
        last = np.maximum(below - 1, 0)[..., None]
        reached = np.take_along_axis(self._cumulative, last, axis=-1)[..., 0]
        result: _Floats = np.where(np.isnan(x), np.nan, np.where(below > 0, reached, 0.0))
        return result

    def _ppf(self, p: _Floats) -> _Floats:
        p = np.asarray(p, dtype=np.float64)
        place = (self._cumulative < p[..., None]).sum(axis=-1)
        result: _Floats = np.where(
            np.isnan(p), np.nan, self._codes[np.minimum(place, len(self._codes) - 1)]
        )
        return result

    def _mean(self) -> _Floats:
        result: _Floats = self._p @ self._codes
        return result

    def _var(self) -> _Floats:
        off = self._codes - self._mean()[..., None]
        result: _Floats = (self._p * off**2).sum(axis=-1)
        return result

    def _energy_self(self) -> _Floats:
        """Return the mean distance of two draws, summed over the columns: shape ``[row]``."""
        distance = np.abs(self._codes[:, None] - self._codes[None, :])
        return _by_row(((self._p @ distance) * self._p).sum(axis=-1))

    def _energy_x(self, x: _Floats) -> _Floats:
        """Return the mean distance of a draw from `x`, summed over the columns: shape ``[row]``."""
        distance = np.abs(np.asarray(x, dtype=np.float64)[..., None] - self._codes)
        return _by_row((self._p * distance).sum(axis=-1))

    def _pmf_support(self, lower: float, upper: float, max_points: int = 100) -> _Floats:
        inside: _Floats = self._codes[(self._codes >= lower) & (self._codes <= upper)]
        return inside[:max_points]

    # ---- subsetting: the last axis is not one of the distribution's ----

    def _subset_params(
        self,
        rowidx: Any,
        colidx: Any,
        coerce_scalar: bool = False,  # noqa: FBT001, FBT002 - skpro's signature
    ) -> dict[str, Any]:
        probs = np.asarray(self.probs)
        if coerce_scalar:
            return {"probs": probs[int(rowidx), int(colidx)], "codes": self.codes}
        if rowidx is not None:
            probs = probs[np.asarray(rowidx)]
        if colidx is not None:
            probs = probs[:, np.asarray(colidx)]
        return {"probs": probs, "codes": self.codes}

    def _get_indexer_like_pandas(self, index: pd.Index, keys: Any) -> npt.NDArray[np.intp]:
        """Return places of labels; skpro would take a label that is not there for the last one."""
        places: npt.NDArray[np.intp] = super()._get_indexer_like_pandas(index, keys)
        strangers = np.flatnonzero(np.asarray(places) < 0)
        if len(strangers):
            labels = pd.Index(keys)[strangers]
            msg = (
                f"Categorical: {len(strangers):,} of {len(places):,} labels are not among the "
                f"{len(index):,} here: {first_few(labels)}. Forecast and truth need the same index."
            )
            raise InputError(msg)
        return places

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return the examples on which skpro's suite runs: an array, a forecast of chargers, a scalar."""
        del parameter_set
        rng = np.random.default_rng(0)
        rows = pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["evse_id", "time"])
        return [
            {"probs": rng.dirichlet(np.ones(3), size=(4, 2)), "codes": [0, 1, 4]},
            {
                "probs": rng.dirichlet(np.ones(5), size=(4, 1)).astype(np.float32),
                "codes": np.arange(5),
                "index": rows,
                "columns": pd.Index(["status"]),
            },
            {"probs": np.array([0.2, 0.8]), "codes": [-0.5, 2.0]},
        ]


def _by_row(values: _Floats) -> _Floats:
    result: _Floats = values.sum(axis=1) if values.ndim else values
    return result


def _check(p: _Floats, codes: _Floats, index: pd.Index | None, columns: pd.Index | None) -> None:
    if p.ndim == 1 and index is None and columns is None:
        wanted: tuple[int, ...] = codes.shape
    elif p.ndim == 3 and index is not None and columns is not None:
        wanted = (len(index), len(columns), *codes.shape)
    else:
        wanted = ()
    if codes.ndim != 1 or p.shape != wanted or not codes.size:
        msg = (
            f"Categorical: probs are {p.shape} for codes {codes.shape}"
            + ("" if index is None else f", {len(index):,} rows")
            + ("" if columns is None else f" and {len(columns):,} columns")
            + "; they must be [row, column, class], or [class] without index and columns."
        )
        raise InputError(msg)
    if not (np.diff(codes) > 0).all():
        msg = f"Categorical: codes must increase, found {first_few(codes.tolist())}. Sort both by code."
        raise InputError(msg)
    if p.size and not (p.min() >= 0 and np.abs(p.sum(axis=-1) - 1).max() <= _SUM_TOLERANCE):
        msg = (
            "Categorical: some rows are no probability distribution (negative, NaN, or not summing "
            "to 1). Divide each by its sum."
        )
        raise InputError(msg)
