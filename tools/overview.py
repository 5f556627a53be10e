"""Draw the picture of the README, ``docs/overview.png``: a simulated city, one forecast, and its skill.

Usage: ``python tools/overview.py``.
"""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

mpl.use("Agg")

from matplotlib.figure import Figure

import evforecast as ev

TARGET = Path(__file__).parents[1] / "docs" / "overview.png"
HORIZONS = [1, 4, 16, 96]


def main() -> None:
    """Draw it."""
    panel = ev.simulate(n_evse=273, days=35, random_state=0)
    cutoff = panel.cutoff - 7 * 96 * panel.step
    train, context = panel.until(cutoff), panel.until(cutoff + 34 * panel.step)
    recursive = ev.SemiMarkovForecaster(HORIZONS).fit(train)
    direct = ev.DirectForecaster(HORIZONS, max_rows=100_000, random_state=0).fit(train)
    models = {"semi-Markov": recursive, "direct": direct, "persistence": ev.Persistence(HORIZONS)}
    result = ev.backtest(models, panel, last="6D", every="6h")
    forecast = recursive.predict_proba(context, list(range(1, 97)))
    free = recursive.predict_proba(context, [4]).coarsen("free")
    last = context.tail(96).codes
    busy = context.evse_ids[int(((last[-1] == 1) & (last >= 0).all(axis=0)).argmax())]
    with ev.plotting.theme():
        figure = Figure(figsize=(13, 4), layout="constrained")
        places = figure.subplots(1, 3)
        chance = free.proba[0, :, free.scheme.names.index("free")]
        ev.plotting.map_chargers(context.evse, chance, label="free in an hour", ax=places[0])
        ev.plotting.fan(forecast, busy, history=context.tail(96), ax=places[1])
        ev.plotting.skill(result, reference="persistence", ax=places[2])
        figure.savefig(TARGET, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
