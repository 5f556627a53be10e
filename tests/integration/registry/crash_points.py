"""End a process before each of its calls that touch a registry's files, and say what each left behind.

Usage: ``python crash_points.py FOLDER``. Prints JSON: by step, one outcome for each call: whether the
registry is as ``before`` the step or as ``after`` it. All of it is read for that, and the step is done again.
"""

import contextlib
import json
import os
import shutil
import sys
from pathlib import Path

import evforecast as ev
from evforecast.registry import ConflictError, Registry, load_version
from evforecast.registry.folders import numbers

NAME = "driver"
SAID = {"by": "me", "reason": "a step"}
PANEL = ev.simulate(n_evse=4, days=3, random_state=0)
MODELS = [ev.Persistence(horizons=[n]).fit(PANEL) for n in (1, 2, 3)]


def publish(place):
    return lambda registry: registry.publish(MODELS[place], name=NAME, data=PANEL)


def point(version):
    return lambda registry: registry.set_alias(NAME, "champion", version, **SAID)


# The calls of those without a name are like those of another one: they are only done.
STEPS = [
    ("publish the first", publish(0)),
    ("", publish(1)),
    ("set", point(1)),
    ("", point(2)),
    ("roll back", lambda registry: registry.rollback(NAME, "champion", expected=2, **SAID)),
    ("clear", lambda registry: registry.clear_alias(NAME, "champion", **SAID)),
    ("publish another", publish(2)),
]


def end_before(call, root):
    """End this process before the call number `call` that touches a file under `root`; return a counter."""
    count = [0]

    def touched():
        count[0] += 1
        if count[0] == call:
            os._exit(9)

    def hear(event, arguments):
        if event in {
            "open",
            "os.rename",
            "os.mkdir",
            "os.remove",
            "os.rmdir",
            "os.scandir",
        } and any(str(root) in str(argument) for argument in arguments):
            touched()

    sys.addaudithook(hear)
    os.fsync = lambda _: touched()
    return count


def in_child(work):
    """Run something in a fork of this process; return what it returned, None if it was ended."""
    pipe, says = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(says, json.dumps(work()).encode())
        os._exit(0)
    os.close(says)
    _, status = os.waitpid(pid, 0)
    with os.fdopen(pipe) as told:
        text = told.read()
    assert os.waitstatus_to_exitcode(status) == (0 if text else 9), status
    return json.loads(text) if text else None


def state(registry):
    """Read everything; return what there is of it."""
    if not registry.models():
        return []
    there = numbers(registry.root / NAME / "versions")
    for number in there:
        load_version(registry.get(NAME, number).path)
    champion = registry.alias(NAME, "champion")
    if champion:
        registry.load(NAME, "champion")
    moves = [[event.action, event.previous, event.version] for event in registry.events(NAME)]
    return [there, champion, moves]


def crash(before, step, call, root):
    """Return what a step left that was ended before a call, and what it leaves when done again."""
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(before, root)

    def work():
        count = end_before(call, root)
        step(Registry(root))
        return count[0]

    calls = in_child(work)
    left = state(Registry(root))
    with contextlib.suppress(ConflictError):  # "expected" says that it has been done
        step(Registry(root))
    return calls, left, state(Registry(root))


def main(folder):
    os.fsync = lambda _: None  # no power is cut here: what is written can be read by all processes
    before, root = folder / "before", folder / "work"
    before.mkdir()
    found = {}
    for name, step in STEPS:
        if name:
            start = state(Registry(before))
            calls, end, _ = crash(before, step, 0, root)
            found[name] = []
            for call in range(1, calls + 1):
                _, left, again = crash(before, step, call, root)
                where = "before" if left == start else "after" if left == end else "torn"
                found[name].append(where if again == end else f"{where}, then {again}")
        step(Registry(before))
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
