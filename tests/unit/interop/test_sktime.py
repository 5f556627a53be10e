import pickle
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("skpro", reason="skpro is not installed (extra 'skpro')")

from sktime.forecasting.base import ForecastingHorizon
from sktime.forecasting.naive import NaiveForecaster
from sktime.split import ExpandingWindowSplitter
from sktime.utils.estimator_checks import check_estimator

import evforecast as ev
from evforecast.errors import EmptyInputError, InputError, IrregularTimeError, UnknownStatusError
from evforecast.interop.categorical import Categorical
from evforecast.interop.sktime import StatusForecaster, splitter_origins
from evforecast.timegrid import TimeGrid

FH = [1, 4, 12]
NATIVE = {
    "climatology": ev.Climatology(),
    "markov": ev.MarkovForecaster(),
    "persistence": ev.Persistence(),
    "semi-markov": ev.SemiMarkovForecaster(),
    "direct": ev.DirectForecaster(random_state=0, max_rows=500),
    "target": ev.DirectForecaster(target="charging", random_state=0, max_rows=500),
}


@pytest.fixture(scope="module")
def panel():
    city = ev.simulate(n_evse=5, days=4, random_state=3)
    # Without weather: sktime hands our forecasters statuses alone.
    return ev.StatusPanel(city.codes, city.grid, city.evse, tz=city.tz)


@pytest.fixture(scope="module")
def y(panel):
    return panel.to_multiindex()


@pytest.fixture(scope="module")
def by_location(panel, y):
    """The hierarchy that also says which charger stands where."""
    flat = y.reset_index()
    flat["location_id"] = flat["evse_id"].map(panel.evse["location_id"])
    return flat.set_index(["location_id", "evse_id", "time"])


def expected(panel, native, fh=FH, context=None):
    model = type(native)(**(native.get_params() | {"horizons": fh})).fit(panel)
    return model.predict_proba(panel if context is None else context, fh)


@pytest.mark.parametrize("name", NATIVE)
def test_gives_the_probabilities_of_the_native_forecaster(panel, by_location, name):
    model = StatusForecaster(NATIVE[name], tz=panel.tz).fit(by_location, fh=FH)
    reference = expected(panel, NATIVE[name])
    frame = model.predict_state_proba()
    assert frame.columns.to_list() == list(reference.scheme.names)
    by_charger = reference.proba.transpose(1, 0, 2).reshape(len(frame), -1)
    np.testing.assert_allclose(frame, by_charger, atol=1e-6)
    assert model.predict()["status"].tolist() == by_charger.argmax(axis=1).tolist()


def test_the_default_is_the_semi_markov_forecaster(panel, y):
    model = StatusForecaster(tz=panel.tz).fit(y)
    assert isinstance(model.forecaster_, ev.SemiMarkovForecaster)
    assert model.scheme_ is ev.STATUS
    assert model.classes_.tolist() == [0, 1, 2, 3, 4]


def test_rows_and_their_names_come_back(panel, y):
    model = StatusForecaster().fit(y)
    ahead = panel.cutoff + np.array(FH) * panel.step
    wanted = pd.MultiIndex.from_product([panel.evse_ids, ahead], names=["evse_id", "time"])
    for frame in (model.predict(FH), model.predict_state_proba(FH)):
        pd.testing.assert_index_equal(frame.index, wanted, exact=False)
    law = model.predict_proba(FH)
    assert isinstance(law, Categorical)
    assert law.index.names == ["evse_id", "time"]
    assert law.columns.to_list() == ["status"]


def test_the_distribution_holds_the_probabilities(y):
    model = StatusForecaster().fit(y, fh=FH)
    frame, law = model.predict_state_proba(), model.predict_proba()
    for code, name in enumerate(ev.STATUS.names):
        at = pd.DataFrame({"status": code}, index=frame.index)
        np.testing.assert_allclose(law.pmf(at)["status"], frame[name], atol=1e-6)


