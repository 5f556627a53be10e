import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.errors import InputError, NotFittedError
from evforecast.registry import DamagedError, load_version
from evforecast.registry import version as version_module
from evforecast.registry.folders import numbers
from evforecast.registry.version import publish_version, read_version

AT = np.datetime64("2020-11-09T06:30:15")
SCORES = pd.DataFrame({"model": "p", "horizon": [1], "log_loss": [0.5]})


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "driver" / "versions"


@pytest.fixture
def publish(folder, panel, models):
    def publish(place=0, model=None, **facts):
        given = {"name": "driver", "data": panel, "scores": None, "notes": "", "at": AT} | facts
        return publish_version(folder, models[place] if model is None else model, **given)

    return publish


def test_a_version_holds_the_model_and_says_what_it_is(publish, folder, panel, models):
    version = publish(scores=SCORES, notes="the first")
    assert (version.name, version.number, version.path) == ("driver", 1, folder / "1")
    card = version.card
    assert card == read_version(folder / "1").card
    assert (card.name, card.number, card.published_at, card.notes) == ("driver", 1, AT, "the first")
    assert card.model["class"] == "Persistence"
    assert card.data["times"] == panel.n_time
    assert card.scores == [{"model": "p", "horizon": 1, "log_loss": 0.5}]
    model, same = load_version(folder / "1")
    assert same == card
    assert model.predict_proba(panel).equals(models[0].predict_proba(panel))
    assert repr(version).startswith("ModelVersion(name='driver', number=1, path=")


def test_the_same_content_is_one_version(publish):
    first = publish(notes="a", scores=SCORES)
    later = np.datetime64("2021-01-01T00:00:00")
    assert publish(notes="a", scores=SCORES, at=later) == first
    assert publish(1).number == 2
    assert publish(notes="a", scores=SCORES) == first


def test_what_another_wrote_outlasts_a_power_cut_before_it_is_told(publish, folder, monkeypatch):
    publish()
    flushed = []
    monkeypatch.setattr(version_module, "flush_names", flushed.append)
    publish()
    assert flushed == [folder]


@pytest.mark.parametrize(
    "other",
    [{"place": 1}, {"notes": "b"}, {"scores": SCORES}, {"scores": SCORES.assign(log_loss=0.25)}],
)
def test_other_content_is_another_version(publish, other):
    publish(notes="a")
    publish(notes="a", scores=SCORES.assign(log_loss=0.125))
    assert publish(**{"notes": "a"} | other).number == 3


def test_other_data_with_the_same_window_is_another_version(publish, panel, models):
    codes = panel.codes.copy()
    codes[0, 0] = (codes[0, 0] + 1) % 5
    other = ev.StatusPanel(codes, panel.grid, panel.evse, exog=panel.exog, tz=panel.tz)
    assert [publish(data=data).number for data in (panel, other)] == [1, 2]


def test_a_damaged_version_does_not_keep_the_model_from_being_published_again(publish, folder):
    publish()
    (folder / "1" / "model.evf").write_bytes(b"x")
    assert publish().number == 2
    (folder / "2" / "card.json").unlink()
    assert publish().number == 3
    (folder / "3" / "SHA256SUMS").unlink()
    assert publish().number == 4
    assert publish().number == 4


def test_what_is_refused_leaves_nothing(publish, folder, panel):
    with pytest.raises(NotFittedError):
        publish(model=ev.Persistence([1]))
    with pytest.raises(InputError, match="is not what the Persistence learnt from"):
        publish(data=panel.head(9))
    with pytest.raises(InputError, match="horizons repeat"):
        publish(scores=pd.concat([SCORES, SCORES]))
    assert numbers(folder) == list((folder.parent / "unfinished").iterdir()) == []


def after_each_look(monkeypatch, others):
    """Let another writer do something each time that one has looked which numbers are taken."""
    look, waiting = version_module.numbers, list(others)

    def look_and_be_overtaken(path):
        found = look(path)
        if waiting:
            waiting.pop(0)()
        return found

    monkeypatch.setattr(version_module, "numbers", look_and_be_overtaken)


def test_another_writer_takes_the_number_first(publish, folder, monkeypatch):
    publish()
    after_each_look(monkeypatch, [lambda: publish(2), lambda: publish(3)])
    version = publish(1)
    assert (version.number, version.card.number) == (4, 4)
    assert read_version(folder / "4") == version
    horizons = [read_version(folder / n).card.model["parameters"]["horizons"] for n in "1234"]
    assert horizons == [[1], [4], [3], [2]]  # the one that overtook was overtaken too


def test_another_writer_publishes_the_same_first(publish, folder, monkeypatch):
    publish()
    after_each_look(monkeypatch, [lambda: publish(1)])
    assert publish(1).number == 2
    assert numbers(folder) == [1, 2]


def test_a_copy_elsewhere_loads_and_a_mixed_one_does_not(publish, folder, tmp_path):
    publish()
    publish(1)
    shutil.copytree(folder / "1", tmp_path / "copy")
    assert load_version(tmp_path / "copy")[1].number == 1
    # Sums that fit a model which the card does not speak of: someone has put the folder together.
    copy = tmp_path / "copy"
    lines = [(folder / n / "SHA256SUMS").read_text().splitlines() for n in ("1", "2")]
    (copy / "SHA256SUMS").write_text(f"{lines[0][0]}\n{lines[1][1]}\n")
    shutil.copy(folder / "2" / "model.evf", copy)
    with pytest.raises(DamagedError, match=r"model\.evf is not the one that the card describes"):
        load_version(copy)


def test_a_version_that_is_nowhere():
    with pytest.raises(DamagedError, match="SHA256SUMS cannot be read"):
        read_version(Path("nowhere"))
