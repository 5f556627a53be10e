import numpy as np
import pytest

from evforecast import Climatology, Persistence, backtest, simulate
from evforecast.errors import InputError
from evforecast.evaluation import log_score


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=9, days=8, random_state=0)


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


def test_only_the_cases_of_a_mask_count(panel):
    result = backtest({"p": Persistence(horizons=[1, 8])}, panel, every="6h", last="1D")
    n, h, m = result.truth.shape
    mask = np.random.default_rng(0).random((n, m)) < 0.5
    some = result.where(mask)
    assert (some.truth == np.where(mask[:, None, :], result.truth, -1)).all()
    by_charger = result.scores(["evse_id"]).set_index("evse_id")
    two = result.where(np.arange(m) < 2).scores(["evse_id"]).set_index("evse_id")
    assert two.equals(by_charger.loc[two.index])
    assert len(two) == 2
    assert (result.where(np.ones((n, h, m), bool)).truth == result.truth).all()
    with pytest.raises(InputError, match=r"fits neither \[origin, evse\]"):
        result.where(np.ones((n + 1, m), bool))
