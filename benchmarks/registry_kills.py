"""A registry whose writers are killed at random moments: whether anything is ever torn, lost or doubled.

Writers publish models and move aliases as fast as they can, several in one registry. Every few hundredths of
a second one of them, or all, get SIGKILL; the registry is looked at while the others go on; what the
killed one was told is held against what is there; and another writer takes its place, which first publishes
again what the killed one was about to publish. Writers are forked from this process, with everything loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from _registry_watch import NAME, Watch

import evforecast as ev
from evforecast.registry import ConflictError, Registry, UnknownVersionError

KILLS_A_REGISTRY = 100
LONGEST = 0.06  # seconds until a kill: two or three writes
ALL = 0.2  # how often all are killed at once
ALIASES = ("champion", "challenger")
COUNTS = (
    *(
        "kills",
        "registries",
        "versions",
        "moves",
        "told",
        "refused",
        "doubled",
        "drafts",
        "drafts_kept",
    ),
    *("between_writes", "not_written", "written_not_told"),
)


def fitted() -> tuple[list[Any], Any]:
    """Return forecasters whose files are small and large, and the panel that they learnt from."""
    panel = ev.simulate(n_evse=20, days=10, random_state=0)
    models = [
        ev.Persistence([1, 4]),
        ev.Climatology([1]),
        ev.SemiMarkovForecaster([1, 4]),
        ev.DirectForecaster([1, 4], max_rows=2000, random_state=0),
    ]
    return [model.fit(panel) for model in models], panel


class Writer:
    """A process that writes until it is killed, and says what it begins and what it was told.

    Parameters
    ----------
    registry : Registry
    learnt : tuple
        The forecasters and their panel.
    name : str
        Unlike that of any other writer.
    again : dict, optional
        What to do first.
    """

    def __init__(self, registry: Registry, learnt: Any, name: str, again: Any) -> None:
        self.begun: dict[str, Any] | None = None
        self._pipe, says = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            try:
                os.close(self._pipe)
                write(registry, learnt, name, again, says)
            finally:
                os._exit(1)
        os.close(says)

    def kill(self) -> list[dict[str, Any]]:
        """Kill it; return what it was told, and keep in `begun` what it had begun and was not told of."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        with os.fdopen(self._pipe) as pipe:
            lines = [json.loads(line) for line in pipe]
        self.begun = lines[-1]["begin"] if lines and "begin" in lines[-1] else None
        return [line["done"] for line in lines if "done" in line]


def write(registry: Registry, learnt: Any, name: str, again: Any, pipe: int) -> None:
    """Publish and move aliases, one after another, for ever."""
    rng = random.Random(name)  # noqa: S311 - a seed, no secret
    number = 0

    def say(word: str, what: dict[str, Any]) -> None:
        os.write(pipe, json.dumps({word: what}).encode() + b"\n")  # short: whole or not at all

    while True:
        number += 1
        task = again or {
            "kind": rng.choice(["publish", "publish", "set", "set", "set", "rollback", "clear"]),
            "model": rng.randrange(len(learnt[0])),
            "alias": rng.choice(ALIASES),
            "notes": f"{name}.{number}",
        }
        again = None
        say("begin", task)
        try:
            told = do(registry, learnt, task, rng)
        except (
            ConflictError,
            UnknownVersionError,
        ) as error:  # the other was quicker, or nothing is there
            told = {"refused": type(error).__name__}
        except Exception as error:  # noqa: BLE001 - it is the finding
            told = {"failed": f"{task}: {type(error).__name__}: {error}"}
        say("done", {**task, **told})


