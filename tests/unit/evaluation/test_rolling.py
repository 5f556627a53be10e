import tracemalloc

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from watched import Watched, notes

from evforecast import (
    Calendar,
    Climatology,
    DirectForecaster,
    Persistence,
    SemiMarkovForecaster,
    backtest,
    simulate,
)
from evforecast.errors import (
    EmptyInputError,
    HorizonError,
    InputError,
    LeakageError,
    SchemeMismatchError,
)
from evforecast.forecasting.target import future_codes
from evforecast.panel import StatusForecast


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=9, days=8, random_state=0)


class Spy:
    """Remembers what it was handed."""

    horizons = (1, 8)

    def __init__(self):
        self.fitted_on = []
        self.cutoffs = []

    def __deepcopy__(self, memo):
        return self  # the test looks at the very object

    def fit(self, panel):
        self.fitted_on.append(panel.cutoff)

    def predict_proba(self, context, horizons=None):
        self.cutoffs.append(context.cutoff)
        assert len(context.codes) == context.n_time
        p = np.full((len(horizons), context.n_evse, 5), 0.2)
        return StatusForecast(
            p,
            cutoff=context.cutoff,
            step=context.step,
            horizons=horizons,
            evse=context.evse,
            scheme=context.scheme,
        )


def test_a_model_is_handed_nothing_after_the_origin(panel):
    spy = Spy()
    result = backtest({"spy": spy}, panel, every="3h", last="2D")
    assert spy.fitted_on == [result.origins[0]]
    assert spy.cutoffs == list(result.origins)
    assert (np.diff(result.origins) == np.timedelta64(3, "h")).all()


def test_truth_is_what_the_panel_says_later(panel):
    result = backtest({"p": Persistence(horizons=[1, 8])}, panel, every="6h", last="1D")
    for i, origin in enumerate(result.origins):
        row = panel.grid.position(origin, "after") - 1
        for j, horizon in enumerate(result.horizons):
            later = row + horizon
            expected = panel.codes[later] if later < panel.n_time else np.full(9, -1)
            assert (result.truth[i, j] == expected).all()


def test_a_model_that_has_seen_later_rows_is_refused(panel):
    with pytest.raises(LeakageError, match="after the first origin"):
        backtest({"p": Persistence().fit(panel)}, panel, every="6h", last="1D")
    early = Persistence(horizons=[1]).fit(panel.head(200))
    assert backtest({"p": early}, panel, every="6h", last="1D").models == ["p"]


def test_the_model_given_is_left_unfitted(panel):
    model = Persistence(horizons=[1])
    backtest({"p": model}, panel, every="6h", last="1D")
    assert not hasattr(model, "trained_until_")


def test_first_and_last_origin(panel):
    first, last = panel.times[400], panel.times[480]
    result = backtest(
        {"c": Climatology()}, panel, every="1h", first_origin=first, last_origin=last, horizons=[4]
    )
    assert result.origins[0] == first
    assert result.origins[-1] == last


@pytest.mark.parametrize(
    ("kwargs", "error"),
    [
        ({"every": "7min", "last": "1D"}, InputError),
        ({"every": "1h"}, InputError),
        ({"every": "1h", "last": "1D", "first_origin": "2020-10-01"}, InputError),
        ({"every": "1h", "first_origin": "1999-01-01"}, InputError),
        ({"every": "1h", "last": "1D", "horizons": [0]}, HorizonError),
        ({"every": "1h", "last": "1D", "horizons": [10_000]}, EmptyInputError),
    ],
)
def test_bad_requests(panel, kwargs, error):
    with pytest.raises(error):
        backtest({"c": Climatology()}, panel, **kwargs)


@pytest.mark.parametrize("models", [{}, Climatology(), [Climatology()]])
def test_models_come_by_name(panel, models):
    with pytest.raises(InputError, match="given by name"):
        backtest(models, panel, last="1D")


def test_origins_before_the_panel_are_refused(panel):
    with pytest.raises(InputError, match="reaches back before"):
        backtest({"c": Climatology()}, panel, last="30D")


def test_nothing_observed_after_the_origins(panel):
    blind = type(panel)(
        np.where(np.arange(panel.n_time)[:, None] > 500, -1, panel.codes),
        panel.grid,
        panel.evse,
        tz=panel.tz,
    )
    with pytest.raises(EmptyInputError, match="no truth"):
        backtest({"c": Climatology()}, blind, every="1h", last="1D")