@pytest.mark.parametrize("native", [ev.MarkovForecaster(), ev.Persistence()], ids=["any", "fixed"])
def test_a_horizon_may_be_steps_times_or_lengths_of_time(panel, y, native):
    ahead = pd.DatetimeIndex(panel.cutoff + np.array(FH) * panel.step)
    forms = [
        ForecastingHorizon(FH, is_relative=True),
        ForecastingHorizon(ahead, is_relative=False),
        ahead,
        ForecastingHorizon(ahead - pd.Timestamp(panel.cutoff), is_relative=True),
    ]
    wanted = StatusForecaster(native).fit(y, fh=FH).predict_state_proba()
    assert wanted.index.get_level_values("time").unique().equals(ahead)
    for fh in forms:
        model = StatusForecaster(native).fit(y, fh=fh)
        pd.testing.assert_frame_equal(model.predict_state_proba(), wanted)
        pd.testing.assert_frame_equal(model.predict_state_proba(fh), wanted)
        assert model.predict(fh).index.equals(wanted.index)
        assert model.predict_proba(fh).index.equals(wanted.index)


def test_dates_may_be_farther_apart_than_the_steps(panel, y):
    hours = pd.date_range(pd.Timestamp(panel.cutoff), periods=4, freq="h")[1:]
    frame = StatusForecaster(ev.MarkovForecaster()).fit(y, fh=hours).predict_state_proba()
    reference = StatusForecaster(ev.MarkovForecaster()).fit(y, fh=[4, 8, 12]).predict_state_proba()
    pd.testing.assert_frame_equal(frame, reference)


def test_dates_that_are_past_or_between_steps_are_refused(panel, y):
    model = StatusForecaster(ev.MarkovForecaster()).fit(y)
    with pytest.raises(NotImplementedError, match="in-sample"):
        model.predict(pd.DatetimeIndex([panel.times[-3], panel.cutoff]))
    with pytest.raises(NotImplementedError, match="in-sample"):
        model.predict(pd.DatetimeIndex([panel.cutoff]))
    with pytest.raises(IrregularTimeError, match="off the steps"):
        model.predict(pd.DatetimeIndex([panel.cutoff + np.timedelta64(400, "s")]))


def test_a_coarser_target_counts_from_nought(panel, y):
    model = StatusForecaster(NATIVE["target"]).fit(y, fh=FH)
    assert model.predict_state_proba().columns.to_list() == ["not charging", "charging"]
    charging = model.predict_proba().pmf(1).to_numpy().ravel()
    np.testing.assert_allclose(charging, model.predict_state_proba()["charging"], atol=1e-6)
    assert set(model.predict()["status"]) <= {0, 1}


def test_one_series_and_a_hierarchy(panel, y):
    one = y.xs(panel.evse_ids[0])["status"]
    single = StatusForecaster(ev.MarkovForecaster()).fit(one, fh=FH)
    assert single.predict().name == "status"
    assert single.predict().index.name == "time"
    reference = expected(panel.select(panel.evse_ids[:1]), ev.MarkovForecaster())
    np.testing.assert_allclose(single.predict_state_proba(), reference.proba[:, 0], atol=1e-6)

    flat = y.reset_index()
    flat["area"] = "75011"
    flat["location_id"] = "L" + flat["evse_id"].str[-1]
    deep = flat.set_index(["area", "location_id", "evse_id", "time"]).sort_index()
    model = StatusForecaster(ev.MarkovForecaster()).fit(deep, fh=FH)
    assert model.predict().index.names == ["area", "location_id", "evse_id", "time"]
    shallow = StatusForecaster(ev.MarkovForecaster()).fit(y, fh=FH).predict_state_proba()
    np.testing.assert_allclose(
        model.predict_state_proba().droplevel([0, 1]).loc[shallow.index], shallow, atol=1e-6
    )


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(100, 500),
        pd.period_range("2020-01", periods=400, freq="M"),
        pd.date_range("2020-01-01", periods=400, freq="15min", tz="Europe/Paris"),
        pd.bdate_range("2020-01-01", periods=400),
    ],
    ids=["numbers", "months", "with a zone", "business days"],
)
def test_every_kind_of_time(index):
    states = np.random.default_rng(0).integers(0, 2, size=len(index))
    y = pd.Series(states[:390], index=index[:390], name="status")
    predicted = StatusForecaster().fit(y, fh=[1, 10]).predict()
    assert predicted.index.equals(pd.Index(index[[390, 399]]))


