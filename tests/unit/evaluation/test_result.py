from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from evforecast import Calendar, Climatology, Persistence, SemiMarkovForecaster, backtest, simulate
from evforecast.errors import InputError
from evforecast.evaluation import accuracy, brier_score, log_score
from evforecast.evaluation import result as module


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


# ---- groups ----


def slow_scores(result, by):
    """Return the scores by a frame of all cases."""
    tables = []
    for model, proba in result.proba.items():
        frame = pd.DataFrame(result.keys(by), index=range(result.truth.size))
        for name, score in (
            ("log_loss", log_score),
            ("brier", brier_score),
            ("accuracy", accuracy),
        ):
            frame[name] = score(proba, result.truth).ravel()
        frame = frame[result.truth.ravel() >= 0].assign(n=1, everything="")
        how = {"log_loss": "mean", "brier": "mean", "accuracy": "mean", "n": "sum"}
        table = frame.groupby(by or ["everything"], sort=True).agg(how).reset_index(drop=not by)
        table.insert(0, "model", model)
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


KEYS = ("horizon", "origin", "hour", "day_type", "day", "evse_id", "area")


@pytest.fixture(scope="module")
def result(panel):
    models = {"s": SemiMarkovForecaster(), "c": Climatology()}
    holiday = Calendar.of(public=["2020-10-05"])
    found = backtest(models, panel, every="3h", last="4D", horizons=[1, 8, 96], calendar=holiday)
    area = np.array(["north", None, "south"] * 3, dtype=object)
    return replace(found, evse=found.evse.assign(area=area))


@pytest.mark.parametrize("by", [(), *((key,) for key in KEYS), *combinations(KEYS, 2), KEYS[::-1]])
def test_scores_are_those_of_a_plain_groupby(result, by, monkeypatch):
    monkeypatch.setattr(module, "_BLOCK", 50)
    pd.testing.assert_frame_equal(result.scores(by), slow_scores(result, list(by)), rtol=1e-12)


def test_groups_of_the_local_clock(result, panel):
    keys = result.keys(["origin", "horizon", "hour", "day_type", "day"])
    frame = pd.DataFrame(keys)
    target = frame["origin"] + pd.to_timedelta(15 * frame["horizon"], unit="min")
    zone = {"UTC": target, "origin": frame["origin"]}
    local = {k: v.dt.tz_localize("UTC").dt.tz_convert(panel.tz) for k, v in zone.items()}
    assert (frame["hour"] == local["UTC"].dt.hour).all()
    assert (frame["day"] == local["origin"].dt.normalize().dt.tz_localize(None)).all()
    weekday = local["UTC"].dt.weekday
    free = (weekday == 6) | (local["UTC"].dt.date.astype(str) == "2020-10-05")
    expected = np.select([free, weekday == 5], ["sunday or holiday", "saturday"], "working day")
    assert (frame["day_type"] == expected).all()
    assert set(expected) == {"sunday or holiday", "saturday", "working day"}
    utc = replace(result, tz="UTC").keys(["hour"])["hour"]
    assert (utc == target.dt.hour).all()
    assert (utc != keys["hour"]).any()


def test_without_a_calendar_only_sundays_are_free(result):
    plain = replace(result, calendar=None).keys(["day_type", "origin"])
    types = pd.DataFrame(plain).assign(holiday=result.keys(["day_type"])["day_type"])
    changed = types[types["day_type"] != types["holiday"]]
    assert changed["day_type"].unique().tolist() == ["working day"]
    assert changed["holiday"].unique().tolist() == ["sunday or holiday"]


def test_skill_is_by_group_whatever_the_reference(result):
    for by in ([], ["hour", "area"]):
        table = result.scores(by, reference="c")
        own, base = (table[table["model"] == name].reset_index() for name in ("s", "c"))
        assert (base["skill"] == 0).all()
        assert np.allclose(own["skill"], 1 - own["log_loss"] / base["log_loss"])


def test_groups_without_a_truth_are_left_out(result):
    nobody = result.where(np.zeros((len(result.origins), 9), bool))
    assert nobody.scores().columns.tolist() == result.scores().columns.tolist()
    assert nobody.scores().empty
    one = result.where(np.arange(9) == 4).scores(["evse_id"])
    assert one["evse_id"].unique().tolist() == [result.evse.index[4]]


def test_the_names_to_group_by_are_told(result):
    with pytest.raises(
        InputError, match="'horizon', 'origin', 'hour', 'day_type', 'day', 'evse_id'"
    ):
        result.scores(["colour"])
    with pytest.raises(InputError, match="cannot group by 'model'"):
        result.keys(["model"])
