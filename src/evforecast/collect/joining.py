"""A history and a live feed of the same chargers under other ids, made one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError, UnknownChargerError
from evforecast.panel import StatusPanel, Vocabulary

__all__ = ["Joined", "as_told_by", "join_history", "match_by_location"]

_METRES_A_DEGREE = 111_195.0


@dataclass(frozen=True, eq=False)
class Joined:
    """A history and a live feed as one panel, and what could not be matched.

    Attributes
    ----------
    panel : StatusPanel
        Under the ids of the live feed where a charger was matched.
    matches : pandas.DataFrame
        Index ``history_id``; ``evse_id`` (of the live feed), ``how`` (``"mapping"`` or ``"location"``) and
        ``metres`` between the two where both are placed.
    history_only, live_only : list of str
        Chargers without a match; they are in the panel, missing in the other part.
    """

    panel: StatusPanel
    matches: pd.DataFrame
    history_only: list[str]
    live_only: list[str]


def as_told_by(panel: StatusPanel, vocabulary: Vocabulary) -> StatusPanel:
    """Return a panel as a feed with a poorer vocabulary would have told it.

    Parameters
    ----------
    panel : StatusPanel
        Of a feed that tells statuses apart which the other calls by one name.
    vocabulary : Vocabulary
        Of the other feed: its `merged` says which.

    Returns
    -------
    StatusPanel
        To compare the two feeds. A model that is to keep the difference is fitted on `panel` as it is, and
        serves the poorer feed inside `OccupiedFeed`.

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.panel import VOCABULARIES
    >>> panel = ev.simulate(n_evse=5, days=2, random_state=0)
    >>> told = as_told_by(panel, VOCABULARIES["belib"])
    >>> bool((told.codes == panel.scheme.code("passive")).any())
    False
    """
    table = np.arange(-1, len(panel.scheme.names), dtype=np.int8)
    for name, parts in vocabulary.merged.items():
        for part in parts:
            table[1 + panel.scheme.code(part)] = panel.scheme.code(name)
    return StatusPanel(
        table[panel.codes.astype(np.intp) + 1],
        panel.grid,
        panel.evse,
        scheme=panel.scheme,
        exog=panel.exog,
        tz=panel.tz,
    )


def match_by_location(
    history: pd.DataFrame, live: pd.DataFrame, *, within_metres: float = 60.0
) -> pd.DataFrame:
    """Match chargers of two tables by where they stand.

    Locations are paired that are each other's nearest and near enough; their chargers are paired in the order
    of their ids, as far as both have any. That a place is the same is certain, which of its chargers is
    which is not.

    Parameters
    ----------
    history, live : pandas.DataFrame
        Tables of chargers, with ``location_id``, ``lat`` and ``lon``.
    within_metres : float

    Returns
    -------
    pandas.DataFrame
        Index ``history_id``; ``evse_id`` and ``metres``.

    Examples
    --------
    >>> from evforecast.panel import evse_table
    >>> here = {"lat": [48.85, 48.85], "lon": [2.35, 2.35], "location_id": ["S7", "S7"]}
    >>> history = evse_table(["S7-T1", "S7-T2"], pd.DataFrame(here, index=["S7-T1", "S7-T2"]))
    >>> live = history.set_axis(["FR*V75*E7*1", "FR*V75*E7*2"]).assign(lat=48.8501)
    >>> match_by_location(history, live)["evse_id"].to_dict()
    {'S7-T1': 'FR*V75*E7*1', 'S7-T2': 'FR*V75*E7*2'}
    """
    ours, theirs = _places(history), _places(live)
    found: list[dict[str, object]] = []
    if len(ours) and len(theirs):
        metres = _metres(ours, theirs)
        nearest, back = metres.argmin(axis=1), metres.argmin(axis=0)
        for place, other in enumerate(nearest.tolist()):
            if back[other] == place and metres[place, other] <= within_metres:
                mine = _natural(history.index[history["location_id"] == ours.index[place]])
                other_ids = _natural(live.index[live["location_id"] == theirs.index[other]])
                found += [
                    {"history_id": old, "evse_id": new, "metres": float(metres[place, other])}
                    for old, new in zip(mine, other_ids, strict=False)
                ]
    columns = ["history_id", "evse_id", "metres"]
    return pd.DataFrame(found, columns=columns).set_index("history_id")


def join_history(
    history: StatusPanel,
    live: StatusPanel,
    *,
    mapping: Mapping[str, str] | None = None,
    vocabulary: Vocabulary | None = None,
    within_metres: float = 60.0,
) -> Joined:
    """Join a history and what a live feed brought since, charger by charger.

    Parameters
    ----------
    history, live : StatusPanel
        `live` begins after `history` ends; times between them are missing.
    mapping : mapping of str to str, optional
        Ids of the live feed by those of the history, where they are known; the others are matched by
        location.
    vocabulary : Vocabulary, optional
        Of the live feed: what it cannot tell apart is made one in the history too (see `as_told_by`). By
        default both parts stay as they are.
    within_metres : float
        How far apart a location may be said to stand in the two.

    Returns
    -------
    Joined

    Raises
    ------
    UnknownChargerError
        If `mapping` names a charger that the history or the live feed does not have.
    InputError
        If two chargers are mapped to one, or `live` begins too early.

    Examples
    --------
    >>> import evforecast as ev
    >>> city = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> day = city.grid.slots_per_day
    >>> live = city.tail(day).rename({name: f"FR*{name}" for name in city.evse_ids})
    >>> joined = join_history(city.head(2 * day), live)
    >>> joined.panel.n_evse, joined.history_only, set(joined.matches["how"])
    (6, [], {'location'})
    """
    known = dict(mapping or {})
    for ids, panel in ((known.keys(), history), (known.values(), live)):
        if strange := [name for name in ids if name not in panel.evse.index]:
            raise UnknownChargerError(strange, panel.n_evse)
    if len(set(known.values())) < len(known):
        twice = pd.Series(list(known.values())).value_counts()
        msg = (
            f"join_history: mapped to by more than one charger: {list(twice[twice > 1].index)[:3]}."
        )
        raise InputError(msg)
    rest = history.evse.drop(index=list(known))
    near = match_by_location(
        rest, live.evse.drop(index=list(known.values())), within_metres=within_metres
    ).assign(how="location")
    told = pd.DataFrame(
        {"evse_id": list(known.values()), "how": "mapping"},
        index=pd.Index(list(known), name="history_id", dtype=object),
    )
    told["metres"] = _apart(history.evse.loc[list(known)], live.evse.loc[list(known.values())])
    matches = pd.concat([part for part in (told, near) if len(part)] or [told])
    pairs = dict(zip(matches.index, matches["evse_id"], strict=True))
    past = history if vocabulary is None else as_told_by(history, vocabulary)
    return Joined(
        past.rename(pairs).append(live),
        matches[["evse_id", "how", "metres"]],
        [name for name in history.evse_ids if name not in pairs],
        [name for name in live.evse_ids if name not in set(pairs.values())],
    )


def _places(table: pd.DataFrame) -> pd.DataFrame:
    """Return the middle of each location that has one."""
    placed = table.dropna(subset=["lat", "lon"])
    return placed.groupby("location_id")[["lat", "lon"]].mean()


def _metres(ours: pd.DataFrame, theirs: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Return distances ``[ours, theirs]``; a city is flat."""
    lat, lon = ours["lat"].to_numpy(), ours["lon"].to_numpy()
    north = theirs["lat"].to_numpy() - lat[:, None]
    east = (theirs["lon"].to_numpy() - lon[:, None]) * np.cos(np.radians(lat))[:, None]
    distances: npt.NDArray[np.float64] = np.hypot(north, east) * _METRES_A_DEGREE
    return distances


def _apart(ours: pd.DataFrame, theirs: pd.DataFrame) -> npt.NDArray[np.float64]:
    if not len(ours):
        return np.empty(0)
    return np.diagonal(_metres(ours, theirs)).copy()


def _natural(ids: pd.Index) -> list[str]:
    """Return ids in the order a person counts: T2 before T10."""
    split = pd.Series(list(ids), dtype=object).str.findall(r"\d+|\D+")
    keys = [
        [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts]
        for parts in split
    ]
    return [str(name) for _, name in sorted(zip(keys, ids, strict=True))]
