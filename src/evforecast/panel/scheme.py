"""Status names and the int8 codes that stand for them; coarser views of the same statuses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError, SchemeMismatchError, UnknownStatusError

__all__ = ["CODE_DTYPE", "MISSING", "STATUS", "Codes", "StatusScheme"]

MISSING = -1
"""The code of what was not observed."""

CODE_DTYPE = np.int8
"""The type of codes in memory and in files."""

Codes = npt.NDArray[np.int8]
"""An array of codes, for annotations."""


@dataclass(frozen=True)
class StatusScheme:
    """An ordered set of status names; the code of a status is its place, -1 means missing.

    Parameters
    ----------
    names : tuple of str
        One to 127 different names.
    coarsenings : mapping of str to tuple of str, optional
        For each binary target, the names that make it true: ``{"free": ("available",)}``.

    Raises
    ------
    InputError
        If names repeat, are empty or too many, or a coarsening names a status that is not there.

    Examples
    --------
    >>> STATUS.names
    ('available', 'charging', 'passive', 'offline', 'down')
    >>> STATUS.code("down")
    4
    >>> STATUS.coarsen("free").names
    ('not free', 'free')
    """

    names: tuple[str, ...]
    coarsenings: Mapping[str, tuple[str, ...]] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Check the names once, here, so that nothing later has to."""
        object.__setattr__(self, "names", tuple(str(name) for name in self.names))
        if not 1 <= len(self.names) <= np.iinfo(CODE_DTYPE).max or len(set(self.names)) < len(
            self.names
        ):
            msg = f"StatusScheme: 1 to 127 different names are needed, found {self.names!r}."
            raise InputError(msg)
        for target, members in self.coarsenings.items():
            if strangers := [name for name in members if name not in self.names]:
                msg = f"StatusScheme: coarsening {target!r} names {strangers}, not among {self.names}."
                raise InputError(msg)

    def __len__(self) -> int:
        """Return the number of statuses."""
        return len(self.names)

    def code(self, name: str) -> int:
        """Return the code of one status name.

        Raises
        ------
        UnknownStatusError
            If `name` is not in the scheme.
        """
        if name not in self.names:
            where = "StatusScheme.code"
            raise UnknownStatusError(where, {name: 1}, self.names)
        return self.names.index(name)

    def encode(self, words: Iterable[Any]) -> Codes:
        """Return the codes of an array of this scheme's names; missing values become -1.

        Raises
        ------
        UnknownStatusError
            If a word is not one of the names (a feed's own words go through a Vocabulary).
        """
        values: Any = words
        if isinstance(getattr(values, "dtype", None), pd.CategoricalDtype):
            categorical = pd.Categorical(values)
        else:
            categorical = pd.Categorical(np.asarray(values, dtype=object))
        table = np.array(
            [self.names.index(w) if w in self.names else MISSING for w in categorical.categories],
            dtype=CODE_DTYPE,
        )
        counts = np.bincount(categorical.codes[categorical.codes >= 0], minlength=len(table))
        unknown = {
            str(word): int(counts[place])
            for place, word in enumerate(categorical.categories)
            if word not in self.names and counts[place]
        }
        if unknown:
            where = "StatusScheme.encode"
            raise UnknownStatusError(where, unknown, self.names)
        codes: Codes = np.append(table, CODE_DTYPE(MISSING))[categorical.codes]
        return codes

    def decode(self, codes: npt.ArrayLike) -> npt.NDArray[np.object_]:
        """Return the names for an array of codes, None where a code is -1.

        Raises
        ------
        InputError
            If a code is outside the scheme.
        """
        array = np.asarray(codes)
        self.check(array)
        names: npt.NDArray[np.object_] = np.array([*self.names, None], dtype=object)[array]
        return names

    def check(self, codes: npt.NDArray[Any]) -> None:
        """Raise unless all `codes` lie between -1 and the last status.

        Raises
        ------
        InputError
            If one does not.
        """
        if codes.size and (codes.min() < MISSING or codes.max() >= len(self.names)):
            msg = (
                f"codes run from {codes.min()} to {codes.max()}; the {len(self.names)} statuses "
                f"{self.names} allow -1 (missing) to {len(self.names) - 1}."
            )
            raise InputError(msg)

    def coarsen(self, target: str) -> StatusScheme:
        """Return the two-status scheme ``('not target', 'target')`` of a coarsening."""
        self._members(target)
        return StatusScheme((f"not {target}", target), {target: (target,)})

    def within(self, target: str) -> StatusScheme:
        """Return the two-status scheme of having been in a coarsening's target at least once by a time."""
        self._members(target)
        name = f"{target} within"
        return StatusScheme((f"not {name}", name), {name: (name,)})

    def coarsen_codes(self, codes: Codes, target: str) -> Codes:
        """Return codes of the coarser scheme (1 where the target holds), -1 kept; shape as given."""
        table = np.array([*self._membership(target), MISSING], dtype=CODE_DTYPE)
        return table[codes]

    def coarsen_proba(self, proba: npt.NDArray[Any], target: str) -> npt.NDArray[Any]:
        """Return probabilities ``[..., 2]`` of the coarser scheme from ``[..., status]``."""
        holds = proba[..., self._membership(target)].sum(axis=-1)
        rest = proba[..., ~self._membership(target)].sum(axis=-1)
        return np.stack([rest, holds], axis=-1)

    def require_same(self, other: StatusScheme, where: str) -> None:
        """Raise unless `other` has the same names in the same order.

        Raises
        ------
        SchemeMismatchError
            If it has not; `where` says in the message who needed it.
        """
        if self.names != other.names:
            msg = (
                f"{where}: statuses {other.names} where {self.names} are needed. "
                "Read both with the same scheme, or coarsen the finer one."
            )
            raise SchemeMismatchError(msg)

    def members(self, target: str) -> npt.NDArray[np.intp]:
        """Return the codes of the statuses that make a coarsening's target true."""
        return np.flatnonzero(self._membership(target))

    def _members(self, target: str) -> tuple[str, ...]:
        if target not in self.coarsenings:
            msg = f"no coarsening {target!r}; this scheme has {sorted(self.coarsenings)}."
            raise InputError(msg)
        return self.coarsenings[target]

    def _membership(self, target: str) -> npt.NDArray[np.bool_]:
        members = self._members(target)
        return np.array([name in members for name in self.names])


STATUS = StatusScheme(
    ("available", "charging", "passive", "offline", "down"),
    {"free": ("available",), "charging": ("charging",), "down": ("down",)},
)
"""The five statuses that the whole library speaks of."""
