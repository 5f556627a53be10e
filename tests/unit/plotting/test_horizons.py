import numpy as np

from evforecast.plotting.horizons import horizon_axis

QUARTER = np.timedelta64(900, "s")


def test_each_horizon_has_its_name_on_a_logarithmic_scale(ax):
    horizon_axis(ax, np.array([1, 4, 16, 96]), QUARTER)
    assert ax.get_xscale() == "log"
    assert ax.get_xticks().tolist() == [1, 4, 16, 96]
    assert [text.get_text() for text in ax.get_xticklabels()] == ["15 min", "1 h", "4 h", "24 h"]


def test_names_do_not_write_over_each_other(ax):
    horizon_axis(ax, np.arange(1, 97), QUARTER)
    ticks = ax.get_xticks()
    assert ticks[0] == 1
    assert (ticks[1:] / ticks[:-1]).min() > 1.25


def test_a_single_horizon(ax):
    horizon_axis(ax, np.array([96]), QUARTER)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["24 h"]