def test_a_model_of_other_statuses_needs_a_target(panel):
    class Coarse(Spy):
        def predict_proba(self, context, horizons=None):
            return super().predict_proba(context, horizons).coarsen("free")

    with pytest.raises(SchemeMismatchError, match="target="):
        backtest({"x": Coarse()}, panel, every="6h", last="1D")
    assert backtest({"x": Coarse()}, panel, every="6h", last="1D", target="free").models == ["x"]


# ---- at any time up to the horizon ----


def within(target="down"):
    return SemiMarkovForecaster(horizons=[1, 16], target=target, within=True)


def test_the_truth_of_within_is_what_happened_up_to_the_horizon(panel):
    result = backtest({"w": within()}, panel, every="5h", last="3D", target="down", within=True)
    assert result.scheme.names == ("not down within", "down within")
    down = panel.coarsen("down").codes
    for i, origin in enumerate(result.origins):
        row = panel.grid.position(origin, "after") - 1
        for j, horizon in enumerate(result.horizons.tolist()):
            if row + horizon >= panel.n_time:
                assert (result.truth[i, j] == -1).all()
                continue
            window = down[row + 1 : row + horizon + 1]
            happened = (window == 1).any(axis=0)
            assert (result.truth[i, j][happened] == 1).all()
            unclear = (window >= 0).mean(axis=0) < 0.5
            expected = np.where(happened, 1, np.where(unclear, -1, 0))
            assert (result.truth[i, j] == expected).all()


def test_truth_is_that_of_training(panel):
    result = backtest(
        {"w": within("free")}, panel, every="5h", last="3D", target="free", within=True
    )
    rows = [panel.grid.position(origin, "after") - 1 for origin in result.origins]
    expected = future_codes(panel.codes, panel.scheme, 16, "free", within=True)
    inside = [row for row in rows if row < len(expected)]
    assert (result.truth[: len(inside), 1] == expected[inside]).all()


@pytest.mark.parametrize("model", [Persistence([4]), SemiMarkovForecaster([4], target="down")])
def test_a_forecast_at_a_time_is_not_one_of_within(panel, model):
    with pytest.raises(SchemeMismatchError, match="target='down', within=True"):
        backtest({"p": model}, panel, every="6h", last="1D", target="down", within=True)


def test_a_forecast_of_within_is_not_scored_as_one_at_a_time(panel):
    with pytest.raises(SchemeMismatchError, match="Pass within=True"):
        backtest({"w": within()}, panel, every="6h", last="1D", target="down")


def test_within_needs_a_target(panel):
    with pytest.raises(InputError, match="within=True asks"):
        backtest({"w": within()}, panel, every="6h", last="1D", within=True)


# ---- origins one by one ----


def test_named_origins_are_those_evenly_spaced_ones(panel):
    even = backtest({"c": Climatology([4])}, panel, every="6h", last="2D")
    named = backtest({"c": Climatology([4])}, panel, origins=even.origins[::-1])
    assert (named.origins == even.origins).all()
    assert (named.truth == even.truth).all()
    assert (named.proba["c"] == even.proba["c"]).all()


def test_origins_of_a_splitter_of_sktime(panel):
    interop = pytest.importorskip("evforecast.interop")
    split = pytest.importorskip("sktime.split")
    cv = split.ExpandingWindowSplitter(fh=[1, 4], initial_window=4 * 96, step_length=48)
    origins, horizons = interop.splitter_origins(cv, panel)
    result = backtest({"c": Climatology()}, panel, origins=origins, horizons=horizons)
    assert (result.origins == origins).all()
    assert result.horizons.tolist() == [1, 4]


def test_named_origins_and_a_stretch_exclude_each_other(panel):
    with pytest.raises(InputError, match="names them all"):
        backtest({"c": Climatology()}, panel, origins=panel.times[200:300:50], last="1D")


# ---- fitted again and again, on a window, in several processes, into a folder ----


