"""Checks as DSS knows them: kept in a dataset, an outcome and a message, and measures by name."""

from __future__ import annotations

import math
from typing import Any

from evforecast.dataiku.datasets import read_frame, write_frame
from evforecast.errors import MissingColumnsError
from evforecast.monitoring import Check, Checks

__all__ = ["as_metrics", "as_outcome", "check_dataset", "read_checks", "write_checks"]

_LONGEST = 1000
_COLUMNS = tuple(Check.__dataclass_fields__)
# DSS's word where nothing could be judged: a scenario is to notice, and not to stop.
_OUTCOMES = {"EMPTY": "WARNING", "OK": "OK", "WARNING": "WARNING", "ERROR": "ERROR"}
_WORST_FIRST = ("ERROR", "WARNING", "EMPTY", "OK")


def as_outcome(checks: Checks) -> tuple[str, str]:
    """Return what a custom check of DSS returns: ``'OK'``, ``'WARNING'`` or ``'ERROR'``, and a message.

    Parameters
    ----------
    checks : Checks
        Where none could be judged the outcome is a WARNING, which says so.

    Examples
    --------
    >>> from evforecast.monitoring import grade
    >>> age = grade("feed", "age", "network", 9.0, warning=1, error=3, reason="9 hours old")
    >>> as_outcome(Checks([age]))
    ('ERROR', '1 of 1 checks: age of network: 9 hours old')
    """
    found = list(checks)
    if not found:
        return "WARNING", "nothing was checked"
    worst = checks.status
    told = sorted(
        (check for check in found if check.status != "OK"),
        key=lambda check: _WORST_FIRST.index(check.status),
    )
    if worst == "OK":
        return "OK", f"all {len(found)} checks"
    said = "; ".join(f"{check.check} of {check.subject}: {check.reason}" for check in told)
    text = f"{len(told)} of {len(found)} checks: {said}"
    return _OUTCOMES[worst], text if len(text) <= _LONGEST else f"{text[: _LONGEST - 2]} …"


def as_metrics(checks: Checks) -> dict[str, float]:
    """Return measures for a custom metric of DSS: by check and subject, and how many checks stand how.

    Parameters
    ----------
    checks : Checks
        What has no finite value is left out.

    Examples
    --------
    >>> from evforecast.monitoring import grade
    >>> age = grade("feed", "age", "network", 9.0, warning=1, error=3, reason="9 hours old")
    >>> as_metrics(Checks([age]))
    {'ERROR': 1, 'WARNING': 0, 'EMPTY': 0, 'OK': 0, 'feed: age of network': 9.0}
    """
    found = [check.status for check in checks]
    counts: dict[str, float] = {level: found.count(level) for level in _WORST_FIRST}
    values = {
        f"{check.group}: {check.check} of {check.subject}": check.value
        for check in checks
        if math.isfinite(check.value)
    }
    return counts | values


def write_checks(dataset: Any, checks: Checks) -> int:
    """Write checks in place of those of the last time, one row each; return how many.

    Parameters
    ----------
    dataset : str or dataiku.Dataset
    checks : Checks

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["checks"]):
    ...     write_checks("checks", Checks())
    0
    """
    return write_frame(dataset, checks.to_frame(), append=False)


def read_checks(dataset: Any) -> Checks:
    """Read the checks that `write_checks` wrote.

    Parameters
    ----------
    dataset : str or dataiku.Dataset

    Raises
    ------
    MissingColumnsError
        If the dataset holds something else.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["checks"]):
    ...     _ = write_checks("checks", Checks())
    ...     len(read_checks("checks"))
    0
    """
    frame = read_frame(dataset)
    if missing := [name for name in _COLUMNS if name not in frame]:
        raise MissingColumnsError(missing, map(str, frame.columns), "read_checks")
    frame = frame[list(_COLUMNS)]
    texts = [name for name in _COLUMNS if name not in ("value", "warning", "error")]
    frame[texts] = frame[texts].fillna("")  # to DSS an empty text is no text
    return Checks(Check(*row) for row in frame.itertuples(index=False, name=None))


def check_dataset(dataset: Any) -> tuple[str, str]:
    """Return the outcome of the checks in a dataset: the body of a custom check of DSS.

    Parameters
    ----------
    dataset : str or dataiku.Dataset

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), datasets=["checks"]):
    ...     _ = write_checks("checks", Checks())
    ...     check_dataset("checks")
    ('WARNING', 'nothing was checked')
    """
    return as_outcome(read_checks(dataset))
