import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.colors import to_rgba
from matplotlib.dates import date2num

import evforecast as ev
from evforecast.errors import SchemeMismatchError, UnknownChargerError
from evforecast.plotting import STATUS_COLOURS, fan
from evforecast.timegrid import TimeGrid


def test_probabilities_are_stacked_to_one(panel, forecast, ax):
    evse_id = panel.evse_ids[3]
    fan(forecast, evse_id, ax=ax)
    assert len(ax.collections) == len(forecast.scheme)
    heights = np.diff([0, *(band.get_paths()[0].vertices[:, 1].max() for band in ax.collections)])
    assert (heights >= 0).all()
    assert ax.collections[-1].get_paths()[0].vertices[:, 1].max() == pytest.approx(1, abs=1e-4)
    colours = [tuple(band.get_facecolor()[0]) for band in ax.collections]
    assert colours == [to_rgba(STATUS_COLOURS[name]) for name in forecast.scheme.names]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == list(forecast.scheme.names)
    assert ax.get_title(loc="left") + ax.get_title() == evse_id


def test_the_ribbon_is_the_history(panel, forecast, ax):
    evse_id = panel.evse_ids[3]
    fan(forecast, evse_id, history=panel, ax=ax)
    wanted = panel.codes[:, 3]
    length = int(forecast.horizons[-1])
    for row in range(panel.n_time - length - 1, panel.n_time - 1):
        # what stands a moment after the row's instant
        at = date2num(panel.times[row] + np.timedelta64(60, "s"))
        names = [
            patch.get_facecolor()
            for patch in ax.patches
            if patch.get_x() <= at < patch.get_x() + patch.get_width()
        ]
        if wanted[row] < 0:
            assert not names
        else:
            assert names == [to_rgba(STATUS_COLOURS[panel.scheme.names[wanted[row]]])]


def test_as_much_past_as_future(panel, forecast, ax):
    fan(forecast, panel.evse_ids[0], history=panel, ax=ax)
    left, right = ax.get_xlim()
    now = date2num(forecast.cutoff)
    assert now - left == pytest.approx(right - now)
    assert ax.get_xlabel() == "local time (Europe/Paris)"


def test_a_short_forecast_still_shows_six_hours_of_past(panel, forecast, ax):
    near = ev.Climatology(horizons=[1, 2, 3, 4]).fit(panel).predict_proba(panel)
    fan(near, panel.evse_ids[0], history=panel, ax=ax)
    assert date2num(near.cutoff) - ax.get_xlim()[0] == pytest.approx(0.25)


def test_history_after_the_cutoff_is_not_shown(panel, forecast, ax):
    more = TimeGrid(panel.cutoff + panel.step, panel.step, 40)
    later = panel.append(ev.StatusPanel(panel.codes[:40], more, panel.evse, tz=panel.tz))
    fan(forecast, panel.evse_ids[0], history=later, ax=ax)
    assert max(patch.get_x() + patch.get_width() for patch in ax.patches) <= date2num(
        forecast.cutoff
    )


def test_an_odd_id_is_only_a_name(odd_names, forecast, ax):
    odd = ev.Climatology([1, 4]).fit(odd_names).predict_proba(odd_names)
    fan(odd, odd.evse_ids[0], history=odd_names, ax=ax)


def test_what_cannot_be_drawn_is_said(panel, forecast):
    with pytest.raises(UnknownChargerError, match="nowhere"):
        fan(forecast, "nowhere")
    with pytest.raises(UnknownChargerError):
        fan(forecast, panel.evse_ids[0], history=panel.select(panel.evse_ids[1:]))
    with pytest.raises(SchemeMismatchError):
        fan(forecast.coarsen("free"), panel.evse_ids[0], history=panel)
    assert not plt.get_fignums()