def test_refitted_as_time_passes_on_what_was_known(panel, tmp_path):
    result = backtest({"w": Watched(tmp_path / "log")}, panel, every="6h", last="3D", refit="1D")
    fits, asked = notes(tmp_path / "log", "fit"), notes(tmp_path / "log", "predict")
    assert (fits["last"].to_numpy() == result.origins[::4]).all()
    assert (fits["first"] == panel.times[0]).all()
    assert (asked["last"].to_numpy() == result.origins).all()
    for place, origin in enumerate(result.origins):
        model = Watched(tmp_path / "other").fit(panel.until(result.origins[place // 4 * 4]))
        expected = model.predict_proba(panel.until(origin), [1, 8]).proba
        assert (result.proba["w"][place] == expected).all()


def test_a_window_slides_and_is_cut_by_the_start_of_the_panel(panel, tmp_path):
    log = tmp_path / "log"
    result = backtest({"w": Watched(log)}, panel, every="1D", last="6D", refit="1D", window="3D")
    fits = notes(log, "fit")
    assert (fits["last"].to_numpy() == result.origins).all()
    assert fits["rows"].tolist()[1:] == [3 * 96] * (len(fits) - 1)
    assert fits["rows"].tolist()[0] == 2 * 96  # all that there was
    assert notes(log, "predict")["rows"].max() > 3 * 96  # a context is not cut


def test_a_window_holds_for_the_only_fit_too(panel, tmp_path):
    backtest({"w": Watched(tmp_path / "log")}, panel, every="1D", last="3D", window="36h")
    assert notes(tmp_path / "log", "fit")["rows"].tolist() == [144]


def test_with_refit_what_a_model_has_learnt_is_of_no_account(panel):
    how = {"every": "6h", "last": "2D", "refit": "1D"}
    seen_all = Climatology([4]).fit(panel)
    result = backtest({"c": seen_all}, panel, **how)
    assert (result.proba["c"] == backtest({"c": Climatology([4])}, panel, **how).proba["c"]).all()
    assert seen_all.trained_until_ == panel.cutoff


def test_a_frozen_model_cannot_have_a_window(panel):
    early = Climatology([4]).fit(panel.head(300))
    with pytest.raises(
        InputError, match="'c' is fitted already and stays as it is, so window='2D'"
    ):
        backtest({"c": early}, panel, last="1D", window="2D")
    result = backtest({"c": early}, panel, last="1D", window="2D", refit="1D")
    assert result.models == ["c"]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"refit": "soon"}, "refit='soon' is no length of time"),
        ({"refit": "-1D"}, "refit='-1D' must be a positive"),
        ({"window": "20min"}, "shorter than two steps"),
        ({"n_jobs": 0}, "n_jobs must be 1 or more"),
        ({"n_jobs": 1.5}, "n_jobs must be 1 or more"),
        ({"n_jobs": None}, "n_jobs must be 1 or more"),
        ({"every": "often"}, "every='often' is no length of time"),
    ],
)
def test_bad_ways_to_work(panel, kwargs, message):
    with pytest.raises(InputError, match=message):
        backtest({"c": Climatology([4])}, panel, last="1D", **kwargs)


def direct():
    few = HistGradientBoostingClassifier(max_iter=5, early_stopping=False)
    return DirectForecaster([1, 8], classifier=few, random_state=0, max_rows=500)


def test_the_same_whatever_the_number_of_processes_and_where_it_is_kept(panel, tmp_path):
    models = {
        "w": Watched(tmp_path / "serial"),
        "sm": SemiMarkovForecaster([1, 8]),
        "d": direct(),
    }
    for number, how in enumerate(({"refit": "36h", "window": "4D"}, {})):
        how |= {"every": "9h", "last": "3D", "progress": False}
        serial = backtest(models, panel, **how)
        two = models | {"w": Watched(tmp_path / f"two{number}")}
        parallel = backtest(two, panel, n_jobs=2, **how)
        stored = backtest(two, panel, n_jobs=2, store=tmp_path / str(number), **how)
        assert parallel.models == stored.models == list(models)
        for name in models:
            assert not isinstance(parallel.proba[name], np.memmap)
            assert isinstance(stored.proba[name], np.memmap)
            assert not stored.proba[name].flags.writeable
            assert np.array_equal(serial.proba[name], parallel.proba[name])
            assert np.array_equal(serial.proba[name], stored.proba[name])
        # nothing after an origin was handed over, in any process, and each origin was asked once a call
        fits, asked = notes(two["w"].log, "fit"), notes(two["w"].log, "predict")
        assert asked["last"].tolist() == np.repeat(serial.origins, 2).tolist()
        expected = serial.origins[::4] if "refit" in how else serial.origins[:1]
        assert fits["last"].tolist() == np.repeat(expected, 2).tolist()


def test_what_comes_after_an_origin_changes_no_forecast_up_to_it(panel):
    models = {
        "sm": SemiMarkovForecaster([1, 8]),
        "d": direct(),
    }
    how = {"every": "9h", "first_origin": panel.times[500], "refit": "18h", "window": "4D"}
    before = backtest(models, panel, **how)
    rng = np.random.default_rng(0)
    for place in (0, 3):
        row = panel.grid.position(before.origins[place], "after")
        codes, exog = panel.codes.copy(), panel.exog.copy()
        codes[row:] = rng.integers(-1, 5, codes[row:].shape)
        exog.iloc[row:] = rng.normal(size=exog.iloc[row:].shape).astype(np.float32)
        other = type(panel)(
            codes, panel.grid, panel.evse, scheme=panel.scheme, exog=exog, tz=panel.tz
        )
        after = backtest(models, other, **how)
        for name in models:
            same = (before.proba[name] == after.proba[name]).all(axis=(1, 2, 3))
            assert same[: place + 1].all()
            assert not same[place + 1 :].any()


