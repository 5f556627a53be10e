"""What works on a real Snowflake account: each thing tried once, and told in a line."""

from __future__ import annotations

import json
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from evforecast.errors import EvForecastError, InputError, require_choice
from evforecast.forecasting import Climatology, DirectForecaster
from evforecast.inwarehouse import statements
from evforecast.inwarehouse.credits import read_views, tagged
from evforecast.inwarehouse.deploying import deploy
from evforecast.inwarehouse.deployment import Deployment
from evforecast.inwarehouse.java import JavaScorer, create_inline_function, scorer_cases
from evforecast.inwarehouse.job import ForecastJob
from evforecast.inwarehouse.predict import forecast_in_warehouse
from evforecast.inwarehouse.pushdown.phrases import instant
from evforecast.inwarehouse.storing import GRID, store_panel
from evforecast.panel import StatusPanel, simulate
from evforecast.warehouse import SNOWFLAKE, TableName, quote

if TYPE_CHECKING:
    from evforecast.warehouse.snowflake import SnowflakeWarehouse

__all__ = ["CHECKS", "CheckLine", "Trial", "check_account"]

TZ = "Europe/Paris"
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class CheckLine:
    """What came of one check.

    Attributes
    ----------
    name : str
    status : {'works', 'fails', 'no grant', 'left out'}
        Left out: it needs what failed before.
    seconds : float
    found : str
        What was found, or why not.
    """

    name: str
    status: Literal["works", "fails", "no grant", "left out"]
    seconds: float
    found: str


class NoGrantError(EvForecastError):
    """The account has it, the role may not use it."""


@dataclass
class Trial:
    """A run of the checks on one account; all that it makes has its mark in its name, and is dropped.

    Parameters
    ----------
    warehouse : SnowflakeWarehouse
    folder : Path
        For files.
    options : mapping
        Of the deployment: ``runtime``, ``packages``, ``repository``.
    """

    warehouse: SnowflakeWarehouse
    folder: Path
    options: Mapping[str, Any] = field(default_factory=dict)
    mark: str = field(default_factory=lambda: f"evforecast_check_{uuid.uuid4().hex[:8]}")
    undo: list[str] = field(default_factory=list)

    def table(self, name: str) -> TableName:
        """Return the name of a table, to be dropped at the end."""
        table = TableName((f"{self.mark}_{name}",))
        self.undo.append(f"DROP TABLE IF EXISTS {table.sql}")
        return table

    def panel(self) -> StatusPanel:
        """Return a small network of three days."""
        return simulate(n_evse=6, days=3, random_state=0)

    def network(self) -> tuple[StatusPanel, TableName, TableName]:
        """Load the small network; return it and its two tables."""
        panel, grid, evse = self.panel(), self.table("grid"), self.table("evse")
        store_panel(self.warehouse, panel, grid=grid, evse=evse)
        return panel, grid, evse

    def clean(self) -> None:
        """Drop all that was made, as far as it can be."""
        for statement in reversed(self.undo):
            with suppress(EvForecastError):
                self.warehouse.run(statement)
        with suppress(EvForecastError):
            self.warehouse.purge(self.mark)


