import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.scenarios import STEPS, ModelSettings, MonitorSettings
from evforecast.scenarios.project import span


def test_steps_are_those_of_a_day():
    assert STEPS[0] == "collect"
    assert STEPS.index("train") < STEPS.index("predict") < STEPS.index("join_truth")
    assert (
        STEPS.index("monitor")
        < STEPS.index("retrain")
        < STEPS.index("promote")
        < STEPS.index("report")
    )


@pytest.mark.parametrize(("text", "seconds"), [("28D", 28 * 86_400), ("0D", 0), ("90min", 5400)])
def test_spans(text, seconds):
    assert span(text, "first") == np.timedelta64(seconds, "s")


@pytest.mark.parametrize("text", ["x", "-1D", "", "28 suns", "NaT"])
def test_what_is_no_span(text):
    with pytest.raises(InputError, match="no span of time"):
        span(text, "first")


def test_settings_check_themselves():
    with pytest.raises(InputError, match="no span of time"):
        ModelSettings("driver", "Persistence", (1,), first="soon")
    with pytest.raises(InputError, match="leaves nothing"):
        ModelSettings("driver", "Persistence", (1,), first="1D", holdout="1D")
    with pytest.raises(InputError, match="no span of time"):
        MonitorSettings(scored="long")
    with pytest.raises(InputError, match="step"):
        MonitorSettings(every="7min")
