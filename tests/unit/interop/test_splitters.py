import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("sktime", reason="sktime is not installed")

from sklearn.model_selection import KFold
from sktime.forecasting.base import ForecastingHorizon
from sktime.split import (
    CutoffSplitter,
    ExpandingGreedySplitter,
    ExpandingWindowSplitter,
    InstanceSplitter,
    SingleWindowSplitter,
    SlidingWindowSplitter,
    TemporalTrainTestSplitter,
)
from sktime.split import TestPlusTrainSplitter as PlusTrainSplitter  # pytest collects Test…
from sktime.split.base import BaseSplitter

import evforecast as ev
from evforecast.errors import HorizonError, InputError
from evforecast.interop import horizons, splitter_origins


@pytest.fixture(scope="module")
def panel():
    return ev.simulate(n_evse=5, days=4, random_state=3)


def test_horizons_of_sktime_are_steps():
    times = pd.date_range("2020-10-26 00:15", periods=3, freq="15min")
    fh = ForecastingHorizon(times, is_relative=False)
    assert horizons(fh, cutoff="2020-10-26") == [1, 2, 3]
    assert horizons(
        times.tz_localize("UTC").tz_convert("Europe/Paris"), cutoff="2020-10-26", step="5min"
    ) == [3, 6, 9]
    assert horizons(times.to_period("15min"), cutoff="2020-10-26", step="15min") == [1, 2, 3]
    assert horizons(pd.to_timedelta(["1h", "30min"]), step="15min") == [2, 4]
    assert horizons(4) == horizons([4, 3, 2, 1]) == horizons(range(1, 5)) == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("fh", "options", "message"),
    [
        ([0, 1], {}, "positive whole numbers"),
        (pd.to_timedelta(["1h"]), {}, "say step="),
        (pd.DatetimeIndex(["2020-10-26"]), {"step": "15min"}, "say cutoff= and step="),
        (
            pd.DatetimeIndex(["2020-10-26 00:07"]),
            {"step": "15min", "cutoff": "2020-10-26"},
            "positive whole numbers",
        ),
        (
            ForecastingHorizon([5], is_relative=False),
            {"step": "15min", "cutoff": "2020-10-26"},
            "holds no times",
        ),
    ],
)
def test_horizons_that_are_no_steps_are_refused(fh, options, message):
    with pytest.raises(HorizonError, match=message):
        horizons(fh, **options)


@pytest.mark.parametrize("freq", ["D", "15min", "2h"])
def test_times_that_know_their_step_need_no_other(freq):
    times = pd.date_range("2020-10-26", periods=4, freq=freq)
    fh = ForecastingHorizon(times[1:], is_relative=False)
    assert horizons(fh, cutoff=times[0]) == [1, 2, 3]


def test_months_have_no_length():
    fh = ForecastingHorizon(pd.date_range("2020-11", periods=3, freq="MS"), is_relative=False)
    with pytest.raises(HorizonError, match="say cutoff= and step="):
        horizons(fh, cutoff="2020-10-01")


def test_our_forecasters_take_them(panel):
    model = ev.MarkovForecaster().fit(panel)
    ahead = pd.date_range(pd.Timestamp(panel.cutoff), periods=5, freq="15min")[1:]
    forecast = model.predict_proba(panel, horizons(ahead, cutoff=panel.cutoff, step=panel.step))
    np.testing.assert_array_equal(forecast.times, ahead.to_numpy())


DAY = pd.Timedelta("1D")
SPLITTERS = {
    "expanding": (
        ExpandingWindowSplitter(fh=[1, 4], initial_window=96, step_length=96),
        [95, 191, 287],
        [1, 4],
    ),
    "sliding": (
        SlidingWindowSplitter(fh=[4, 2], window_length=100, step_length=150),
        [99, 249],
        [2, 4],
    ),
    "lengths of time": (
        SlidingWindowSplitter(
            fh=ForecastingHorizon(pd.to_timedelta(["1h", "1D"])), window_length=DAY, step_length=DAY
        ),
        [95, 191],
        [4, 96],
    ),
    "single": (SingleWindowSplitter(fh=[4], window_length=50), [379], [4]),
    "cutoffs in any order": (
        CutoffSplitter(np.array([60, 50]), fh=[1], window_length=10),
        [50, 60],
        [1],
    ),
    "greedy": (ExpandingGreedySplitter(96, folds=2), [191, 287], list(range(1, 97))),
    "train and test": (TemporalTrainTestSplitter(test_size=8), [375], list(range(1, 9))),
}


@pytest.mark.parametrize("name", SPLITTERS)
def test_origins_are_the_last_times_of_the_windows(panel, name):
    splitter, rows, steps = SPLITTERS[name]
    origins, ahead = splitter_origins(splitter, panel)
    assert origins.dtype == "datetime64[s]"
    assert ahead.dtype == np.int64
    np.testing.assert_array_equal(origins, panel.times[rows])
    assert ahead.tolist() == steps


@pytest.mark.parametrize("name", ["expanding", "sliding", "lengths of time", "greedy"])
def test_agree_with_the_series_that_sktime_cuts(panel, name):
    """The frames that sktime hands its forecasters end, and are tested, where ours do."""
    splitter = SPLITTERS[name][0]
    counts = panel.to_counts(by=None).asfreq("15min")
    origins, steps = splitter_origins(splitter, panel)
    pairs = list(splitter.split_series(counts))
    assert len(pairs) == len(origins) > 1
    for origin, (past, test) in zip(origins, pairs, strict=True):
        assert past.index[-1] == pd.Timestamp(origin)
        assert test.index.equals(pd.DatetimeIndex(origin + steps * panel.step))


class Ragged(BaseSplitter):
    """The second window reaches farther than the first."""

    def _split(self, y):
        yield np.arange(len(y) - 20), len(y) - np.array([20, 19])
        yield np.arange(len(y) - 10), len(y) - np.array([10, 9, 8])


def test_splitters_that_give_no_origins_are_refused(panel):
    with pytest.raises(InputError, match="does not split in time"):
        splitter_origins(InstanceSplitter(KFold(2)), panel)
    with pytest.raises(InputError, match="a list does not split"):
        splitter_origins([1, 2], panel)
    late = SlidingWindowSplitter(
        fh=[1], window_length=300, step_length=200, start_with_window=False
    )
    with pytest.raises(InputError, match="1 of them without a past"):
        splitter_origins(late, panel)


def test_windows_that_are_no_horizons_are_refused(panel):
    with pytest.raises(HorizonError, match=r"'1 to 2', '1 to 3'.*the same in every split"):
        splitter_origins(Ragged(), panel)
    inside = PlusTrainSplitter(SingleWindowSplitter(fh=[1, 4], window_length=50))
    with pytest.raises(HorizonError, match=r"'-49 to 4'.*each at least 1"):
        splitter_origins(inside, panel)


def test_they_need_no_skpro():
    code = (
        "import sys; sys.modules['skpro'] = None; from evforecast.interop import horizons, "
        "splitter_origins; print(horizons([4, 1]))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[1, 4]"


def test_without_sktime_the_error_holds_the_line_to_type():
    code = "import sys; sys.modules['sktime'] = None; import evforecast.interop.splitters"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "MissingExtraError: sktime is not installed" in done.stderr
    assert "pip install 'evforecast[skpro]'" in done.stderr
