"""How complete something is, in five words and five colours."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["LEVELS", "NAMES", "level_of"]

LEVELS = (
    ("all", 1.0, "#2A6F8E"),
    ("90% or more", 0.9, "#22A884"),
    ("half or more", 0.5, "#8FD24A"),
    ("less", 0.0, "#FDE725"),
)
"""Word, least share and colour: from dark to light in even steps, in grey print too."""

NAMES = (*(name for name, _, _ in LEVELS), "nothing")
"""The words of the levels; nothing at all has no colour."""


def level_of(due: npt.NDArray[np.float64], had: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return the place of each share among `NAMES`, -1 where nothing was due.

    Parameters
    ----------
    due, had : numpy.ndarray
        How many were due, and how many came, any shape.

    Examples
    --------
    >>> level_of(np.array([4.0, 4, 4, 4, 0]), np.array([4.0, 3, 1, 0, 0])).tolist()
    [0, 2, 3, 4, -1]
    """
    share = had / np.where(due > 0, due, 1)
    level = np.argmax(share[..., None] >= [least for _, least, _ in LEVELS], axis=-1)
    return np.where(due > 0, np.where(had > 0, level, len(LEVELS)), -1)
