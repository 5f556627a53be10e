import itertools
from pathlib import Path

import numpy as np
import pytest

import evforecast as ev
from evforecast.dataiku import registry as under_test
from evforecast.dataiku.folders import download, paths_in, upload
from evforecast.dataiku.registry import open_registry
from evforecast.registry import ConflictError, DamagedError, UnknownVersionError


@pytest.fixture(scope="module")
def models(city):
    past = city.head(300)
    return [
        (ev.Persistence([1]).fit(past), past),
        (ev.MarkovForecaster([1]).fit(past), past),
    ]


def publish(registry, models, place):
    model, past = models[place]
    return registry.publish(model, name="city", data=past)


HOW = {"by": "test", "reason": "so"}


def test_what_one_recipe_publishes_another_loads(dss, models, city):
    version = publish(open_registry("models"), models, 1)
    open_registry("models").set_alias("city", "champion", version.number, **HOW)
    found = open_registry("models")
    assert found.models() == ["city"]
    law = found.load("city", "champion").predict_proba(city).proba
    np.testing.assert_array_equal(law, models[1][0].predict_proba(city).proba)
    assert found.versions("city")[["number", "intact", "aliases"]].values.tolist() == [
        [1, True, "champion"]
    ]


def test_it_is_the_registry_in_all_it_does(dss, models):
    registry = open_registry("models")
    for place in (0, 1):
        publish(registry, models, place)
    registry.set_alias("city", "champion", 1, expected=0, **HOW)
    registry.set_alias("city", "champion", 2, expected=1, **HOW)
    assert open_registry("models").rollback("city", "champion", **HOW).version == 1
    open_registry("models").clear_alias("city", "champion", **HOW)
    assert open_registry("models").history("city")["action"].tolist() == [
        *("set", "set", "rollback", "clear")
    ]
    with pytest.raises(UnknownVersionError):
        open_registry("models").load("city", "champion")


def test_the_same_again_is_the_same_version(dss, models):
    for _ in range(2):
        assert publish(open_registry("models"), models, 0).number == 1
    publish(open_registry("models"), models, 1)
    assert publish(open_registry("models"), models, 0).number == 1
    event = [open_registry("models").set_alias("city", "champion", 1, **HOW).number for _ in "ab"]
    assert event == [1, 1]


def test_a_model_is_brought_down_when_it_is_needed(dss, models):
    publish(open_registry("models"), models, 0)
    registry = open_registry("models")
    assert not list(registry.root.rglob("model.evf"))
    registry.load("city", 1)
    assert len(list(registry.root.rglob("model.evf"))) == 1


def test_the_disk_is_free_afterwards(dss, models):
    registry = open_registry("models")
    root = registry.root
    assert root.is_dir()
    del registry
    assert not root.exists()


def fail_at(monkeypatch, number):
    """Let the folder fail at one of the files that are sent up."""
    import dataiku

    count, real = itertools.count(), dataiku.Folder.upload_stream

    def upload_stream(self, path, f):
        if next(count) == number:
            msg = "connection lost"
            raise OSError(msg)
        real(self, path, f)

    monkeypatch.setattr(dataiku.Folder, "upload_stream", upload_stream)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_half_an_upload_is_never_seen(dss, models, monkeypatch, number):
    with monkeypatch.context() as patch:
        fail_at(patch, number)
        with pytest.raises(OSError, match="connection lost"):
            publish(open_registry("models"), models, 0)
        assert len(paths_in("models")) == number
        assert open_registry("models").models() == []
    assert publish(open_registry("models"), models, 1).number == 1
    assert isinstance(open_registry("models").load("city", 1), ev.MarkovForecaster)


@pytest.mark.parametrize("number", [0, 1])
def test_half_a_move_is_never_seen(dss, models, monkeypatch, number):
    publish(open_registry("models"), models, 0)
    with monkeypatch.context() as patch:
        fail_at(patch, number)
        with pytest.raises(OSError, match="connection lost"):
            open_registry("models").set_alias("city", "champion", 1, **HOW)
        assert open_registry("models").alias("city", "champion") == 0
    assert open_registry("models").set_alias("city", "champion", 1, **HOW).number == 1


def test_one_that_failed_is_sent_up_by_the_next_call(dss, models, monkeypatch):
    registry = open_registry("models")
    with monkeypatch.context() as patch:
        fail_at(patch, 1)
        with pytest.raises(OSError, match="connection lost"):
            publish(registry, models, 0)
    registry.set_alias("city", "champion", 1, **HOW)
    assert isinstance(open_registry("models").load("city", "champion"), ev.Persistence)


def test_the_card_is_sent_last(dss, models, monkeypatch):
    sent, real = [], under_test.send_up

    def send_up(folder, local, paths):
        sent.extend(Path(path).name for path in paths)
        real(folder, local, paths)

    monkeypatch.setattr(under_test, "send_up", send_up)
    publish(open_registry("models"), models, 0)
    open_registry("models").set_alias("city", "champion", 1, **HOW)
    assert sent == ["SHA256SUMS", "model.evf", "card.json", "SHA256SUMS", "event.json"]


def test_another_writer_is_noticed_before_it_is_written_over(dss, models, monkeypatch):
    """Another recipe publishes the same number after this one has looked."""
    registry, other = open_registry("models"), open_registry("models")
    real = registry.refresh

    def refresh():
        real()
        monkeypatch.setattr(registry, "refresh", real)
        publish(other, models, 1)

    monkeypatch.setattr(registry, "refresh", refresh)
    with pytest.raises(ConflictError, match="run this one again") as caught:
        publish(registry, models, 0)
    assert caught.value.found == 1
    assert publish(registry, models, 0).number == 2
    found = open_registry("models")
    assert isinstance(found.load("city", 1), ev.MarkovForecaster)
    assert isinstance(found.load("city", 2), ev.Persistence)


def test_another_writer_is_noticed_after_it_has_written_over(dss, models, monkeypatch):
    registry = open_registry("models")
    real = under_test.send_up

    def send_up(folder, local, paths):
        real(folder, local, paths)
        upload("models", "city/versions/1/card.json", "another's")

    monkeypatch.setattr(under_test, "send_up", send_up)
    with pytest.raises(ConflictError, match="at the same time"):
        publish(registry, models, 0)


def test_what_two_writers_mixed_up_is_refused(dss, models):
    for place in (0, 1):
        publish(open_registry("models"), models, place)
    upload("models", "city/versions/1/model.evf", download("models", "city/versions/2/model.evf"))
    with pytest.raises(DamagedError, match="model"):
        open_registry("models").load("city", 1)
    assert open_registry("models").versions("city")["intact"].tolist() == [False, True]


def test_what_does_not_belong_there_is_left_alone(dss, models):
    upload("models", "readme.txt", "hello")
    upload("models", "city/versions/notes/card.json", "{}")
    publish(open_registry("models"), models, 0)
    assert open_registry("models").models() == ["city"]
    assert download("models", "readme.txt") == b"hello"


def test_others_are_seen_after_a_refresh(dss, models):
    registry = open_registry("models")
    publish(open_registry("models"), models, 0)
    assert registry.models() == []
    registry.refresh()
    assert registry.models() == ["city"]
