"""Random numbers: one way to turn a `random_state` into a generator, never the global state."""

from __future__ import annotations

import numpy as np

from evforecast.errors import InputError

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

    Raises
    ------
    InputError
        If the seed is negative.

    Examples
    --------
    >>> int(generator(0).integers(100)) == int(generator(0).integers(100))
    True
    """
    if isinstance(random_state, (int, np.integer)) and random_state < 0:
        msg = f"random_state={random_state!r}: a seed is a whole number from 0 on."
        raise InputError(msg)
    return np.random.default_rng(random_state)
