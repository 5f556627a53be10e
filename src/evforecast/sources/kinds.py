"""The kinds of feeds by their short names, and a feed made from the note of one."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from evforecast.errors import require_choice

if TYPE_CHECKING:
    from evforecast.sources.feed import Feed

__all__ = ["KINDS", "OWN_PACE", "feed_of"]

KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "belib": ("belib", "BelibStatus", ()),
    "belib-points": ("belib", "BelibPoints", ()),
    "traffic": ("traffic", "ParisTraffic", ()),
    "openmeteo-archive": ("openmeteo", "OpenMeteoArchive", ("lat", "lon")),
    "openmeteo-forecast": ("openmeteo", "OpenMeteoForecast", ("lat", "lon")),
    "ocpi": ("ocpi", "OcpiLocations", ("url", "name")),
    "irve": ("irve", "IrveStatus", ("url", "name")),
    "irve-points": ("irve", "IrvePoints", ("url", "name")),
    "meteociel": ("meteociel", "Meteociel", ("station", "permitted")),
}
"""By short name: the module of `evforecast.sources`, the class, and what it has to be told."""

OWN_PACE = ("ocpi", "irve")
"""Those of which only the network knows how often they are renewed: they may be told, as ``every``."""


def feed_of(note: Mapping[str, Any]) -> Feed:
    """Return the feed that a note describes.

    Parameters
    ----------
    note : mapping
        ``feed``, a short name of `KINDS`, and what that kind has to be told. ``every`` is how often it is
        collected, and, for a kind of `OWN_PACE`, how often it is renewed.

    Raises
    ------
    InputError
        If it is not known, or what it is told cannot be used.
    KeyError
        If it lacks something.

    Examples
    --------
    >>> feed_of({"feed": "openmeteo-archive", "lat": 48.8566, "lon": 2.3522}).name
    'open-meteo-archive-48-8566n-2-3522e'
    >>> feed_of(
    ...     {"feed": "ocpi", "url": "https://example.org", "name": "mine", "every": "5min"}
    ... ).every
    '5min'
    """
    kind = note["feed"]
    require_choice(kind, KINDS, "feed")
    module, name, needs = KINDS[kind]
    told = {need: note[need] for need in needs}
    if kind in OWN_PACE and "every" in note:
        told["every"] = note["every"]
    feed: Feed = getattr(importlib.import_module(f"evforecast.sources.{module}"), name)(**told)
    return feed
