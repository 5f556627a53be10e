"""``evforecast monitor``: from a history and the forecasts of it to checks, decisions and a report."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast.cli.options import strict
from evforecast.errors import InputError

if TYPE_CHECKING:
    from evforecast.monitoring import Monitoring
    from evforecast.panel import StatusForecast

__all__ = ["add_parser", "run"]

_EPILOG = """\
  evforecast monitor --panel status.parquet --report report.html
  evforecast monitor --panel status.parquet --forecasts given/ --champion semi-markov \\
      --challenger direct --baseline persistence --baseline climatology --report report.html

Exit codes: 0 all is well; 10 a WARNING, or nothing could be judged; 20 an ERROR; 2 an input cannot be used.
"""
# More than these are for the report, or --json.
_MOST_LINES = 20


def add_parser(commands: Any) -> None:
    """Add the command and its options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_parser(parser.add_subparsers())
    >>> parser.parse_args(["monitor", "--panel", "status.parquet"]).window
    '1D'
    """
    parser = commands.add_parser(
        "monitor",
        help="check a network and the forecasts of it, and write a report",
        description=(
            "Looks at the last stretch of a history and at the forecasts that were given out: says what is "
            "not well, and whether to train anew or to promote a challenger."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_argument_group("what")
    what.add_argument(
        "--panel", required=True, metavar="FILE", help="the history, as StatusPanel.save writes it"
    )
    what.add_argument(
        "--forecasts", metavar="FOLDER", help="of a ForecastStore: forecasts as they were given out"
    )
    what.add_argument("--champion", metavar="NAME", help="the model in use, as it is called there")
    what.add_argument(
        "--challenger", action="append", default=[], metavar="NAME", help="one that wants its place"
    )
    what.add_argument(
        "--baseline", action="append", default=[], metavar="NAME", help="one that it must beat"
    )
    how = parser.add_argument_group("how")
    how.add_argument(
        "--now", metavar="TIME", help="the time of asking, UTC (default: of the last row)"
    )
    how.add_argument(
        "--window", default="1D", metavar="SPAN", help="how much is looked at (default 1D)"
    )
    how.add_argument(
        "--trained-until",
        metavar="TIME",
        help="the last time that the champion learnt from, UTC: asks whether to train anew",
    )
    out = parser.add_argument_group("out")
    out.add_argument("--report", metavar="FILE", help="write the report there, as HTML")
    out.add_argument("--markdown", metavar="FILE", help="write the report there, as Markdown")
    out.add_argument(
        "--json", action="store_true", help="print all checks and decisions as JSON, nothing else"
    )
    parser.set_defaults(run=run)
    strict(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do what the command line asks; return the exit code."""
    # Loaded here: `evforecast --help` needs none of it.
    from evforecast.monitoring import monitor
    from evforecast.panel import StatusPanel

    _refuse_store(Path(arguments.panel))
    panel = StatusPanel.load(arguments.panel)
    found = monitor(
        panel,
        now=arguments.now,
        window=arguments.window,
        forecasts=_forecasts(arguments),
        champion=arguments.champion,
        challengers=arguments.challenger,
        baselines=arguments.baseline,
        trained_until=arguments.trained_until,
    )
    written = []
    if arguments.report or arguments.markdown:
        from evforecast.reporting import monitoring_report

        page = monitoring_report(found, panel=panel)
        written += [page.save(arguments.report)] if arguments.report else []
        written += [page.save(arguments.markdown, form="markdown")] if arguments.markdown else []
    if arguments.json:
        print(json.dumps(_as_json(found), indent=2, ensure_ascii=False))
    else:
        _print(found, written)
    return found.exit_code


def _refuse_store(path: Path) -> None:
    """Raise if a path is of a store, which `StatusPanel.load` would only call no panel."""
    above = [each for each in (path, *path.absolute().parents) if (each / "journal").is_dir()]
    if above or any(path.glob("*/journal")):
        msg = (
            f"--panel {str(path)!r} is of a store of evforecast collect. Make a panel of it: "
            "to_panel(open_store(FOLDER, NAME)).save(FILE), of evforecast.collect."
        )
        raise InputError(msg)


def _forecasts(arguments: argparse.Namespace) -> dict[str, list[StatusForecast]] | None:
    """Return the forecasts of the models that were named, as far as they were given out by then."""
    names = [*filter(None, [arguments.champion]), *arguments.challenger, *arguments.baseline]
    if arguments.forecasts is None:
        if names:
            msg = (
                f"--forecasts is missing: in which folder are the forecasts of {', '.join(names)}?"
            )
            raise InputError(msg)
        return None
    from evforecast.monitoring import ForecastStore

    if not Path(arguments.forecasts).is_dir():
        msg = f"no folder {arguments.forecasts!r}. Check --forecasts."
        raise FileNotFoundError(msg)
    store = ForecastStore(arguments.forecasts)
    there = ", ".join(store.models()) or "none"
    if arguments.champion is None:
        msg = f"--champion is missing: which of the models in {arguments.forecasts!r} ({there}) is in use?"
        raise InputError(msg)
    if unknown := [name for name in names if name not in store.models()]:
        msg = f"no model {unknown[0]!r} in {arguments.forecasts!r}; there are: {there}."
        raise InputError(msg)
    return {name: list(store.read(name, until=arguments.now)) for name in names}


def _as_json(found: Monitoring) -> dict[str, Any]:
    retraining = found.retraining
    return {
        "now": str(found.now),
        **json.loads(found.checks.to_json()),
        "retraining": None if retraining is None else retraining.to_dict(),
        "promotions": [promotion.to_dict() for promotion in found.promotions.values()],
    }


def _print(found: Monitoring, written: list[Path]) -> None:
    """Print how it stands, the checks that are not OK, the decisions, and where the report is."""
    print(f"{str(found.now).replace('T', ' ')} UTC: {found.checks!r}")
    worst = ("ERROR", "WARNING", "EMPTY")
    bad = sorted(
        (check for check in found.checks if check.status in worst),
        key=lambda check: worst.index(check.status),
    )
    rows = [("status", "group", "what", "value", "threshold", "found")] if bad else []
    for check in bad[:_MOST_LINES]:
        what = f"{check.check}, {check.subject}"
        reached = check.error if check.status == "ERROR" else check.warning
        numbers = ("", "") if check.status == "EMPTY" else (f"{check.value:.4g}", f"{reached:.4g}")
        rows.append((check.status, check.group, what, *numbers, check.reason))
    for status, group, what, value, reached_text, reason in rows:
        print(f"{status:<8}{group:<9} {what:<36} {value:>10} {reached_text:>10}  {reason}")
    if len(bad) > _MOST_LINES:
        print(f"and {len(bad) - _MOST_LINES:,} more: see --report or --json.")
    for decision in (found.retraining, *found.promotions.values()):
        if decision is not None:
            print(decision)
    for path in written:
        print(f"Report: {path} ({path.stat().st_size / 1e3:,.0f} kB)")
