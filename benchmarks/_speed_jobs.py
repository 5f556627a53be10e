"""Our jobs of the speed benchmark, and the floors beside them: what the machine takes for the bare minimum.

A job is handed settings and returns what it took by the name of what it did; some do two things with one
fitted model, so that the second (its floor) is about exactly the same model.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from _peers import LAGS, City, log_loss
from _speed_measure import Figures, Records, measured, peak_mib, taken

Settings = Mapping[str, Any]
HORIZONS = (1, 4, 16, 96)
STEPS = tuple(range(1, 97))
ORIGINS, STRIDE = 10, 8
PATHS = 20
FEATURES = 18
FILLED = 10.0
"""Seconds that filling a table is repeated: a virtual machine hands out fresh memory slowly at first."""
DAY = 96
RECENT_DAYS = 21
"""Of training for the recursive and direct jobs, so that two weeks have all lags."""


def ours_features(panel: Any, dtype: str, *, whole: bool = True) -> Iterable[np.ndarray]:
    """Return our 18 features of every row from the 673rd on: one array, or block after block."""
    from evforecast.features import lag_blocks, lag_features

    return [lag_features(panel, dtype=dtype)] if whole else lag_blocks(panel, dtype=dtype)


def ours_recursive(n_paths: int, classifier: Any = None) -> Any:
    """Return our recursive forecaster of one classifier, unfitted."""
    from evforecast import RecursiveForecaster

    return RecursiveForecaster(STEPS, classifier=classifier, n_paths=n_paths, random_state=0)


def load(s: Settings) -> Any:
    """Return the city as a panel."""
    import evforecast as ev

    return ev.StatusPanel.load(s["panel"])


def recent(panel: Any, ahead: int = DAY) -> tuple[Any, Any]:
    """Return the last weeks that the models learn from, and the truth of the `ahead` rows after."""
    last = panel.tail(min(panel.n_time, RECENT_DAYS * DAY + ahead))
    return last.head(last.n_time - ahead), last.codes[-ahead:]


# ---- features ----


def copies(dtype: str, rows: int | None = None) -> Callable[[Settings], Records]:
    """Return the floor: the codes, copied 18 times with the strides of the lags, and nothing else.

    With `rows`, into one block of so many rows, again and again.
    """

    def work(s: Settings) -> Records:
        codes = City.load(s["arrays"]).codes
        offsets = [max(LAGS) - lag for lag in (*LAGS, *range(1, FEATURES - len(LAGS) + 1))]
        many = len(codes) - max(LAGS)
        height = many if rows is None else min(rows, many)

        def copy() -> int:
            out = np.empty((FEATURES, height, codes.shape[1]), dtype)
            for first in range(0, many, height):
                block = out[:, : min(height, many - first)]
                for place, offset in enumerate(offsets):
                    block[place] = codes[offset + first : offset + first + block.shape[1]]
            return many * codes.shape[1]

        found, cases = taken(copy, within=FILLED, most=7)
        name = f"floor, {dtype}" + ("" if rows is None else f", {rows} rows at a time")
        return {name: found | {"rows": cases, "output_mib": cases * _width(dtype)}}

    return work


def features(dtype: str, *, keep: bool) -> Callable[[Settings], Records]:
    """Return the job of our features: the whole table, or blocks of it, each dropped once it was there."""

    def work(s: Settings) -> Records:
        panel = load(s)
        sums = _sums(ours_features(gap_free(panel), dtype))

        def make() -> int:
            blocks = ours_features(panel, dtype, whole=keep)
            return sum(block.size for block in blocks) // FEATURES

        found, cases = taken(make, within=FILLED, most=7)
        name = f"evforecast, {dtype}" + ("" if keep else ", block by block")
        figures = found | {"rows": cases, "output_mib": cases * _width(dtype)}
        return {name: figures | ({"sums": sums} if dtype == "float32" else {})}

    return work


def gap_free(panel: Any) -> Any:
    """Return a corner of the panel without gaps, on which all programs must compute the same."""
    import evforecast as ev

    small = panel.head(min(panel.n_time, CHECK_ROWS)).select(panel.evse_ids[:CHECK_UNITS])
    codes = City(small.codes, np.array(small.evse_ids), small.times, ()).filled().codes
    return ev.StatusPanel(codes, small.grid, small.evse, scheme=small.scheme)


CHECK_ROWS, CHECK_UNITS = 1_000, 3


def _sums(blocks: Iterable[np.ndarray]) -> list[float]:
    total = np.zeros(FEATURES)
    for block in blocks:
        total += block.reshape(FEATURES, -1).sum(axis=1, dtype=float)
    return total.tolist()


def _width(dtype: str) -> float:
    return FEATURES * np.dtype(dtype).itemsize / 2**20


# ---- fit, pipeline ----


def fit(use_case: str, way: str, *, all_rows: bool = False) -> Callable[[Settings], Records]:
    """Return the job that fits a use case's forecaster on all but three days, and scores it there."""

    def work(s: Settings) -> Records:
        import evforecast as ev
        from evforecast.usecases import USE_CASES

        case = USE_CASES[use_case]
        panel = load(s)
        past = panel.head(panel.n_time - 3 * DAY)
        model = case.direct(random_state=0) if way == "direct" else case.recursive()
        if all_rows:
            model.set_params(max_rows=10**12)
        with measured() as found:
            model.fit(past)
        result = ev.backtest(
            {"model": model},
            panel,
            every="2h",
            first_origin=past.cutoff,
            horizons=case.horizons,
            target=case.target,
            within=case.within,
            progress=False,
        )
        found["log_loss"] = float(np.nanmean(result.cases("model")))
        found["rows"] = past.codes.size
        return {f"{way}, {use_case}" + (", all rows" if all_rows else ""): found}

    return work


