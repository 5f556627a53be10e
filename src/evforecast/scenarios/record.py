"""`StepResult`: what one run of a step did, and the file where it is kept.

The records are the only state that two runs do not share: they say when something was done and what it
took. So they are no table of the warehouse, and they are there when the warehouse is not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from evforecast.disk import append_line

if TYPE_CHECKING:
    import numpy as np

__all__ = ["StepResult", "keep", "runs"]

_CODES = {"EMPTY": 10, "WARNING": 10, "ERROR": 20, "failed": 1}


@dataclass(frozen=True)
class StepResult:
    """What one run of a step did.

    Attributes
    ----------
    step : str
    run : str
        Its id, which is in the query tag too.
    as_of : numpy.datetime64
        The time that it was done for, UTC.
    status : str
        ``done``; ``nothing``, where nothing was left to do; ``planned``, in a dry run; ``failed``; and of
        ``monitor`` what its checks say, where that is not well: ``EMPTY``, ``WARNING``, ``ERROR``.
    rows : int
        Rows that it wrote, or would write.
    seconds : float
    peak_memory : int
        Bytes, of the process while it ran (see `evforecast.scenarios.memory.peak`).
    credits : float or None
        Of the warehouse; None where it has none, or does not say yet.
    artefacts : mapping of str to str
        What else it made: versions of models, files, sentences.
    watermark : numpy.datetime64 or None
        How far the step has come.

    Examples
    --------
    >>> import numpy as np
    >>> at = np.datetime64("2026-01-02T00:00:00")
    >>> StepResult("monitor", "1f", at, "WARNING", 12, 0.5, 10**8).exit_code
    10
    """

    step: str
    run: str
    as_of: np.datetime64
    status: str
    rows: int
    seconds: float
    peak_memory: int
    credits: float | None = None
    artefacts: Mapping[str, str] = field(default_factory=dict)
    watermark: np.datetime64 | None = None

    @property
    def exit_code(self) -> int:
        """For a process: 0 all well, 1 failed, 10 a WARNING or nothing could be judged, 20 an ERROR."""
        return _CODES.get(self.status, 0)

    def to_dict(self) -> dict[str, Any]:
        """Return what JSON can hold."""
        found = asdict(self)
        for name in ("as_of", "watermark"):
            found[name] = None if found[name] is None else str(found[name])
        return found


def keep(result: StepResult, folder: Path) -> None:
    """Write a record behind the others of its month.

    Parameters
    ----------
    result : StepResult
    folder : Path
        Made if it is not there.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> folder = Path(tempfile.mkdtemp())
    >>> at = np.datetime64("2026-01-02T00:00:00")
    >>> keep(StepResult("load", "1f", at, "done", 96, 0.5, 10**8), folder)
    >>> runs(folder)[["step", "rows"]].to_numpy().tolist()
    [['load', 96]]
    """
    path = folder / f"{str(result.as_of)[:7]}.jsonl"
    size = 0
    if path.exists():
        with path.open("rb") as handle:
            data = handle.read()
        size = data.rfind(b"\n") + 1  # what follows was cut short by a kill
    line = json.dumps(result.to_dict(), ensure_ascii=False) + "\n"
    append_line(path, line.encode(), size, flush=False)


def runs(folder: Path) -> pd.DataFrame:
    """Return the records of all runs, oldest first, one row each.

    Parameters
    ----------
    folder : Path
        Where `keep` wrote them.

    Returns
    -------
    pandas.DataFrame
        The attributes of `StepResult`; a line that a kill cut short is left out.

    Examples
    --------
    >>> len(runs(Path("no such folder")))
    0
    """
    lines = [line for path in sorted(folder.glob("*.jsonl")) for line in _whole(path)]
    names = [one.name for one in fields(StepResult)]
    frame = pd.DataFrame([json.loads(line) for line in lines], columns=names)
    for name in ("as_of", "watermark"):
        frame[name] = pd.to_datetime(frame[name]).astype("datetime64[s]")
    return frame


def _whole(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1]