def do(registry: Registry, learnt: Any, task: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """Do one thing; return what we were told of it."""
    models, panel = learnt
    kind, alias = task["kind"], task["alias"]
    said = {"by": "writer", "reason": task["notes"]}
    if kind == "publish":
        version = registry.publish(
            models[task["model"]], name=NAME, data=panel, notes=task["notes"]
        )
        return {"number": version.number, "sha256": version.card_sha256}
    if kind == "set":
        highest = registry.get(NAME, "latest").number
        # Most often near the end, so that histories have some that point at what is just there.
        target = max(highest - rng.randrange(4), 1)
        expected = registry.alias(NAME, alias) if rng.random() < 0.5 else None
        event = registry.set_alias(NAME, alias, target, expected=expected, **said)
    elif kind == "rollback":
        event = registry.rollback(NAME, alias, **said)
    else:
        event = registry.clear_alias(NAME, alias, **said)
    return {"number": event.number, "version": event.version}


def run(root: Path, learnt: Any, kills: int, writers: int, rng: random.Random) -> dict[str, Any]:
    """Kill writers of one registry; return what came of it."""
    registry = Registry(root)
    watch, count = Watch(registry), Counter[str]()
    crew = [Writer(registry, learnt, f"{root.name}.0.{place}", None) for place in range(writers)]
    while count["kills"] < kills:
        time.sleep(rng.uniform(0, LONGEST))
        everyone = rng.random() < ALL and count["kills"] + writers <= kills
        places = range(writers) if everyone else [rng.randrange(writers)]
        heard = [(place, crew[place].kill()) for place in places]
        watch.look()
        for place, told in heard:
            count["kills"] += 1
            settle(watch, count, crew[place], told)
            begun = crew[place].begun
            # A move done again is another move; a publication done again must not be another version.
            again = begun if begun and begun["kind"] == "publish" else None
            name = f"{root.name}.{count['kills']}.{place}"
            crew[place] = Writer(registry, learnt, name, again)
    for writer in crew:  # the end is no kill: it is not counted
        told = writer.kill()
        watch.look()
        settle(watch, Counter(), writer, told)
        count["told"] += len(told)
    watch.end()
    unfinished = root / NAME / "unfinished"
    count["drafts"] = len(list(unfinished.iterdir()))
    for draft in unfinished.iterdir():
        os.utime(draft, (0, 0))
    registry.publish(learnt[0][0], name=NAME, data=learnt[1], notes="the last")
    count["drafts_kept"] = len(list(unfinished.iterdir()))
    return {
        **count,
        "versions": len(watch.versions),
        "moves": len(watch.events),
        "doubled": watch.doubled(),
        "torn": watch.torn,
        "lost": watch.lost,
    }


def settle(watch: Watch, count: Counter[str], writer: Writer, told: list[dict[str, Any]]) -> None:
    """Hold what a killed writer was told against what is there, and say where the kill met it."""
    for done in told:
        watch.told(done)
        count["told"] += 1
        count["refused"] += "refused" in done
    if writer.begun is None:
        count["between_writes"] += 1
    elif watch.has(writer.begun):
        count["written_not_told"] += 1
    else:
        count["not_written"] += 1


def main(argv: list[str] | None = None) -> int:
    """Run registries one after another until the kills are done; print and write what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--writers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", help="write the results there")
    args = parser.parse_args(argv)
    rng = random.Random(args.seed)  # noqa: S311 - a seed, no secret
    learnt = fitted()
    start = time.perf_counter()
    found: Counter[str] = Counter()
    torn: list[str] = []
    lost: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        while found["kills"] < args.kills:
            kills = min(KILLS_A_REGISTRY, args.kills - found["kills"])
            root = Path(folder, f"registry{found['registries']}")
            result = run(root, learnt, kills, args.writers, rng)
            torn += result.pop("torn")
            lost += result.pop("lost")
            found.update(result)
            found["registries"] += 1
    seconds = time.perf_counter() - start
    out = {
        **{name: found[name] for name in COUNTS},
        "writers": args.writers,
        "torn": torn,
        "lost": lost,
        "seconds": round(seconds, 1),
    }
    print(
        f"{out['kills']} kills of {args.writers} writers in {seconds:.0f} s: {len(torn)} torn states, "
        f"{len(lost)} lost and {out['doubled']} doubled of {out['told']} writes that were told of\n"
        f"  {out['versions']} versions, {out['moves']} moves of aliases, {found['refused']} refused\n"
        f"  the kill met: {found['between_writes']} between writes, {found['not_written']} before the write "
        f"was there, {found['written_not_told']} after, and before it was told of\n"
        f"  drafts left behind: {out['drafts']}, after a sweep {out['drafts_kept']}"
    )
    for line in (*torn[:5], *lost[:5]):
        print(line)
    if args.json:
        Path(args.json).write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    return 1 if torn or lost or out["doubled"] else 0


if __name__ == "__main__":
    sys.exit(main())