def pipeline(s: Settings) -> Records:
    """From a saved panel to the three fitted use cases and a forecast of each; memory of all of it."""
    with measured() as found:
        from evforecast.usecases import USE_CASES

        panel = load(s)
        for case in USE_CASES.values():
            for model in (case.direct(random_state=0), case.recursive()):
                model.fit(panel).predict_proba(panel)
    return {"Parquet to three use cases": found | {"over_mib": found["peak_mib"]}}


# ---- recursive ----


def semi_markov(s: Settings) -> Records:
    """96 steps of the semi-Markov process, exactly; beside it, what fitted persistence scores."""
    import evforecast as ev

    past, truth = recent(load(s))
    found = {}
    for name, model in (
        ("SemiMarkovForecaster, exact", ev.SemiMarkovForecaster(STEPS)),
        ("for the score only: Persistence, fitted", ev.Persistence(STEPS)),
    ):
        model.fit(past)
        found[name] = _predict(model, past, truth)
    return found


def classifier_steps(n_paths: int, kind: str = "") -> Callable[[Settings], Records]:
    """Return the job of one classifier's 96 steps, and of its bare predictions for as many rows."""

    def work(s: Settings) -> Records:
        past, truth = recent(load(s))
        classifier = None
        if kind:
            from _peers_models import lightgbm

            classifier = lightgbm()
        model = ours_recursive(n_paths, classifier).fit(past)
        paths = f"{n_paths} path{'s' * (n_paths > 1)}"
        suffix = f", {kind}" if kind else ""
        found = {f"RecursiveForecaster, {paths}{suffix}": _predict(model, past, truth)}
        wide = model.classifier_.n_features_in_
        rows = np.random.default_rng(0).integers(0, 5, (past.n_evse * n_paths, wide))
        floor = bare_predictions([(model.classifier_, rows.astype(np.float32))], len(STEPS))
        return found | {f"floor, 96 predicts, {paths}{suffix}": floor}

    return work


def bare_predictions(models: Iterable[tuple[Any, np.ndarray]], times: int) -> Figures:
    """Return what so many calls of each classifier's `predict_proba` take, on one thread."""
    from threadpoolctl import threadpool_limits

    pairs = list(models)

    def work() -> None:
        for _ in range(times):
            for model, rows in pairs:
                model.predict_proba(rows)

    with threadpool_limits(limits=1):
        return taken(work)[0]


def _predict(model: Any, past: Any, truth: np.ndarray) -> Figures:
    model.predict_proba(past.select(past.evse_ids[:2]), [1])  # what is loaded at first use
    found, forecast = taken(lambda: model.predict_proba(past, list(STEPS)))
    return found | {"log_loss": log_loss(forecast.proba, truth), "rows": past.n_evse}


# ---- direct, backtest ----


def direct(s: Settings) -> Records:
    """Fit four horizons on three weeks, two of which have all lags; score a day of origins."""
    import evforecast as ev

    panel = load(s)
    past, _ = recent(panel, 2 * DAY)
    model = ev.DirectForecaster(HORIZONS, random_state=0)
    with measured() as found:
        model.fit(past)
    place = panel.n_time - 2 * DAY
    losses = []
    for first in origins_of_a_day(place):
        context = panel.head(first)
        took, forecast = taken(lambda context=context: model.predict_proba(context))
        losses.append(log_loss(forecast.proba, panel.codes[first - 1 + np.array(HORIZONS)]))
    score = {"predict_cpu": took["cpu"], "log_loss": float(np.mean(losses))}
    return {"DirectForecaster": found | score}


