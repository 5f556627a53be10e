"""``evforecast credits``: what steps cost in Snowflake, as a table, as JSON, as a report."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast.clock import Clock, utc_now
from evforecast.errors import FileFormatError, InputError

if TYPE_CHECKING:
    from evforecast.inwarehouse.credits import Consumption

__all__ = ["add_parser", "run"]

_EPILOG = """\
  evforecast credits --warehouse "snowflake://org-ev/ev/raw?warehouse=EV" --since 2026-11-01
  evforecast credits --warehouse "snowflake://?connection=ev" --since 2026-11-01 --price 3.90 \\
      --currency EUR --report credits.html

Exit codes: 0 it is done; 10 no query carries our tag in this time; 2 an input cannot be used.
"""


def add_parser(commands: Any) -> None:
    """Add the command and its options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_parser(parser.add_subparsers())
    >>> arguments = [
    ...     "credits",
    ...     "--warehouse",
    ...     "snowflake://?connection=ev",
    ...     "--since",
    ...     "2026-11-01",
    ... ]
    >>> parser.parse_args(arguments).by
    'step'
    """
    parser = commands.add_parser(
        "credits",
        help="what steps cost in Snowflake, and write a report",
        description=(
            "Reads what Snowflake recorded of the queries that carry our tag, and what it metered of "
            "warehouses, as far as the role may; says what each step took, and how sure that is."
        ),
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_argument_group("what")
    what.add_argument(
        "--warehouse", required=True, metavar="URL", help="snowflake://ACCOUNT/DB/SCHEMA?…"
    )
    what.add_argument("--since", required=True, metavar="TIME", help="the first day, UTC")
    what.add_argument("--until", metavar="TIME", help="the end, UTC, not included (default: now)")
    what.add_argument(
        "--price", metavar="NUMBER", help="of a credit, in your currency, as your contract says"
    )
    what.add_argument("--currency", default="", metavar="WORD", help="of the price: EUR, USD, …")
    what.add_argument(
        "--rates",
        metavar="FILE",
        help='JSON: credits an hour of warehouses of another generation, {"BIG": {"Medium": 5.4}}',
    )
    what.add_argument(
        "--forecasts",
        metavar="FILE",
        help='JSON: rows of forecasts that each run made, {"r1": 104832}',
    )
    out = parser.add_argument_group("out")
    out.add_argument(
        "--by",
        choices=("step", "run", "day"),
        default="step",
        help="what the table adds up (default step)",
    )
    out.add_argument("--report", metavar="FILE", help="write the report there, as HTML")
    out.add_argument("--markdown", metavar="FILE", help="write the report there, as Markdown")
    out.add_argument("--json", action="store_true", help="print all of it as JSON, nothing else")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, clock: Clock = utc_now) -> int:
    """Do what the command line asks; return the exit code."""
    # Loaded here: `evforecast --help` needs none of it.
    from evforecast.inwarehouse.credits import consumption, read_views
    from evforecast.timegrid import as_time
    from evforecast.warehouse import connect

    now = clock()
    rates, forecasts = _numbers(arguments.rates, 2), _numbers(arguments.forecasts, 1)
    since = as_time(arguments.since).astype("datetime64[D]")
    until = now if arguments.until is None else as_time(arguments.until)
    with connect(arguments.warehouse) as warehouse:
        views = read_views(warehouse, since, until, now=now)
    found = consumption(
        views, now=now, rates=rates, price=arguments.price, currency=arguments.currency
    )
    if forecasts:
        found.per_thousand(forecasts)  # refused before a file is written
    written = []
    if arguments.report or arguments.markdown:
        from evforecast.reporting.credits import credits_report

        page = credits_report(found, forecasts=forecasts)
        written += [page.save(arguments.report)] if arguments.report else []
        written += [page.save(arguments.markdown, form="markdown")] if arguments.markdown else []
    if arguments.json:
        print(json.dumps(_as_json(found, forecasts), indent=2, ensure_ascii=False))
    else:
        _print(found, arguments.by, written)
    return 0 if found.lines else 10


def _numbers(file: str | None, deep: int) -> Any:
    """Return what a file of JSON says: numbers by name, and in `deep` 2 by name and name."""
    if file is None:
        return None
    try:
        found = json.loads(Path(file).read_text(encoding="utf-8"))
    except ValueError as error:
        msg = f"{file}: no JSON: {error}."
        raise FileFormatError(msg) from error
    inner = found.values() if deep == 2 and isinstance(found, dict) else [found]
    if not all(_are_numbers(one) for one in inner):
        wanted = '{"BIG": {"Medium": 5.4}}' if deep == 2 else '{"r1": 104832}'
        msg = f"{file}: numbers by name are needed, like {wanted}."
        raise InputError(msg)
    return found


def _are_numbers(one: Any) -> bool:
    return isinstance(one, dict) and all(
        isinstance(value, int | float) and not isinstance(value, bool) for value in one.values()
    )


def _as_json(found: Consumption, forecasts: dict[str, int] | None) -> dict[str, Any]:
    more = found.per_thousand(forecasts).to_dict("records") if forecasts else []
    trend = json.loads(found.trend().to_json(orient="records", date_format="iso"))
    return {**found.to_dict(), "trend": trend, "forecasts": more}


def _print(found: Consumption, by: str, written: list[Path]) -> None:
    """Print the credits, how sure they are, and where the report is."""
    table = found.by(by)
    money = [] if found.cost is None else ["cost"]
    names = [
        by,
        "queries",
        "failed",
        "compute",
        "idle",
        "acceleration",
        "cloud_billed",
        "total",
        *money,
    ]
    rows = [[name.replace("_", " ") for name in names]]
    for row in table[names].itertuples(index=False, name=None):
        first = f"{row[0]:%Y-%m-%d}" if by == "day" else str(row[0]) or "(no run)"
        rows.append([first, *(f"{n:,}" for n in row[1:3]), *(f"{n:,.4f}" for n in row[3:])])
    if len(rows) > 1:
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for first, *others in rows:
            cells = (cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))
            print("  ".join([first.ljust(widths[0]), *cells]))
        cost = "" if found.cost is None else f", {found.cost:,.2f} {found.currency}".rstrip()
        print(f"{found.total:,.4f} credits{cost}; {found.basis}.")
    else:
        print("No query carries our tag in this time.")
    for said in (*found.refused, *found.notes):
        print(said)
    for path in written:
        print(f"Report: {path} ({path.stat().st_size / 1e3:,.0f} kB)")