def test_never_nan_with_missing_rows_and_values(panel, y):
    rng = np.random.default_rng(0)
    holes = y.astype(float).mask(rng.random(y.shape) < 0.3)
    holes.loc[panel.evse_ids[0]] = np.nan
    short = holes[rng.random(len(y)) < 0.8]
    for data in (holes, short, y.astype("Int8").mask(y == 1)):
        frame = StatusForecaster().fit(data, fh=FH).predict_state_proba()
        assert frame.shape == (panel.n_evse * len(FH), 5)
        assert np.isfinite(frame.to_numpy()).all()
        np.testing.assert_allclose(frame.sum(axis=1), 1, atol=1e-5)


def test_an_update_moves_the_cutoff_and_lets_new_chargers_in(panel, y):
    half = panel.times[200]
    known = panel.evse_ids[:4]
    past = panel.until(half).select(known)
    model = StatusForecaster(ev.MarkovForecaster(), tz=panel.tz).fit(past.to_multiindex())
    later = panel.between(half + panel.step, panel.cutoff + panel.step)
    model.update(later.to_multiindex(), update_params=False)
    assert model.cutoff[0] == pd.Timestamp(panel.cutoff)
    frame = model.predict_state_proba(FH)
    assert frame.index.get_level_values(0).unique().to_list() == panel.evse_ids
    seen = panel.codes.copy()
    seen[:201, 4] = -1
    context = ev.StatusPanel(seen, panel.grid, panel.evse, tz=panel.tz)
    reference = expected(past, ev.MarkovForecaster(), context=context)
    by_charger = reference.proba.transpose(1, 0, 2).reshape(len(frame), -1)
    np.testing.assert_allclose(frame, by_charger, atol=1e-6)


def test_an_update_of_parameters_is_a_fit_on_all(panel, y):
    first = panel.head(300)
    rest = panel.tail(panel.n_time - 300)
    model = StatusForecaster(ev.Persistence()).fit(first.to_multiindex(), fh=FH)
    model.update(rest.to_multiindex())
    whole = StatusForecaster(ev.Persistence()).fit(y, fh=FH)
    pd.testing.assert_frame_equal(model.predict_state_proba(), whole.predict_state_proba())


def test_an_update_learns_new_values():
    model = StatusForecaster(ev.MarkovForecaster()).fit(pd.Series([7, 8] * 10), fh=[1])
    assert model.predict_state_proba().columns.to_list() == ["7", "8"]
    later = pd.Series([9, 7], index=[20, 21])
    with pytest.warns(UserWarning, match="values that fit did not see"):
        kept = model.clone().fit(pd.Series([7, 8] * 10), fh=[1]).update(later, update_params=False)
    assert kept.predict_state_proba().columns.to_list() == ["7", "8"]
    assert model.update(later).predict_state_proba().columns.to_list() == ["7", "8", "9"]


def test_a_moving_cutoff_knows_nothing_later(panel, y):
    """What sktime's own loop over cutoffs gives equals our forecasts from panels that end there."""
    one = panel.select(panel.evse_ids[:1])
    series = y.xs(panel.evse_ids[0])
    cut = ExpandingWindowSplitter(fh=[4], initial_window=250, step_length=20)
    model = StatusForecaster(ev.MarkovForecaster()).fit(series, fh=[4])
    found = model.update_predict(series, cv=cut, update_params=False)["status"]
    fitted = ev.MarkovForecaster(horizons=[4]).fit(one)
    wanted = [
        fitted.predict_proba(one.until(cutoff)).most_likely().item()
        for cutoff in splitter_origins(cut, one)[0]
    ]
    assert found.tolist() == wanted


def test_the_cutoff_says_what_is_known(panel, y):
    """sktime moves the cutoff of a fitted forecaster: back in its loops, ahead where rows lack."""
    model = StatusForecaster(ev.MarkovForecaster()).fit(y)
    early = panel.times[-50]
    gap = np.full((3, panel.n_evse), -1, np.int8)
    grid = TimeGrid(panel.grid.start, panel.step, panel.n_time + 3)
    longer = ev.StatusPanel(np.concatenate([panel.codes, gap]), grid, panel.evse, tz=panel.tz)
    for context in (panel.until(early), longer):
        model._set_cutoff(pd.DatetimeIndex([context.cutoff]))
        frame = model.predict_state_proba(FH)
        reference = expected(panel, ev.MarkovForecaster(), context=context)
        by_charger = reference.proba.transpose(1, 0, 2).reshape(len(frame), -1)
        np.testing.assert_allclose(frame, by_charger, atol=1e-6)


