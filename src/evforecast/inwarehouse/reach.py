"""What a forecast of one charger looks at beyond that charger: what must lie in one partition.

A warehouse runs a handler partition by partition, and one partition knows nothing of another. A forecast is
the same there as in the process only if all that it looks at is in its partition.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Literal

from evforecast.errors import EvForecastError
from evforecast.forecasting import (
    Blend,
    Calibrated,
    DirectForecaster,
    OccupiedFeed,
    RecursiveForecaster,
    StatusForecaster,
    save,
)

__all__ = ["Reach", "can_push_down", "exog_series", "reach_of"]

Reach = Literal["charger", "location", "network"]
_WIDTH: Mapping[Reach, int] = {"charger": 0, "location": 1, "network": 2}

_GROUPS: Mapping[str, Reach] = {
    "neighbours": "location",
    "network": "network",
    # A habit leans on how the whole network differs at that time of day from its week.
    "profile": "network",
    "location_profile": "network",
}
_WEATHER = {"weather", "weather_ahead"}


def reach_of(model: StatusForecaster) -> Reach:
    """Return how far a forecast looks: at its charger, its location, or the whole network.

    Parameters
    ----------
    model : StatusForecaster
        Fitted. A direct forecaster looks as far as its groups of features; a recursive one at the network,
        whose chargers its paths move together; one around others as far as the farthest of them.

    Returns
    -------
    {'charger', 'location', 'network'}

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> reach_of(ev.SemiMarkovForecaster([1, 4]).fit(panel))
    'charger'
    >>> few = ev.DirectForecaster([4], groups=["state", "neighbours"], random_state=0)
    >>> reach_of(few.fit(panel))
    'location'
    """
    return max((_own_reach(one) for one in _all_of(model)), key=_WIDTH.__getitem__)


def exog_series(model: StatusForecaster) -> tuple[str, ...]:
    """Return the exogenous series that a forecast looks at: their table has to be named.

    Parameters
    ----------
    model : StatusForecaster
        Fitted.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> exog_series(ev.Climatology([4]).fit(panel))
    ()
    """
    direct = [one for one in _all_of(model) if isinstance(one, DirectForecaster)]
    names = [name for one in direct if _WEATHER & set(one.groups) for name in one.exog_]
    return tuple(dict.fromkeys(names))


def can_push_down(model: StatusForecaster) -> str | None:
    """Return why a model cannot run inside the warehouse, None if it can.

    Parameters
    ----------
    model : StatusForecaster
        What is asked is whether its file can hold it (`evforecast.forecasting.save`): the handler reads no
        other. So it must be fitted, of a class of the library, and its classifiers scikit-learn's
        histogram gradient boosting.

    Examples
    --------
    >>> import evforecast as ev
    >>> can_push_down(ev.Climatology([4]))
    'save: the Climatology is not fitted. Call fit(panel) first.'
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> can_push_down(ev.Climatology([4]).fit(panel)) is None
    True
    """
    with tempfile.TemporaryDirectory() as folder:
        try:
            save(model, Path(folder, "model.evf"))
        except EvForecastError as error:
            return str(error)
    return None


def _own_reach(model: StatusForecaster) -> Reach:
    if isinstance(model, RecursiveForecaster):
        return "network"
    if isinstance(model, DirectForecaster):
        found = (_GROUPS.get(group, "charger") for group in model.groups)
        return max(found, key=_WIDTH.__getitem__, default="charger")
    return "charger"


def _all_of(model: StatusForecaster) -> Iterator[StatusForecaster]:
    """Yield a fitted forecaster and those inside it."""
    yield model
    if isinstance(model, Blend):
        for member in model.members_.values():
            yield from _all_of(member)
    elif isinstance(model, Calibrated | OccupiedFeed):
        yield from _all_of(model.forecaster_)
