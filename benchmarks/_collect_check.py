"""Whether a store holds all that a server answered, once, and knows what is missing."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from _collect_city import START, STEP, City, Server

from evforecast.collect import Store, to_panel

if TYPE_CHECKING:
    import pandas as pd


def check(store: Store, server: Server, kills: list[int], n_cycles: int) -> dict[str, Any]:
    """Return what is wrong, and counts.

    Parameters
    ----------
    store : Store
    server : Server
    kills : list of int
        The cycles in which the collector was killed.
    n_cycles : int
    """
    city, wrong = server.city, []
    entries = store.entries()
    entries["n"] = ((entries["cycle"].to_numpy() - START) // STEP).astype(int)
    kept = entries[entries["outcome"] != "failed"]
    read = kept[kept["outcome"] != "unreadable"]
    wrong += [f"cycle {n} is answered twice" for n in read["n"][read["n"].duplicated()]]
    held: dict[int, list[tuple[str, str]]] = {}  # what cannot be read is kept, and asked for again
    for n, outcome, payload in zip(kept["n"], kept["outcome"], kept["payload"], strict=True):
        held.setdefault(n, []).append((outcome, payload))
    lost, answered, good = [], 0, np.zeros(n_cycles, bool)
    for n in range(n_cycles):
        marks = [int(mark) for mark in server.log[n] if mark]
        answered += bool(marks)
        if n not in held:
            # Between the server and the disk there is a moment: a kill there, and time is up.
            lost += [n] if marks else []
            continue
        good[n] = any(outcome != "unreadable" for outcome, _ in held[n])
        if not marks:
            wrong.append(f"cycle {n} has an answer that was never given")
            continue
        possible = _possible(city, n, marks)
        strange = [payload for _, payload in held[n] if payload not in possible]
        wrong += [f"cycle {n} holds {payload}, which was not its answer" for payload in strange]
        gone = possible - {payload for _, payload in held[n]}
        if gone and n not in kills:
            wrong.append(f"cycle {n} was answered with {sorted(gone)}, which it does not hold")
    wrong += [f"cycle {n} was answered and is not held" for n in lost if n not in kills]
    wrong += [] if len(lost) <= len(kills) else [f"{len(lost)} lost in {len(kills)} kills"]
    gaps = store.gaps(START, START + n_cycles * STEP)["cycle"].to_numpy()
    if not np.array_equal((gaps - START) // STEP, np.flatnonzero(~good)):
        wrong.append(f"{len(gaps)} gaps are listed where {int((~good).sum())} are")
    wrong += _rows(store, entries)
    wrong += _panel(store, city, good)
    return {
        "wrong": wrong,
        "answered": answered,
        "held": len(held),
        "in flight when killed": len(lost),
        "outcomes": entries["outcome"].value_counts().to_dict(),
        "gaps": len(gaps),
        "never asked": int((server.asked[:n_cycles] == 0).sum()),
        "adopted": sum(
            bool(line.get("adopted"))
            for day in store.journal.days()
            for line in store.journal.lines(day)
        ),
    }


def _possible(city: City, n: int, marks: list[int]) -> set[str]:
    whole = city.body(int(city.version[n]))
    bodies = {1: whole, 2: whole, 5: b"<html>Sign in</html>", 6: whole[: len(whole) // 2]}
    return {f"status-{hashlib.sha256(bodies[mark]).hexdigest()}" for mark in marks}


def _rows(store: Store, entries: pd.DataFrame) -> list[str]:
    """Hold the files of rows against the payloads: every charger of each, once, and no other."""
    wrong, city = [], store.feed
    readable = entries[entries["rows"] > 0]
    days = readable["cycle"].dt.strftime("%Y-%m-%d")
    for day, names in readable.groupby(days)["payload"]:
        expected = dict.fromkeys(names, len(city.ids))  # type: ignore[attr-defined]
        if store.shelves["status"].counts(day) != expected:
            wrong.append(f"{day}: rows of {len(expected)} payloads are not all there, once")
        archived = store.archive.ids(day)
        if missing := set(names) - archived:
            wrong.append(f"{day}: {len(missing)} bodies are not in the archive")
    frame = store.rows("status", until=START + 96 * STEP)
    if frame.duplicated(["evse_id", "collected_at"]).any():
        wrong.append("rows are there twice")
    return wrong


def _panel(store: Store, city: City, good: np.ndarray) -> list[str]:
    """Hold the panel against what the city truly was."""
    n = len(good)
    panel = to_panel(store, since=START, until=START + n * STEP, late="15min")
    expected = np.where(good[:, None], city.truth[city.version[:n]], -1)
    found = panel.select(city.ids).codes
    return [] if np.array_equal(found, expected) else ["the panel is not what the city was"]
