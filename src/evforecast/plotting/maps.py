"""What the maps share: which chargers have a place, and axes on which a kilometre is a kilometre."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from evforecast.errors import EmptyInputError, MissingColumnsError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["as_map", "placed"]


def placed(evse: pd.DataFrame, where: str) -> pd.DataFrame:
    """Return ``lat`` and ``lon`` of the chargers that have both.

    Parameters
    ----------
    evse : pandas.DataFrame
        The table of chargers.
    where : str
        Who asks, for the message.

    Raises
    ------
    MissingColumnsError
        If the table has no column ``lat`` or ``lon``.
    EmptyInputError
        If no charger has coordinates.
    """
    if missing := [name for name in ("lat", "lon") if name not in evse.columns]:
        raise MissingColumnsError(missing, map(str, evse.columns), where)
    known = evse[["lat", "lon"]].dropna()
    if known.empty:
        msg = (
            f"{where}: none of the {len(evse):,} chargers has coordinates. "
            "Give the table of chargers columns lat and lon."
        )
        raise EmptyInputError(msg)
    return known


def as_map(ax: Axes, latitudes: pd.Series) -> None:
    """Give both directions the same length at the middle latitude, and name them."""
    ax.set_aspect(1 / np.cos(np.radians(latitudes.mean())))
    ax.margins(0.05)
    ax.set(xlabel="longitude (°)", ylabel="latitude (°)")
    ax.ticklabel_format(useOffset=False)
