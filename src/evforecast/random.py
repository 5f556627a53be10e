"""Random numbers: one way to turn a `random_state` into a generator, never the global state."""

from __future__ import annotations

import numpy as np

__all__ = ["RandomState", "generator"]

RandomState = int | np.random.Generator | None


def generator(random_state: RandomState) -> np.random.Generator:
    """Return a numpy generator from a seed, a generator or None.

    Parameters
    ----------
    random_state : int, numpy.random.Generator or None
        A seed gives the same numbers at every call; a generator is used as it is (and so moves on);
        None draws a fresh seed from the operating system.

    Returns
    -------
    numpy.random.Generator

    Examples
    --------
    >>> int(generator(0).integers(100)) == int(generator(0).integers(100))
    True
    """
    return np.random.default_rng(random_state)
