"""A direct forecaster's trees in Java, numpy and scikit-learn: rows a second, on the same rows in one run.

The rows are all chargers of a simulated city at some hundreds of cutoffs, for one horizon. Each way has one
thread and is called until it has taken a second or so, after a warm-up; what counts is the time that the
processor gave that thread. Java is called as the warehouse calls it, a row at a time: an array of texts in,
an object as text out; once for the trees alone, once with the pool of the semi-Markov partner. Needs a JDK of
11 or later on the PATH.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import evforecast as ev
from evforecast.features import FeatureTable
from evforecast.forecasting.learning import Learnt, draw_cases, new_classifier, one_thread
from evforecast.forecasting.target import future_codes
from evforecast.forecasting.trees import TreeEnsemble
from evforecast.inwarehouse.java import (
    Cases,
    CompiledScorer,
    JavaScorer,
    compile_scorer,
    java_difference,
    score_locally,
)

HORIZON = 4
# Reads rows as texts, calls the scorer for all of them again and again, prints the seconds of each round.
ROUNDS = """
import java.io.*;
import java.lang.management.*;
import java.nio.file.*;

public class Rounds {
    public static void main(String[] given) throws Exception {
        byte[] whole = Files.readAllBytes(Paths.get(given[0]));
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(whole));
        int rows = in.readInt(), columns = in.readInt(), statuses = in.readInt();
        String[][] features = new String[rows][], partner = new String[rows][];
        for (int row = 0; row < rows; row++) {
            features[row] = texts(in, columns);
            partner[row] = texts(in, statuses);
        }
        ThreadMXBean clock = ManagementFactory.getThreadMXBean();
        long letters = 0;
        for (int round = 0; round < 26; round++) {
            long start = clock.getCurrentThreadCpuTime();
            for (int row = 0; row < rows; row++) {
                letters += CALL.length();
            }
            System.out.println((clock.getCurrentThreadCpuTime() - start) / 1e9);
        }
        if (letters == 0) {
            throw new IllegalStateException();
        }
    }

    private static String[] texts(DataInputStream in, int size) throws IOException {
        String[] texts = new String[size];
        for (int place = 0; place < size; place++) {
            double number = in.readDouble();
            texts[place] = Double.isNaN(number) ? null : Double.toString(number);
        }
        return texts;
    }
}
"""
WARM_UP = 16


def java_seconds(compiled: CompiledScorer, cases: Cases) -> float:
    """Return the seconds of the median round of a warm Java."""
    scorer = compiled.scorer
    partner = cases.partner if cases.partner is not None else np.empty((len(cases.features), 0))
    table = np.hstack([cases.features.astype(float), partner]).astype(">f8")
    head = struct.pack(">iii", len(table), len(scorer.features), partner.shape[1])
    more = ", partner[row]" if scorer.takes_partner else ""
    call = f"{scorer.class_name}.score({HORIZON}, features[row]{more})"
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "rows").write_bytes(head + table.tobytes())
        Path(folder, "scorer.jar").write_bytes(compiled.jar or b"")
        Path(folder, "Rounds.java").write_text(ROUNDS.replace("CALL", call), encoding="utf-8")
        done = subprocess.run(
            ["java", "-XX:+UseSerialGC", "-cp", "scorer.jar", "Rounds.java", "rows"],
            cwd=folder,
            stdout=subprocess.PIPE,
            check=True,
        )
    rounds = [float(line) for line in done.stdout.split()]
    return float(np.median(rounds[WARM_UP:]))


def seconds(call: Callable[[], object]) -> float:
    """Return the seconds of the median of some calls, after one to warm up."""
    call()
    took: list[float] = []
    while len(took) < 3 or sum(took) < 1:
        start = time.thread_time()
        call()
        took.append(time.thread_time() - start)
    return float(np.median(took))


def compiled_in(model: ev.DirectForecaster) -> tuple[CompiledScorer, float]:
    """Return a model's jar and the seconds that the compiler took."""
    scorer = JavaScorer.of(model)
    start = time.perf_counter()
    compiled = compile_scorer(scorer)
    if compiled.jar is None:
        raise SystemExit(compiled.message)
    return compiled, time.perf_counter() - start


