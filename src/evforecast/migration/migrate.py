"""`migrate`: a whole migration in one call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evforecast.errors import InputError
from evforecast.migration.plan import MigrationPlan
from evforecast.migration.result import MigrationReport
from evforecast.migration.run import Migration
from evforecast.warehouse.base import Warehouse
from evforecast.warehouse.connect import connect

__all__ = ["migrate"]


def migrate(
    source: str,
    warehouse: Warehouse | str,
    plan: MigrationPlan | None = None,
    *,
    workdir: str | Path = "migration",
    resume: bool = False,
    progress: bool | None = None,
    **options: Any,
) -> MigrationReport:
    """Move a table from PostgreSQL to a warehouse, and prove that it arrived whole.

    The rows of one snapshot are written to files, staged, loaded to a transient table, compared with the
    snapshot, merged into the target, and the target is compared again. Run again, it moves only the slices
    in which the target differs from the source.

    Parameters
    ----------
    source : str
        PostgreSQL's address: ``postgresql://user@host:5432/database``.
    warehouse : Warehouse or str
        Or its address, as `connect` reads it.
    plan : MigrationPlan, optional
        What to move and how; or say it with `options`.
    workdir : path or str
        Holds the journal and, until they are merged, the files. One folder, one migration.
    resume : bool
        Go on where an earlier call was interrupted.
    progress : bool, optional
        Whether bars are drawn; by default where a person sees them.
    **options
        Those of `MigrationPlan`, where no plan is given.

    Returns
    -------
    MigrationReport
        ``report.complete`` says whether the target was proved equal to the source.

    Raises
    ------
    InputError
        If options do not go together.
    JournalError
        If a call was interrupted here before and `resume` is not said, another process is at work here, or
        the folder is of another migration.
    MigrationError
        If the migration cannot go on; nothing of what is done is lost.
    TransientError
        If it may go on later: run it again with `resume`.

    Examples
    --------
    >>> migrate("postgresql://localhost/ev", "duckdb:///ev.duckdb")
    Traceback (most recent call last):
    evforecast.errors.InputError: MigrationPlan: name a table or a query, one of them.
    """
    if plan is not None and options:
        msg = f"migrate: a plan is given, so say {', '.join(options)} there."
        raise InputError(msg)
    plan = plan if plan is not None else MigrationPlan(**options)
    if isinstance(warehouse, str):
        with connect(warehouse) as opened:
            return migrate(source, opened, plan, workdir=workdir, resume=resume, progress=progress)
    moving = Migration(source, warehouse, plan, workdir, progress=progress)
    moving.require_resumed(resume=resume)
    return moving.run()
