"""The command ``evforecast``."""

from __future__ import annotations

import argparse
import errno
import sys
from collections.abc import Sequence

from evforecast._version import __version__
from evforecast.cli.collect import add_parser as add_collect
from evforecast.cli.credits import add_parser as add_credits
from evforecast.cli.demo import add_parser as add_demo
from evforecast.cli.init import add_parser as add_init
from evforecast.cli.migrate import add_parser as add_migrate
from evforecast.cli.monitor import add_parser as add_monitor
from evforecast.cli.run import add_parser as add_run
from evforecast.cli.snowflake import add_parser as add_snowflake
from evforecast.errors import EvForecastError, TransientError

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments; those of the process by default.

    Returns
    -------
    int
        The exit code: 0 when all went well, 1 when the work was done and its result is not as it should be,
        2 when an input cannot be used, 75 when the same may succeed later, 130 when interrupted. That of
        ``monitor`` says how it stands: 10 is a WARNING, or that nothing could be judged, and 20 an ERROR;
        so does that of ``collect status``. Of ``collect``, 10 says that something is missing or was noticed,
        and 20 that nothing came that can be read; of ``credits``, 10 says that no query carries our tag; of
        ``run``, they are those of ``monitor``, and 10 also says that a feed did not answer or was strange.

    Raises
    ------
    SystemExit
        By ``--help``, ``--version``, and arguments that cannot be understood (code 2).

    Examples
    --------
    >>> main(["demo", "--data", "no-such-file.csv", "--quiet"])
    2
    """
    parser = argparse.ArgumentParser(
        prog="evforecast", description="Forecast the status of public EV chargers."
    )
    parser.add_argument("--version", action="version", version=f"evforecast {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    add_collect(commands)
    add_credits(commands)
    add_demo(commands)
    add_init(commands)
    add_migrate(commands)
    add_monitor(commands)
    add_run(commands)
    add_snowflake(commands)
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except (EvForecastError, OSError) as error:
        # What a person can mend is said in a line; anything else is a fault of ours and keeps its traceback.
        print(f"evforecast {arguments.command}: {error}", file=sys.stderr)
        later = isinstance(error, TransientError) or getattr(error, "errno", None) == errno.ENOSPC
        return 75 if later else 2
    except KeyboardInterrupt:
        print(f"evforecast {arguments.command}: interrupted", file=sys.stderr)
        return 130
