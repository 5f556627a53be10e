"""``evforecast snowflake``: code and SQL of what runs inside Snowflake, and whether it works there."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast.cli.options import zone
from evforecast.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evforecast.inwarehouse import CheckLine

__all__ = ["add_parser", "run_bundle", "run_check", "run_script"]

_EPILOG = """\
  evforecast snowflake bundle --folder dist/
  evforecast snowflake script --model champion.evf --name champion --tz Europe/Paris > forecast.sql
  evforecast snowflake check

Exit codes: 0 all is well; 1 a check fails; 2 an input cannot be used, or no account is named; 75 try again.
"""


def add_parser(commands: Any) -> None:
    """Add the command, its subcommands and their options.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_parser(parser.add_subparsers())
    >>> parser.parse_args(["snowflake", "bundle"]).folder
    '.'
    """
    parser = commands.add_parser(
        "snowflake",
        help="run forecasts inside Snowflake",
        description="Prepares and checks what runs inside Snowflake.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parts = parser.add_subparsers(dest="part", metavar="PART", required=True)
    _add_bundle(parts)
    _add_script(parts)
    _add_check(parts)


def _add_bundle(parts: Any) -> None:
    parser = parts.add_parser(
        "bundle", help="write the zip of the package that functions of Snowflake import"
    )
    parser.add_argument("--folder", default=".", metavar="FOLDER", help="where (default: here)")
    parser.set_defaults(run=run_bundle)


def _add_script(parts: Any) -> None:
    parser = parts.add_parser(
        "script", help="print the SQL of a deployment, and write the files that it uploads"
    )
    what = parser.add_argument_group("what")
    what.add_argument(
        "--model", required=True, metavar="FILE", help="as a forecaster's save writes it"
    )
    what.add_argument("--name", required=True, metavar="NAME", help="what its forecasts are called")
    what.add_argument(
        "--tz", required=True, type=zone, metavar="ZONE", help="of the clock on the chargers' wall"
    )
    what.add_argument(
        "--horizon",
        type=int,
        action="append",
        metavar="STEPS",
        help="steps ahead, may be repeated (default: those of the model)",
    )
    tables = parser.add_argument_group("tables")
    tables.add_argument("--grid", default="status_grid", metavar="TABLE", help="the statuses")
    tables.add_argument("--evse", default="evse", metavar="TABLE", help="the chargers")
    tables.add_argument("--exog", metavar="TABLE", help="the series, where the model looks at some")
    tables.add_argument("--into", default="forecast", metavar="TABLE", help="the forecasts")
    how = parser.add_argument_group("how")
    how.add_argument("--stage", default="named", help="named, named:STAGE or external:STAGE")
    how.add_argument("--role", metavar="ROLE", help="who else may forecast")
    how.add_argument(
        "--warehouse", metavar="NAME", help="of the schedule (default: serverless compute)"
    )
    how.add_argument(
        "--schedule", metavar="CRON", help="in UTC (default: a minute after each quarter)"
    )
    _add_runtime(how)
    how.add_argument(
        "--folder",
        default=".",
        metavar="FOLDER",
        help="where the files are written (default: here)",
    )
    parser.set_defaults(run=run_script)


def _add_check(parts: Any) -> None:
    parser = parts.add_parser(
        "check",
        help="try what works on the account that the environment names",
        description=(
            "Tries on a real account what the library does there, and prints a line for each. All that it "
            "makes is dropped again. The account is the one of EVFORECAST_SNOWFLAKE_ACCOUNT and so on."
        ),
    )
    parser.add_argument(
        "--only", action="append", metavar="CHECK", help="this one, may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="print the lines as JSON, nothing else")
    _add_runtime(parser)
    parser.set_defaults(run=run_check)


def _add_runtime(group: Any) -> None:
    group.add_argument("--runtime", metavar="VERSION", help="of Python there (default 3.12)")
    group.add_argument(
        "--repository",
        metavar="NAME",
        help="artifact repository of the packages (default: the account's)",
    )


def run_bundle(arguments: argparse.Namespace) -> int:
    """Write the zip; return the exit code."""
    from evforecast.inwarehouse import make_bundle

    made = make_bundle(arguments.folder)
    print(
        f"{made.path} ({made.size / 1e3:,.0f} kB, {len(made.modules)} modules, sha256 {made.sha256})"
    )
    return 0


def run_script(arguments: argparse.Namespace) -> int:
    """Print the SQL; return the exit code."""
    from evforecast.inwarehouse import Deployment, ForecastJob, deployment_script

    if not Path(arguments.model).is_file():
        msg = f"--model: there is no file {arguments.model!r}. Save a forecaster there first."
        raise FileNotFoundError(msg)
    job = ForecastJob.of(
        arguments.model,
        name=arguments.name,
        tz=arguments.tz,
        horizons=arguments.horizon,
        grid=arguments.grid,
        evse=arguments.evse,
        exog=arguments.exog,
        into=arguments.into,
    )
    given = {**_options(arguments), "role": arguments.role, "warehouse": arguments.warehouse}
    given |= {} if arguments.schedule is None else {"schedule": arguments.schedule}
    print(
        deployment_script(Deployment(job, stage=arguments.stage, **given), arguments.folder), end=""
    )
    return 0


def run_check(arguments: argparse.Namespace) -> int:
    """Try what works; return the exit code."""
    from evforecast.inwarehouse import check_account
    from evforecast.warehouse.snowflake import SnowflakeSettings, SnowflakeWarehouse

    settings = SnowflakeSettings.from_environment()
    if not (settings.account or settings.connection):
        msg = (
            "no account is named. Set EVFORECAST_SNOWFLAKE_ACCOUNT, _USER, _DATABASE, _SCHEMA, _WAREHOUSE "
            "and a secret (_PASSWORD, _TOKEN or _PRIVATE_KEY_FILE), or EVFORECAST_SNOWFLAKE_CONNECTION, a "
            "connection of connections.toml."
        )
        raise InputError(msg)
    with SnowflakeWarehouse.connect(settings) as warehouse:
        lines = check_account(warehouse, only=arguments.only, options=_options(arguments))
        found = list(lines) if arguments.json else list(_printed(lines))
    if arguments.json:
        print(json.dumps([asdict(line) for line in found], indent=2, ensure_ascii=False))
    return 1 if any(line.status == "fails" for line in found) else 0


def _printed(lines: Iterable[CheckLine]) -> Iterable[CheckLine]:
    """Print each line as it comes."""
    print(f"{'check':<11}{'status':<10}{'seconds':>8}  found")
    for line in lines:
        print(f"{line.name:<11}{line.status:<10}{line.seconds:>8.1f}  {line.found}")
        yield line


def _options(arguments: argparse.Namespace) -> dict[str, Any]:
    given = {"runtime": arguments.runtime, "repository": arguments.repository}
    return {name: value for name, value in given.items() if value is not None}
