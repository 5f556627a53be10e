import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("skpro", reason="skpro is not installed (extra 'skpro')")

from scipy.stats import rv_discrete
from skpro.utils import check_estimator

from evforecast.errors import InputError
from evforecast.interop import Categorical

CODES = np.array([-1, 0, 2, 7])
ROWS = pd.MultiIndex.from_product(
    [["a", "b"], pd.date_range("2020-10-26", periods=3, freq="15min")], names=["evse_id", "time"]
)


@pytest.fixture
def probs():
    return np.random.default_rng(1).dirichlet(np.ones(4), size=(6, 1))


@pytest.fixture
def distribution(probs):
    return Categorical(probs, CODES, index=ROWS, columns=pd.Index(["status"]))


def frame(values):
    return pd.DataFrame({"status": values}, index=ROWS)


@pytest.mark.parametrize("method", ["pmf", "cdf", "log_pmf"])
def test_agrees_with_scipy_at_each_number(distribution, probs, method):
    values = [-1, 0, 2, 7, 1, 99]
    found = getattr(distribution, method)(frame(values))["status"]
    with np.errstate(divide="ignore"):  # scipy 1.12 takes the log of an impossible number's 0
        reference = [
            getattr(rv_discrete(values=(CODES, p[0])), method.replace("log_pmf", "logpmf"))(x)
            for p, x in zip(probs, values, strict=True)
        ]
    np.testing.assert_allclose(found, reference)


def test_quantiles_and_moments_agree_with_scipy(distribution, probs):
    levels = [0.01, 0.2, 0.5, 0.7, 0.9, 1.0]
    laws = [rv_discrete(values=(CODES, p[0])) for p in probs]
    found = distribution.ppf(frame(levels))["status"]
    assert found.tolist() == [law.ppf(q) for law, q in zip(laws, levels, strict=True)]
    np.testing.assert_allclose(distribution.mean()["status"], [law.mean() for law in laws])
    np.testing.assert_allclose(distribution.var()["status"], [law.var() for law in laws])


def test_energy_is_the_mean_distance(distribution, probs):
    for row, p in enumerate(probs[:, 0]):
        pairs = [(i, j) for i in range(4) for j in range(4)]
        self_energy = sum(p[i] * p[j] * abs(CODES[i] - CODES[j]) for i, j in pairs)
        to_two = sum(p[i] * abs(CODES[i] - 2) for i in range(4))
        assert distribution.energy().iloc[row, 0] == pytest.approx(self_energy)
        assert distribution.energy(frame([2] * 6)).iloc[row, 0] == pytest.approx(to_two)


def test_energy_adds_up_columns():
    wide = Categorical(np.full((1, 2, 2), 0.5), [0, 1])
    assert wide.energy().iloc[0, 0] == pytest.approx(1.0)


def test_a_missing_truth_has_no_probability(distribution):
    truth = frame([np.nan, 0, 0, 0, 0, 0])
    for method in ("pmf", "log_pmf", "cdf"):
        assert getattr(distribution, method)(truth)["status"].isna().tolist() == [True] + 5 * [
            False
        ]


def test_an_impossible_class_has_log_minus_infinity():
    d = Categorical(np.array([[[0.0, 1.0]]]), [0, 1])
    assert d.log_pmf(0).iloc[0, 0] == -np.inf


def test_float32_probabilities_invert_exactly():
    p = np.random.default_rng(0).dirichlet(np.ones(5), size=(500, 1)).astype(np.float32)
    d = Categorical(p, np.arange(5))
    for code in range(5):
        x = pd.DataFrame(np.full((500, 1), float(code)))
        assert d.ppf(d.cdf(x)).equals(x)
    assert (d.cdf(4) == 1).all(axis=None)  # not 1 - 1e-16: a quantile of 1 must be the last class


def test_subsets_keep_their_rows(distribution, probs):
    picked = distribution.loc[ROWS[[4, 1]]]
    np.testing.assert_array_equal(picked.probs, probs[[4, 1]])
    assert picked.index.equals(ROWS[[4, 1]])
    assert distribution.iloc[[2], [0]].shape == (1, 1)
    single = distribution.iat[5, 0]  # noqa: PD009 - not a frame, skpro's own
    assert single.ndim == 0
    assert single.pmf(7) == pytest.approx(probs[5, 0, 3])


def test_a_label_that_is_not_there_is_an_error_not_the_last_row(distribution):
    stranger = pd.MultiIndex.from_tuples([("z", ROWS[0][1])], names=ROWS.names)
    with pytest.raises(InputError, match="1 of 1 labels are not among the 6 here"):
        distribution.pmf(pd.DataFrame({"status": [0]}, index=stranger))


def test_draws_follow_the_probabilities():
    np.random.seed(0)  # noqa: NPY002 - skpro draws from the global state
    d = Categorical(np.array([[[0.1, 0.9]]]), [0, 1])
    assert d.sample(2000).to_numpy().mean() == pytest.approx(0.9, abs=0.03)


def test_pickles_and_clones(distribution):
    for copy in (pickle.loads(pickle.dumps(distribution)), distribution.clone()):  # noqa: S301 - our own
        assert copy.mean().equals(distribution.mean())


@pytest.mark.parametrize(
    ("probs", "codes", "names", "message"),
    [
        (np.full((2, 1, 2), 0.5), [0, 1, 2], {}, r"probs are \(2, 1, 2\) for codes \(3,\)"),
        (np.full((2, 2), 0.5), [0, 1], {}, "they must be"),
        (np.full((2, 1, 2), 0.5), [0, 1], {"index": pd.RangeIndex(3)}, "3 rows"),
        (np.full((2, 1, 2), 0.5), [1, 0], {}, "codes must increase"),
        (np.full((2, 1, 2), 0.6), [0, 1], {}, "no probability distribution"),
        (np.full((2, 1, 2), np.nan), [0, 1], {}, "no probability distribution"),
    ],
)
def test_says_what_is_wrong(probs, codes, names, message):
    with pytest.raises(InputError, match=message):
        Categorical(probs, codes, **names)


@pytest.mark.parametrize("module", ["categorical", "sktime"])
def test_without_skpro_the_error_holds_the_line_to_type(module):
    code = f"import sys; sys.modules['skpro'] = None; import evforecast.interop.{module}"
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert "MissingExtraError" in done.stderr
    assert "pip install 'evforecast[skpro]'" in done.stderr


# skpro's own tests warn of what is to change in skpro
@pytest.mark.conformance
@pytest.mark.filterwarnings("ignore")
def test_passes_the_suite_of_skpro():
    results = check_estimator(Categorical, verbose=False)
    assert {name: str(found) for name, found in results.items() if found != "PASSED"} == {}
    assert len(results) > 140  # 147 with skpro 2.16.0
    ran = {name.split("[")[0] for name in results}
    assert ran >= {
        "test_log_pmf_and_pmf",
        "test_methods_p",
        "test_methods_x",
        "test_ppf_and_cdf",
        "test_sample",
        "test_subsetting",
    }


class Unsure(Categorical):
    """Its quantiles are those of another distribution."""

    def _ppf(self, p):
        return super()._ppf(1 - np.asarray(p))


@pytest.mark.conformance
@pytest.mark.filterwarnings("ignore")
def test_the_suite_of_skpro_finds_a_fault():
    results = check_estimator(Unsure, verbose=False, tests_to_run="test_ppf_and_cdf")
    assert results
    assert any(isinstance(found, Exception) for found in results.values())