def peak(work):
    """Return what a call returns, and the most memory that was held meanwhile, in bytes."""
    tracemalloc.start()
    try:
        return work(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_stored_backtest_is_never_in_memory_as_a_whole(panel, tmp_path, monkeypatch):
    how = {"every": "15min", "last": "3D", "horizons": range(1, 49), "progress": False}
    models = {"c": Climatology()}
    _, most = peak(lambda: backtest(models, panel, **how))
    stored, least = peak(lambda: backtest(models, panel, store=tmp_path / "store", **how))
    size = stored.proba["c"].nbytes
    assert size > 1_000_000
    assert most > size
    assert least < size / 3
    monkeypatch.setattr("evforecast.evaluation.result._BLOCK", 2000)
    _, scoring = peak(lambda: stored.scores(["hour", "evse_id"]))
    assert scoring < size / 2  # the scores of all cases alone would take more than that


def test_a_finished_store_is_returned_without_asking_anyone(panel, tmp_path):
    how = {"every": "6h", "last": "2D", "refit": "1D", "store": tmp_path / "store"}
    first = backtest({"w": Watched(tmp_path / "log")}, panel, **how)
    lines = (tmp_path / "log").read_text()
    again = backtest({"w": Watched(tmp_path / "log")}, panel, **how)
    assert (tmp_path / "log").read_text() == lines
    assert np.array_equal(first.proba["w"], again.proba["w"])
    assert again.scores().equals(first.scores())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"refit": None}, r"fits was \['2020-10-03.*now None"),
        ({"window": "3D"}, "window_steps was None, now 288"),
        ({"horizons": [1, 4]}, r"horizons was \[1, 8\], now \[1, 4\]"),
        ({"every": "12h"}, "origins was"),
        ({"target": "free"}, "target was None, now 'free'"),
        ({"models": {"p": Persistence([1, 8])}}, "models.c.class was .*now not there"),
        (
            {"models": {"c": Climatology([1, 8], unit_weight=3)}},
            "models.c.parameters.unit_weight was",
        ),
        ({"panel": 1}, "panel.sha256 was"),
    ],
)
def test_a_store_of_another_backtest_is_refused(panel, tmp_path, changes, message):
    asked = {"models": {"c": Climatology([1, 8])}, "panel": panel, "horizons": [1, 8]}
    asked |= {"every": "6h", "last": "2D", "refit": "1D", "store": tmp_path / "store"}
    backtest(**asked)
    if "panel" in changes:
        codes = panel.codes.copy()
        codes[0, 0] = (codes[0, 0] + 1) % 5
        changes = {
            "panel": type(panel)(codes, panel.grid, panel.evse, exog=panel.exog, tz=panel.tz)
        }
    with pytest.raises(InputError, match=f"holds another backtest: .*{message}"):
        backtest(**asked | changes)


def test_a_store_knows_what_a_frozen_model_has_learnt(panel, tmp_path):
    how = {"every": "6h", "last": "2D", "store": tmp_path / "store"}
    early = SemiMarkovForecaster([1, 8]).fit(panel.head(300))
    result = backtest({"s": early}, panel, **how)
    same = SemiMarkovForecaster([1, 8]).fit(panel.head(300))
    assert np.array_equal(backtest({"s": same}, panel, **how).proba["s"], result.proba["s"])
    with pytest.raises(InputError, match=r"models.s.trained_until was .*; models.s.learnt was"):
        backtest({"s": SemiMarkovForecaster([1, 8]).fit(panel.head(301))}, panel, **how)
    same.marginal_ = same.marginal_[::-1].copy()
    with pytest.raises(InputError, match=r"another backtest: models.s.learnt was"):
        backtest({"s": same}, panel, **how)


def test_a_calendar_is_for_the_scores(panel):
    holiday = Calendar.of(public=["2020-10-05"])  # a Monday
    result = backtest({"c": Climatology([1, 8])}, panel, last="2D", calendar=holiday)
    plain = backtest({"c": Climatology([1, 8])}, panel, last="2D")
    assert result.tz == panel.tz == plain.tz
    types = result.keys(["day_type"])["day_type"], plain.keys(["day_type"])["day_type"]
    assert pd.unique(types[0][types[0] != types[1]]).tolist() == ["sunday or holiday"]
