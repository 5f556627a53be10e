"""A forecaster that writes down what it was handed, in whatever process it was."""

from pathlib import Path

import numpy as np
import pandas as pd

from evforecast.panel import StatusForecast


class Watched:
    """Forecasts from the shares it learnt and the last statuses; a line in `log` for each panel."""

    horizons = (1, 8)

    def __init__(self, log):
        self.log = str(log)

    def fit(self, panel):
        self._note("fit", panel)
        size = len(panel.scheme)
        self.shares_ = np.bincount(panel.codes[panel.codes >= 0], minlength=size) + 1.0
        self.trained_until_ = panel.cutoff
        return self

    def predict_proba(self, context, horizons=None):
        self._note("predict", context)
        assert len(context.codes) == context.n_time
        law = np.tile(self.shares_ / self.shares_.sum(), (len(horizons), context.n_evse, 1))
        seen = context.codes[-1] >= 0
        law[:, seen, context.codes[-1][seen]] += 1
        return StatusForecast(
            law / law.sum(axis=-1, keepdims=True),
            cutoff=context.cutoff,
            step=context.step,
            horizons=horizons,
            evse=context.evse,
            scheme=context.scheme,
        )

    def _note(self, what, panel):
        assert panel.exog is None or len(panel.exog) == panel.n_time
        with Path(self.log).open("a") as file:
            file.write(f"{what} {panel.grid.start} {panel.cutoff} {panel.n_time}\n")


def notes(log, what):
    """Return the first time, the last time and the rows of each panel that was handed over so."""
    lines = [line.split() for line in Path(log).read_text().splitlines()]
    frame = pd.DataFrame(lines, columns=["what", "first", "last", "rows"])
    frame = frame[frame["what"] == what].drop(columns="what").sort_values("last")
    return frame.astype({"first": "M8[s]", "last": "M8[s]", "rows": int}).reset_index(drop=True)
