import matplotlib.pyplot as plt
import numpy as np
import pytest

from evforecast.errors import EmptyInputError, HorizonError, InputError
from evforecast.plotting import confusion


def test_the_mean_probability_by_what_came(result, ax):
    confusion(result, "markov", horizon=4, ax=ax)
    cells = np.ma.filled(ax.images[0].get_array(), np.nan)
    truth, law = result.truth[:, 1], result.proba["markov"][:, 1]
    for code in range(5):
        came = truth == code
        if came.any():
            np.testing.assert_allclose(cells[code], law[came].mean(axis=0), rtol=1e-5)
        else:
            assert np.isnan(cells[code]).all()
    counts = [f"{name} ({(truth == code).sum()})" for code, name in enumerate(result.scheme.names)]
    assert [text.get_text() for text in ax.get_yticklabels()] == counts
    assert ax.get_xlabel() == "probability given, 1 h ahead"


def test_all_horizons_together(result, ax):
    confusion(result, "markov", ax=ax)
    cells = np.ma.filled(ax.images[0].get_array(), np.nan)
    free = result.truth == 0
    np.testing.assert_allclose(cells[0], result.proba["markov"][free].mean(axis=0), rtol=1e-5)
    assert ax.get_xlabel() == "probability given"


def test_without_axes_a_notebook_gets_a_figure(result):
    assert confusion(result, "markov").figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said(result):
    with pytest.raises(InputError, match="no model 'oracle'"):
        confusion(result, "oracle")
    with pytest.raises(HorizonError, match="no horizon 7"):
        confusion(result, "markov", horizon=7)
    with pytest.raises(EmptyInputError, match="known truth"):
        confusion(result.where(np.zeros((result.truth.shape[0], 12), bool)), "markov")
    assert not plt.get_fignums()
