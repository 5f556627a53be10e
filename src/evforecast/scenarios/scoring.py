"""The step `join_truth`: forecasts scored inside the warehouse, as their truth comes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from evforecast.panel import STATUS
from evforecast.scenarios.reading import at
from evforecast.scenarios.tables import (
    PROBABILITIES,
    TABLES,
    Change,
    commit,
    make,
    stamp,
)
from evforecast.scenarios.work import Done, Work
from evforecast.warehouse import TableName, Warehouse, quote

__all__ = ["join_truth"]

_DAY = np.timedelta64(86_400, "s")
# Scores are summed as whole numbers of this many parts: floating point would sum in any order.
_PARTS = 10**9


def join_truth(work: Work) -> Done:
    """Score each forecast whose time has been observed: the table ``score``, by model, day and horizon.

    Day by day of the time that was forecast (UTC); a day that is not over is scored anew. Nothing but the
    sums leaves the warehouse.
    """
    until = work.data_until
    before = work.begun("join_truth")
    if until is None or work.warehouse.columns(TableName(("forecast",))) is None:
        return Done(status="nothing", watermark=before)
    rows, days = 0, 0
    begin = _first(work) if before is None else before
    while begin is not None and begin < until:
        day = begin.astype("datetime64[D]").astype("datetime64[s]")
        end = min(day + _DAY, until)
        days += 1
        if not work.dry_run:
            make(work.warehouse, "watermark", "score")
            rows += _score(work, day, end, before)
            before = end
        begin = end
    status = "nothing" if not days else "planned" if work.dry_run else "done"
    return Done(rows, before, status, {"days": str(days)} if days else {})


def _first(work: Work) -> np.datetime64 | None:
    rows = work.warehouse.run(f'SELECT MIN("cutoff") FROM {TABLES["forecast"].sql}')
    return None if rows[0][0] is None else np.datetime64(rows[0][0], "s")


def _score(work: Work, day: np.datetime64, end: np.datetime64, before: np.datetime64 | None) -> int:
    import pyarrow as pa

    # Up to the end, which belongs to it if the day is not over, and to the next day if it is.
    last = end if end < day + _DAY else day + _DAY - work.project.step
    farthest = _farthest(work.warehouse)
    sql = score_sql(work.warehouse, int(work.project.step / np.timedelta64(1, "s")))
    since = day - farthest * work.project.step
    found = work.warehouse.run(sql, [stamp(since), stamp(last), stamp(day), stamp(last)])
    model, horizon, cases, loss, brier, hits = zip(*found, strict=True) if found else [()] * 6
    n = np.array(cases, dtype=np.int64)
    rows = pa.table(
        {
            "model": pa.array(model, pa.string()),
            "day": pa.array([day.astype("datetime64[D]").item()] * len(n), pa.date32()),
            "horizon": pa.array(map(int, horizon), pa.int32()),
            "cases": pa.array(n),
            "log_loss": pa.array(_mean(loss, n)),
            "brier": pa.array(_mean(brier, n)),
            "accuracy": pa.array(np.array(hits, dtype=np.int64) / np.maximum(n, 1)),
        }
    )
    change = Change(TABLES["score"], rows, '"day" = CAST(? AS DATE)', [stamp(day)[:10]])
    return commit(work.warehouse, "join_truth", [change], before=before, until=end)


def _mean(sums: Sequence[object], n: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    whole = np.array([int(str(one)) for one in sums], dtype=np.float64)
    mean: npt.NDArray[np.float64] = whole / _PARTS / np.maximum(n, 1)
    return mean


def _farthest(warehouse: Warehouse) -> int:
    rows = warehouse.run(f'SELECT MAX("horizon") FROM {TABLES["forecast"].sql}')
    return int(rows[0][0] or 0)


def score_sql(warehouse: Warehouse, step: int) -> str:
    """Return the query for the scores of a stretch: four times are bound, of cutoffs and of truths.

    Parameters
    ----------
    warehouse : Warehouse
    step : int
        Seconds.

    Examples
    --------
    >>> from unittest.mock import Mock
    >>> from evforecast.warehouse import DUCKDB
    >>> "INTERVAL" in score_sql(Mock(dialect=DUCKDB), 900)
    True
    """
    whole, time = "CAST(ROUND({}) AS {})", at(warehouse)
    kind = "HUGEINT" if warehouse.dialect.name == "duckdb" else "NUMBER(38,0)"
    happened = " ".join(
        f"WHEN {code} THEN f.{quote(name)}" for code, name in enumerate(PROBABILITIES)
    )
    p = f'CASE g."code" {happened} END'
    squares = " + ".join(f"f.{quote(name)} * f.{quote(name)}" for name in PROBABILITIES)
    best = f"GREATEST({', '.join(f'f.{quote(name)}' for name in PROBABILITIES)})"
    if warehouse.dialect.name == "duckdb":
        moved = f'f."cutoff" + f."horizon" * INTERVAL {step} SECOND'
    else:
        moved = f'DATEADD(\'second\', f."horizon" * {step}, f."cutoff")'
    loss = whole.format(f"-LN(p) * {_PARTS}", kind)
    brier = whole.format(f"(squares - 2 * p + 1) * {_PARTS}", kind)
    return (
        'SELECT "model", "horizon", COUNT(*), '
        f"SUM({loss}), SUM({brier}), SUM(CASE WHEN p = best THEN 1 ELSE 0 END) FROM ("
        f'SELECT f."model", f."horizon", {p} AS p, {squares} AS squares, {best} AS best '
        f"FROM {TABLES['forecast'].sql} AS f JOIN {TABLES['status_grid'].sql} AS g "
        f'ON g."evse_id" = f."evse_id" AND g."time" = {moved} '
        f'WHERE f."cutoff" >= {time} AND f."cutoff" <= {time} '
        f'AND g."time" >= {time} AND g."time" <= {time} AND g."code" BETWEEN 0 AND {len(STATUS) - 1}'
        ') AS s GROUP BY "model", "horizon" ORDER BY "model", "horizon"'
    )
