"""A score of whole futures: whether draws move together as the truth does."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.evaluation.counts import known_draws

__all__ = ["energy_score"]

FloatArray = npt.NDArray[np.float64]


def energy_score(draws: npt.NDArray[Any], obs: npt.NDArray[Any]) -> FloatArray:
    r"""Return :math:`\frac{1}{n}\sum_i \|x_i - obs\| - \frac{1}{2n^2}\sum_{i,j} \|x_i - x_j\|`.

    It is `crps` with the length of a vector for the size of a number. A vector is a future of counts,
    over horizons or over areas, so that draws which are right at each horizon and wrong in how horizons
    go together score worse, though much less so than draws of a wrong level.

    Parameters
    ----------
    draws : numpy.ndarray
        Counts, shape ``[path, ..., dimension]``, every path as likely as the others. `StatusPaths.counts`
        gives ``[path, horizon, group]``: the dimension is the group; move another axis to the end for
        trajectories, ``np.moveaxis(counts, 1, -1)``.
    obs : numpy.ndarray
        Observed counts, shape ``[..., dimension]``, -1 or NaN where missing.

    Returns
    -------
    numpy.ndarray
        float64, shape ``[...]``, in units of the count, 0 when perfect. A missing truth leaves its
        dimension out of all the lengths, and a case with none is NaN. A length grows with its
        dimensions, so compare models on the same cases, and cases of as many dimensions.

    Raises
    ------
    InputError
        If the shapes disagree, there is no draw, or a draw is NaN or infinite.

    See Also
    --------
    crps : The same score of one dimension; its notes say what the number of paths does.

    References
    ----------
    Gneiting and Raftery (2007), section 4.3, doi:10.1198/016214506000001437; what it hardly sees: Scheuerer
    and Hamill (2015), doi:10.1175/MWR-D-14-00269.1.

    Examples
    --------
    >>> together = np.array([[0, 0], [4, 4]])
    >>> apart = np.array([[0, 4], [4, 0]])
    >>> draws = np.stack([together, apart], axis=1)
    >>> energy_score(draws, np.array([[4, 4], [4, 4]])).round(2)
    array([1.41, 2.59])
    """
    x, y, known = known_draws(draws, obs, "energy_score")
    if not obs.ndim:
        msg = (
            "energy_score: observations have no axis, and the last one is the dimension. Use crps."
        )
        raise InputError(msg)
    x = np.where(known, x, 0.0)
    n = len(x)
    away = _length(x - y).mean(axis=0)
    among = np.zeros_like(away)
    # All pairs at once would take n times the memory of the draws.
    for lag in range(1, n):
        among += _length(x[lag:] - x[:-lag]).sum(axis=0)
    return np.where(known.any(axis=-1), away - among / n**2, np.nan)[()]


def _length(vectors: FloatArray) -> FloatArray:
    length: FloatArray = np.sqrt(np.einsum("...d,...d->...", vectors, vectors))
    return length
