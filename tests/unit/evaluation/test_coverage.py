import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import (
    EmptyInputError,
    InputError,
    LeakageError,
    MissingColumnsError,
)
from evforecast.evaluation import central_interval, count_coverage
from evforecast.panel import STATUS, StatusPanel, StatusPaths, evse_table
from evforecast.timegrid import TimeGrid, as_step, as_time

IDS = [f"c{i}" for i in range(12)]


def panel_of(codes):
    table = evse_table(IDS)
    table["area"] = ["x"] * 8 + ["y"] * 4
    return StatusPanel(codes, TimeGrid(as_time("2020-01-01"), as_step("15min"), len(codes)), table)


class Together:
    """Draws what the panel is made of: all chargers charge at once, half of the time."""

    horizons = (1, 2)

    def fit(self, panel):
        self.trained_until_ = panel.cutoff

    def sample_paths(self, context, horizons=None, *, n_paths=200, random_state=None):
        horizons = self.horizons if horizons is None else horizons
        one = random_state.integers(0, 2, (n_paths, len(horizons), 1))
        return StatusPaths(
            np.repeat(one, context.n_evse, axis=2),
            cutoff=context.cutoff,
            step=context.step,
            horizons=list(horizons),
            evse=context.evse,
            scheme=STATUS,
        )


@pytest.fixture(scope="module")
def together():
    one = np.random.default_rng(0).integers(0, 2, (400, 1)).astype(np.int8)
    return panel_of(np.repeat(one, len(IDS), axis=1))


def test_the_ends_of_an_interval_were_drawn():
    draws = np.random.default_rng(0).poisson(3, (1000, 2, 3))
    low, high = central_interval(draws, 0.8)
    assert low.shape == (2, 3)
    inside = ((draws >= low) & (draws <= high)).mean(axis=0)
    assert (inside >= 0.8).all()
    # without the ends there would be too few
    assert (((draws > low) & (draws < high)).mean(axis=0) < 0.8).all()
    for level in (0, 1, 90):
        with pytest.raises(InputError, match="level between 0 and 1"):
            central_interval(draws, level)


def test_chargers_that_move_together_are_covered_only_by_joint_draws(together):
    table = count_coverage(Together(), together, together.times[10:390], target="charging")
    assert table.columns.to_list() == [
        *("horizon", "chargers", "level", "claimed", "inside", "width", "pit", "n")
    ]
    by = table.set_index(["chargers", "horizon"])
    for horizon in (1, 2):
        joint, alone = by.loc["joint", horizon], by.loc["independent", horizon]
        assert joint.inside == 1
        assert joint.width == 12
        assert joint.claimed == 1
        assert joint.pit == pytest.approx(0.5, abs=0.05)
        # 0 or 12 chargers never lie in the middle 90 % of a binomial law
        assert alone.inside == 0
        assert alone.claimed > 0.9
        assert alone.width < 8
        assert joint.n == alone.n == 380


def test_what_was_not_observed_is_counted_on_neither_side(together):
    codes = together.codes.copy()
    codes[:, 8:] = -1  # the whole of area y
    codes[100:, 0] = -1
    hidden = panel_of(codes)
    table = count_coverage(Together(), hidden, hidden.times[200:390], target="charging", by="area")
    joint = table[table.chargers == "joint"]
    assert (joint.inside == 1).all()
    assert (joint.width == 7).all()
    assert (joint.n == 190).all()


def test_truth_beyond_the_end_of_the_panel_is_left_out(together):
    model = Together()
    table = count_coverage(
        model, together, together.times[395:], target="charging", horizons=[1, 2], n_paths=20
    )
    assert table[table.chargers == "joint"].n.tolist() == [4, 3]
    with pytest.raises(EmptyInputError, match="no charger was observed"):
        count_coverage(model, together, together.times[-1:], target="charging")


def test_a_semi_markov_forecaster_and_its_seed():
    panel = ev.simulate(n_evse=12, days=6, random_state=0)
    model = ev.SemiMarkovForecaster([4, 16])
    origins = panel.times[300:500:24]
    one, two = (
        count_coverage(model, panel, origins, target="charging", by="area", n_paths=50)
        for _ in range(2)
    )
    assert one.equals(two)
    assert (one.claimed >= 0.9).all()
    assert one.pit.between(0.2, 0.8).all()


def test_refusals(together):
    late = Together()
    late.fit(together)
    with pytest.raises(LeakageError, match="count_coverage"):
        count_coverage(late, together, together.times[10:20], target="charging")
    with pytest.raises(MissingColumnsError, match="'street'"):
        count_coverage(Together(), together, together.times[:2], target="charging", by="street")
    with pytest.raises(InputError, match="not times"):
        count_coverage(Together(), together, ["1999-01-01"], target="charging")
