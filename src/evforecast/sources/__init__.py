"""Readers of the public sources, one module each: their words and shapes are translated here, once.

The names say where the data is: ``read*`` takes a path, ``parse*`` takes bytes or an open file; a feed says
what to ask (`evforecast.sources.feed`), and `evforecast.collect` asks it. ``read`` returns the object and
logs what it dropped, repaired or found missing at INFO; ``read_with_report`` and every ``parse*`` return
``(object, ReadReport)``; what a feed reads is a ``Reading``. ``sniff`` tells from the first line whether a
file is of a source, and `detect` asks them all.
"""

from __future__ import annotations

from evforecast.errors import FileFormatError
from evforecast.sources import (
    belib,
    calendar,
    challenge,
    cpinfo,
    feed,
    http,
    http_errors,
    irve,
    meteociel,
    meteofrance,
    ocpi,
    openmeteo,
    smarter_mobility,
    traffic,
    weather,
)
from evforecast.sources._textfile import FilePath, first_line
from evforecast.sources.report import ReadReport

__all__ = [
    "ReadReport",
    "belib",
    "calendar",
    "challenge",
    "cpinfo",
    "detect",
    "feed",
    "http",
    "http_errors",
    "irve",
    "meteociel",
    "meteofrance",
    "ocpi",
    "openmeteo",
    "smarter_mobility",
    "traffic",
    "weather",
]

_SOURCES = {"challenge": challenge, "cpinfo": cpinfo, "smarter_mobility": smarter_mobility}


def detect(path: FilePath) -> str:
    r"""Tell which source a file comes from, by its first line.

    Parameters
    ----------
    path : str or path
        The file, plain or compressed.

    Returns
    -------
    str
        The name of the module: "challenge", "cpinfo" or "smarter_mobility".

    Raises
    ------
    FileFormatError
        If it is none of them, or damaged; the message says what each expects.
    EmptyInputError
        If the file is empty.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp(), "status.csv")
    >>> _ = path.write_text("timestamp,S7-T1,S7-T2\n")
    >>> detect(path)
    'challenge'
    """
    for name, source in _SOURCES.items():
        if source.sniff(path):
            return name
    line = first_line(path)
    expected = "\n".join(f"  {name}: {source.FORMAT}" for name, source in _SOURCES.items())
    msg = (
        f"{path}: the first line is of no known format: {line[:80]!r}. Expected one of\n{expected}\n"
        "  any other table: read it with pandas, then StatusPanel.from_long (columns evse_id, time, status) "
        "or StatusLog"
    )
    raise FileFormatError(msg)
