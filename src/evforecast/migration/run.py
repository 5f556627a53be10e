"""`Migration`: the phases of a migration, each safe to run twice and to kill at any point."""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from pathlib import Path

from evforecast.errors import require_choice
from evforecast.migration.errors import JournalError
from evforecast.migration.journal import locked
from evforecast.migration.ledger import Ledger
from evforecast.migration.plan import MigrationPlan
from evforecast.migration.preview import Preview, look_ahead
from evforecast.migration.progress import Progress
from evforecast.migration.reading import export, make_plan
from evforecast.migration.result import MigrationReport
from evforecast.migration.source import without_password
from evforecast.migration.state import PHASES, MadePlan
from evforecast.migration.waiting import wait
from evforecast.migration.writing import check, load, merge, prefix_of, stage
from evforecast.warehouse.base import Warehouse

__all__ = ["Migration"]

_logger = logging.getLogger(__name__)


class Migration:
    """A migration in its working folder.

    Each phase runs those before it that are not done yet; one that is done is not done again. A round ends
    with the comparison of the two tables. The next call begins another round, which moves only slices that
    differ.

    Parameters
    ----------
    source : str
        PostgreSQL's address: ``postgresql://user@host:5432/database``. Its password is best kept in
        ``PGPASSWORD`` or ``~/.pgpass``; it is not written down anywhere.
    warehouse : Warehouse
    plan : MigrationPlan
    workdir : path or str
        Holds the journal, and the files until they are merged. One folder, one migration.
    progress : bool, optional
        Whether bars are drawn; by default where a person sees them.

    Raises
    ------
    JournalError
        By every phase, if another process works in the folder, or an interrupted run had other options.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.warehouse import DuckDBWarehouse
    >>> folder = tempfile.mkdtemp()
    >>> warehouse = DuckDBWarehouse(folder + "/ev.duckdb")
    >>> moving = Migration(
    ...     "postgresql://host/db", warehouse, MigrationPlan("status"), folder + "/work"
    ... )
    >>> moving.phase
    'plan'
    >>> warehouse.close()
    """

    def __init__(
        self,
        source: str,
        warehouse: Warehouse,
        plan: MigrationPlan,
        workdir: str | Path = "migration",
        *,
        progress: bool | None = None,
    ) -> None:
        self.source, self.warehouse, self.given = source, warehouse, plan
        self.folder = Path(workdir)
        self.progress = Progress(shown=progress)

    @property
    def phase(self) -> str:
        """The phase that is next; ``done`` after the last."""
        ledger = Ledger(self.folder)
        if not ledger.is_planned:
            return "plan"
        return "export" if ledger.round is None else ledger.round.phase

    @property
    def interrupted(self) -> bool:
        """Whether a round has begun here and not ended."""
        current = Ledger(self.folder).round
        return current is not None and current.ended is None

    def require_resumed(self, *, resume: bool) -> None:
        """Raise JournalError if a round was interrupted here and `resume` is not said.

        Raises
        ------
        JournalError
            The message says what to say.
        """
        if self.interrupted and not resume:
            msg = (
                f"{self.folder}: a migration was interrupted here, before {self.phase}. Add --resume "
                "(resume=True) to go on, or take another working folder."
            )
            raise JournalError(msg)

    def plan(self) -> MadePlan:
        """Look at the source, and decide columns, key and slices. Nothing is moved."""
        return self.run(until="plan").made

    def preview(self) -> Preview:
        """Say which files would be written, with which statements, in how many seconds; write nothing."""
        return wait(look_ahead(self.source, self.warehouse, self.given))

    def export(self) -> MigrationReport:
        """Write the rows of one snapshot to files."""
        return self.run(until="export")

    def stage(self) -> MigrationReport:
        """Copy the files to the stage of the warehouse."""
        return self.run(until="stage")

    def load(self) -> MigrationReport:
        """Load the staged files to a transient table."""
        return self.run(until="load")

    def check(self) -> MigrationReport:
        """Compare the transient table with the source."""
        return self.run(until="check")

    def merge(self) -> MigrationReport:
        """Merge the transient table into the target, and compare that with the source."""
        return self.run(until="merge")

    def report(self) -> MigrationReport:
        """Say what was done so far.

        Raises
        ------
        JournalError
            If nothing was.
        """
        ledger = Ledger(self.folder)
        return MigrationReport(ledger.made, ledger.round)

    def script(self) -> str:
        """Return the statements that load this round's files and merge them, to be run by hand.

        For Snowflake it is a script for its command line or SnowSQL, uploads included.
        """
        self.export()
        ledger = Ledger(self.folder)
        made, folder = ledger.made, ledger.parts_folder.resolve()
        files = {folder / name: made.plan.file_format for name in ledger.current.parts}
        return self.warehouse.script(
            made.plan.target_table,
            made.columns,
            files,
            prefix_of(ledger),
            key=made.key,
            on_error=made.plan.on_error,
        )

    def run(self, until: str = "merge") -> MigrationReport:
        """Run every phase that is not done, up to one.

        Parameters
        ----------
        until : str
            The last phase to run, one of ``PHASES``.

        Returns
        -------
        MigrationReport

        Raises
        ------
        MigrationError
            If the source, a file or the warehouse does not let the work go on; what is done is kept.
        TransientError
            If it may go on later.
        """
        require_choice(until, PHASES, "until")
        with locked(self.folder):
            ledger = Ledger(self.folder)
            changed = self._changes(ledger) if ledger.is_planned else ["everything"]
            if changed and ledger.round is not None and ledger.round.ended is None:
                msg = (
                    f"{self.folder}: the run that was interrupted here had other options: "
                    f"{', '.join(changed)} differ(s). Resume it with those, or take another working folder."
                )
                raise JournalError(msg)
            if changed:
                made = wait(make_plan(self.source, self.given, self.warehouse))
                ledger.record("plan", made=made.to_dict())
            self._go(ledger, PHASES.index(until))
            return MigrationReport(ledger.made, ledger.round)

    def _go(self, ledger: Ledger, last: int) -> None:
        """Run the phases that are not done, up to the one at a place of PHASES."""
        if last == 0:
            return
        if ledger.round is None or ledger.round.ended is not None:
            number = 1 if ledger.round is None else ledger.round.number + 1
            run = f"{dt.datetime.now(dt.UTC):%Y%m%dt%H%M%S}_{secrets.token_hex(4)}"
            ledger.record("round", number=number, run=run)
        current, warehouse = ledger.current, self.warehouse
        while current.phase != "done" and PHASES.index(current.phase) <= last:
            phase = current.phase
            _logger.info("%s: %s", ledger.made.plan.target_table, phase)
            if phase == "export":
                wait(export(self.source, warehouse, ledger, self.progress))
                if not current.todo:
                    self._end_without_work(ledger)
            elif phase == "stage":
                stage(ledger, warehouse, self.progress)
            elif phase == "load":
                load(ledger, warehouse, self.progress)
            elif phase == "check":
                check(ledger, warehouse)
            else:
                merge(ledger, warehouse)

    def _end_without_work(self, ledger: Ledger) -> None:
        """End a round in which the target lacks nothing: it may be that both tables are empty."""
        made = ledger.made
        self.warehouse.create(made.plan.target_table, made.columns, transient=False)
        extra = ledger.current.extra
        ledger.record("ended", complete=not extra, differences=extra)

    def _changes(self, ledger: Ledger) -> list[str]:
        """Return the options that are not those that the plan here was made of."""
        made = ledger.made
        mine, theirs = self.given.to_dict(), made.plan.to_dict()
        changed = [name for name, value in mine.items() if value != theirs[name]]
        changed += ["source"] if without_password(self.source) != made.source else []
        changed += ["warehouse"] if self.warehouse.url != made.warehouse else []
        return changed