def check_account(
    warehouse: SnowflakeWarehouse,
    *,
    only: Sequence[str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Iterator[CheckLine]:
    """Try on a real account what the library does there; yield a line a check, as they come.

    It makes tables, a function, a procedure, a task that stays suspended and files, all with one mark in
    their names, and drops them at the end.

    Parameters
    ----------
    warehouse : SnowflakeWarehouse
    only : sequence of str, optional
        Names of `CHECKS`; by default all.
    options : mapping, optional
        Of `Deployment`: ``runtime``, ``packages``, ``repository``.

    Yields
    ------
    CheckLine

    Raises
    ------
    InputError
        If there is no such check.

    Examples
    --------
    >>> list(CHECKS)
    ['connect', 'compute', 'stage', 'copy', 'merge', 'udtf', 'procedure', 'task', 'java', 'tag', 'views']
    """
    for name in only or ():
        require_choice(name, CHECKS, "check")
    wanted = [name for name in CHECKS if only is None or name in only]
    with _trial(warehouse, options or {}) as trial:
        fatal = ""
        for name in wanted:
            if fatal:
                yield CheckLine(name, "left out", 0.0, f"needs {fatal}")
                continue
            line = _tried(name, CHECKS[name], trial)
            if line.status == "fails" and name in {"connect", "compute"}:
                fatal = name
            yield line


@contextmanager
def _trial(warehouse: SnowflakeWarehouse, options: Mapping[str, Any]) -> Iterator[Trial]:
    with tempfile.TemporaryDirectory(prefix="evforecast-") as folder:
        trial = Trial(warehouse, Path(folder), options)
        try:
            yield trial
        finally:
            trial.clean()


def _tried(name: str, check: Callable[[Trial], str], trial: Trial) -> CheckLine:
    start = time.perf_counter()
    status: Literal["works", "fails", "no grant"] = "works"
    try:
        found = check(trial)
    except NoGrantError as error:
        status, found = "no grant", str(error)
    except EvForecastError as error:
        status, found = "fails", str(error)
    return CheckLine(name, status, time.perf_counter() - start, found)


def _connect(trial: Trial) -> str:
    version, role = trial.warehouse.run("SELECT CURRENT_VERSION(), CURRENT_ROLE()")[0]
    return f"Snowflake {version}, role {role}"


def _compute(trial: Trial) -> str:
    name = trial.warehouse.run("SELECT CURRENT_WAREHOUSE()")[0][0]
    if name is None:
        msg = "the session has no warehouse: set EVFORECAST_SNOWFLAKE_WAREHOUSE."
        raise InputError(msg)
    total = trial.warehouse.run("SELECT SUM(SEQ4()) FROM TABLE(GENERATOR(ROWCOUNT => 1000))")
    return f"warehouse {name} counts to {total[0][0]}"


def _stage(trial: Trial) -> str:
    path = trial.folder / "small.csv"
    path.write_text("1,a\n")
    prefix = f"{trial.mark}/stage"
    trial.warehouse.put([path], prefix)
    listed = trial.warehouse.staged(prefix)
    trial.warehouse.purge(prefix)
    left = trial.warehouse.staged(prefix)
    _require([file.name for file in listed] == [path.name] and not left, f"{listed}, then {left}")
    return f"put, list and remove of {listed[0].name}"


def _copy(trial: Trial) -> str:
    panel, grid, _ = trial.network()
    found = trial.warehouse.run(f'SELECT COUNT(*), SUM("code") FROM {grid.sql}')[0]
    seen = panel.codes >= 0
    expected = int(seen.sum()), int(panel.codes[seen].sum())
    _require(tuple(map(int, found)) == expected, f"rows and sum are {found}, not {expected}")
    return f"{expected[0]:,} rows of Parquet"


def _merge(trial: Trial) -> str:
    _, grid, _ = trial.network()
    target = trial.table("merged")
    trial.warehouse.create(target, GRID, transient=True)
    first, again = (
        trial.warehouse.merge(grid, target, GRID, ("time", "evse_id")) for _ in range(2)
    )
    _require(first.inserted > 0 and not again.inserted, f"{first}, then {again}")
    return f"{first.inserted:,} rows, and none when asked again"


def _udtf(trial: Trial) -> str:
    panel, grid, evse = trial.network()
    model = Climatology([1, 4]).fit(panel)
    path = trial.folder / "climatology.evf"
    model.save(path)
    into = trial.table("forecast")
    names: dict[str, Any] = {
        "name": trial.mark,
        "tz": TZ,
        "grid": grid,
        "evse": evse,
        "into": into,
    }
    job = ForecastJob.of(path, **names)
    types = ", ".join(statements.argument_types())
    trial.undo.append(f"DROP FUNCTION IF EXISTS {quote(statements.function_name(job))}({types})")
    deploy(trial.warehouse, Deployment(job, stage=_stage_text(trial), **trial.options))
    done = forecast_in_warehouse(trial.warehouse, path, cutoff=str(panel.cutoff), **names)
    columns = [column.name for column in job.columns[4:]]
    listed = ", ".join(map(quote, columns))
    rows = trial.warehouse.run(f'SELECT {listed} FROM {into.sql} ORDER BY "horizon", "evse_id"')
    expected = model.predict_proba(panel).select(sorted(panel.evse_ids)).proba
    difference = float(np.abs(np.array(rows, float).reshape(expected.shape) - expected).max())
    _require(difference <= _TOLERANCE, f"differs from the process by {difference:.1e}")
    return f"{done.rows} rows in {done.seconds:.1f} s, at most {difference:.1e} from the process"


def _procedure(trial: Trial) -> str:
    panel, grid, evse = trial.network()
    path = trial.folder / "first.evf"
    Climatology([4]).fit(panel).save(path)
    job = ForecastJob.of(path, name=trial.mark, tz=TZ, grid=grid, evse=evse)
    deployment = Deployment(job, stage=_stage_text(trial), **trial.options)
    trial.undo.append(
        f"DROP PROCEDURE IF EXISTS {quote(statements.procedure_name())}(VARCHAR, VARCHAR, VARCHAR)"
    )
    deploy(trial.warehouse, deployment)
    call = statements.call_procedure(
        trial.mark,
        json.dumps({"semi-markov": {"horizons": [1, 4]}}),
        grid=grid,
        evse=evse,
        cutoff=instant(SNOWFLAKE, panel.cutoff),
        rows=panel.n_time,
        step=panel.step,
    )
    about = json.loads(trial.warehouse.run(call)[0][0])
    return f"trained a {about['class']} on {about['chargers']} chargers: {about['file']}"


def _task(trial: Trial) -> str:
    panel, grid, evse = trial.network()
    path = trial.folder / "task.evf"
    Climatology([4]).fit(panel).save(path)
    job = ForecastJob.of(path, name=trial.mark, tz=TZ, grid=grid, evse=evse)
    compute = trial.warehouse.run("SELECT CURRENT_WAREHOUSE()")[0][0]
    trial.undo.append(f"DROP TASK IF EXISTS {quote(statements.task_name(job))}")
    trial.warehouse.run(statements.create_task(Deployment(job, warehouse=compute)))
    return f"{statements.task_name(job)} made, suspended"


def _java(trial: Trial) -> str:
    panel = trial.panel()
    model = DirectForecaster(
        [4], target="free", groups=["state"], semi_markov_weight=0.0, random_state=0
    ).fit(panel)
    scorer = JavaScorer.of(model)
    function = TableName((f"{trial.mark}_score",))
    trial.undo.append(f"DROP FUNCTION IF EXISTS {function.sql}(INTEGER, ARRAY)")
    trial.warehouse.run(create_inline_function(scorer, function))
    expected = model.predict_proba(panel).proba[0]
    found = [
        [law[status] for status in scorer.statuses]
        for law in (_score(trial, function, row) for row in scorer_cases(model, panel)[4].features)
    ]
    difference = float(np.abs(np.array(found, float) - expected).max())
    _require(difference <= 2 * _TOLERANCE, f"differs from the process by {difference:.1e}")
    return f"at most {difference:.1e} from the process"


def _score(trial: Trial, function: TableName, features: Any) -> dict[str, float]:
    values = ", ".join("NULL" if np.isnan(value) else repr(float(value)) for value in features)
    query = f"SELECT {function.sql}(4, ARRAY_CONSTRUCT({values}))"
    law: dict[str, float] = json.loads(trial.warehouse.run(query)[0][0])
    return law


def _tag(trial: Trial) -> str:
    shown = "SHOW PARAMETERS LIKE 'QUERY_TAG' IN SESSION"
    before = trial.warehouse.run(shown)[0][1]
    with tagged(trial.warehouse, step="check", run=trial.mark, as_of="2026-01-01"):
        inside = trial.warehouse.run(shown)[0][1]
    after = trial.warehouse.run(shown)[0][1]
    _require(trial.mark in inside and after == before, f"{before!r}, {inside!r}, {after!r}")
    return "set, and put back"


def _views(trial: Trial) -> str:
    now = trial.warehouse.run("SELECT SYSDATE()")[0][0]
    until = np.datetime64(now, "s")
    views = read_views(trial.warehouse, str(until - np.timedelta64(3600, "s")), str(until))
    if views.refused:
        raise NoGrantError("; ".join(map(str, views.refused)))
    return "all views of consumption may be read"


def _stage_text(trial: Trial) -> str:
    stage = trial.warehouse.stage
    return f"{stage.kind}:{stage.name}"


def _require(holds: bool, found: str) -> None:  # noqa: FBT001 - an assertion of its own
    if not holds:
        raise InputError(found)


CHECKS: Mapping[str, Callable[[Trial], str]] = {
    "connect": _connect,
    "compute": _compute,
    "stage": _stage,
    "copy": _copy,
    "merge": _merge,
    "udtf": _udtf,
    "procedure": _procedure,
    "task": _task,
    "java": _java,
    "tag": _tag,
    "views": _views,
}
"""What is tried, by name, in this order."""
