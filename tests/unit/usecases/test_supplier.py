import itertools

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.errors import InputError, MissingColumnsError, SchemeMismatchError
from evforecast.evaluation import count_coverage
from evforecast.panel import STATUS, StatusForecast, StatusPaths, evse_table
from evforecast.timegrid import as_step, as_time
from evforecast.usecases import supplier

CHANCES = (0.1, 0.5, 0.9, 0.7)


def make():
    p = np.zeros((1, 4, 5))
    p[..., 1], p[..., 0] = CHANCES, 1 - np.array(CHANCES)
    ids = list("abcd")
    return StatusForecast(
        p,
        cutoff=as_time("2020-10-26"),
        step=as_step("15min"),
        horizons=[16],
        evse=evse_table(ids, pd.DataFrame({"evse_id": ids, "area": ["x", "y", "x", None]})),
        scheme=STATUS,
    )


def test_expected_numbers_add_up_over_the_groups():
    by_area = supplier.charging(make())
    assert by_area.area.tolist() == ["unknown", "x", "y"]
    np.testing.assert_allclose(by_area.expected, [0.7, 1.0, 0.5], rtol=1e-6)
    assert by_area.n.tolist() == [1, 2, 1]
    whole = supplier.charging(make(), by=None)
    assert whole.expected.item() == pytest.approx(by_area.expected.sum())
    assert whole.time.item() == pd.Timestamp("2020-10-26 04:00")


def test_interval_against_every_outcome():
    law = np.zeros(5)
    for outcome in itertools.product([0, 1], repeat=4):
        chances = [c if hit else 1 - c for c, hit in zip(CHANCES, outcome, strict=True)]
        law[sum(outcome)] += np.prod(chances)
    below = law.cumsum()
    row = supplier.charging(make(), by=None).iloc[0]
    assert row.low == next(k for k in range(5) if below[k] >= 0.05)
    assert row.high == next(k for k in range(5) if below[k] >= 0.95)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(MissingColumnsError, match="'street'"):
        supplier.charging(make(), by="street")
    with pytest.raises(MissingColumnsError, match="'street'"):
        supplier.energy(make(), 7.4, by="street")


# ---- joint futures ----


def futures(n=400):
    """Return paths in which all charge at once, half of the time, at the first horizon; none later."""
    codes = np.zeros((n, 2, 4), np.int8)
    codes[::2, 0] = 1
    ids = list("abcd")
    table = pd.DataFrame(
        {
            "evse_id": ids,
            "area": ["x", "y", "x", None],
            "kw": [7.4, 22, "50", 0],
            "some": [1, 2, 3, None],
        }
    )
    return StatusPaths(
        codes,
        cutoff=as_time("2020-10-26"),
        step=as_step("15min"),
        horizons=[16, 32],
        evse=evse_table(ids, table),
        scheme=STATUS,
    )


def test_counts_of_joint_futures_are_those_of_the_paths():
    table = supplier.charging(futures())
    assert table.columns.to_list() == ["time", "area", "expected", "low", "high", "n"]
    assert table.area.to_list() == ["unknown", "x", "y"] * 2
    assert table.n.to_list() == [1, 2, 1] * 2
    assert table.expected.to_list() == [0.5, 1, 0.5, 0, 0, 0]
    assert table.low.to_list() == [0] * 6
    assert table.high.to_list() == [1, 2, 1, 0, 0, 0]
    whole = supplier.charging(futures(), by=None)
    assert whole.high.to_list() == [4, 0]
    # as if independent, all at once would be rare
    assert supplier.charging(futures().to_forecast(), by=None, level=0.8).high.to_list() == [3, 0]