def measure(n_evse: int, days: int, n_rows: int, seed: int) -> dict[str, Any]:
    """Fit, compile and time."""
    panel = ev.simulate(n_evse=n_evse, days=days, random_state=seed)
    pooled = ev.DirectForecaster(max_rows=100_000, random_state=seed).fit(panel)
    jar, compile_seconds = compiled_in(pooled)
    differences = java_difference(pooled, jar, panel)

    # The same trees three ways: scikit-learn's own, ours in numpy, ours in Java.
    rng = np.random.default_rng(seed)
    table = FeatureTable(panel, exog=pooled.exog_)
    future = future_codes(panel.codes, panel.scheme, HORIZON)
    rows, units, outcome = draw_cases(future, panel.step, 100_000, rng)
    theirs = new_classifier(None, HORIZON * panel.step, rng)
    with one_thread():
        theirs.fit(table.at(rows, units, HORIZON), outcome)
    trees = TreeEnsemble.from_classifier(theirs)
    few = {"max_rows": 1000, "random_state": seed}  # its trees are replaced
    alone = ev.DirectForecaster([HORIZON], semi_markov_weight=0, **few).fit(panel)
    both = ev.DirectForecaster([HORIZON], **few).fit(panel)
    for model in (alone, both):
        columns = np.ones(trees.n_features_in_, bool)
        model.learnt_ = {HORIZON: Learnt(trees, columns)}
    rows = rng.integers(panel.n_time // 2, panel.n_time, n_rows)
    features = table.at(rows, rng.integers(n_evse, size=n_rows), HORIZON)
    partner = rng.dirichlet(np.ones(len(panel.scheme)), n_rows)
    jar_alone, jar_both = compiled_in(alone)[0], compiled_in(both)[0]
    with one_thread():
        took = {
            "java, trees": java_seconds(jar_alone, Cases(features)),
            "java, trees and pool": java_seconds(jar_both, Cases(features, partner)),
            "numpy, trees": seconds(lambda: trees.predict_proba(features)),
            "scikit-learn, trees": seconds(lambda: theirs.predict_proba(features)),
        }
        law = theirs.predict_proba(features) + 1e-6
    law /= law.sum(axis=1, keepdims=True)
    scored = score_locally(jar_alone, {HORIZON: Cases(features)})[HORIZON]
    return {
        "chargers": n_evse,
        "days": days,
        "rows": n_rows,
        "trees": len(trees.leaves),
        "leaves": int(trees.leaves.sum()),
        "rows_per_second": {name: round(n_rows / each) for name, each in took.items()},
        "difference_to_scikit_learn": float(np.abs(scored - law).max()),
        "difference_to_predict_proba": max(differences.values()),
        "six_horizons": {
            "compile_seconds": round(compile_seconds, 2),
            "source_bytes": len(jar.scorer.source),
            "jar_bytes": len(jar.jar or b""),
        },
    }


def main(argv: list[str] | None = None) -> int:
    """Run it, print and write what came of it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chargers", type=int, default=273)
    parser.add_argument("--days", type=int, default=14)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", help="write the results there")
    args = parser.parse_args(argv)
    out = measure(args.chargers, args.days, args.rows, args.seed)
    print(
        f"{out['rows']:,} rows, {out['trees']} trees of {out['leaves']:,} leaves; rows a processor-second:"
    )
    for name, speed in out["rows_per_second"].items():
        print(f"  {name:<22}{speed:>10,}")
    six = out["six_horizons"]
    print(
        f"largest difference to scikit-learn {out['difference_to_scikit_learn']:.1e}, "
        f"to predict_proba (float32) {out['difference_to_predict_proba']:.1e}\n"
        f"six horizons: source {six['source_bytes']:,} bytes, jar {six['jar_bytes']:,} bytes, compiled in "
        f"{six['compile_seconds']} s"
    )
    if args.json:
        Path(args.json).write_text(json.dumps(out, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
