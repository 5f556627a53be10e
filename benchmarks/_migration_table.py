"""The tables of the migration benchmark: the jobs, and each bar with what was measured beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

Round = Mapping[str, Mapping[str, Any]]
FLOOR = "floor: COPY to /dev/null"
LOWER = "lower floor: rows dropped"
REFERENCE_ROWS = 9_149_868
"""Of the reference project's table: the megabytes of a Parquet file are put to that size."""


def of(job: str, key: str = "seconds") -> Callable[[Round], float | None]:
    """Return what reads one figure of a round."""
    return lambda found: found.get(job, {}).get(key)


def added(*terms: Callable[[Round], float | None]) -> Callable[[Round], float | None]:
    """Return the sum of figures, None where one is missing."""

    def read(found: Round) -> float | None:
        values = [term(found) for term in terms]
        return None if None in values else sum(v for v in values if v is not None)

    return read


def slower(
    one: Callable[[Round], float | None], other: Callable[[Round], float | None]
) -> Callable[[Round], float | None]:
    """Return the larger of two figures, None where one is missing."""

    def read(found: Round) -> float | None:
        a, b = one(found), other(found)
        return None if a is None or b is None else max(a, b)

    return read


@dataclass(frozen=True)
class Bar:
    """One figure, by what it is divided, and what it should come to.

    `below`: the figure should be at most `bar`; otherwise at least. Without a bar it is only told.
    """

    what: str
    top: Callable[[Round], float | None]
    bottom: Callable[[Round], float | None] = lambda _found: 1.0
    bar: float | None = None
    below: bool = True
    unit: str = "x"

    def values(self, rounds: Sequence[Round]) -> list[float]:
        """Return the ratio within each round that has both figures."""
        pairs = [(self.top(found), self.bottom(found)) for found in rounds]
        return [top / bottom for top, bottom in pairs if top is not None and bottom]

    def row(self, rounds: Sequence[Round]) -> dict[str, Any]:
        """Return the median over the rounds, and whether it is as it should be."""
        values = self.values(rounds)
        middle = median(values) if values else None
        met = None
        if middle is not None and self.bar is not None:
            met = middle <= self.bar if self.below else middle >= self.bar
        return {
            "what": self.what,
            "value": middle,
            "low": min(values, default=None),
            "high": max(values, default=None),
            "unit": self.unit,
            "bar": self.bar,
            "below": self.below,
            "met": met,
        }


def _parquet_mb(found: Round) -> float | None:
    one = found.get("export Parquet", {})
    rows = found.get("table", {}).get("rows")
    return None if not one or not rows else one["mb"] * REFERENCE_ROWS / rows


_BEST = added(of(FLOOR), of("zstd-1 of the CSV"), of("DuckDB's own load, CSV"))
_BEST_PARQUET = added(of(FLOOR), of("zstd-1 of the CSV"), of("DuckDB's own load, Parquet"))
_CHECKS = added(of("fingerprint, source"), of("fingerprint, DuckDB"))
_TAKEN = added(of("fingerprint, source", "server_cpu"), of("fingerprint, DuckDB", "client_cpu"))
_ONE, _TWO = "export CSV zstd", "export CSV zstd, 2 workers"


def _faster(peer: str, ours: str, bar: float | None, note: str = "") -> Bar:
    return Bar(f"{peer} / our {ours}{note}", of(peer), of(ours), bar, below=False)


BARS = (
    Bar("export CSV zstd, one connection / floor, wall", of(_ONE), of(FLOOR), 1.25),
    Bar("the same, CPU of client and server", of(_ONE, "cpu"), of(FLOOR, "cpu"), 1.4),
    Bar("export CSV zstd, one connection / lower floor, wall", of(_ONE), of(LOWER), 1.25),
    Bar("the same, CPU of client and server", of(_ONE, "cpu"), of(LOWER, "cpu"), 1.4),
    Bar("export CSV zstd, 2 workers / floor, wall", of(_TWO), of(FLOOR), 0.85),
    Bar("export CSV zstd, 2 workers / lower floor, wall", of(_TWO), of(LOWER), 0.85),
    Bar("the same, CPU of client and server", of(_TWO, "cpu"), of(LOWER, "cpu")),
    Bar("export CSV gzip-6 / floor, wall", of("export CSV gzip"), of(FLOOR), 1.45),
    Bar(
        "the same / the slower of floor and gzip-6 alone",
        of("export CSV gzip"),
        slower(of(FLOOR), of("gzip-6 of the CSV")),
    ),
    Bar("export Parquet zstd / floor, wall", of("export Parquet"), of(FLOOR), 1.4),
    Bar(f"Parquet, MB for {REFERENCE_ROWS:,} rows", _parquet_mb, bar=16, unit="MB"),
    Bar("migrate / (floor + zstd-1 + DuckDB's load of CSV)", of("migrate"), _BEST, 1.2),
    Bar("migrate / (those + both fingerprints)", of("migrate"), added(_BEST, _CHECKS)),
    Bar(
        "migrate, Parquet / (floor + zstd-1 + load of Parquet)",
        of("migrate, Parquet"),
        _BEST_PARQUET,
    ),
    Bar("migrate again, nothing changed / migrate", of("migrate again"), of("migrate")),
    Bar("migrate again, 1 % lost / migrate", of("migrate again, 1 % lost"), of("migrate")),
    Bar(
        "fingerprint of the source / floor, server CPU",
        of("fingerprint, source", "server_cpu"),
        of(FLOOR, "server_cpu"),
        1.0,
    ),
    Bar(
        "fingerprints of both sides, CPU / floor, server CPU", _TAKEN, of(FLOOR, "server_cpu"), 1.0
    ),
    Bar("fingerprint of the source / floor, wall", of("fingerprint, source"), of(FLOOR)),
    Bar("peak memory, CSV", of(_ONE, "peak_mb"), bar=80, unit="MB"),
    Bar(
        "of that, there before the work (imports, DuckDB open)",
        of(_ONE, "peak_before_mb"),
        unit="MB",
    ),
    Bar("peak memory, CSV, 2 workers", of(_TWO, "peak_mb"), bar=150, unit="MB"),
    Bar("peak memory, Parquet", of("export Parquet", "peak_mb"), bar=250, unit="MB"),
    Bar("peak memory, migrate (DuckDB in the process)", of("migrate", "peak_mb"), unit="MB"),
    _faster("psql | gzip", _ONE, 1.8),
    _faster("dlt connectorx", _ONE, 1.9),
    _faster("dlt pyarrow", _ONE, 6),
    _faster("pandas loop", _ONE, 10),
    _faster("dlt connectorx", _TWO, 3),
    _faster("dlt connectorx, DuckDB", "migrate", None, " (it verifies nothing)"),
)


