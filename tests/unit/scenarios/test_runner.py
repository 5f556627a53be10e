import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from evforecast.collect.lock import StoreBusyError, held
from evforecast.errors import InputError, TransientError
from evforecast.scenarios import STEPS, Project, daily, run, runner, runs
from evforecast.scenarios.tables import TABLES, stamp
from evforecast.warehouse import DuckDBWarehouse

START, DAY = np.datetime64("2026-01-05", "s"), np.timedelta64(86_400, "s")
END = START + 5 * DAY


def tables(project):
    """Return the rows of all tables."""
    with DuckDBWarehouse(project.warehouse.removeprefix("duckdb:///")) as warehouse:
        every = [*TABLES, "status"]
        return {
            t: warehouse.run(f'SELECT CAST(r AS TEXT) FROM "{t}" AS r ORDER BY 1') for t in every
        }


def test_all_steps_in_their_order(played_once):
    for results in played_once.results:
        assert tuple(result.step for result in results) == STEPS
        assert len({result.run for result in results}) == 1
    assert len({results[0].run for results in played_once.results}) == 5
    found = runs(played_once.folder / "runs")
    assert found["step"].tolist() == list(STEPS) * 5
    assert (found["peak_memory"] > 10**7).all()
    assert found["credits"].isna().all()


def test_every_kind_of_decision_was_taken(played_once):
    done = {
        result.step
        for results in played_once.results
        for result in results
        if result.status == "done"
    }
    assert {"train", "predict", "join_truth", "retrain", "promote", "report"} <= done


def test_the_same_day_again_changes_nothing(played):
    before = tables(played)
    again = daily(played, as_of=END)
    assert {result.status for result in again} <= {"nothing", "EMPTY", "WARNING", "ERROR"}
    assert sum(result.rows for result in again) == 0
    assert tables(played) == before


def test_a_dry_run_changes_nothing_and_keeps_no_record(played):
    before, records = tables(played), len(runs(played.runs))
    planned = daily(played, as_of=END + DAY, dry_run=True)
    assert {result.status for result in planned[:1]} == {"planned"}
    assert tables(played) == before
    assert len(runs(played.runs)) == records


def test_a_day_that_is_over_is_refused(played):
    with pytest.raises(InputError, match="Has a clock been set back"):
        run("monitor", played, as_of=END - DAY)
    last = runs(played.runs).iloc[-1]
    assert (last["step"], last["status"]) == ("monitor", "failed")
    assert "InputError" in last["artefacts"]["error"]


def test_going_back_is_refused_before_the_first_step(played):
    before, records = tables(played), len(runs(played.runs))
    with pytest.raises(InputError, match=r"already: join_truth up to .*, monitor up to .* report"):
        daily(played, as_of=END - DAY / 2)
    assert tables(played) == before
    added = runs(played.runs).iloc[records:]
    assert added[["step", "status"]].to_numpy().tolist() == [["collect", "failed"]]


def test_some_steps_under_one_lock(small):
    project = small()
    often = ["collect", "load", "features", "predict"]
    results = daily(project, as_of=START, steps=often)
    assert [result.step for result in results] == often
    assert len({result.run for result in results}) == 1
    lock = (project.path.parent / ".project.lock").read_text()
    assert "running collect load features predict" in lock


@pytest.mark.parametrize("steps", [[], ["collect", "laod"]], ids=["none", "wrong"])
def test_steps_that_are_none(small, steps):
    project = small()
    with pytest.raises(InputError, match="step"):
        daily(project, as_of=START, steps=steps)
    assert not project.store.exists()


def test_a_dry_run_plans_what_waits_for_a_step_before(small):
    project = small()
    planned = daily(project, as_of=START, dry_run=True)
    assert {result.status for result in planned} == {"planned"}
    after = {result.step: result.artefacts.get("after") for result in planned}
    assert (after["collect"], after["features"], after["report"]) == (None, "collect", "collect")
    daily(project, as_of=START)
    statuses = [result.status for result in daily(project, as_of=START, dry_run=True)]
    assert statuses[0] == statuses[-1] == "nothing"


