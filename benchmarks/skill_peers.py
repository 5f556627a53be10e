"""Skill of the peers on real chargers, from the same origins as `skill.py`: log loss by horizon.

Every peer gets what its users would give it: the same training rows, without gaps (the last status is
carried over them, since none takes a missing value), lags, calendar and a boosting of 30 rounds; it then
forecasts from each origin, frozen. What gives labels only is scored as certain, and every chance is kept
above 1e-4, ours too. The slow ones are fitted to some chargers only; our scores beside theirs are always of
the same cases. Options of `skill.py` are taken too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import skill
from _peers import City, log_loss
from _skill_peers import peers
from speed import ONE_THREAD, process

import evforecast as ev

OURS = ("direct", "semi-markov")
LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 96)
"""A week back would leave hardly a row of eight days to learn from."""


def our_backtest(options: argparse.Namespace, panel: ev.StatusPanel) -> Any:
    """Fit our methods and the simple references, and forecast from every origin."""
    horizons = [int(h) for h in options.horizons.split(",")]
    past = panel.until(options.train_until)
    models = {name: skill.METHODS[name](horizons).fit(past) for name in (*skill.REFERENCES, *OURS)}
    return ev.backtest(
        models,
        panel,
        every=options.every,
        first_origin=options.first_origin,
        last_origin=options.last_origin,
        horizons=horizons,
        progress=False,
    )


def scores(result: Any, proba: np.ndarray, units: np.ndarray) -> dict[str, dict[str, Any]]:
    """Return log losses by horizon of a peer's forecasts, and of ours for the same cases."""
    out = {}
    for place, horizon in enumerate(result.horizons.tolist()):
        truth = result.truth[:, place][:, units]
        given = ~np.isnan(proba[:, place]).any(axis=-1)
        asked, truth = int((truth >= 0).sum()), np.where(given, truth, -1)
        law = np.nan_to_num(proba[:, place])
        row = {"log_loss": log_loss(law, truth), "cases": int((truth >= 0).sum()), "asked": asked}
        same = {
            name: log_loss(result.proba[name][:, place][:, units], truth)
            for name in (*skill.REFERENCES, *OURS)
        }
        row["best_simple"] = min(same[name] for name in skill.REFERENCES)
        row |= {name: same[name] for name in OURS}
        out[str(horizon)] = row
    return out


def run_peer(name: str, args: argparse.Namespace, s: Mapping[str, Any], result: Any) -> Any:
    """Run one peer in its interpreter and score what it wrote."""
    script = str(Path(__file__).with_name("_skill_peers.py"))
    found = process([args.peers, script, name, json.dumps(s)], args.timeout, ONE_THREAD)
    if "skipped" in found:
        return found
    with np.load(s["out"]) as held:
        return found | {"by_horizon": scores(result, held["proba"], held["units"])}


def table(found: Mapping[str, Any], horizons: Sequence[int]) -> str:
    """Return the log losses as Markdown, ours for the same cases in brackets."""
    ahead = [f"{h * 15} min" if h < 4 else f"{h / 4:g} h" for h in horizons]
    lines = [
        f"| peer (our direct on the same cases) | {' | '.join(ahead)} |",
        "| --- " * (len(ahead) + 1) + "|",
    ]
    left = []
    for name, one in found.items():
        if "skipped" in one:
            left.append(f"\n{name} left out: {one['skipped']}")
            continue
        cells = [
            f"{row['log_loss']:.3f} ({row['direct']:.3f})" for row in one["by_horizon"].values()
        ]
        lines.append(f"| {name}, {one['units']} chargers | {' | '.join(cells)} |")
    return "\n".join([*lines, *left])


def main(argv: list[str] | None = None) -> int:
    """Run ours and the peers, print the table, write the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--peers", help="the interpreter that has the peers")
    parser.add_argument("--only", help="peers with this in their name")
    parser.add_argument("--timeout", type=float, default=1800, help="seconds that a peer gets")
    args, others = parser.parse_known_args(argv)
    options = skill.parse(others)
    if not args.peers or not (options.data or os.environ.get("EVFORECAST_DATA")):
        print("left out: it needs --peers, and a file (--data) or EVFORECAST_DATA")
        return 0
    panel = skill.read(options)
    result = our_backtest(options, panel)
    horizons = result.horizons.tolist()
    with tempfile.TemporaryDirectory() as folder:
        arrays = str(Path(folder) / "city.npz")
        City(
            np.ascontiguousarray(panel.codes),
            np.array(panel.evse_ids),
            panel.times,
            panel.scheme.names,
        ).save(arrays)
        known = [panel.grid.position(origin, "after") for origin in result.origins]
        s = {
            "arrays": arrays,
            "train": panel.grid.position(options.train_until, "after"),
            "known": known,
            "horizons": horizons,
            "lags": LAGS,
            "out": str(Path(folder) / "proba.npz"),
        }
        found = {}
        for name in peers():
            if args.only and args.only not in name:
                continue
            found[name] = run_peer(name, args, s, result)
            print(f"  {name}: {found[name].get('skipped', 'done')}", file=sys.stderr, flush=True)
    every = np.arange(len(result.evse))
    ours = {
        name: {h: row["log_loss"] for h, row in scores(result, proba, every).items()}
        for name, proba in result.proba.items()
    }
    print(f"{len(known)} origins, {len(every)} chargers\n\n{table(found, horizons)}\n")
    for name, losses in ours.items():
        print(f"| {name} | {' | '.join(f'{loss:.3f}' for loss in losses.values())} |")
    if options.json:
        script = str(Path(__file__).with_name("_skill_peers.py"))
        versions = process([args.peers, script, "versions", "{}"], args.timeout)
        out = {"versions": versions, "lags": LAGS, "ours": ours, "peers": found}
        Path(options.json).write_text(json.dumps(out, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
