"""The units of the cpinfo.ie files: what they are called, and where they stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evforecast.panel import evse_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["name_units", "unit_table"]

_NO_ID = ("N/A", "")


def name_units(
    places: pd.DataFrame, place: npt.NDArray[np.intp], snapshot: npt.NDArray[np.intp]
) -> tuple[pd.DataFrame, list[str]]:
    """Name the units: ``id/type``, with ``@address`` where one id stands for several posts.

    Parameters
    ----------
    places : pandas.DataFrame
        Each different ``id, type, address, position`` of the file once.
    place, snapshot : numpy.ndarray
        Shape ``[row]``: which of the places each row of the file is, and in which snapshot.

    Returns
    -------
    places : pandas.DataFrame
        With ``post`` and ``evse_id``.
    split : list of str
        The ids that stand for several posts: one snapshot shows them at two addresses.
    """
    places = places.copy()
    split = set(places.loc[places["id"].isin(_NO_ID), "id"])
    several = places.groupby("id")["address"].transform("nunique").to_numpy() > 1
    at = np.flatnonzero(several[place])  # the rows of ids that came with several addresses
    shown = places.loc[place[at], ["id", "address"]].assign(at=snapshot[at]).drop_duplicates()
    split |= set(shown.loc[shown.duplicated(["id", "at"]), "id"])
    suffix = ("@" + places["address"]).where(places["id"].isin(split), "")
    places["post"] = places["id"] + suffix
    places["evse_id"] = places["id"] + "/" + places["type"] + suffix
    return places, sorted(split)


def unit_table(units: pd.Index, places: pd.DataFrame) -> pd.DataFrame:
    """Return the table of `units`; all connectors of a post stand where it was last seen."""
    newest = places.sort_values("last", kind="stable").drop_duplicates("post", keep="last")
    known = places.drop_duplicates("evse_id")[["evse_id", "post", "type"]]
    known = known.merge(newest[["post", "address", "position"]], on="post")
    lonlat = known["position"].map(_lonlat)
    known = known.assign(
        location_id=known["address"],
        area=known["address"].map(_county),
        lat=lonlat.str[1],
        lon=lonlat.str[0],
        model=known["type"],
    )
    return evse_table(list(units), known[["evse_id", "location_id", "area", "lat", "lon", "model"]])


def _lonlat(text: str) -> tuple[float, float]:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError:
        return np.nan, np.nan
    return lon, lat


def _county(address: str) -> str | None:
    """Return the county at the end of an address.

    There is none in the north, but a postcode: those with BT are all of Northern Ireland's.
    """
    last = address.rsplit(",", 1)[-1].strip()
    if last.startswith("County "):
        return last.removeprefix("County ")
    return "Northern Ireland" if last[:2] == "BT" and last[2:3].isdigit() else None
