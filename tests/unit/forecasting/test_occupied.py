import numpy as np
import pytest

from evforecast import OccupiedFeed, SemiMarkovForecaster, backtest, simulate
from evforecast.errors import InputError
from evforecast.testing import check_forecaster


@pytest.fixture(scope="module")
def city():
    return simulate(n_evse=40, days=14, random_state=0)


@pytest.mark.conformance
def test_conformance():
    check_forecaster(OccupiedFeed(SemiMarkovForecaster([1, 8])))


def test_the_split_is_where_passive_becomes_the_likelier(city):
    model = OccupiedFeed(SemiMarkovForecaster([4])).fit(city)
    ages = {1: [], 2: []}
    for unit in range(40):
        age, before = 0, False
        for code in city.codes[:, unit]:
            age = age + 1 if before and code in {1, 2, -1} else 1
            before = code in {1, 2} or (before and code == -1)
            if code in {1, 2}:
                ages[int(code)].append(min(age, 96))
    charging, passive = (np.bincount(ages[code], minlength=97) for code in (1, 2))
    expected = np.flatnonzero(passive > charging)[0]
    assert model.charging_rows_ == expected
    split = model._split(OccupiedFeed.merge(city))
    assert {1, 2} <= set(np.unique(split).tolist())
    # most of what it shows the model is what was there
    occupied = np.isin(city.codes, [1, 2])
    assert (split[occupied] == city.codes[occupied]).mean() > 0.6
    assert (split[~occupied] == city.codes[~occupied]).all()


def test_it_beats_taking_all_that_is_occupied_for_charging(city):
    feed, past = OccupiedFeed.merge(city), city.head(96 * 10)
    plain = SemiMarkovForecaster([4, 16]).fit(past)

    class Naive(OccupiedFeed):
        def _split(self, context):
            return context.codes

    models = {
        "split": OccupiedFeed(SemiMarkovForecaster([4, 16])).fit(past),
        "naive": Naive(SemiMarkovForecaster([4, 16])).fit(past),
        "as it is": plain,
    }
    table = backtest(models, feed, every="3h", first_origin=past.cutoff).scores()
    loss = table.pivot_table(index="horizon", columns="model", values="log_loss")
    assert (loss["split"] < loss["naive"]).all()
    assert (loss["split"] < loss["as it is"]).all()


def test_a_coarse_forecaster_is_refused(city):
    with pytest.raises(InputError, match="must forecast all statuses, not 'free'"):
        OccupiedFeed(SemiMarkovForecaster([4], target="free")).fit(city)
