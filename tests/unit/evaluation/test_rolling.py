import numpy as np
import pytest

from evforecast import Climatology, Persistence, SemiMarkovForecaster, backtest, simulate
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
