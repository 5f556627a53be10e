"""The words that feeds use for a status, mapped to ours by explicit tables, at the border, once.

A word that a table does not hold is an error, or is counted and set missing when the caller asks;
it never gets a default. ``None`` in a table means: a known word that is no status (a charger that is
planned or removed), set missing and counted apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd

from evforecast.errors import UnknownStatusError, require_choice
from evforecast.panel.scheme import CODE_DTYPE, MISSING, STATUS, Codes, StatusScheme

__all__ = ["VOCABULARIES", "Decoded", "Unknown", "Vocabulary"]

Unknown = Literal["raise", "missing"]


@dataclass(frozen=True)
class Decoded:
    """Codes read from a feed's words, and what could not be read.

    Attributes
    ----------
    codes : numpy.ndarray
        int8, shape ``[row]``, -1 where missing.
    unknown : dict of str to int
        Words that the vocabulary does not know, with their counts (set missing on request).
    no_status : dict of str to int
        Known words that are no status, such as a planned charger, with their counts.
    """

    codes: Codes
    unknown: dict[str, int]
    no_status: dict[str, int]


@dataclass(frozen=True)
class Vocabulary:
    """One feed's words for a status.

    Parameters
    ----------
    name : str
        The feed, for messages.
    words : mapping of str to str or None
        The feed's word to our status name; None for a known word that is no status.
    merged : mapping of str to tuple of str, optional
        A feed that cannot tell two of our statuses apart says so here:
        ``{"charging": ("charging", "passive")}`` means that its charging is "charging or passive".
    scheme : StatusScheme
        Ours.

    Examples
    --------
    >>> VOCABULARIES["challenge"].decode(["Available", "Down", None]).codes
    array([ 0,  4, -1], dtype=int8)
    """

    name: str
    words: Mapping[str, str | None]
    merged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scheme: StatusScheme = STATUS

    def __post_init__(self) -> None:
        """Refuse a table that points at statuses the scheme does not have."""
        for status in {*self.words.values(), *self.merged} - {None}:
            self.scheme.code(str(status))

    def decode(self, words: Any, *, unknown: Unknown = "raise") -> Decoded:
        """Translate a column of words.

        Parameters
        ----------
        words : array-like of str
            Shape ``[row]``; missing values and empty text stay missing. White space around a word is
            ignored; case is not.
        unknown : {'raise', 'missing'}
            What to do with words that the table does not hold.

        Returns
        -------
        Decoded

        Raises
        ------
        InputError
            If `unknown` is neither of the two.
        UnknownStatusError
            With ``unknown="raise"``: lists each unknown word, its count, and the nearest known ones.
        """
        require_choice(unknown, get_args(Unknown), "unknown")
        categorical = (
            words
            if isinstance(words, pd.Categorical)
            else pd.Categorical(pd.Series(words, dtype=object))
        )
        counts = np.bincount(
            categorical.codes[categorical.codes >= 0], minlength=len(categorical.categories)
        )
        table = np.full(len(categorical.categories) + 1, MISSING, dtype=CODE_DTYPE)
        strange: dict[str, int] = {}
        no_status: dict[str, int] = {}
        for place, raw in enumerate(categorical.categories):
            word = str(raw).strip()
            if not counts[place] or not word:
                continue
            if word not in self.words:
                strange[word] = strange.get(word, 0) + int(counts[place])
            elif (status := self.words[word]) is None:
                no_status[word] = no_status.get(word, 0) + int(counts[place])
            else:
                table[place] = self.scheme.code(status)
        if strange and unknown == "raise":
            advice = "Extend the vocabulary, or pass unknown='missing' to count them and set them missing."
            raise UnknownStatusError(f"vocabulary {self.name!r}", strange, self.words, advice)
        return Decoded(table[categorical.codes], strange, no_status)


_CHARGING_OR_PASSIVE = {"charging": ("charging", "passive")}

# Offline is "the provider cannot hear the charger": the word a feed uses when it has no information
# about a charger that exists is therefore offline, not missing (OCPI says so of UNKNOWN). Missing is
# "we did not see a row". Reserved and blocked chargers are occupied without charging: passive.
VOCABULARIES: Mapping[str, Vocabulary] = {
    vocabulary.name: vocabulary
    for vocabulary in (
        Vocabulary(
            "challenge",
            {
                "Available": "available",
                "Charging": "charging",
                "Passive": "passive",
                "Offline": "offline",
                "Down": "down",
                "Disponible": "available",
                "En charge": "charging",
                "Hors ligne": "offline",
                "En panne": "down",
            },
        ),
        Vocabulary(
            "belib",
            {
                "Disponible": "available",
                "Occupé (en charge)": "charging",
                "Occupée (en charge)": "charging",
                "Occupé": "charging",
                "Occupée": "charging",
                "Réservé": "passive",
                "Réservée": "passive",
                "En maintenance": "down",
                "Inconnu": "offline",
                "Inconnue": "offline",
                "Pas implémenté": None,
                "Pas implémentée": None,
                "Non implémenté": None,
                "Non implémentée": None,
                "En cours de mise en service": None,
                "Mise en service planifiée": None,
                "Supprimé": None,
                "Supprimée": None,
            },
            merged=_CHARGING_OR_PASSIVE,
        ),
        # OCPI 2.2.1 and 2.3.0, module Locations, enum Status; EVSE-level.
        Vocabulary(
            "ocpi",
            {
                "AVAILABLE": "available",
                "CHARGING": "charging",
                "BLOCKED": "passive",
                "RESERVED": "passive",
                "INOPERATIVE": "offline",
                "UNKNOWN": "offline",
                "OUTOFORDER": "down",
                "PLANNED": None,
                "REMOVED": None,
            },
            merged=_CHARGING_OR_PASSIVE,
        ),
        # OCPP 1.6, ChargePointStatus of StatusNotification: tells suspended from charging.
        Vocabulary(
            "ocpp-1.6",
            {
                "Available": "available",
                "Preparing": "passive",
                "Charging": "charging",
                "SuspendedEVSE": "passive",
                "SuspendedEV": "passive",
                "Finishing": "passive",
                "Reserved": "passive",
                "Unavailable": "offline",
                "Faulted": "down",
            },
        ),
        # OCPP 2.0.1, ConnectorStatusEnumType: a plugged vehicle is Occupied, charging or not.
        Vocabulary(
            "ocpp-2.0.1",
            {
                "Available": "available",
                "Occupied": "charging",
                "Reserved": "passive",
                "Unavailable": "offline",
                "Faulted": "down",
            },
            merged=_CHARGING_OR_PASSIVE,
        ),
        # IRVE dynamique 2.3.0: two columns, etat_pdc and occupation_pdc, joined by a slash. What works
        # but has no known occupation says nothing about use: offline, as for the other feeds.
        Vocabulary(
            "irve",
            {
                "en_service/libre": "available",
                "en_service/occupe": "charging",
                "en_service/reserve": "passive",
                "en_service/inconnu": "offline",
                "hors_service/libre": "down",
                "hors_service/occupe": "down",
                "hors_service/reserve": "down",
                "hors_service/inconnu": "down",
                "inconnu/libre": "available",
                "inconnu/occupe": "charging",
                "inconnu/reserve": "passive",
                "inconnu/inconnu": "offline",
            },
            merged=_CHARGING_OR_PASSIVE,
        ),
        # cpinfo.ie: a row per connector type that is not free; Part: some of its sockets are taken,
        # kept in the passive slot, so that the states stay apart; absence from a snapshot: available.
        Vocabulary(
            "cpinfo",
            {
                "Occ": "charging",
                "Part": "passive",
                "OOC": "offline",
                "OOS": "down",
            },
        ),
    )
}
"""The known feeds by name."""
