import matplotlib.pyplot as plt
import numpy as np
import pytest

from evforecast.errors import EmptyInputError, HorizonError, InputError
from evforecast.plotting import losses


def tops(ax):
    return np.array([patch.get_data().values for patch in ax.patches])


def test_the_colours_add_up_to_the_mean_loss_of_the_hour(result, ax):
    losses(result, "markov", horizon=16, ax=ax)
    one = result.scores(("model", "horizon", "hour")).query("model == 'markov' and horizon == 16")
    wanted = np.full(24, np.nan)
    wanted[one["hour"].to_numpy(int)] = one["log_loss"]
    np.testing.assert_allclose(tops(ax)[-1], wanted)
    assert ax.get_xlabel() == "local hour that was forecast, 4 h ahead"


def test_each_status_adds_what_its_own_cases_lose(result, ax):
    losses(result, "markov", ax=ax)
    only = result.where(result.truth == 0)
    table = only.scores(("model", "hour")).query("model == 'markov'")
    cases = result.scores(("model", "hour")).query("model == 'markov'").set_index("hour")["n"]
    for row in table.itertuples():
        wanted = row.log_loss * row.n / cases[row.hour]
        assert tops(ax)[0, int(row.hour)] == pytest.approx(wanted)


def test_without_axes_a_notebook_gets_a_figure(result):
    assert losses(result, "markov").figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said(result):
    with pytest.raises(InputError, match="no model 'oracle'"):
        losses(result, "oracle")
    with pytest.raises(HorizonError, match="no horizon 7"):
        losses(result, "markov", horizon=7)
    with pytest.raises(EmptyInputError, match="known truth"):
        losses(result.where(np.zeros((result.truth.shape[0], 12), bool)), "markov")
    assert not plt.get_fignums()
