"""What a decision rests on: one rule, whether it is met, and the figures in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["Reason"]


class Reason(NamedTuple):
    """One rule of a decision.

    Attributes
    ----------
    rule : str
        Its name.
    met : bool or None
        Whether its condition holds; None where that could not be judged.
    text : str
        Why, with the figures.
    """

    rule: str
    met: bool | None
    text: str


def reasons_frame(reasons: Sequence[Reason]) -> pd.DataFrame:
    """Return reasons as a table, one row a rule: ``rule``, ``met``, ``text``.

    Examples
    --------
    >>> reasons_frame([Reason("age", True, "30 days old")]).columns.tolist()
    ['rule', 'met', 'text']
    """
    return pd.DataFrame(reasons, columns=list(Reason._fields)).astype({"met": object})


def minute_text(time: np.datetime64) -> str:
    """Return a time as people write it.

    Examples
    --------
    >>> minute_text(np.datetime64("2020-10-29T06:30:00"))
    '2020-10-29 06:30 UTC'
    """
    return f"{np.datetime_as_string(time, unit='m').replace('T', ' ')} UTC"
