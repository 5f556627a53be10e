"""Words that several sections of a report use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import numpy as np

__all__ = ["counted", "when"]


def when(time: np.datetime64, tz: str) -> str:
    """Return an instant (UTC) as the clock on the wall of `tz` shows it.

    Examples
    --------
    >>> import numpy as np
    >>> when(np.datetime64("2020-10-26T08:30:00"), "Europe/Paris")
    '2020-10-26 09:30'
    """
    return f"{pd.Timestamp(time).tz_localize('UTC').tz_convert(tz):%Y-%m-%d %H:%M}"


def counted(number: int, word: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "error"), counted(1200, "day")
    ('1 error', '1,200 days')
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"
