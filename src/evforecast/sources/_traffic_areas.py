"""Series of traffic: for a city, for areas, and the arc nearest to a charger."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError, MissingColumnsError
from evforecast.panel.evse import groups

__all__ = ["by_area", "city_state", "nearest_arc"]

STATE, FLOW = "traffic_state", "average_flow"

_EARTH = 6_371_008.8  # mean radius, metres
_BLOCK = 512


def city_state(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the state of a whole city by hour, named as in the challenge.

    Parameters
    ----------
    rows : pandas.DataFrame
        The table ``traffic`` of `ParisTraffic`: one row an arc and hour.

    Returns
    -------
    pandas.DataFrame
        Index ``time`` (UTC), the end of each hour, increasing; ``traffic_state``, the mean over the
        arcs whose state is known (1 fluid, 2 pre-saturated, 3 saturated, 4 blocked), and
        ``average_flow``, the mean over the arcs that count (vehicles/h). Every arc weighs the same, so
        that arcs that come or go move the means. NaN where no arc knows.

    Raises
    ------
    MissingColumnsError
        If columns are missing.
    InputError
        If an arc and hour occurs twice.

    Notes
    -----
    The hour's value is published about two days later: a model that is to run live must not look at it
    before. On a finer grid, carry it over the hour that follows:
    ``panel.with_exog(city_state(rows).reindex(panel.times, method="ffill", tolerance="45min"))``.

    Examples
    --------
    >>> time = np.array(["2020-11-08T09:00"] * 2, dtype="datetime64[s]")
    >>> rows = pd.DataFrame(
    ...     {"iu_ac": ["1", "5"], "time": time, "q": [300.0, np.nan], "state": [1, 2]}
    ... )
    >>> city_state(rows).iloc[0].to_dict()
    {'traffic_state': 1.5, 'average_flow': 300.0}
    """
    _require(rows)
    return _means(rows, [rows["time"]])


def by_area(
    rows: pd.DataFrame, arcs: pd.DataFrame, evse: pd.DataFrame, by: str = "area"
) -> pd.DataFrame:
    """Return the traffic by hour near the chargers of each area.

    The arcs of an area are those that are nearest to one of its chargers, each counted once.

    Parameters
    ----------
    rows : pandas.DataFrame
        The table ``traffic`` of `ParisTraffic`.
    arcs : pandas.DataFrame
        Its table ``traffic-arcs``; see `nearest_arc`.
    evse : pandas.DataFrame
        The chargers, as in ``panel.evse``.
    by : str
        The column of `evse` that says the area.

    Returns
    -------
    pandas.DataFrame
        Index ``time`` (UTC), the end of each hour; columns ``traffic_state_<area>`` and
        ``average_flow_<area>`` for every area, in the order of their names. NaN where no arc of the
        area knows.

    Raises
    ------
    MissingColumnsError
        If columns are missing.
    InputError
        If an arc and hour occurs twice, or no arc has coordinates.

    Examples
    --------
    >>> from evforecast.panel import evse_table
    >>> known = pd.DataFrame({"evse_id": ["a"], "area": "75004", "lat": 48.857, "lon": 2.353})
    >>> arcs = pd.DataFrame({"iu_ac": ["23", "1"], "lat": [48.8571, 48.86], "lon": [2.3531, 2.33]})
    >>> time = np.array(["2020-11-08T09:00"] * 2, dtype="datetime64[s]")
    >>> rows = pd.DataFrame(
    ...     {"iu_ac": ["23", "1"], "time": time, "q": [169.0, 9.0], "state": [1, 4]}
    ... )
    >>> by_area(rows, arcs, evse_table(["a"], known)).iloc[0].to_dict()
    {'traffic_state_75004': 1.0, 'average_flow_75004': 169.0}
    """
    _require(rows)
    member, names = groups(evse, by, "by_area")
    near = nearest_arc(evse, arcs)["iu_ac"].to_numpy(object)
    pairs = pd.DataFrame({"area": member, "iu_ac": near}).dropna().drop_duplicates()
    joined = rows.merge(pairs.astype({"iu_ac": rows["iu_ac"].dtype}), on="iu_ac")
    means = _means(joined, [joined["time"], joined["area"]])
    every = pd.DatetimeIndex(np.unique(rows["time"].to_numpy("datetime64[s]")), name="time")
    columns: dict[str, pd.Series] = {}
    for area, name in enumerate(names):
        here = means[means.index.get_level_values("area") == area].droplevel("area").reindex(every)
        columns |= {f"{what}_{name}": here[what] for what in (STATE, FLOW)}
    return pd.DataFrame(columns, index=every)


