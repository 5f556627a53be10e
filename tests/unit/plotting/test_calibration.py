import matplotlib.pyplot as plt
import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.evaluation import calibration_error
from evforecast.plotting import calibration


def lines(ax):
    return {line.get_label(): line for line in ax.get_lines()}


def test_the_error_of_each_horizon_a_line_a_model(result, ax):
    calibration(result, "free", ["markov", "climatology"], ax=ax)
    found = lines(ax)
    assert list(found) == ["markov", "climatology"]
    coarse = result.coarsen("free")
    for name, line in found.items():
        wanted = [
            calibration_error(
                coarse.proba[name][:, h, :, 1],
                np.where(coarse.truth[:, h] < 0, -1, coarse.truth[:, h] == 1),
            )
            for h in range(4)
        ]
        np.testing.assert_allclose(line.get_ydata(), wanted)
        # a little apart, and still at its horizon
        np.testing.assert_allclose(line.get_xdata(), result.horizons, rtol=0.05)
    assert len({line.get_marker() for line in found.values()}) == 2


def test_the_bars_hold_the_error(result, ax):
    calibration(result, "down", "markov", ax=ax)
    bars = np.array(ax.collections[0].get_segments())[:, :, 1]
    error = lines(ax)["markov"].get_ydata()
    assert (bars[:, 0] <= error).all()
    assert (error <= bars[:, 1]).all()
    assert (bars >= 0).all()
    assert ax.get_ylim()[0] == 0


def test_without_axes_a_notebook_gets_a_figure(result):
    assert calibration(result, "free").figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said(result):
    with pytest.raises(InputError, match="no model 'oracle'"):
        calibration(result, "free", "oracle")
    with pytest.raises(InputError, match="no status 'open'"):
        calibration(result, "open")
    assert not plt.get_fignums()
