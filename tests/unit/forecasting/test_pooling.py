import numpy as np
import pytest

from evforecast.forecasting.pooling import logarithmic_pool, weighted_pool


def test_it_is_the_geometric_mean():
    rng = np.random.default_rng(0)
    one, other = rng.dirichlet(np.ones(4), (2, 10))
    pooled = logarithmic_pool(one, other, 0.3)
    expected = one**0.7 * other**0.3
    expected /= expected.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(pooled, expected)
    np.testing.assert_allclose(logarithmic_pool(one, other, 0), one)
    np.testing.assert_allclose(logarithmic_pool(one, other, 1), other)


def test_neither_can_rule_a_status_out_alone():
    pooled = logarithmic_pool(np.array([1.0, 0.0]), np.array([0.5, 0.5]), 0.5)
    assert 0 < pooled[1] < 0.01
    assert logarithmic_pool(np.array([0.5, 0.5]), np.array([1.0, 0.0]), 0.5)[1] == pytest.approx(
        pooled[1]
    )


def test_any_number_of_laws():
    laws = np.random.default_rng(1).dirichlet(np.ones(3), (3, 7))
    pooled = weighted_pool(laws, [0.2, 0.5, 0.3])
    expected = laws[0] ** 0.2 * laws[1] ** 0.5 * laws[2] ** 0.3
    np.testing.assert_allclose(pooled, expected / expected.sum(axis=-1, keepdims=True))
    with pytest.raises(ValueError, match="shorter"):
        weighted_pool(laws, [0.5, 0.5])