def nearest_arc(evse: pd.DataFrame, arcs: pd.DataFrame) -> pd.DataFrame:
    """Return, for each charger, the arc whose middle is nearest.

    Parameters
    ----------
    evse : pandas.DataFrame
        The chargers, as in ``panel.evse``.
    arcs : pandas.DataFrame
        ``iu_ac``, ``lat``, ``lon``; those without coordinates are passed over. A third of the arcs of
        Paris measure nothing: leave them out first, with
        ``arcs[arcs["iu_ac"].isin(rows.loc[rows["q"].notna(), "iu_ac"])]``.

    Returns
    -------
    pandas.DataFrame
        Index ``evse_id``; ``iu_ac`` and ``distance`` (metres along the great circle), missing for a
        charger without coordinates.

    Raises
    ------
    MissingColumnsError
        If columns are missing.
    InputError
        If no arc has coordinates.

    Examples
    --------
    >>> from evforecast.panel import evse_table
    >>> evse = evse_table(["a"], pd.DataFrame({"evse_id": ["a"], "lat": 48.857, "lon": 2.353}))
    >>> arcs = pd.DataFrame({"iu_ac": ["23", "1"], "lat": [48.8571, 48.86], "lon": [2.3531, 2.33]})
    >>> nearest_arc(evse, arcs).round().iloc[0].to_dict()
    {'iu_ac': '23', 'distance': 13.0}
    """
    for table, needed, what in (
        (arcs, ("iu_ac", "lat", "lon"), "arcs"),
        (evse, ("lat", "lon"), "evse"),
    ):
        if missing := [name for name in needed if name not in table.columns]:
            raise MissingColumnsError(missing, table.columns, f"nearest_arc, {what}")
    placed = arcs.dropna(subset=["lat", "lon"])
    if placed.empty:
        msg = f"nearest_arc: none of the {len(arcs):,} arcs has coordinates; so nothing is near."
        raise InputError(msg)
    there, here = _radians(placed), _radians(evse)
    place = np.zeros(len(evse), dtype=np.intp)
    distance = np.full(len(evse), np.nan)
    for first in range(0, len(evse), _BLOCK):  # memory: a block of chargers against all arcs
        block = slice(first, first + _BLOCK)
        metres = _metres(here[block, None], there[None])
        known = ~np.isnan(here[block]).any(axis=1)
        place[block][known] = np.argmin(metres[known], axis=1)
        distance[block] = np.take_along_axis(metres, place[block, None], axis=1)[:, 0]
    names = placed["iu_ac"].astype(object).to_numpy()[place]
    names[np.isnan(distance)] = None
    table = pd.DataFrame({"distance": distance}, index=evse.index)
    table.insert(0, "iu_ac", names)
    return table


def _require(rows: pd.DataFrame) -> None:
    if missing := [name for name in ("iu_ac", "time", "q", "state") if name not in rows.columns]:
        raise MissingColumnsError(missing, rows.columns, "rows of traffic")
    again = rows[rows.duplicated(["iu_ac", "time"])]
    if len(again):
        first = again.iloc[0]
        msg = (
            f"rows of traffic: {len(again):,} rows repeat an arc and hour, the first {first['iu_ac']!r} "
            f"at {first['time']} UTC. Keep one: rows.drop_duplicates(['iu_ac', 'time'], keep='last')."
        )
        raise InputError(msg)


def _means(rows: pd.DataFrame, keys: list[pd.Series]) -> pd.DataFrame:
    """Return the mean state, where known, and the mean flow of groups of rows."""
    known = rows["state"].where(rows["state"] > 0).astype(np.float64)
    values = pd.DataFrame({STATE: known, FLOW: rows["q"].astype(np.float64)})
    return values.groupby(keys).mean()


def _radians(table: pd.DataFrame) -> npt.NDArray[np.float64]:
    return table[["lat", "lon"]].to_numpy(np.float64) * (np.pi / 180)


def _metres(
    one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return great-circle distances between points in radians, the last axis latitude, longitude."""
    lat, lon = np.moveaxis(other - one, -1, 0)
    chord = (
        np.sin(lat / 2) ** 2 + np.cos(one[..., 0]) * np.cos(other[..., 0]) * np.sin(lon / 2) ** 2
    )
    return np.asarray(2 * _EARTH * np.arcsin(np.sqrt(chord)), np.float64)
