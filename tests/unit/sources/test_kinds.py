import pytest

from evforecast.errors import InputError
from evforecast.sources.kinds import KINDS, OWN_PACE, feed_of

URL = "https://example.org/list?key=a=b"
TOLD = {"lat": 48.8566, "lon": 2.3522, "url": URL, "name": "mine", "station": "7156"}


def test_every_short_name_makes_its_feed():
    made = {kind: feed_of({"feed": kind, "permitted": True, **TOLD}).name for kind in KINDS}
    assert made == {
        "belib": "belib-status",
        "belib-points": "belib-points",
        "traffic": "paris-traffic",
        "openmeteo-archive": "open-meteo-archive-48-8566n-2-3522e",
        "openmeteo-forecast": "open-meteo-forecast-48-8566n-2-3522e",
        "ocpi": "mine",
        "irve": "mine",
        "irve-points": "mine",
        "meteociel": "meteociel-7156",
    }


def test_the_pace_of_some_kinds_is_told_and_of_the_others_known():
    for kind in KINDS:
        note = {"feed": kind, "permitted": True, **TOLD}
        own = feed_of(note).every
        assert feed_of({**note, "every": "5min"}).every == ("5min" if kind in OWN_PACE else own)


def test_what_is_not_known_is_said():
    with pytest.raises(InputError, match="feed='nothing' is no choice"):
        feed_of({"feed": "nothing"})
    with pytest.raises(KeyError, match="url"):
        feed_of({"feed": "ocpi"})
