import numpy as np
import pytest

from evforecast import Climatology, Persistence, backtest, simulate
from evforecast.errors import (
    EmptyInputError,
    HorizonError,
    InputError,
    LeakageError,
    SchemeMismatchError,
)
from evforecast.evaluation import log_score
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


def test_scores_are_means_of_known_cases(panel):
    models = {"p": Persistence(horizons=[1, 8]), "c": Climatology()}
    result = backtest(models, panel, every="2h", last="2D")
    table = result.scores(reference="c")
    row = table[(table.model == "p") & (table.horizon == 8)].iloc[0]
    cases = log_score(result.proba["p"][:, 1], result.truth[:, 1])
    assert row.log_loss == pytest.approx(np.nanmean(cases))
    assert row.n == np.isfinite(cases).sum()
    base = table[(table.model == "c") & (table.horizon == 8)].iloc[0]
    assert row.skill == pytest.approx(1 - row.log_loss / base.log_loss)
    assert base.skill == 0


def test_scores_by_charger_area_origin_and_all(panel):
    result = backtest({"p": Persistence(horizons=[1, 8])}, panel, every="6h", last="1D")
    for by, n in (
        (["evse_id"], 9),
        (["location_id"], 3),
        (["origin"], len(result.origins)),
        ([], 1),
    ):
        table = result.scores(by=by)
        assert len(table) == n
        assert table.n.sum() == (result.truth >= 0).sum()
    with pytest.raises(InputError, match="cannot group by 'colour'"):
        result.scores(by=["colour"])
    with pytest.raises(InputError, match="reference"):
        result.scores(reference="nobody")
    with pytest.raises(InputError, match="no score"):
        result.cases("p", "elegance")


def test_coarsening_the_result_is_scoring_the_target(panel):
    result = backtest({"p": Persistence(horizons=[1, 8])}, panel, every="6h", last="1D")
    coarse = backtest(
        {"p": Persistence(horizons=[1, 8])}, panel, every="6h", last="1D", target="free"
    )
    again = result.coarsen("free")
    assert (again.truth == coarse.truth).all()
    assert np.allclose(again.proba["p"], coarse.proba["p"])
    assert again.scheme.names == ("not free", "free")


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
