from pathlib import Path

import pytest

from evforecast import forecasting
from evforecast.errors import InputError
from evforecast.scenarios.classes import check_model, feed_note, make_feed, make_forecaster
from evforecast.scenarios.project import FeedSettings, ModelSettings
from evforecast.scenarios.settings import Source
from evforecast.sources.kinds import KINDS
from evforecast.sources.kinds import feed_of as feed_of_note

SOURCE = Source(Path("project.toml"), "")
TOLD = {
    "url": "https://example.org/locations",
    "lat": 48.85,
    "lon": 2.35,
    "station": "7149",
    "permitted": True,
}


def settings_of(word, kind):
    needs = KINDS[word][2]
    return FeedSettings("net", kind, None, {key: TOLD[key] for key in needs if key != "name"})


@pytest.mark.parametrize("word", list(KINDS))
def test_every_kind_by_its_word_and_by_its_class(word):
    module, name, _ = KINDS[word]
    short = settings_of(word, word)
    whole = settings_of(word, f"evforecast.sources.{module}.{name}")
    feeds = [make_feed(settings, SOURCE) for settings in (short, whole)]
    assert type(feeds[0]).__name__ == name
    assert feeds[0].name == feeds[1].name
    notes = [feed_note(s, f) for s, f in zip((short, whole), feeds, strict=True)]
    assert notes[0] == notes[1]
    assert feed_of_note(notes[0]).name == feeds[0].name


def test_a_class_of_ones_own_has_no_note():
    settings = FeedSettings("city", "evforecast.scenarios.SimulatedCity", None, {"chargers": 6})
    assert feed_note(settings, make_feed(settings, SOURCE)) is None


def test_a_name_that_is_told_stays():
    settings = FeedSettings("net", "ocpi", None, {"url": TOLD["url"], "name": "mine"})
    assert make_feed(settings, SOURCE).name == "mine"


class Anything:
    def __init__(self, **told):
        self.told = told


def test_a_class_that_takes_anything_is_told_it():
    settings = FeedSettings("net", f"{__name__}.Anything", "1h", {"depth": 3})
    assert make_feed(settings, SOURCE).told == {"depth": 3}


def test_what_a_class_refuses_is_said_with_its_place():
    settings = FeedSettings("my_net", "ocpi", None, {"url": TOLD["url"]})
    with pytest.raises(
        InputError, match=r"\[feed.my_net\]: ocpi cannot be made of this: name='my_"
    ):
        make_feed(settings, SOURCE)


def test_forecasters_are_those_that_take_horizons():
    with pytest.raises(InputError) as error:
        make_forecaster(ModelSettings("driver", "None", (1,)), "None", SOURCE)
    listed = str(error.value).partition("There are: ")[2].rstrip(".").split(", ")
    assert "Persistence" in listed
    assert not {"DEFAULT_HORIZONS", "StatusForecaster", "Blend"} & set(listed)
    for name in listed:
        made = make_forecaster(ModelSettings("driver", name, (1, 4)), name, SOURCE)
        assert isinstance(made, getattr(forecasting, name))
        assert list(made.horizons) == [1, 4]


def test_a_baseline_has_not_the_parameters_of_the_model():
    check_model(ModelSettings("d", "FailureRate", (1,), parameters={"target": "down"}), SOURCE)
