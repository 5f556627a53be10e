"""``evforecast migrate --demo``: a PostgreSQL of one's own, a simulated city in it, and its way out."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evforecast.panel import StatusPanel

__all__ = ["demo", "write_history"]

_TABLE = "status"


def write_history(panel: StatusPanel, path: Path) -> int:
    """Write the statuses of a panel as rows of CSV; return how many.

    Examples
    --------
    >>> import tempfile
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=2, days=1, random_state=0)
    >>> write_history(panel, Path(tempfile.mkdtemp()) / "status.csv")
    192
    """
    words = [*panel.scheme.names, ""]  # the last is missing, code -1
    with path.open("w", encoding="utf-8") as file:
        file.write("observed_at,evse_id,status\n")
        for time, codes in zip(panel.times, panel.codes.tolist(), strict=True):
            stamp = str(time).replace("T", " ")
            file.writelines(
                f"{stamp},{evse},{words[code]}\n"
                for evse, code in zip(panel.evse_ids, codes, strict=True)
            )
    return panel.codes.size


def demo(arguments: argparse.Namespace) -> int:
    """Show a migration from beginning to end, with a loss that is found and mended; return the exit code."""
    from evforecast.migration import (
        MigrationPlan,
        compare_layouts,
        import_file,
        layouts_markdown,
        migrate,
    )
    from evforecast.panel import simulate
    from evforecast.plotting import layouts, picture
    from evforecast.testing import postgres_server
    from evforecast.warehouse import connect

    out = Path(arguments.out)
    shutil.rmtree(out / "work", ignore_errors=True)
    out.mkdir(parents=True, exist_ok=True)
    (out / "ev.duckdb").unlink(missing_ok=True)
    shown = False if arguments.quiet else None

    def say(text: object = "") -> None:
        if not arguments.quiet:
            print(text, flush=True)

    say(f"Simulating {arguments.evse} chargers for {arguments.days} days …")
    history = out / "status.csv"
    write_history(simulate(n_evse=arguments.evse, days=arguments.days, random_state=0), history)
    say("Starting a PostgreSQL …")
    with postgres_server() as dsn, connect(f"duckdb:///{out / 'ev.duckdb'}") as warehouse:
        say(import_file(dsn, history, _TABLE, progress=shown))
        history.unlink()
        plan = MigrationPlan(_TABLE, key=("observed_at", "evse_id"), layout="month")
        say("\nMoving it, a file a month …")
        report = migrate(dsn, warehouse, plan, workdir=out / "work", progress=shown)
        say(report)
        say("\nNow 1,000 rows are lost in the warehouse, and the same command is run again …")
        warehouse.run(
            'DELETE FROM "status" WHERE rowid IN '
            '(SELECT rowid FROM "status" ORDER BY observed_at DESC, evse_id LIMIT 1000)'
        )
        report = migrate(dsn, warehouse, plan, workdir=out / "work", progress=shown)
        say(report)
        (out / "report.md").write_text(report.to_markdown(), encoding="utf-8")
        say("\nThe same table in five layouts …")
        shutil.rmtree(out / "layouts", ignore_errors=True)
        frame = compare_layouts(dsn, warehouse, plan, workdir=out / "layouts", progress=shown)
        say(layouts_markdown(frame))
        with (out / "report.md").open("a", encoding="utf-8") as file:
            file.write(f"\n## Layouts\n\n{layouts_markdown(frame)}\n")
        drawn = picture(lambda ax: layouts(frame, ax=ax))
        (out / "layouts.svg").write_bytes(drawn.light)
    say(
        f"\nThe warehouse is {out / 'ev.duckdb'}, the report {out / 'report.md'}, the picture layouts.svg."
    )
    return 0 if report.complete and bool(frame["equal"].all()) else 1
