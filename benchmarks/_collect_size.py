"""One cycle of a large network, the size of a day, and a panel of a year."""

from __future__ import annotations

import json
import os
import random
import shutil
import time
from pathlib import Path
from typing import Any

import numpy as np
from _collect_city import START, STEP, Answer

from evforecast.collect import Store, collect_once, to_panel
from evforecast.sources.belib import BelibStatus

_REAL = "belib/belib_export_v21_2023-01-30T1230.json"
_WORDS = ("Disponible", "Occupé (en charge)")


class Paris:
    """Answers like the live feed of Paris; the statuses of a tenth of the chargers are drawn anew each time.

    Parameters
    ----------
    n_evse : int
        Of made chargers, where there is no real answer.
    """

    def __init__(self, n_evse: int) -> None:
        self._rng = random.Random(0)  # noqa: S311 - a seed, no secret
        self.now = START
        real = Path(os.environ.get("EVFORECAST_DATA", ""), _REAL)
        self.kind = "real" if real.is_file() else "made"
        self.rows = (
            json.loads(real.read_bytes())
            if real.is_file()
            else [self._row(place) for place in range(n_evse)]
        )

    def _row(self, place: int) -> dict[str, Any]:
        return {
            "id_pdc": f"FR*V75*EPX{place // 100:02d}*{place % 100 // 5:02d}*{place % 5 + 1}",
            "statut_pdc": _WORDS[place % 2],
            "last_updated": "2026-01-01T04:30:03+00:00",
            "url_description_pdc": f"https://parisdata.opendatasoft.com/explore/dataset/{place}/",
            "coordonneesxy": {
                "lon": round(2.25 + self._rng.random() * 0.16, 6),
                "lat": round(48.82 + self._rng.random() * 0.08, 6),
            },
            "adresse_station": f"{place % 180 + 1} Rue de Belleville 750{place % 20 + 1:02d} Paris",
            "code_insee_commune": "75056",
            "arrondissement": f"{place % 20 + 1}e Arrondissement",
        }

    def get(self, url: str, *, etag: str | None = None, modified: str | None = None) -> Answer:
        """Answer as it stands."""
        del url, etag, modified
        for row in self._rng.sample(self.rows, len(self.rows) // 10):
            if row["statut_pdc"] in _WORDS:
                row["statut_pdc"] = self._rng.choice(_WORDS)
            row["last_updated"] = f"{self.now}+00:00"
        body = json.dumps(self.rows, ensure_ascii=False).encode()
        return Answer(200, body, self.now + np.timedelta64(3, "s"))


def measure(folder: Path, n_evse: int, days: int) -> dict[str, Any]:
    """Collect a day and put it away; copy it to make a year, and build a panel of that.

    Parameters
    ----------
    folder : Path
    n_evse : int
    days : int
        Of the year.
    """
    store, server = Store(folder, BelibStatus()), Paris(n_evse)
    seconds, size = [], 0
    for cycle in range(98):
        server.now = START + cycle * STEP
        body = server.get("").body
        server.get = lambda *_, at=server.now, body=body, **__: Answer(200, body, at)  # type: ignore[method-assign]
        start = time.perf_counter()
        collect_once(store, server, now=server.now)
        seconds.append(time.perf_counter() - start)
        del server.get  # type: ignore[method-assign]
        size = len(body)
    one_day = store.size().iloc[0]
    first = str(START)[:10]
    _copy(store, first, days)
    start = time.perf_counter()
    panel = to_panel(store, since=START, until=START + days * 96 * STEP)
    return {
        "chargers": len(server.rows),
        "kind": server.kind,
        "body_mb": size / 1e6,
        "cycle_seconds": float(np.median(seconds[1:96])),
        "cycle_seconds_longest": float(np.max(seconds[1:96])),
        "first_cycle_of_a_day_seconds": seconds[96],
        "day_mb": {name: float(count) / 1e6 for name, count in one_day.items()},
        "panel_of_days": days,
        "panel_shape": list(panel.codes.shape),
        "panel_observed": float((panel.codes >= 0).mean()),
        "panel_seconds": time.perf_counter() - start,
    }


def _copy(store: Store, first: str, days: int) -> None:
    """Make further days of the first one: its journal with other dates, and its rows as they are."""
    text = store.journal.path(first).read_text(encoding="utf-8")
    for number in range(1, days):
        day = str(START + number * 96 * STEP)[:10]
        path = store.journal.path(day)
        path.write_text(text.replace(f'"{first}T', f'"{day}T'), encoding="utf-8")
        for shelf in store.shelves.values():
            shutil.rmtree(shelf.folder / day, ignore_errors=True)
            shutil.copyfile(shelf.day_path(first), shelf.day_path(day))
