"""The network of a simulated city: where its chargers are, and what each of them is like."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.panel.evse import evse_table
from evforecast.panel.scheme import CODE_DTYPE, MISSING, STATUS, Codes
from evforecast.panel.simulator.durations import Floats

__all__ = ["City", "found_city", "some"]

CHARGERS_PER_LOCATION = 3
"""As in the reference year: 91 locations with 273 chargers."""

AREAS = (
    (48.8626, 2.3363), (48.8679, 2.3441), (48.8630, 2.3593), (48.8549, 2.3576), (48.8446, 2.3501),
    (48.8490, 2.3329), (48.8561, 2.3127), (48.8727, 2.3126), (48.8769, 2.3374), (48.8760, 2.3605),
    (48.8594, 2.3786), (48.8396, 2.3876), (48.8287, 2.3623), (48.8297, 2.3230), (48.8402, 2.2928),
    (48.8602, 2.2620), (48.8873, 2.3067), (48.8925, 2.3480), (48.8871, 2.3847), (48.8635, 2.4010),
)  # fmt: skip
"""Latitude and longitude of about the middle of each arrondissement of Paris, 1st to 20th."""

AREA_RADIUS = 0.004
"""Standard deviation of a location around the middle of its area, in degrees: about 400 metres."""

MODELS = ("AC 3.7 kW", "AC 7 kW", "AC 22 kW", "DC 50 kW")
MODEL_SHARES = (0.15, 0.55, 0.25, 0.05)
MODEL_SLOWNESS = (1.35, 1.05, 0.85, 0.5)
"""How much longer than the average a session lasts on each model: the car limits it as well."""

KINDS = ("residential", "work", "leisure")
KIND_SHARES = (0.45, 0.3, 0.25)

VISITS_PER_DAY = 4.4
"""The pull of an average charger; as nobody can plug into a busy one, fewer visits come of it.
Reference sample: 1.7 charging and 1.3 passive runs a day and charger, the dead ones counted."""
LOCATION_SPREAD, CHARGER_SPREAD = 0.5, 0.35
"""Standard deviations of the logarithm of that pull: shares of the top status of .43 to .97 need
both."""

FROZEN_LOCATIONS, FROZEN_CHARGERS, FROZEN_DOWN = 0.1, 0.015, 0.5
"""Locations, and single chargers elsewhere, that say one word all year. Reference year: 24 of 210
chargers, nearly all of them with their whole location; 12 of the 24 always down, 12 always
available."""

CHRONIC_OFFLINE = 0.18
"""Locations that are offline about half of the time. Reference year: top status of 30 of 210
chargers."""
CHRONIC_OFFLINE_SHARE = (0.45, 0.7)
"""Their share of time offline, from the least to the most. Reference year: .36 to .68."""

CHRONIC_DOWN = 0.025
"""Chargers that are down most of the time. Reference year: top status of 5 of 210 that do
change."""
CHRONIC_DOWN_SHARE = (0.6, 0.75)
"""Reference year: .667 to .729."""

OFFLINES_PER_DAY, DOWNS_PER_DAY = 0.5, 0.065
"""Outages a day at the average location and charger that is not chronic. Reference sample: .6
offline runs a day and charger; Ireland 2018: .04 of the charge points went down within a day."""
OFFLINE_FRAILTY, DOWN_FRAILTY = 0.4, 0.17
"""Shapes of the gamma distributions of the outage rates: far below 1, so few take most of the
outages."""


@dataclass(frozen=True)
class City:
    """A network and the hidden traits of its chargers and locations.

    Attributes
    ----------
    evse : pandas.DataFrame
        The table of chargers, one row a charger.
    location : numpy.ndarray
        int, shape ``[evse]``: the place of each charger's location.
    kind : numpy.ndarray
        int, shape ``[location]``: what the neighbourhood is for (`KINDS`).
    pull : numpy.ndarray
        Shape ``[evse]``: visits a day if the charger were always free.
    slowness : numpy.ndarray
        Shape ``[evse]``: how much longer its sessions last than the average.
    frozen : numpy.ndarray
        int8, shape ``[evse]``: the one status it always has, -1 where it lives.
    offline_share, down_share : numpy.ndarray
        Shapes ``[location]`` and ``[evse]``: the share of time of the chronic ones, 0 for the
        others.
    offline_rate, down_rate : numpy.ndarray
        Shapes ``[location]`` and ``[evse]``: outages a day of those that are not chronic.
    """

    evse: pd.DataFrame
    location: npt.NDArray[np.intp]
    kind: npt.NDArray[np.intp]
    pull: Floats
    slowness: Floats
    frozen: Codes
    offline_share: Floats
    offline_rate: Floats
    down_share: Floats
    down_rate: Floats

    @property
    def n_location(self) -> int:
        """The number of locations."""
        return len(self.kind)


def found_city(rng: np.random.Generator, n_evse: int) -> City:
    """Draw a network of `n_evse` chargers, three a location.

    Parameters
    ----------
    rng : numpy.random.Generator
    n_evse : int
        At least 1; the last location may have fewer than three.

    Returns
    -------
    City

    Examples
    --------
    >>> found_city(np.random.default_rng(0), 4).evse.index.to_list()
    ['S1-T1', 'S1-T2', 'S1-T3', 'S2-T1']
    """
    place, post = np.divmod(np.arange(n_evse), CHARGERS_PER_LOCATION)
    n = int(place[-1]) + 1
    area = rng.integers(len(AREAS), size=n)
    where = np.asarray(AREAS)[area] + AREA_RADIUS * rng.standard_normal((n, 2))
    model = rng.choice(len(MODELS), size=n, p=MODEL_SHARES)[place]
    table = pd.DataFrame(
        {
            "evse_id": [f"S{s + 1}-T{t + 1}" for s, t in zip(place, post, strict=True)],
            "location_id": [f"S{s + 1}" for s in place],
            "area": [f"{75_001 + number}" for number in area[place]],
            "lat": where[place, 0].round(6),
            "lon": where[place, 1].round(6),
            "model": np.asarray(MODELS, dtype=object)[model],
        }
    )
    pull = np.exp(
        LOCATION_SPREAD * rng.standard_normal(n)[place]
        + CHARGER_SPREAD * rng.standard_normal(n_evse)
        # so that the mean of the log-normal is VISITS_PER_DAY
        - (LOCATION_SPREAD**2 + CHARGER_SPREAD**2) / 2
    )
    return City(
        evse=evse_table(list(table["evse_id"]), table),
        location=place,
        kind=rng.choice(len(KINDS), size=n, p=KIND_SHARES),
        pull=VISITS_PER_DAY * pull,
        slowness=np.asarray(MODEL_SLOWNESS)[model],
        frozen=_frozen(rng, place, n),
        offline_share=_chronic(rng, n, CHRONIC_OFFLINE, CHRONIC_OFFLINE_SHARE),
        offline_rate=_frail(rng, n, OFFLINES_PER_DAY, OFFLINE_FRAILTY),
        down_share=_chronic(rng, n_evse, CHRONIC_DOWN, CHRONIC_DOWN_SHARE),
        down_rate=_frail(rng, n_evse, DOWNS_PER_DAY, DOWN_FRAILTY),
    )


def some(rng: np.random.Generator, n: int, share: float) -> npt.NDArray[np.bool_]:
    """Return which of `n` are chosen: as near to `share` of them as whole numbers allow.

    Parameters
    ----------
    rng : numpy.random.Generator
    n : int
    share : float
        0 to 1. Of a fraction of one, chance decides.

    Returns
    -------
    numpy.ndarray
        bool, shape ``[n]``.

    Examples
    --------
    >>> int(some(np.random.default_rng(0), 91, 2 / 7).sum())
    26
    """
    # a count, not n coins: 91 locations are few, and every city should have its late and dead ones
    number = int(share * n + rng.random())
    return np.asarray(rng.permutation(n) < number)


def _frozen(rng: np.random.Generator, place: npt.NDArray[np.intp], n_location: int) -> Codes:
    whole = some(rng, n_location, FROZEN_LOCATIONS)
    alone = some(rng, len(place), FROZEN_CHARGERS)
    down = rng.random(n_location) < FROZEN_DOWN
    down[whole] = some(rng, int(whole.sum()), FROZEN_DOWN)
    said = np.where(down, STATUS.code("down"), STATUS.code("available"))
    return np.where(whole[place] | alone, said[place], MISSING).astype(CODE_DTYPE)


def _chronic(
    rng: np.random.Generator, n: int, share: float, between: tuple[float, float]
) -> Floats:
    return np.where(some(rng, n, share), rng.uniform(*between, size=n), 0.0)


def _frail(rng: np.random.Generator, n: int, rate: float, shape: float) -> Floats:
    return rate * rng.standard_gamma(shape, size=n) / shape
