"""Which chargers came, went, fell silent, or say the same for too long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError
from evforecast.monitoring.checks import Checks, grade
from evforecast.monitoring.tally import require_same_step
from evforecast.panel import MISSING, StatusPanel

__all__ = ["ChargerLimits", "charger_checks", "charger_table"]

Rows = npt.NDArray[np.int64]
# A charger's own changes count as if it had been watched two days more, at the network's median rate.
_PRIOR_DAYS = 2.0


@dataclass(frozen=True)
class ChargerLimits:
    """From where on a share of the chargers counts, as a WARNING and as an ERROR.

    Attributes
    ----------
    new, vanished, missing, stale : tuple of float
        Shares: of the chargers of now that the reference does not know; of those of the reference that
        are not heard any more; of the rows of those of the reference that are missing beyond its own
        share; of those of the reference that are heard that are stale.
    stale_changes : float
        A charger is stale when it should have changed this many times since it last did: at 12, one
        charger in 160,000 that is well looks so at any time.

    Examples
    --------
    >>> ChargerLimits(new=(0.1, 0.6)).new
    (0.1, 0.6)
    """

    new: tuple[float, float] = (0.05, 0.5)
    vanished: tuple[float, float] = (0.05, 0.2)
    missing: tuple[float, float] = (0.1, 0.3)
    stale: tuple[float, float] = (0.05, 0.2)
    stale_changes: float = 12.0


def charger_table(
    reference: StatusPanel, current: StatusPanel, *, limits: ChargerLimits | None = None
) -> pd.DataFrame:
    """Return what each charger does now, beside what it did.

    Parameters
    ----------
    reference : StatusPanel
        The past to compare with.
    current : StatusPanel
        The stretch to look at; later than the reference.
    limits : ChargerLimits, optional
        When a charger counts as stale.

    Returns
    -------
    pandas.DataFrame
        Index ``evse_id``, of both panels. ``state``: ``"new"`` (not observed in the reference),
        ``"vanished"`` (observed there and not now), ``"silent"`` (observed in neither), ``"down"``,
        ``"offline"``, ``"stale"`` (in another status, for too long), or ``"well"``; ``status`` (the last
        one observed now), ``since_days`` (how long it has lasted, as far as both panels tell: since it
        was first observed with no other after it), ``observed`` and ``observed_before`` (shares of rows),
        ``changes_a_day`` (in the reference) and ``changes_due`` (how many changes should have come in the
        rows observed since).

    Raises
    ------
    SchemeMismatchError, StepMismatchError
        If the two panels differ in statuses or step.
    EmptyInputError
        If a panel has no rows.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=8, random_state=0)
    >>> table = charger_table(panel.head(7 * 96), panel.tail(96))
    >>> table.columns.tolist()[:3]
    ['state', 'status', 'since_days']
    """
    limits = ChargerLimits() if limits is None else limits
    reference.scheme.require_same(current.scheme, "charger_table")
    require_same_step(reference, current, "charger_table")
    if not reference.n_time or not current.n_time:
        msg = f"charger_table: {reference!r} or {current!r} has no rows. Choose other stretches."
        raise EmptyInputError(msg)
    ids = reference.evse.index.append(
        current.evse.index.difference(reference.evse.index, sort=False)
    )
    past, now = _spread_out(reference, ids), _spread_out(current, ids)
    days = float(reference.step / np.timedelta64(1, "D"))
    seen_before, seen = past != MISSING, now != MISSING
    heard, known = seen.any(axis=0), seen_before.any(axis=0)
    last = _last_code(now)
    first, rows = _unchanged(np.concatenate([past, now]), last)
    times = np.concatenate([reference.times, current.times])
    since = (current.cutoff + current.step - times[first]).astype(np.int64) / 86_400
    watched = seen_before.sum(axis=0) * days
    rate = _changes(past) / np.maximum(watched, days)
    usual = float(np.median(rate[watched > 0])) if (watched > 0).any() else 0.0
    own = (rate * watched + usual * _PRIOR_DAYS) / (watched + _PRIOR_DAYS)
    # A charger that was not heard had no occasion to change.
    due = own * rows * days
    table = pd.DataFrame(
        {
            "state": "well",
            "status": current.scheme.decode(last),
            "since_days": np.where(heard, since, np.nan),
            "observed": seen.mean(axis=0),
            "observed_before": seen_before.mean(axis=0),
            "changes_a_day": np.where(watched > 0, rate, np.nan),
            "changes_due": np.where(heard, due, np.nan),
        },
        index=pd.Index(ids, name="evse_id"),
    )
    table.loc[table["changes_due"] >= limits.stale_changes, "state"] = "stale"
    # These two say themselves that something is wrong, and may last.
    for status in {"offline", "down"}.intersection(current.scheme.names):
        table.loc[last == current.scheme.code(status), "state"] = status
    table.loc[heard & ~known, "state"] = "new"
    table.loc[~heard & known, "state"] = "vanished"
    table.loc[~heard & ~known, "state"] = "silent"
    return table


def charger_checks(table: pd.DataFrame, *, limits: ChargerLimits | None = None) -> Checks:
    """Return the checks of chargers that are new, vanished, missing or stale.

    Parameters
    ----------
    table : pandas.DataFrame
        As `charger_table` returns it.
    limits : ChargerLimits, optional
        From where on a share counts.

    Returns
    -------
    Checks
        Of the group ``"chargers"``.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=40, days=8, random_state=0)
    >>> charger_checks(charger_table(panel.head(7 * 96), panel.tail(96))).status
    'OK'
    """
    limits = ChargerLimits() if limits is None else limits
    state = table["state"]
    known = ~state.isin(["new", "silent"])
    heard = ~state.isin(["vanished", "silent"])
    before = table[known]
    counted = (
        ("new", int((state == "new").sum()), int(heard.sum()), limits.new),
        # When nobody is heard, nobody in particular has vanished: that is what is missing.
        (
            "vanished",
            int((state == "vanished").sum()),
            int(known.sum()) if heard.any() else 0,
            limits.vanished,
        ),
        ("stale", int((state == "stale").sum()), int((known & heard).sum()), limits.stale),
    )
    found = [
        grade(
            "chargers",
            name,
            "network",
            n / of if of else float("nan"),
            warning=warning,
            error=error,
            reason=f"{n:,} of {of:,} chargers." if of else "There is none to count among.",
        )
        for name, n, of, (warning, error) in counted
    ]
    now, then = before["observed"].mean(), before["observed_before"].mean()
    missing = f"{now:.1%} of the rows of the known chargers are observed; {then:.1%} were before."
    found.append(
        grade(
            "chargers",
            "missing",
            "network",
            max(float(then - now), 0.0) if len(before) else float("nan"),
            warning=limits.missing[0],
            error=limits.missing[1],
            reason=missing if len(before) else "The reference knows no charger.",
        )
    )
    return Checks(found)


def _spread_out(panel: StatusPanel, ids: pd.Index) -> npt.NDArray[np.int8]:
    """Return the codes ``[time, id]``, missing where the panel does not have the charger."""
    if ids.equals(panel.evse.index):
        return panel.codes
    codes = np.full((panel.n_time, len(ids)), MISSING, dtype=np.int8)
    codes[:, ids.get_indexer(panel.evse.index)] = panel.codes
    return codes


def _last_code(codes: npt.NDArray[np.int8]) -> npt.NDArray[np.int8]:
    seen = codes != MISSING
    row = len(codes) - 1 - seen[::-1].argmax(axis=0)
    return np.where(seen.any(axis=0), codes[row, np.arange(codes.shape[1])], np.int8(MISSING))


def _unchanged(codes: npt.NDArray[np.int8], last: npt.NDArray[np.int8]) -> tuple[Rows, Rows]:
    """Return the first row from which on nothing but `last` was observed, and in how many it was."""
    seen = codes != MISSING
    other = seen & (codes != last)
    after = np.where(other.any(axis=0), len(codes) - other[::-1].argmax(axis=0), 0)
    run = seen & (np.arange(len(codes))[:, None] >= after)
    return run.argmax(axis=0), run.sum(axis=0)


def _changes(codes: npt.NDArray[np.int8]) -> Rows:
    """Return how often each charger changed from one observed row to the next."""
    before, after = codes[:-1], codes[1:]
    changed: Rows = ((before != after) & (before != MISSING) & (after != MISSING)).sum(axis=0)
    return changed
