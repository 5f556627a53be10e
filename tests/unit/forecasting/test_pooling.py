import numpy as np
import pytest

from evforecast.forecasting.pooling import logarithmic_pool


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
