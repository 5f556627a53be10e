"""Checks for people: a sentence, what is not well in a short table, and all of a group in another."""

from __future__ import annotations

import numpy as np
import pandas as pd

from evforecast.monitoring import Checks
from evforecast.reporting.page import Page
from evforecast.reporting.words import counted

__all__ = ["alert_table", "alerts", "check_tables", "headline"]

_WORST_FIRST = ("ERROR", "WARNING", "EMPTY")
_NAMED = 3
_COLUMNS = {
    "status": "status",
    "check": "check",
    "subject": "of",
    "value": "value",
    "warning": "warning from",
    "error": "error from",
    "reason": "found",
}
_FORMATS = dict.fromkeys(("value", "threshold", "warning", "error"), ",.4g")


def headline(checks: Checks) -> str:
    """Return how it stands in a sentence.

    Examples
    --------
    >>> from evforecast.monitoring import grade
    >>> late = grade("feed", "age", "network", 20.0, warning=3, error=12, reason="20 steps")
    >>> headline(Checks([late]))
    '1 error: age (network).'
    """
    found = alerts(checks)
    n = {status: sum(check.status == status for check in checks) for status in _WORST_FIRST}
    if n["EMPTY"] == len(checks):
        return "Nothing could be judged."
    unsaid = f"{n['EMPTY']:,} of {counted(len(checks), 'check')} could not be judged"
    bad = found[found["status"] != "EMPTY"]
    if bad.empty:
        return f"All well; {unsaid}." if n["EMPTY"] else f"All well: {len(checks):,} checks are OK."
    parts = [counted(n[status], status.lower()) for status in _WORST_FIRST[:2] if n[status]]
    named = ", ".join(bad["what"].head(_NAMED))
    more = f", and {len(bad) - _NAMED} more" if len(bad) > _NAMED else ""
    rest = f" {unsaid[0].upper()}{unsaid[1:]}." if n["EMPTY"] else ""
    return f"{', '.join(parts)}: {named}{more}.{rest}"


def alerts(checks: Checks) -> pd.DataFrame:
    """Return what is not OK, the worst first: a row a kind of check, with the worst of its kind.

    Returns
    -------
    pandas.DataFrame
        ``status``; ``what``, the check and of what, and how many more of the kind stand alike; ``value``;
        ``threshold``, the one that it reached; ``reason``. Within a status the feed comes first and
        skill last: what is wrong earlier may explain what is wrong later.

    Examples
    --------
    >>> from evforecast.monitoring import grade
    >>> two = [
    ...     grade("drift", "mix", name, value, warning=1, error=2, reason="")
    ...     for name, value in [("down", 3.0), ("offline", 5.0)]
    ... ]
    >>> alerts(Checks(two)).what.tolist()
    ['mix (offline) and 1 more']
    """
    frame = checks.to_frame()
    frame["threshold"] = frame["error"].where(frame["status"] == "ERROR", frame["warning"])
    frame["beyond"] = frame["value"] / frame["threshold"].where(frame["threshold"] > 0, 1.0)
    rows = []
    for status in _WORST_FIRST:
        of = frame[frame["status"] == status]
        for _, same in of.groupby(["group", "check"], sort=False):
            worst = same.sort_values("beyond", ascending=False, kind="stable").iloc[0]
            more = f" and {len(same) - 1} more" if len(same) > 1 else ""
            what = f"{worst['check']} ({worst['subject']}){more}"
            threshold = np.nan if status == "EMPTY" else worst["threshold"]
            rows.append((status, what, worst["value"], threshold, worst["reason"]))
    columns = ["status", "what", "value", "threshold", "reason"]
    return pd.DataFrame(rows, columns=columns).astype({"value": float, "threshold": float})


def alert_table(page: Page, checks: Checks, *, most: int) -> None:
    """Add the table of `alerts`, if there are any."""
    found = alerts(checks)
    if len(found):
        page.table(
            found,
            caption="What is not OK, the worst first; of several of a kind, the worst",
            columns={
                "status": "status",
                "what": "what",
                "value": "value",
                "threshold": "threshold",
                "reason": "found",
            },
            formats=_FORMATS,
            name="alerts",
            levels="status",
            most=most,
        )


def check_tables(page: Page, checks: Checks, name: str) -> None:
    """Add the checks of a group: those that are not OK, and folded those that are."""
    frame = checks.to_frame().replace(np.inf, np.nan)
    fine = frame["status"] == "OK"
    rank = frame["status"].map({status: k for k, status in enumerate(_WORST_FIRST)})
    bad = frame[~fine].iloc[np.argsort(rank[~fine].to_numpy(), kind="stable")]
    if len(bad):
        page.table(
            bad,
            caption=f"{len(bad):,} of {counted(len(frame), 'check')} of {name} are not OK",
            columns=_COLUMNS,
            formats=_FORMATS,
            name=f"{name}: not OK",
            levels="status",
        )
    if fine.any():
        n = counted(len(frame), "check")
        said = f"All {n}" if fine.all() else f"{fine.sum():,} of {n}"
        page.table(
            frame[fine],
            caption=f"{said} of {name} are OK",
            columns=_COLUMNS,
            formats=_FORMATS,
            name=f"{name}: OK",
            levels="status",
            folded=True,
        )
