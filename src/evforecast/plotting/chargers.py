"""Where the chargers are, coloured by what is known of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError
from evforecast.plotting.labels import plain
from evforecast.plotting.maps import as_map, placed
from evforecast.plotting.style import axes_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["map_chargers"]


def map_chargers(
    evse: pd.DataFrame,
    values: npt.ArrayLike | pd.Series | None = None,
    *,
    label: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Draw the chargers as points on a plain map: no tiles, no network.

    Parameters
    ----------
    evse : pandas.DataFrame
        A table of chargers with ``lat`` and ``lon`` in degrees; those without are left out.
    values : array-like or pandas.Series, optional
        One number a charger: a Series is matched by ``evse_id``, anything else by order. Chargers at
        one point share a mark, coloured by their mean; its area grows with their number.
    label : str
        What the numbers are.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        Kilometres have the same length in both directions at the middle latitude.

    Raises
    ------
    MissingColumnsError
        If the table has no column ``lat`` or ``lon``.
    EmptyInputError
        If no charger has coordinates.
    InputError
        If there are not as many values as chargers.

    Examples
    --------
    >>> import pandas as pd
    >>> from matplotlib.figure import Figure
    >>> evse = pd.DataFrame({"lat": [48.85, 48.86], "lon": [2.35, 2.36]}, index=["a", "b"])
    >>> ax = map_chargers(evse, [0.1, 0.9], label="P(free)", ax=Figure().add_subplot())
    >>> ax.get_xlabel()
    'longitude (°)'
    """
    known = placed(evse, "plotting.map_chargers")
    drawn = pd.Series(_values(evse, values), index=evse.index)
    known = known.assign(value=drawn[known.index])
    points = (
        known.groupby(["lat", "lon"])
        .agg(value=("value", "mean"), n=("value", "size"))
        .reset_index()
    )
    ax = axes_of(ax)
    # Few points are drawn large, many small, so that a city and a country both stay readable.
    area = np.clip(6_000 / len(points), 6, 40) * np.sqrt(points["n"])
    # An edge as wide as its mark would hide the colour.
    width = 0.4 if len(points) < 200 else 0.15
    edge: dict[str, Any] = {"linewidths": width, "edgecolors": ax.yaxis.label.get_color()}
    if values is None:
        ax.scatter(points["lon"], points["lat"], s=area, **edge)
    else:
        unknown = points["value"].isna()
        ax.scatter(
            points["lon"][unknown], points["lat"][unknown], s=area[unknown], color="none", **edge
        )
        seen = points[~unknown]
        marks = ax.scatter(seen["lon"], seen["lat"], s=area[~unknown], c=seen["value"], **edge)
        bar = ax.figure.colorbar(marks, ax=ax, shrink=0.8)
        bar.set_label(plain(label))
        bar.outline.set_visible(False)
    as_map(ax, points["lat"])
    left_out = len(evse) - len(known)
    if left_out:
        ax.set_title(
            f"{left_out:,} chargers without coordinates are not shown",
            fontsize="small",
            weight="normal",
        )
    return ax


def _values(
    evse: pd.DataFrame, values: npt.ArrayLike | pd.Series | None
) -> npt.NDArray[np.float64]:
    if values is None:
        return np.full(len(evse), np.nan)
    if isinstance(values, pd.Series):
        values = values.reindex(evse.index)
    array = np.asarray(values, dtype=np.float64)
    if array.shape != (len(evse),):
        msg = f"plotting.map_chargers: values {array.shape} for {len(evse)} chargers; one each is needed."
        raise InputError(msg)
    return array
