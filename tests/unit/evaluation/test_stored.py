import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from evforecast.errors import FileFormatError, InputError
from evforecast.evaluation.stored import InMemory, Stored

SHAPE = (4, 2, 3, 5)
PLAN = {"format": 1, "models": {"b": {"class": "B"}, "a": {"class": "A"}}, "refit": None}


def law(seed):
    return np.random.default_rng(seed).random(SHAPE[1:], dtype=np.float32)


def test_what_was_put_is_there_in_another_life(tmp_path):
    folder = tmp_path / "new" / "store"
    memory = InMemory("ab", SHAPE)
    for seed, (name, place) in enumerate([("a", 2), ("b", 0), ("a", 1)]):
        Stored(folder, PLAN, SHAPE).put(name, place, law(seed))
        memory.put(name, place, law(seed))
    kept = Stored(folder, PLAN, SHAPE)
    assert kept.waiting("a") == [0, 3]
    assert kept.waiting("b") == [1, 2, 3]
    assert memory.waiting("a") == [0, 1, 2, 3]
    for name, place in (("a", 2), ("b", 0), ("a", 1)):
        assert (kept.proba()[name][place] == memory.proba()[name][place]).all()
    # any program reads it
    assert np.load(folder / "proba-000.npy").shape == SHAPE
    assert json.loads((folder / "plan.json").read_text()) == PLAN
    assert sorted(path.name for path in folder.parent.iterdir()) == ["store"]


def test_what_is_returned_cannot_be_written_to(tmp_path):
    kept = Stored(tmp_path / "store", PLAN, SHAPE)
    with pytest.raises(ValueError, match="read-only"):
        kept.proba()["a"][0] = 1


def test_an_empty_folder_will_do(tmp_path):
    assert Stored(tmp_path, PLAN, SHAPE).waiting("a") == [0, 1, 2, 3]


@pytest.mark.parametrize("is_file", [True, False])
def test_what_others_wrote_is_left_alone(tmp_path, is_file):
    place = tmp_path / "mine.txt"
    place.write_text("a year of work")
    with pytest.raises(InputError, match=r"holds no backtest\. Name a new or an empty folder"):
        Stored(place if is_file else tmp_path, PLAN, SHAPE)
    assert place.read_text() == "a year of work"
    assert list(tmp_path.iterdir()) == [place]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"refit": "7D"}, "refit was None, now '7D'"),
        ({"models": {"a": {"class": "A"}}}, "models.b.class was 'B', now not there"),
        ({"models": PLAN["models"] | {"c": None}}, "models.c was not there, now None"),
        ({f"k{n}": n for n in range(5)}, r"k2 was not there, now 2 \(and 2 more\)"),
    ],
)
def test_another_plan_is_refused_with_what_differs(tmp_path, other, message):
    Stored(tmp_path / "store", PLAN, SHAPE)
    with pytest.raises(InputError, match=f"holds another backtest: .*{message}"):
        Stored(tmp_path / "store", PLAN | other, SHAPE)
    reordered = {"a": {"class": "A"}, "b": {"class": "B"}}
    Stored(tmp_path / "store", PLAN | {"models": reordered}, SHAPE)


def cut(path):
    os.truncate(path, path.stat().st_size - 1)


@pytest.mark.parametrize(
    ("name", "damage", "message"),
    [
        ("proba-000.npy", cut, "proba-000.npy: damaged"),
        ("proba-001.npy", Path.unlink, "proba-001.npy: damaged"),
        ("done.npy", lambda path: np.save(path, np.zeros((2, 3), bool)), r"\(2, 3\), not bool"),
        ("done.npy", lambda path: path.write_bytes(b""), "done.npy: damaged"),
        ("plan.json", cut, "plan.json: no plan of a backtest"),
        ("plan.json", lambda path: path.write_text("[1]"), "no plan of a backtest"),
    ],
)
def test_damage_is_found(tmp_path, name, damage, message):
    Stored(tmp_path / "store", PLAN, SHAPE)
    damage(tmp_path / "store" / name)
    with pytest.raises(FileFormatError, match=message):
        Stored(tmp_path / "store", PLAN, SHAPE)


def test_who_comes_second_goes_on_with_what_the_first_made(tmp_path, monkeypatch):
    folder = tmp_path / "store"
    rename = Path.rename

    def late(path, target):
        monkeypatch.setattr(Path, "rename", rename)
        Stored(folder, PLAN, SHAPE).put("a", 0, law(0))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", late)
    assert Stored(folder, PLAN, SHAPE).waiting("a") == [1, 2, 3]
    assert list(tmp_path.iterdir()) == [folder]


# ---- killed ----

KILLED = """
import os, random, signal, sys, time
from pathlib import Path
import numpy as np
import evforecast as ev
from evforecast.evaluation import stored

panel = ev.simulate(n_evse=6, days=5, random_state=0)
models = {"m": ev.MarkovForecaster(range(1, 25)), "s": ev.SemiMarkovForecaster(range(1, 25))}

def run(store=None):
    how = {"every": "2h", "last": "2D", "refit": "1D", "window": "2D", "progress": False}
    return ev.backtest(models, panel, store=store, **how)

def child(store, work):
    pid = os.fork()
    if pid:
        return pid
    work(store)
    os._exit(0)

def killed(pid):
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])

start = time.perf_counter()
whole = run()
lasts = time.perf_counter() - start

def check(store):
    result = run(store)
    for name in models:
        assert np.array_equal(result.proba[name], whole.proba[name]), (store, name)

# at moments that a seed draws
rng, root = random.Random(0), Path(sys.argv[1])
partly = 0
for number in range(3):
    store = root / f"random-{number}"
    for _ in range(3):
        pid = child(store, run)
        time.sleep(rng.uniform(0, 0.6) * lasts)
        os.kill(pid, signal.SIGKILL)
        killed(pid)
        if (store / "done.npy").exists():
            partly += 0 < np.load(store / "done.npy").mean() < 1
    check(store)
assert partly, "no kill came between the first forecast and the last"

# in the middle of the first writes: half of a forecast, or a forecast without its mark
write = stored._write
def torn(at):
    def cut(path, place, value):
        cut.calls += 1
        if cut.calls == at:
            half = np.full(max(value.size // 2, 1), 7, value.dtype)
            if value.size > 1:
                write(path, 2 * place, half)
            os.kill(os.getpid(), signal.SIGKILL)
        write(path, place, value)
    cut.calls = 0
    def work(store):
        stored._write = cut
        run(store)
    return work

for at in (1, 2, 9, 10):
    store = root / f"torn-{at}"
    assert killed(child(store, torn(at)))
    assert np.load(store / "done.npy").sum() == (at - 1) // 2
    if at % 2:
        first = at // 2
        assert (np.load(store / "proba-000.npy")[first] == 7).any()
    check(store)

# before the plan is whole
def unplanned(store):
    stored.json.dump = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
    run(store)

store = root / "unplanned"
assert killed(child(store, unplanned))
assert not store.exists()
check(store)
print("whole")
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_kill_at_any_moment_costs_a_forecast_and_nothing_else(tmp_path):
    ended = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", KILLED, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"},
    )
    assert ended.stdout == "whole\n", ended.stderr