def ratios(rounds: Sequence[Round]) -> list[dict[str, Any]]:
    """Return every bar with what was measured."""
    return [bar.row(rounds) for bar in BARS]


def jobs_table(rounds: Sequence[Round], skipped: Mapping[str, str]) -> str:
    """Return a line a job: medians over the rounds, of the seconds also the least and the most."""
    head = f"{'job':30} {'seconds':>8} {'min':>7} {'max':>7} {'client':>7} {'server':>7} "
    lines = [head + f"{'x wall':>7} {'x CPU':>7} {'MB':>7} {'peak MB':>8}"]
    names = dict.fromkeys(name for found in rounds for name in found if name != "table")
    for name in names:
        took = [found[name] for found in rounds if name in found]
        seconds = [one["seconds"] for one in took]
        keys = ("client_cpu", "server_cpu", "mb", "peak_mb")
        client, server, mb, peak = (_middle([one.get(key) for one in took]) for key in keys)
        wall = Bar("", of(name), of(FLOOR)).row(rounds)["value"]
        cpu = Bar("", of(name, "cpu"), of(FLOOR, "cpu")).row(rounds)["value"]
        cells = [f"{median(seconds):8.2f}", f"{min(seconds):7.2f}", f"{max(seconds):7.2f}"]
        cells += [_cell(value, 7, 2) for value in (client, server, wall, cpu)]
        cells += [_cell(mb, 7, 1), _cell(peak, 8, 0)]
        scaled = max(one.get("scaled", 1) for one in took)
        note = f"  scaled: {scaled:.2f} x what a sample took" if scaled > 1 else ""
        lines.append(f"{name:30} {' '.join(cells)}{note}")
    lines += [f"{name:30} left out: {why}" for name, why in skipped.items()]
    return "\n".join(lines)


def _middle(values: Sequence[float | None]) -> float | None:
    there = [value for value in values if value is not None]
    return median(there) if there else None


def _cell(value: float | None, width: int, digits: int) -> str:
    return " " * width if value is None else f"{value:{width}.{digits}f}"


def phases_table(rounds: Sequence[Round]) -> str:
    """Return the seconds by phase of every whole migration."""
    lines = []
    for name in dict.fromkeys(name for found in rounds for name in found):
        took = [found[name] for found in rounds if "phases" in found.get(name, {})]
        if took:
            phases = dict.fromkeys(phase for one in took for phase in one["phases"])
            said = [f"{p} {_middle([one['phases'].get(p) for one in took]):.2f}" for p in phases]
            last = took[-1]
            said.append(f"{last['slices_moved']} of {last['slices']} slices moved")
            lines.append(f"{name:30} {', '.join(said)}")
    return "\n".join(lines)


def ratios_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a line a bar."""
    lines = [f"{'ratio (median of the rounds)':62} {'value':>8} {'min':>7} {'max':>7}   bar"]
    for row in rows:
        if row["value"] is None:
            values = f"{'-':>8} {'':7} {'':7}"
        else:
            values = f"{row['value']:8.2f} {row['low']:7.2f} {row['high']:7.2f}"
        bar = ""
        if row["bar"] is not None:
            bar = f"{'<=' if row['below'] else '>='} {row['bar']:g} {row['unit']}"
            bar += {None: "  not measured", True: "  met", False: "  NOT MET"}[row["met"]]
        lines.append(f"{row['what']:62} {values}   {bar}".rstrip())
    return "\n".join(lines)
