import os

import pandas as pd
import pytest
from collected import Server, StatusFeed, at, body

from evforecast.collect import Store, collect_once, to_log
from evforecast.dataiku.folders import bring_down, paths_in, upload
from evforecast.dataiku.fresh import collect, load
from evforecast.dataiku.statuses import read_log
from evforecast.dataiku.variables import variable

URL = "https://status.test/all"


@pytest.fixture(autouse=True)
def without_flushes(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.fixture
def server():
    return Server()


def answer(server, cycle, *statuses):
    server.now = at(cycle, 7)
    server.always[URL] = body(*statuses)


def ask(server, cycle):
    return collect(StatusFeed(), server, folder="fresh", clock=lambda: at(cycle))


def run(server, cycles):
    for cycle in cycles:
        answer(server, cycle, "available" if cycle % 3 else "charging", "down")
        assert ask(server, cycle).is_complete


def local(tmp_path):
    bring_down("fresh", tmp_path)
    return Store(tmp_path, StatusFeed())


def test_cycles_are_kept_in_a_folder(dss, server, tmp_path):
    run(server, range(4))
    assert sum("raw" in path for path in paths_in("fresh")) >= 2
    assert not any(path.endswith("lock") for path in paths_in("fresh"))
    store = local(tmp_path)
    assert len(store.entries()) == 4
    assert len(to_log(store)) == 8


def test_the_same_as_on_a_disk(dss, server, tmp_path):
    cycles = [0, 1, 2, 50, 95, 96, 97, 192, 193]  # over two midnights
    run(server, cycles)
    disk = Store(tmp_path / "disk", StatusFeed())
    for cycle in cycles:
        answer(server, cycle, "available" if cycle % 3 else "charging", "down")
        collect_once(disk, server, now=at(cycle))
    found = local(tmp_path / "folder")
    pd.testing.assert_frame_equal(found.rows("status"), disk.rows("status"))
    pd.testing.assert_frame_equal(found.entries(), disk.entries())
    names = sorted(
        path.relative_to(tmp_path / "disk").as_posix()
        for path in (tmp_path / "disk").rglob("*")
        if path.is_file() and path.name != "lock"
    )
    assert paths_in("fresh") == names


def test_a_cycle_that_was_answered_is_not_asked_again(dss, server):
    run(server, [0])
    assert not ask(server, 0).outcomes


def test_old_days_stay_where_they_are(dss, server, monkeypatch):
    import dataiku

    run(server, [0, 96, 192])
    asked, real = [], dataiku.Folder.get_download_stream

    def get_download_stream(self, path):
        asked.append(path)
        return real(self, path)

    monkeypatch.setattr(dataiku.Folder, "get_download_stream", get_download_stream)
    run(server, [193])
    assert asked
    assert not any("2026-11-28" in path for path in asked)


@pytest.mark.parametrize("number", range(4))
def test_a_scenario_that_was_stopped_is_run_again(dss, server, tmp_path, monkeypatch, number):
    import dataiku

    run(server, [0])
    count, real = [], dataiku.Folder.upload_stream

    def upload_stream(self, path, f):
        count.append(path)
        if len(count) == number + 1:
            msg = "connection lost"
            raise OSError(msg)
        real(self, path, f)

    answer(server, 1, "down", "down")
    with monkeypatch.context() as patch:
        patch.setattr(dataiku.Folder, "upload_stream", upload_stream)
        try:
            ask(server, 1)
        except OSError:
            pass
        else:
            pytest.skip(f"{len(count)} files are sent up")
    assert ask(server, 1).error == ""
    store = local(tmp_path)
    assert to_log(store).frame["status"].tolist() == ["charging", "down", "down", "down"]
    assert set(store.entries()["outcome"]) == {"stored"}


def test_the_journal_is_sent_last(dss, server, monkeypatch):
    import dataiku

    sent, real = [], dataiku.Folder.upload_stream

    def upload_stream(self, path, f):
        sent.append(path)
        real(self, path, f)

    monkeypatch.setattr(dataiku.Folder, "upload_stream", upload_stream)
    run(server, [0])
    assert [path.split("/")[1] for path in sent] == ["raw", "rows", "journal", "profiles.json"]


def test_what_came_is_kept_though_the_cycle_failed(dss, server, tmp_path, monkeypatch):
    answer(server, 0, "down")
    monkeypatch.setattr("evforecast.collect.once.read", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ask(server, 0)
    monkeypatch.undo()
    assert any("/raw/" in path for path in paths_in("fresh"))
    ask(server, 0)
    assert len(to_log(local(tmp_path))) == 1


def loaded(until):
    return load(StatusFeed(), folder="fresh", into="status", until=until)


def test_what_is_new_is_loaded(dss, server, tmp_path):
    run(server, range(3))
    assert loaded(at(1, 60)) == 4
    assert loaded(at(1, 60)) == 0
    run(server, [3, 96, 97])
    assert loaded(at(97, 60)) == 8
    assert variable("evforecast_loaded_status", "time") == at(97, 7)
    whole = to_log(local(tmp_path)).frame.astype(str)
    found = read_log("status").frame.astype(str)
    assert found.to_dict("list") == whole.to_dict("list")


def test_a_load_that_was_stopped_before_its_mark_counts_once(dss, server, monkeypatch):
    run(server, range(3))
    with monkeypatch.context() as patch:
        patch.setattr("evforecast.dataiku.fresh.set_variable", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            loaded(at(2, 60))
    assert loaded(at(2, 60)) == 6
    assert len(read_log("status")) == 6


def test_a_load_adds_whatever_the_recipe_says(dss, server):
    run(server, range(2))
    for cycle in range(2):
        with dss.recipe(inputs=["fresh"], outputs=["status"]):
            loaded(at(cycle, 60))
    assert len(read_log("status")) == 4


def test_other_feeds_of_the_folder_are_left_alone(dss, server):
    upload("fresh", "other/journal/2026-11-28.jsonl", "{}")
    run(server, [0])
    assert loaded(at(0, 60)) == 2
    assert "other/journal/2026-11-28.jsonl" in paths_in("fresh")
