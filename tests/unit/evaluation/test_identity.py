import copy
import json
import pickle
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from evforecast import (
    Blend,
    Calendar,
    Climatology,
    DirectForecaster,
    SemiMarkovForecaster,
    load,
    simulate,
)
from evforecast.errors import InputError
from evforecast.evaluation.identity import described, model_identity


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=5, days=4, random_state=0)


def fresh(model):
    return model_identity("m", model, learns=True)


def as_it_is(model):
    return model_identity("m", model, learns=False)


def direct(seed=0, **kwargs):
    return DirectForecaster([4], random_state=seed, max_rows=300, **kwargs)


def test_equal_models_are_equal_whatever_they_were_written_with(panel, tmp_path):
    one = direct().fit(panel.head(300))
    again = direct(groups=list(one.groups)).fit(panel.head(300))
    one.save(tmp_path / "m.evf")
    for other in (again, copy.deepcopy(one), pickle.loads(pickle.dumps(one))):  # noqa: S301
        assert as_it_is(other) == as_it_is(one)
    assert as_it_is(load(tmp_path / "m.evf")) == as_it_is(one)
    assert json.loads(json.dumps(as_it_is(one))) == as_it_is(one)


def test_what_was_learnt_counts_only_where_it_is_used(panel):
    early, late = (SemiMarkovForecaster([4]).fit(panel.head(n)) for n in (200, 300))
    assert as_it_is(early) != as_it_is(late)
    assert fresh(early) == fresh(late) == fresh(SemiMarkovForecaster([4]))
    assert as_it_is(early)["trained_until"] == str(panel.times[199])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Climatology([4]), Climatology([4, 8])),
        (direct(0), direct(1)),
        (direct(np.random.default_rng(0)), direct(np.random.default_rng(1))),
        (
            direct(calendar=Calendar.of(public=["2020-05-01"])),
            direct(calendar=Calendar.of(public=["2020-05-02"])),
        ),
        (
            direct(classifier=HistGradientBoostingClassifier(max_iter=3)),
            direct(classifier=HistGradientBoostingClassifier(max_iter=4)),
        ),
        (
            Blend({"a": Climatology([4]), "b": SemiMarkovForecaster([4])}),
            Blend({"a": Climatology([4], unit_weight=3), "b": SemiMarkovForecaster([4])}),
        ),
    ],
)
def test_parameters_are_told_apart_however_deep(one, other):
    assert fresh(copy.deepcopy(one)) == fresh(one)
    assert fresh(one) != fresh(other)


class Own:
    """A model without get_params."""

    def __init__(self, **what):
        self.__dict__.update(what)


@dataclass
class Record:
    values: np.ndarray


@pytest.mark.parametrize(
    "make",
    [
        np.arange,
        lambda n: np.array(["a"] * n, dtype=object),
        lambda n: pd.Index(["a"] * n),
        lambda n: pd.DataFrame({"a": range(n)}),
        lambda n: Record(np.zeros(n)),
        lambda n: Own(inside=n),
        lambda n: np.datetime64(n, "s"),
        np.float32,
        lambda n: float("inf") if n == 3 else float("nan"),
        lambda n: {n: None},
        lambda n: (1,) * n,
        lambda n: Own if n == 3 else Record,
        pd.Timestamp,
        lambda n: len if n == 3 else max,
    ],
)
def test_values_are_told_apart_and_found_equal(make):
    assert described(make(3)) == described(make(3))
    assert described(make(3)) != described(make(4))
    json.dumps(described(make(3)))
    assert fresh(Own(held=make(3))) == fresh(Own(held=make(3)))
    assert fresh(Own(held=make(3))) != fresh(Own(held=make(4)))


def test_an_array_is_its_values_and_not_how_it_lies():
    block = np.arange(12).reshape(3, 4)
    assert described(block.T) == described(block.T.copy())


def endless():
    held = []
    held.append(held)
    return held


@pytest.mark.parametrize("held", [lambda: 0, (n for n in range(3)), endless()])
def test_what_has_no_text_is_refused(held):
    with pytest.raises(InputError, match="model 'm' holds something that cannot be written down"):
        fresh(Own(held=held))
