import dataclasses

import matplotlib.pyplot as plt
import numpy as np
import pytest

from evforecast.errors import EmptyInputError, HorizonError, InputError
from evforecast.evaluation import reliability as table_of
from evforecast.plotting import reliability


def test_points_are_those_of_the_table(result, ax):
    reliability(result, "down", "markov", horizon=16, ax=ax)
    code = result.scheme.code("down")
    truth = result.truth[:, 2]
    wanted = table_of(result.proba["markov"][:, 2, :, code], np.where(truth < 0, -1, truth == code))
    line = next(line for line in ax.get_lines() if line.get_label() == "markov")
    np.testing.assert_allclose(line.get_xdata(), wanted["forecast"])
    np.testing.assert_allclose(line.get_ydata(), wanted["observed"])
    assert ax.get_xlabel() == "forecast probability of down, 4 h ahead"


def test_a_coarser_target_and_all_models(result, ax):
    reliability(result, "free", ax=ax)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == result.models
    assert ax.get_xlabel() == "forecast probability of free"
    diagonal = ax.get_lines()[0]
    np.testing.assert_array_equal(diagonal.get_xdata(), diagonal.get_ydata())


def test_free_is_available(result, ax):
    reliability(result, "free", "markov", ax=ax)
    reliability(result, "available", "markov", ax=ax)
    one, other = (line for line in ax.get_lines() if line.get_label() == "markov")
    np.testing.assert_allclose(one.get_xdata(), other.get_xdata(), atol=1e-6)


def test_more_cases_are_larger_points(result, ax):
    reliability(result, "free", "markov", ax=ax)
    areas = ax.collections[-1].get_sizes()
    assert areas.max() > areas.min()


def test_what_cannot_be_drawn_is_said(result):
    with pytest.raises(InputError, match=r"'oracle'.*markov"):
        reliability(result, "free", "oracle")
    with pytest.raises(InputError, match=r"'broken'.*available.*free"):
        reliability(result, "broken")
    with pytest.raises(HorizonError, match="no horizon 7"):
        reliability(result, "free", horizon=7)
    unknown = dataclasses.replace(result, truth=np.full_like(result.truth, -1))
    with pytest.raises(EmptyInputError, match="known truth"):
        reliability(unknown, "free")
    assert not plt.get_fignums()
