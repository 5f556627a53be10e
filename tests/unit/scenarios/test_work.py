from dataclasses import replace

import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.scenarios import FeedSettings, Project
from evforecast.scenarios.tables import commit, make
from evforecast.scenarios.work import feed_of, is_replay
from evforecast.sources.belib import BelibStatus


@pytest.mark.parametrize(
    ("kind", "parameters", "said"),
    [
        ("evforecast.sources.belib.BelibStatsu", {}, "there is no such class"),
        ("evforecast.sources.belb.BelibStatus", {}, "there is no such class"),
        ("evforecast.scenarios.SimulatedCity", {"charger": 3}, "Did you mean 'chargers'"),
    ],
)
def test_a_feed_that_is_none(small, kind, parameters, said):
    project = small()
    with pytest.raises(InputError, match=said) as error:
        feed_of(FeedSettings("city", kind, None, parameters), project)
    assert "[feed.city]" in str(error.value)


def test_a_live_feed_is_no_replay():
    assert not is_replay(BelibStatus())


def test_a_network_is_needed(small, at_work):
    project = small()
    traffic = FeedSettings("traffic", "evforecast.sources.traffic.ParisTraffic")
    with pytest.raises(InputError, match="none of its feeds brings a table 'status'"):
        at_work(replace(project, feeds=(traffic,))).network  # noqa: B018


def test_times_lie_on_the_grid(small, at_work):
    work = at_work(small(), day=1.51)
    assert work.as_of == np.datetime64("2026-01-06T12:14:24")
    assert work.now == np.datetime64("2026-01-06T12:00:00")
    assert work.data_until is None


def test_no_step_goes_back(small, at_work):
    work = at_work(small(), day=3)
    make(work.warehouse, "watermark")
    until = work.now + np.timedelta64(3600, "s")
    commit(work.warehouse, "monitor", [], before=None, until=until)
    with pytest.raises(InputError, match=r"Has a clock been set back.*step = 'monitor'"):
        work.begun("monitor")
    assert work.begun("monitor", often=True) == until
    commit(work.warehouse, "monitor", [], before=until, until=until + np.timedelta64(1, "D"))
    with pytest.raises(InputError, match="set back"):
        work.begun("monitor", often=True)


def test_what_is_ahead_is_said_at_once(small, at_work):
    work = at_work(small(), day=3)
    hour = np.timedelta64(3600, "s")
    work.refuse_to_go_back(["monitor"])  # no table yet
    make(work.warehouse, "watermark")
    marks = ("features", "predict:driver-1", "predict:other-1", "monitor", "report")
    for name in marks:
        commit(work.warehouse, name, [], before=None, until=work.now + hour)
    work.refuse_to_go_back(["collect", "features", "train", "predict"])
    with pytest.raises(InputError) as error:
        work.refuse_to_go_back(["features", "predict", "monitor", "report"])
    until = "2026-01-08 01:00:00"
    assert f"already: monitor up to {until}, report up to {until}. " in str(error.value)
    assert "by a day at most" in str(error.value)
    work.as_of -= np.timedelta64(1, "D")
    with pytest.raises(InputError, match=r"already: predict:driver-1 up to [^,]*\. A time"):
        work.refuse_to_go_back(["predict"])


def test_data_reach_no_further_than_asked(small, at_work):
    project = small()
    work = at_work(project, day=3)
    make(work.warehouse, "watermark")
    commit(work.warehouse, "features", [], before=None, until=work.now + np.timedelta64(3600, "s"))
    assert work.data_until == work.now
    assert isinstance(work.project, Project)