def test_two_schedulers_at_once(small):
    project = small()
    with (
        held(project.path.parent / ".project.lock", "running daily"),
        pytest.raises(StoreBusyError, match=r"is running daily\. Wait for it") as error,
    ):
        run("collect", project, as_of=START)
    assert isinstance(error.value, TransientError)
    assert run("collect", project, as_of=START).status == "done"


def test_another_process_has_the_lock(small):
    project = small()
    holder = (
        "import sys, time; from pathlib import Path; from evforecast.collect.lock import held\n"
        f"with held(Path({str(project.path.parent / '.project.lock')!r}), 'running monitor'):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", holder]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(StoreBusyError, match=f"process {other.pid} on .* is running monitor"):
            run("collect", project, as_of=START)
        other.stdin.close()
    assert run("collect", project, as_of=START).status == "done"


@pytest.fixture(scope="module")
def undisturbed(played_once, tmp_path_factory):
    """Return the tables after a day more without any trouble."""
    folder = tmp_path_factory.mktemp("undisturbed") / "played"
    shutil.copytree(played_once.folder, folder)
    project = Project.read(folder / "project.toml")
    daily(project, as_of=END + DAY)
    return tables(project)


@pytest.mark.parametrize("calls", [2, 40], ids=["early", "later"])
def test_a_warehouse_that_goes_away_in_the_middle(undisturbed, played, monkeypatch, calls):
    count = [0]
    inner = DuckDBWarehouse.run

    def goes(self, sql, values=()):
        count[0] += 1
        if count[0] == calls + 1:  # the first is asked when it is opened
            away()
        return inner(self, sql, values)

    monkeypatch.setattr(DuckDBWarehouse, "run", goes)
    with pytest.raises(TransientError, match="no answer"):
        daily(played, as_of=END + DAY)
    monkeypatch.undo()
    daily(played, as_of=END + DAY)
    assert tables(played) == undisturbed
    assert "failed" in runs(played.runs)["status"].tolist()


def test_a_warehouse_that_cannot_be_opened_is_in_the_records(small, monkeypatch):
    project = small()
    monkeypatch.setattr("evforecast.warehouse.connect", lambda _: away())
    with pytest.raises(TransientError, match="no answer"):
        run("load", project, as_of=START)
    [record] = runs(project.runs).to_dict("records")
    assert (record["step"], record["status"]) == ("load", "failed")
    assert record["artefacts"] == {"error": "TransientError: no answer"}


def away():
    raise TransientError("no answer")


def test_a_step_that_is_none(small):
    with pytest.raises(InputError, match="Did you mean 'predict'"):
        run("predcit", small(), as_of=START)


def test_results_are_told_as_they_come(small):
    told = []
    results = daily(small(), as_of=START, tell=told.append)
    assert told == results


def test_what_took_more_memory_than_it_may_is_told(small, caplog, monkeypatch):
    project = small()
    monkeypatch.setattr(
        runner, "resident", lambda: 0
    )  # what tests before have freed is not taken anew
    project = replace(project, memory=dict.fromkeys(STEPS, 10**6))
    with caplog.at_level("WARNING"):
        run("collect", project, as_of=START)
    assert "collect took" in caplog.text
    assert "memory = 1 MB" in caplog.text


def test_a_kill_leaves_no_lock_behind(small):
    project = small()
    held_by = f"process {os.getpid()}"
    run("collect", project, as_of=START)
    assert held_by in (project.path.parent / ".project.lock").read_text()
    assert run("load", project, as_of=START).status == "done"


def test_a_record_is_json(played_once):
    for result in played_once.results[-1]:
        assert json.loads(json.dumps(result.to_dict()))["as_of"] == stamp(END).replace(" ", "T")


def test_steps_are_those_of_a_project():
    assert tuple(runner._DO) == STEPS