def test_independent_paths_and_their_shares_give_one_law():
    codes = (np.random.default_rng(0).random((20_000, 1, 4)) < CHANCES).astype(np.int8)
    paths = StatusPaths(
        codes,
        cutoff=as_time("2020-10-26"),
        step=as_step("15min"),
        horizons=[16],
        evse=make().evse,
        scheme=STATUS,
    )
    drawn, exact = supplier.charging(paths), supplier.charging(make())
    np.testing.assert_allclose(drawn.expected, exact.expected, atol=0.02)
    assert drawn[["low", "high"]].equals(exact[["low", "high"]])
    power = pd.Series([7.4, 22.0, 50.0, 3.7], index=list("abcd"))
    drawn, exact = supplier.energy(paths, power), supplier.energy(make(), power)
    np.testing.assert_allclose(drawn.expected_kw, exact.expected_kw, rtol=0.03)
    np.testing.assert_allclose(
        drawn[["low_kw", "high_kw"]], exact[["low_kw", "high_kw"]], atol=0.05
    )


def test_the_level_widens_the_interval_and_must_be_one():
    rows = [supplier.charging(make(), by=None, level=level).iloc[0] for level in (0.2, 0.99)]
    assert rows[0].high - rows[0].low < rows[1].high - rows[1].low
    for forecast in (make(), futures()):
        with pytest.raises(InputError, match="level between 0 and 1"):
            supplier.charging(forecast, level=90)
    with pytest.raises(SchemeMismatchError, match="'charging'"):
        supplier.charging(make().coarsen("free"))


# ---- energy ----


def test_power_by_a_column_a_series_and_a_number():
    by_column = supplier.energy(futures(), "kw")
    assert by_column.columns.to_list() == [
        *("time", "area", "expected_kw", "low_kw", "high_kw"),
        *("expected_kwh", "low_kwh", "high_kwh", "n"),
    ]
    first = by_column.iloc[:3].set_index("area")
    assert first.high_kw.to_dict() == pytest.approx({"unknown": 0, "x": 57.4, "y": 22})
    assert first.expected_kw.to_dict() == pytest.approx({"unknown": 0, "x": 28.7, "y": 11})
    np.testing.assert_allclose(first.high_kwh, first.high_kw / 4)
    series = pd.Series({"d": 0.0, "c": 50, "b": 22, "a": 7.4, "stranger": 3})
    assert supplier.energy(futures(), series).equals(by_column)
    counts, power = supplier.charging(futures()), supplier.energy(futures(), 7.4)
    for end in ("expected", "low", "high"):
        np.testing.assert_allclose(power[f"{end}_kw"], 7.4 * counts[end])


def test_energy_of_a_forecast_adds_up_to_that_of_the_network():
    by_area, whole = (supplier.energy(make(), 11, by=by) for by in ("area", None))
    assert whole.expected_kw.item() == pytest.approx(by_area.expected_kw.sum())
    assert whole.expected_kw.item() == pytest.approx(11 * sum(CHANCES))
    counts = supplier.charging(make(), by=None)
    assert whole.high_kw.item() == 11 * counts.high.item()


@pytest.mark.parametrize(
    ("power", "names"),
    [
        ("some", "1 of 4 chargers: 'd'"),
        (pd.Series({"a": 7.4, "b": 22.0}), "2 of 4 chargers: 'c', 'd'"),
        (pd.Series({"a": -1.0, "b": 22.0, "c": 1.0, "d": np.inf}), "2 of 4 chargers: 'a', 'd'"),
        (float("nan"), "4 of 4 chargers"),
        ("area", "4 of 4 chargers"),
    ],
)
def test_a_power_that_is_not_known_says_whose_and_what_to_do(power, names):
    with pytest.raises(InputError, match=f"{names}.*fillna.*select"):
        supplier.energy(futures(), power)


def test_a_power_column_that_is_not_there_is_named():
    with pytest.raises(MissingColumnsError, match="'power'"):
        supplier.energy(make(), "power")


# ---- coverage ----


def test_coverage_is_that_of_charging():
    panel = ev.simulate(n_evse=12, days=6, random_state=0)
    model = ev.SemiMarkovForecaster([16])
    origins = panel.times[300:500:24]
    table = supplier.coverage(model, panel, origins, n_paths=50)
    expected = count_coverage(model, panel, origins, target="charging", by="area", n_paths=50)
    assert table.equals(expected)
