"""Whether the data still look as they did: columns, words, cadence, age."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError
from evforecast.monitoring.checks import Check, Checks, grade
from evforecast.timegrid import TimeLike, as_time

__all__ = ["age_check", "cadence_check", "column_checks", "word_check"]

_KINDS = (
    dict.fromkeys(("integer", "floating", "mixed-integer-float", "decimal"), "number")
    | dict.fromkeys(("datetime64", "datetime", "date"), "time")
    | {"boolean": "yes or no"}
)


def column_checks(reference: pd.DataFrame, current: pd.DataFrame, subject: str) -> Checks:
    """Return the checks of the columns of a table against those it used to have.

    Parameters
    ----------
    reference, current : pandas.DataFrame
        The table as it was and as it is: of chargers, of exogenous series, or as a feed gave it.
    subject : str
        What the table is.

    Returns
    -------
    Checks
        Of the group ``"feed"``: columns gone (ERROR), columns of another kind, numbers become text say
        (ERROR), and new ones (WARNING). A column without any value is of no kind.

    Examples
    --------
    >>> was, now = pd.DataFrame({"a": [1], "b": [2.0]}), pd.DataFrame({"a": ["x"], "c": [1]})
    >>> column_checks(was, now, "the feed").to_frame().status.tolist()
    ['ERROR', 'ERROR', 'WARNING']
    """
    gone = reference.columns.difference(current.columns, sort=False)
    new = current.columns.difference(reference.columns, sort=False)
    shared = reference.columns.intersection(current.columns, sort=False)
    kinds = {name: (_kind(reference[name]), _kind(current[name])) for name in shared}
    changed = {name: pair for name, pair in kinds.items() if "" not in pair and pair[0] != pair[1]}
    said = [f"{name} ({was} became {now})" for name, (was, now) in changed.items()]
    found = (
        ("columns gone", list(map(str, gone)), 1.0),
        ("columns of another kind", said, 1.0),
        ("new columns", list(map(str, new)), np.inf),
    )
    return Checks(
        grade(
            "feed",
            name,
            subject,
            float(len(which)),
            warning=1,
            error=error,
            reason=", ".join(which) or "None.",
        )
        for name, which, error in found
    )


def word_check(unknown: Mapping[str, int], n_rows: int) -> Check:
    """Return the check of words for a status that no vocabulary knows.

    Parameters
    ----------
    unknown : mapping of str to int
        How often each came, as `UnknownStatusError.counts` tells.
    n_rows : int
        Of how many rows.

    Returns
    -------
    Check
        Of the group ``"feed"``: a new word is a WARNING, an ERROR from 1 % of the rows on; EMPTY without
        rows.

    Examples
    --------
    >>> word_check({"Suspendu": 3}, 1000).status
    'WARNING'
    """
    count = sum(unknown.values())
    share = count / n_rows if n_rows else float("nan")
    words = ", ".join(f"{word!r} x {times:,}" for word, times in unknown.items())
    none = "All words are known." if n_rows else "There are no rows."
    return grade(
        "feed",
        "unknown words",
        "status",
        share,
        warning=np.nextafter(0, 1),
        error=0.01,
        reason=f"{words}: add them to the vocabulary." if unknown else none,
    )


def cadence_check(
    reference: npt.NDArray[np.datetime64], current: npt.NDArray[np.datetime64]
) -> Check:
    """Return the check of how often observations come, against how often they used to.

    Parameters
    ----------
    reference, current : numpy.ndarray
        The times of two stretches, ``datetime64``: when something was observed or collected; repeats,
        missing ones and their order do not matter.

    Returns
    -------
    Check
        Of the group ``"feed"``. Its value is the ratio of the median times between two observations, or
        the inverse if that is more: a WARNING from 1.5, an ERROR from 3; EMPTY with less than two times.

    Examples
    --------
    >>> quarters = np.datetime64("2020-10-26", "s") + np.arange(96) * np.timedelta64(900, "s")
    >>> cadence_check(quarters, quarters[::4]).status
    'ERROR'
    """
    was, now = _interval(reference), _interval(current)
    if was is None or now is None:
        return grade(
            "feed",
            "cadence",
            "network",
            float("nan"),
            warning=1.5,
            error=3,
            reason="There are not two times of observation to compare.",
        )
    return grade(
        "feed",
        "cadence",
        "network",
        max(now / was, was / now),
        warning=1.5,
        error=3,
        reason=f"Observations come every {now / 60:g} minutes; they came every {was / 60:g}.",
    )


def age_check(last: TimeLike, now: TimeLike, step: np.timedelta64) -> Check:
    """Return the check of how old the last observation is.

    Parameters
    ----------
    last : time
        Of the last observation.
    now : time
        The time of asking.
    step : numpy.timedelta64
        The step at which observations are due.

    Returns
    -------
    Check
        Of the group ``"feed"``. Its value is the age in steps: a WARNING from 3, an ERROR from 12.

    Raises
    ------
    InputError
        If the last observation is later than now, by more than a step: a clock is wrong.

    Examples
    --------
    >>> age_check("2020-10-26 08:00", "2020-10-26 09:00", np.timedelta64(900, "s")).status
    'WARNING'
    """
    age = float((as_time(now) - as_time(last)) / step)
    if age < -1:
        msg = (
            f"age_check: the last observation, {as_time(last)} UTC, is later than now, {as_time(now)}. A "
            "clock has jumped, or a time was read in the wrong zone: mend that first."
        )
        raise InputError(msg)
    return grade(
        "feed",
        "age",
        "network",
        age,
        warning=3,
        error=12,
        reason=f"The last observation is {age:g} steps old.",
    )


def _kind(column: pd.Series) -> str:
    """Return number, time, yes or no, or text; nothing where no value is known."""
    # By value: yes or no with gaps, dates, and a database's decimal numbers come as objects.
    values = column.dropna()
    return "" if values.empty else _KINDS.get(pd.api.types.infer_dtype(values), "text")


def _interval(times: npt.NDArray[np.datetime64]) -> float | None:
    """Return the median time between two distinct times, in seconds."""
    distinct = np.unique(times[~np.isnat(times)].astype("datetime64[s]"))
    if len(distinct) < 2:
        return None
    return float(np.median(np.diff(distinct).astype(np.int64)))