def test_works_in_a_search_over_parameters(y):
    model = StatusForecaster(ev.MarkovForecaster())
    model.set_params(forecaster__unit_weight=1e9)
    assert model.get_params()["forecaster__unit_weight"] == 1e9
    pooled = model.clone().fit(y, fh=[1])
    assert np.ptp(pooled.forecaster_.matrix_, axis=0).max() < 1e-3


def test_pickles_small_and_forecasts_the_same(panel, y):
    model = StatusForecaster().fit(y, fh=FH)
    data = pickle.dumps(model)
    assert pickle.loads(data).predict_state_proba().equals(model.predict_state_proba())  # noqa: S301 - our own
    assert model._y is None


def test_a_coarser_panel_needs_its_scheme(panel):
    coarse = panel.coarsen("charging")
    model = StatusForecaster(scheme=coarse.scheme).fit(coarse.to_multiindex(), fh=[1])
    assert model.predict_state_proba().columns.to_list() == ["not charging", "charging"]


def test_says_what_is_wrong(panel, y):
    with pytest.warns(FutureWarning, match="remember_data"):
        stock = NaiveForecaster()
    with pytest.raises(InputError, match="a NaiveForecaster, not one of evforecast"):
        StatusForecaster(stock).fit(y, fh=FH)
    with pytest.raises(UnknownStatusError, match="unknown status word"):
        StatusForecaster(scheme=ev.STATUS.coarsen("free")).fit(y, fh=FH)
    with pytest.raises(EmptyInputError, match="no observed status"):
        StatusForecaster().fit(y.astype(float) * np.nan, fh=FH)
    with pytest.raises(ValueError, match="must be passed to `fit`"):
        StatusForecaster(ev.Persistence()).fit(y)
    with pytest.raises(NotImplementedError, match="in-sample"):
        StatusForecaster().fit(y).predict_state_proba(-3)
    with pytest.raises(NotImplementedError, match="marginal=True"):
        StatusForecaster().fit(y).predict_proba(1, marginal=False)
    wide = panel.to_wide().map(ev.STATUS.names.index, na_action="ignore").astype(float)
    wide.index = pd.DatetimeIndex(panel.times)
    with pytest.raises(InputError, match="y had several columns"):
        StatusForecaster(ev.MarkovForecaster()).fit(wide, fh=FH).predict_state_proba()


def test_the_package_loads_nothing_until_a_name_is_used():
    code = "import evforecast.interop as i, sys; dir(i); print(*({'sktime', 'skpro'} & {*sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert not done.stdout.split()
    import evforecast.interop

    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = evforecast.interop.nonsense


def test_reading_a_long_frame_is_fast():
    from evforecast.interop.frames import rows_of

    y = ev.simulate(n_evse=100, days=28, random_state=0).to_multiindex()
    start = time.perf_counter()
    rows_of(y.index)
    assert (
        time.perf_counter() - start < 1
    )  # 0.05 s; unstacking the index takes tens of times as long


# sktime's own tests warn of what is to change in sktime
@pytest.mark.conformance
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_passes_the_suite_of_sktime():
    results = check_estimator(StatusForecaster, verbose=False)
    assert {name: str(found) for name, found in results.items() if found != "PASSED"} == {}
    assert len(results) > 850  # 890 with sktime 1.2.0
    ran = {name.split("[")[0] for name in results}
    assert ran >= {
        "test_deepcopy_fitted_predict",
        "test_doctest_examples",
        "test_hierarchical_with_exogenous",
        "test_persistence_via_pickle",
        "test_predict_proba",
        "test_predict_time_index",
        "test_update_predict_predicted_index",
    }


class Late(StatusForecaster):
    """It names the step after the one that was asked for."""

    def _predict(self, fh, X):
        found = super()._predict(fh, X)
        return found.set_axis(found.index.map(next_label), axis=0)


def next_label(label):
    *series, when = label if isinstance(label, tuple) else (label,)
    when = when + (when.freq if isinstance(when, pd.Period) else DAY.get(type(when), 1))
    return (*series, when) if series else when


DAY = {pd.Timestamp: pd.Timedelta("1D")}


@pytest.mark.conformance
@pytest.mark.filterwarnings("ignore")
def test_the_suite_of_sktime_finds_a_fault():
    results = check_estimator(Late, verbose=False, tests_to_run="test_predict_time_index")
    assert len(results) > 100
    assert any(isinstance(found, Exception) for found in results.values())