def origins_of_a_day(first: int) -> list[int]:
    """Return how many rows are known at each of four origins, six hours apart."""
    return [first + hours * 4 for hours in (0, 6, 12, 18)]


def backtests(way: str, *, stored: bool = False) -> Callable[[Settings], Records]:
    """Return the job of a backtest over ten origins; then its floors, the predictions alone, and its scores.

    With `stored` the backtest alone, into a new folder at each call: its memory is then its own.
    """

    def work(s: Settings) -> Records:
        import evforecast as ev

        panel = load(s)
        first, last = panel.n_time - 1 - DAY - (ORIGINS - 1) * STRIDE, panel.n_time - 1 - DAY
        past = panel.head(first + 1).tail(RECENT_DAYS * DAY)
        steps = STEPS if way == "semi-Markov" else HORIZONS
        model = (
            ev.SemiMarkovForecaster(STEPS)
            if way == "semi-Markov"
            else ev.DirectForecaster(HORIZONS, random_state=0)
        ).fit(past)

        def run(store: Path | None = None) -> Any:
            return ev.backtest(
                {"model": model},
                panel,
                every=f"{STRIDE * 15}min",
                first_origin=panel.times[first],
                last_origin=panel.times[last],
                horizons=steps,
                store=store,
                progress=False,
            )

        def predicts() -> None:
            for row in range(first, last + 1, STRIDE):
                model.predict_proba(panel.head(row + 1), list(steps))

        model.predict_proba(panel.head(first + 1), [1])
        if stored:
            with TemporaryDirectory() as folder:
                new = (Path(folder) / str(number) for number in count())
                found, result = taken(lambda: run(next(new)))
                found |= {"log_loss": float(np.nanmean(result.cases("model")))}
            return {f"backtest, {way}, with a store": found}
        found, result = taken(run)
        found |= {"log_loss": float(np.nanmean(result.cases("model")))}
        records = {f"backtest, {way}": found, f"floor, its predicts, {way}": taken(predicts)[0]}
        by = ["area", "hour", "day_type"]
        records[f"its scores by {', '.join(by)}, {way}"] = taken(lambda: result.scores(by))[0]
        if way == "direct":
            models = [learnt.model for learnt in model.learnt_.values()]
            rng = np.random.default_rng(0)
            rows = [rng.random((panel.n_evse, one.n_features_in_), np.float32) for one in models]
            floor = bare_predictions(zip(models, rows, strict=True), ORIGINS)
            records["floor, its classifiers' predicts, direct"] = floor
        return records

    return work


JOBS: dict[str, dict[str, Callable[[Settings], Records]]] = {
    "features": {
        "floor float32": copies("float32"),
        "floor uint8": copies("uint8"),
        "floor float32 in blocks": copies("float32", 256),
        "ours float32": features("float32", keep=True),
        "ours uint8": features("uint8", keep=True),
        "ours float32 in blocks": features("float32", keep=False),
    },
    "fit": {
        f"{way} {case}": fit(case, way)
        for way in ("direct", "recursive")
        for case in ("driver", "supplier", "park")
    },
    "pipeline": {"pipeline": pipeline},
    "recursive": {
        "semi-Markov": semi_markov,
        "1 path": classifier_steps(1),
        f"{PATHS} paths": classifier_steps(PATHS),
        "1 path LightGBM": classifier_steps(1, "LightGBM"),
        f"{PATHS} paths LightGBM": classifier_steps(PATHS, "LightGBM"),
    },
    "direct": {"direct": direct},
    "backtest": {
        "semi-Markov": backtests("semi-Markov"),
        "semi-Markov, stored": backtests("semi-Markov", stored=True),
        "direct": backtests("direct"),
    },
}

ALL_ROWS = {
    f"direct {case}, all rows": fit(case, "direct", all_rows=True)
    for case in ("driver", "supplier", "park")
}
"""What `--all-rows` adds to ``fit``."""

BOOSTED = ("1 path LightGBM", f"{PATHS} paths LightGBM")
"""Jobs of ours that run in the peers' interpreter, where LightGBM is."""


def run(group: str, name: str, s: Settings) -> Records:
    """Run one job and add the peak of the process."""
    work = (JOBS[group] | (ALL_ROWS if group == "fit" else {}))[name]
    return {key: {"process_mib": peak_mib()} | value for key, value in work(s).items()}
