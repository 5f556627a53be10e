import pytest

from evforecast.collect.profiles import Profiles
from evforecast.collect.watch import Profile

URL = "https://example.org/status?page={}"


@pytest.fixture
def profiles(tmp_path):
    return Profiles(tmp_path / "feed" / "profiles.json")


def test_a_profile_comes_back_in_another_process(profiles):
    full = Profile(3, {"a": "text"}, ("b",), ("w",), (1, 2), "d", 4, 5, ("t",), {"x.y": (0.5, 1.5)})
    profiles.keep("a", URL.format(1), full)
    assert Profiles(profiles.path).of("a", URL.format(1)) == full
    # And what that one writes is seen by this one.
    Profiles(profiles.path).keep("a", URL.format(1), Profile(readings=77))
    assert profiles.of("a", URL.format(1)).readings == 77


def test_an_unknown_request_takes_after_the_last_of_its_address(profiles):
    for page in (1, 2):
        profiles.keep(f"page-{page}", URL.format(page), Profile(readings=page))
    assert profiles.of("page-1", URL.format(1)).readings == 1
    assert profiles.of("page-3", URL.format(3)).readings == 2
    assert profiles.of("page-3", "https://example.org/other") == Profile()


def test_names_that_never_come_again_do_not_pile_up(profiles):
    for day in range(200):
        profiles.keep(f"day-{day}", URL.format(day), Profile(readings=day))
    assert profiles.path.stat().st_size < 40_000
    assert profiles.of("day-199", "").readings == 199
    assert profiles.of("day-0", "") == Profile()


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"names": {"a": 1}, "places": {}}', '{"names": {"a": {"x": 1}}}']
)
def test_a_damaged_file_is_begun_anew(profiles, text):
    profiles.path.parent.mkdir()
    profiles.path.write_text(text)
    assert profiles.of("a", URL) == Profile()
    profiles.keep("a", URL, Profile(readings=1))
    assert Profiles(profiles.path).of("a", URL).readings == 1
