import numpy as np
import pytest

from evforecast import (
    Blend,
    Climatology,
    DirectForecaster,
    MarkovForecaster,
    SemiMarkovForecaster,
    simulate,
)
from evforecast.errors import InputError
from evforecast.testing import check_forecaster


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=8, days=6, random_state=0)


def members(**options):
    return {
        "climatology": Climatology([1, 8], **options),
        "semi-markov": SemiMarkovForecaster([1, 8], **options),
    }


@pytest.mark.conformance
def test_conformance():
    check_forecaster(Blend(members()))


def test_it_is_the_weighted_geometric_mean(panel):
    blend = Blend(members(), weights={"semi-markov": 3, "climatology": 1}).fit(panel)
    one, other = (member.fit(panel).predict_proba(panel).proba for member in members().values())
    expected = np.maximum(one, 1e-5) ** 0.25 * np.maximum(other, 1e-5) ** 0.75
    expected /= expected.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(blend.predict_proba(panel).proba, expected, atol=1e-4)


def test_one_member_with_all_the_weight_is_that_member(panel):
    blend = Blend(members(), weights={"semi-markov": 1, "climatology": 0}).fit(panel)
    alone = SemiMarkovForecaster([1, 8]).fit(panel).predict_proba(panel).proba
    np.testing.assert_allclose(blend.predict_proba(panel).proba, alone, atol=1e-4)


def test_what_was_given_is_not_fitted(panel):
    given = members()
    Blend(given).fit(panel)
    assert not any(hasattr(member, "trained_until_") for member in given.values())


def test_a_target_is_that_of_the_members(panel):
    options = {"target": "down", "within": True}
    blend = Blend(
        {
            "direct": DirectForecaster([8], max_rows=2000, random_state=0, **options),
            "semi-markov": SemiMarkovForecaster([8], **options),
        }
    )
    assert blend.fit(panel).predict_proba(panel).scheme.names[1] == "down within"
    assert not blend.any_horizon
    assert blend.lookback == blend.members_["direct"].lookback


@pytest.mark.parametrize(
    ("blend", "match"),
    [
        (Blend({}), "no member"),
        (Blend(members(), weights={"semi-markov": 1}), "weights are for"),
        (Blend(members(), weights={"semi-markov": -1, "climatology": 2}), "not be negative"),
        (Blend(members(), weights={"semi-markov": 0, "climatology": 0}), "nor all zero"),
        (
            Blend({"a": MarkovForecaster([1]), "b": SemiMarkovForecaster([1], target="free")}),
            "differ in",
        ),
        (Blend({"a": MarkovForecaster([1]), "b": SemiMarkovForecaster([2])}), "differ in"),
    ],
)
def test_what_cannot_be_blended_is_refused(panel, blend, match):
    with pytest.raises(InputError, match=match):
        blend.fit(panel)
