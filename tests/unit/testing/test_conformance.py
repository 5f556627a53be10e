"""The suite must fail for forecasters that break a promise: one culprit for each."""

import numpy as np
import pytest

from evforecast import Persistence
from evforecast.panel import StatusForecast
from evforecast.testing import CHECKS, check_forecaster


class KeepsState(Persistence):
    """Forecasts differently each time."""

    def _predict(self, context, horizons):
        self.calls_ = getattr(self, "calls_", 0) + 1
        return super()._predict(context, horizons) + self.calls_


class ChangesParameters(Persistence):
    def _fit(self, panel):
        super()._fit(panel)
        self.horizons = list(self.horizons)


class MixesChargers(Persistence):
    def _predict(self, context, horizons):
        return (
            super()._predict(context, horizons) + np.linspace(0, 1, context.n_evse)[None, :, None]
        )


class ReadsTheClock(Persistence):
    """Depends on how many rows it is handed, beyond its lookback."""

    def predict_proba(self, context, horizons=None):
        forecast = super().predict_proba(context, horizons)
        share = 1 / context.n_time
        p = forecast.proba * (1 - share) + share / forecast.proba.shape[-1]
        return StatusForecast(
            p,
            cutoff=forecast.cutoff,
            step=forecast.step,
            horizons=forecast.horizons.tolist(),
            evse=forecast.evse,
            scheme=forecast.scheme,
        )


class RefusesStrangers(Persistence):
    def _predict(self, context, horizons):
        if (self._units(context) < 0).any():
            raise AssertionError("unknown charger")
        return super()._predict(context, horizons)


class ForgetsInPickle(Persistence):
    def __getstate__(self):
        state = self.__dict__.copy()
        state["table_"] = np.ones_like(state["table_"]) if "table_" in state else None
        return state


class NeedsAllRows(Persistence):
    def _predict(self, context, horizons):
        result = super()._predict(context, horizons)
        if (context.codes[-1] < 0).any():
            result[:] = np.nan
        return result


@pytest.mark.parametrize(
    ("culprit", "check"),
    [
        (KeepsState, "the same seed gives the same result"),
        (ChangesParameters, "parameters are stored verbatim"),
        (MixesChargers, "the order of chargers does not matter"),
        (ReadsTheClock, "only the lookback is used"),
        (RefusesStrangers, "unseen chargers are served"),
        (ForgetsInPickle, "pickling changes nothing"),
    ],
)
def test_a_broken_promise_is_named(culprit, check):
    with pytest.raises(AssertionError, match=check):
        check_forecaster(culprit(horizons=[1, 4]), only=[check])


def test_missing_rows_that_give_no_distribution_are_caught():
    with pytest.raises(Exception, match="no probability distribution"):
        check_forecaster(NeedsAllRows(horizons=[1]), only=["missing rows are served"])


def test_an_honest_forecaster_passes_all():
    assert check_forecaster(Persistence(horizons=[1, 4])) == list(CHECKS)
