"""Skill on real chargers: every method against the best simple one, horizon by horizon.

Models are fitted once, on what was known at the end of training, and stay frozen; each forecast is made
from a panel that ends at its origin. The defaults are the Irish sample: trained to 8 November 2018 23:45,
hourly origins of 9 and 10 November. `ratio` is the log loss over that of the best of fitted persistence,
climatology and unit Markov at that horizon, with a 95 % bootstrap interval over chargers.

`--use-cases` adds the driver's, the supplier's and the park manager's targets; `--tried` runs the direct
forecaster with one thing changed at a time instead of the methods.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from _skill_cases import counts, failures, targets
from _skill_tried import VARIANTS

import evforecast as ev
from evforecast.evaluation import ratio_interval
from evforecast.sources import detect

SAMPLE = "ireland/cpinfo_2018-11-01_2018-11-11.txt.xz"
REFERENCES = ("persistence", "climatology", "markov")
METHODS = {
    "persistence": ev.Persistence,
    "climatology": ev.Climatology,
    "markov": ev.MarkovForecaster,
    "semi-markov": ev.SemiMarkovForecaster,
    "recursive": lambda horizons: ev.RecursiveForecaster(horizons, random_state=0),
    "pooled": lambda horizons: ev.DirectForecaster(horizons, pooled=True, random_state=0),
    "boosted": lambda horizons: ev.DirectForecaster(horizons, semi_markov_weight=0, random_state=0),
    "direct": lambda horizons: ev.DirectForecaster(horizons, random_state=0),
}


WIDTH = 44
"""Of the column of names."""


def parse(argv: list[str] | None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", help="default: the Irish sample in the folder EVFORECAST_DATA")
    parser.add_argument(
        "--format", choices=["challenge", "cpinfo"], help="default: told from the file"
    )
    parser.add_argument("--tz", help="zone of naive times in the file")
    parser.add_argument(
        "--train-until", default="2018-11-08 23:45", help="last time of training, UTC"
    )
    parser.add_argument("--first-origin", default="2018-11-09 00:00", help="UTC")
    parser.add_argument("--last-origin", default="2018-11-10 23:45", help="UTC")
    parser.add_argument("--every", default="1h")
    parser.add_argument("--horizons", default="1,4,12,24,48,96", help="steps of 15 minutes")
    parser.add_argument("--methods", default=",".join(METHODS), help=f"of {', '.join(METHODS)}")
    parser.add_argument("--use-cases", action="store_true", help="score the three use cases too")
    parser.add_argument("--tried", action="store_true", help="score the variants that were tried")
    parser.add_argument("--plot", help="write the ratios by horizon there, as a picture")
    parser.add_argument("--json", help="write the results there")
    return parser.parse_args(argv)


def read(args: argparse.Namespace) -> ev.StatusPanel:
    """Return the panel of the file asked for."""
    path = args.data
    if path is None:
        folder = os.environ.get("EVFORECAST_DATA")
        if not folder:
            sys.exit("Name a file with --data, or the folder of real data with EVFORECAST_DATA.")
        path = Path(folder) / SAMPLE
    source = getattr(ev.sources, args.format or detect(path))
    return source.read(path, **({"tz": args.tz} if args.tz else {}))


def main(argv: list[str] | None = None) -> int:
    """Fit, backtest, print the tables, write the JSON."""
    args = parse(argv)
    horizons = [int(h) for h in args.horizons.split(",")]
    makers = METHODS | (VARIANTS if args.tried else {})
    names = list(VARIANTS) if args.tried else args.methods.split(",")
    if unknown := set(names) - set(makers):
        sys.exit(f"Unknown methods {sorted(unknown)}; choose among {', '.join(METHODS)}.")
    panel = read(args)
    past = panel.until(args.train_until)
    print(panel, f"\ntraining: {past}")
    models = {}
    for name in dict.fromkeys([*REFERENCES, *names]):
        start = time.perf_counter()
        models[name] = makers[name](horizons).fit(past)
        print(f"fitted {name:{WIDTH}} {time.perf_counter() - start:7.2f} s", flush=True)
    result = ev.backtest(
        models,
        panel,
        every=args.every,
        first_origin=args.first_origin,
        last_origin=args.last_origin,
        horizons=horizons,
    )
    if args.plot:
        shown = {name: proba for name, proba in result.proba.items() if name in names}
        ax = ev.plotting.skill(replace(result, proba=shown))
        ax.figure.savefig(args.plot, metadata={"Date": None})
    table = result.scores()
    print(f"{len(result.origins)} origins, {len(result.evse)} chargers\n")
    out: dict[str, dict[str, dict[str, float]]] = {name: {} for name in names}
    for place, horizon in enumerate(horizons):
        rows = table[table["horizon"] == horizon].set_index("model")
        best = rows.loc[list(REFERENCES), "log_loss"].idxmin()
        reference = result.cases(best)[:, place]
        for name in names:
            ratio, low, high = ratio_interval(result.cases(name)[:, place], reference)
            scores = rows.loc[name]
            out[name][str(horizon)] = {
                "log_loss": float(scores["log_loss"]),
                "brier": float(scores["brier"]),
                "accuracy": float(scores["accuracy"]),
                "ratio": ratio,
                "ratio_low": low,
                "ratio_high": high,
            }
    print_table(out, horizons)
    found: dict[str, Any] = {"methods": out}
    if args.use_cases:
        found |= use_cases(args, panel, past)
    if args.json:
        Path(args.json).write_text(json.dumps(found, indent=1) + "\n")
    return 0


def use_cases(
    args: argparse.Namespace, panel: ev.StatusPanel, past: ev.StatusPanel
) -> dict[str, Any]:
    """Print the tables of the use cases, and return them."""
    stretch = {
        "every": args.every,
        "first_origin": args.first_origin,
        "last_origin": args.last_origin,
    }
    every = int(pd.Timedelta("4h") / pd.Timedelta(panel.step))
    inside = panel.between(args.first_origin, args.last_origin).times[::every]
    tables = {
        "targets": targets(panel, past, stretch),
        "down within 24 h": failures(panel, past, stretch),
        "number charging": counts(panel, past, list(inside)),
    }
    for title, table in tables.items():
        print(title)
        print(table.round(4).to_string(index=False), "\n")
    return {title: table.to_dict("records") for title, table in tables.items()}


def print_table(out: dict[str, dict[str, dict[str, float]]], horizons: list[int]) -> None:
    """Print the log losses, then the ratios with their intervals."""
    ahead = [f"{h * 15} min" if h < 4 else f"{h / 4:g} h" for h in horizons]
    cells = {
        "log loss": lambda s: f"{s['log_loss']:.4f}",
        "ratio to the best simple method [95 %]": lambda s: (
            f"{s['ratio']:.3f} [{s['ratio_low']:.3f},{s['ratio_high']:.3f}]"
        ),
    }
    for title, cell in cells.items():
        width = max(len(cell(scores[str(h)])) for scores in out.values() for h in horizons)
        print(title)
        print(" " * WIDTH, *(f"{text:>{width}}" for text in ahead), sep="  ")
        for name, scores in out.items():
            print(
                f"{name:{WIDTH}}", *(f"{cell(scores[str(h)]):>{width}}" for h in horizons), sep="  "
            )
        print()


if __name__ == "__main__":
    np.seterr(all="raise", under="ignore")
    sys.exit(main())
