"""The tables of the speed benchmark: what each job took, and each bar with what was measured beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Any

from _migration_table import Bar, added, of
from _speed_jobs import PATHS

Round = Mapping[str, Mapping[str, Any]]
MANY_CHARGERS = 5_000
"""From so many on the bars of the features are those of 20,000 chargers."""
CITY = 1_200
"""Chargers for which the bar of exact propagation is set."""
CASES = ("driver", "supplier", "park")
_ROWS, _BYTES = "floor, float32", "floor, uint8"
_TABLE = "evforecast, float32"
_SPLIT = f"RecursiveForecaster, {PATHS} paths"


def _floor(what: str, job: str, floor: str, must: float, goal: float | None = None) -> list[Bar]:
    """Return the bars of a job's processor time over its floor's."""
    top, bottom = of(job, "cpu"), of(floor, "cpu")
    goals = [] if goal is None else [Bar(f"{what}, goal", top, bottom, goal)]
    return [Bar(what, top, bottom, must), *goals]


def _peer(peer: str, ours: str, must: float | None, key: str = "cpu") -> Bar:
    return Bar(f"{peer} / {ours}, {key}", of(peer, key), of(ours, key), must, below=False)


def _features(evse: int) -> list[Bar]:
    many = evse >= MANY_CHARGERS
    must, goal = (8.0, 4.0) if many else (2.5, 1.5)
    small = f"{_TABLE}, block by block"
    return [
        *_floor(f"{_TABLE} / floor", _TABLE, _ROWS, must, goal),
        *_floor("evforecast, uint8 / floor float32", "evforecast, uint8", _ROWS, must, goal),
        Bar(f"{small} / floor", of(small, "cpu"), of(_ROWS, "cpu")),
        _peer("mlforecast", _TABLE, 12.0),
        _peer("pandas", _TABLE, 70.0),
        _peer("polars", _TABLE, None),
        Bar("memory / output, float32", of(_TABLE, "over_mib"), of(_TABLE, "output_mib"), 1.1),
        Bar(
            "memory over the input, uint8",
            of("evforecast, uint8", "over_mib"),
            bar=None if many else 200.0,
            unit="MiB",
        ),
    ]


def _recursive(evse: int) -> list[Bar]:
    exact = "SemiMarkovForecaster, exact"
    bars = []
    for paths, must in (("1 path", 1.1), (f"{PATHS} paths", 1.0)):
        for model in ("", ", LightGBM"):
            job, floor = (
                f"RecursiveForecaster, {paths}{model}",
                f"floor, 96 predicts, {paths}{model}",
            )
            bars += _floor(f"{job} / its own predicts", job, floor, must)
    return [
        *bars,
        # the bar is for a city of its own size
        Bar(f"{exact}, CPU", of(exact, "cpu"), bar=0.1 if evse == CITY else None, unit="s"),
        _peer("skforecast, many series, labels", exact, 10.0),
        _peer("mlforecast, labels", exact, 40.0),
        _peer(f"darts, {PATHS} paths", f"{_SPLIT}, LightGBM", 1.5),
        _peer(f"darts, {PATHS} paths", _SPLIT, 1.5),
        _peer(f"darts, {PATHS} paths", exact, None),
    ]


def _fit() -> list[Bar]:
    seconds = added(*(of(f"direct, {case}") for case in CASES))
    bars = [
        Bar("three fitted use cases, seconds", seconds, bar=180.0, unit="s"),
        Bar("three fitted use cases, goal", seconds, bar=60.0, unit="s"),
    ]
    for case in CASES:
        job = f"direct, {case}"
        bars.append(
            Bar(
                f"{job}: log loss / that of a fit on all rows",
                of(job, "log_loss"),
                of(f"{job}, all rows", "log_loss"),
                1.005,
            )
        )
    return bars


def _direct() -> list[Bar]:
    peers = ("darts", "mlforecast one-hot", "scikit-learn loop", "sktime", "skforecast")
    return [_peer(peer, "DirectForecaster", None) for peer in peers]


def _backtest() -> list[Bar]:
    exact = "backtest, semi-Markov"
    bars = _floor(
        f"{exact} / LightGBM's 960 predicts", exact, "floor, LightGBM's 960 predicts", 1, 0.5
    )
    for way in ("semi-Markov", "direct"):
        top, bottom = of(f"backtest, {way}", "cpu"), of(f"floor, its predicts, {way}", "cpu")
        bars.append(Bar(f"backtest, {way} / its forecasts alone", top, bottom))
    peers = ("skforecast, labels", "mlforecast, one-hot", "darts, labels")
    return bars + [_peer(peer, exact, None) for peer in peers]


def bars(group: str, evse: int) -> list[Bar]:
    """Return the bars of a group of jobs."""
    if group == "features":
        return _features(evse)
    if group == "pipeline":
        name = "Parquet to three use cases"
        peak = of(name, "peak_mib")
        return [
            Bar("peak memory of the process", peak, bar=1_000.0, unit="MiB"),
            Bar("peak memory of the process, goal", peak, bar=500.0, unit="MiB"),
        ]
    if group == "recursive":
        return _recursive(evse)
    known = {"fit": _fit, "direct": _direct, "backtest": _backtest}
    return known[group]() if group in known else []


def ratios(group: str, evse: int, rounds: Sequence[Round]) -> list[dict[str, Any]]:
    """Return each bar that something was measured for."""
    rows = [bar.row(rounds) for bar in bars(group, evse)]
    return [row for row in rows if row["value"] is not None]


def ratios_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the bars as Markdown."""
    lines = ["| ratio | measured | bar | met |", "| --- | --- | --- | --- |"]
    for row in rows:
        unit = "" if row["unit"] == "x" else f" {row['unit']}"
        bar, met = "-", "-"
        if row["bar"] is not None:
            bar = f"{'at most' if row['below'] else 'at least'} {row['bar']:g}{unit}"
            met = "yes" if row["met"] else "no"
        lines.append(f"| {row['what']} | {_number(row['value'])}{unit} | {bar} | {met} |")
    return "\n".join(lines)


def jobs_table(rounds: Sequence[Round], skipped: Mapping[str, str]) -> str:
    """Return what each job took, the median over the rounds, as Markdown."""
    keys = ("cpu", "seconds", "over_mib", "peak_mib", "log_loss")
    found: dict[str, dict[str, list[float]]] = {}
    for one in rounds:
        for name, figures in one.items():
            row = found.setdefault(name, {key: [] for key in (*keys, "scaled")})
            for key, values in row.items():
                if figures.get(key) is not None:
                    values.append(figures[key])
    lines = [
        "| job | CPU s | seconds | MiB over the input | peak MiB | log loss |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name, row in found.items():
        cells = [_number(median(row[key])) if row[key] else "-" for key in keys]
        star = f" (times {row['scaled'][0]:.3g} from a sample)" if row["scaled"] else ""
        lines.append(f"| {name}{star} | {' | '.join(cells)} |")
    left = [f"\n{name} left out: {why}" for name, why in skipped.items()]
    return "\n".join([*lines, *left])


def growth_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return how each job's processor time grows with its size, as Markdown."""
    lines = [
        "| grows | sizes | job | CPU s | MiB over the input | power |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in rows:
        sizes, cpu, mib = (
            ", ".join(_number(v) for v in row[key]) for key in ("sizes", "cpu", "over_mib")
        )
        lines.append(
            f"| {row['grows']} | {sizes} | {row['job']} | {cpu} | {mib} | {row['power']:.2f} |"
        )
    return "\n".join(lines)


def _number(value: float) -> str:
    """Return a figure with three digits that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
