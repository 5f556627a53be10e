"""Two models on the same cases: how much better one is, whether chance could do that, and in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import EmptyInputError, InputError, require_choice
from evforecast.evaluation.bootstrap import ratio_of_sums_interval
from evforecast.evaluation.paired_tests import diebold_mariano, holm
from evforecast.evaluation.result import Backtest
from evforecast.panel import MISSING
from evforecast.random import RandomState, generator

__all__ = ["MIN_BLOCKS", "compare", "verdict_text"]

MIN_BLOCKS = 5
"""With fewer blocks of days than this there is no verdict: an interval from so few would be too short."""

_FIELDS = ("ratio", "low", "high", "difference", "dm", "p", "p_holm", "n", "days", "verdict")
_SETTINGS = ("model", "reference", "level", "margin")


def compare(
    result: Backtest,
    model: str,
    reference: str,
    *,
    score: str = "log_loss",
    by: Sequence[str] = ("horizon",),
    block: str = "1D",
    n_draws: int = 1000,
    level: float = 0.95,
    margin: float = 0.0,
    random_state: RandomState = 0,
) -> pd.DataFrame:
    """Compare two models of a backtest on the same cases.

    The interval comes from drawing whole blocks of days, by the UTC day of the origin, with all their
    origins and chargers: both depend on one another within a day. The test of Diebold and Mariano looks
    at the mean difference of each origin, and allows for forecasts that overlap.

    Parameters
    ----------
    result : Backtest
        With the forecasts of both.
    model, reference : str
        The names of the two.
    score : {'log_loss', 'brier'}
        What to compare; of both, smaller is better.
    by : sequence of str
        As in `Backtest.keys`, one row a group; ``()`` for all cases together.
    block : str
        What is drawn as a whole, a whole number of days. Horizons that reach over several days tie those
        together: take blocks as long, if there are enough days.
    n_draws : int
        How often blocks are drawn, the same ones for both models.
    level : float
        The coverage of the interval of each row; a test is called at one minus this.
    margin : float
        How much better is better, from 0 to less than 1: 0.01 for one percent.
    random_state : int or numpy.random.Generator
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        ``model``, ``reference``, the columns of `by`, then ``ratio`` of the mean scores with ``low`` and
        ``high``; ``difference`` of the mean scores, the model's minus the reference's; ``dm`` and ``p``
        of `diebold_mariano`; ``p_holm``, adjusted for the number of rows by `holm`; ``n`` (cases with a
        known truth); ``days`` (with any); ``verdict``; ``level`` and ``margin``. Groups without any case
        are left out.

        The verdict is ``"too few days"`` with fewer than `MIN_BLOCKS` blocks or origins too few for the
        test; ``"better"`` if the interval lies below ``1 - margin`` and ``p_holm`` below ``1 - level``;
        ``"worse"`` if the reference is better than the model in that sense; else
        ``"no difference shown"``.

    Raises
    ------
    InputError
        If a model, the score or a name in `by` is not there, a forecast of a known truth is NaN, `block`
        is not a whole number of days, or `level` or `margin` is out of range.
    EmptyInputError
        If no truth is known.

    References
    ----------
    Diebold and Mariano (1995), doi:10.1080/07350015.1995.10524599; Künsch (1989),
    doi:10.1214/aos/1176347265; Holm (1979), see `holm`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=14, random_state=0)
    >>> models = {"climatology": ev.Climatology([1]), "persistence": ev.Persistence([1])}
    >>> result = ev.backtest(models, panel, every="2h", last="7D")
    >>> compare(result, "persistence", "climatology").verdict.item()
    'better'
    """
    require_choice(score, ("log_loss", "brier"), "compare: score")
    if not (0 < level < 1 and 0 <= margin < 1):
        msg = (
            f"compare: level={level} and margin={margin}; write shares, like 0.95 and 0.01, with "
            "level between 0 and 1, and margin from 0 to less than 1."
        )
        raise InputError(msg)
    ours, theirs = result.cases(model, score).ravel(), result.cases(reference, score).ravel()
    known = np.flatnonzero(result.truth.ravel() != MISSING)
    if not len(known):
        msg = f"compare: no case of {result!r} has a known truth. Compare once truth has arrived."
        raise EmptyInputError(msg)
    _, n_horizons, n_evse = result.truth.shape
    origin = known // (n_horizons * n_evse)
    ahead = result.horizons[known // n_evse % n_horizons]
    labels, group = _groups(result, list(by), known)

    def sums(place: npt.NDArray[np.intp], weights: Any = None) -> npt.NDArray[Any]:
        """Add up cases by group and `place`."""
        size = int(place.max()) + 1
        flat = np.bincount(group * size + place, weights, minlength=len(labels) * size)
        return flat.reshape(len(labels), size)

    days = result.origins.astype("datetime64[D]")
    day = (days - days.min()).astype(np.intp)[origin]
    blocks = day // _whole_days(block)
    slots, spacing = _slots(result)
    above, below, held = (sums(blocks, w) for w in (ours[known], theirs[known], None))
    gaps, cases = sums(slots[origin], (ours - theirs)[known]), sums(slots[origin])
    with np.errstate(invalid="ignore"):
        means = gaps / cases  # NaN at origins without a case
    longest = pd.Series(ahead).groupby(group).max().to_numpy()
    overlaps = np.ceil(longest * (result.step / spacing)).astype(int) - 1
    rng = generator(random_state)
    rows = []
    for place, overlap in enumerate(overlaps.tolist()):
        used = held[place] > 0
        interval = ratio_of_sums_interval(
            above[place, used],
            below[place, used],
            n_draws=n_draws,
            level=level,
            random_state=rng,
        )
        test = diebold_mariano(means[place], overlap=overlap)
        n = cases[place].sum()
        rows.append((*interval, gaps[place].sum() / n, *test, n, used.sum()))
    fields = ["ratio", "low", "high", "difference", "dm", "p", "n", "blocks"]
    table = pd.concat([labels, pd.DataFrame(rows, columns=fields)], axis=1)
    table["p_holm"] = holm(table["p"].to_numpy())
    table["days"] = (sums(day) > 0).sum(axis=1)
    table["verdict"] = _verdicts(table, level, margin)
    table = table.assign(model=model, reference=reference, level=level, margin=margin)
    return table[["model", "reference", *labels.columns, *_FIELDS, "level", "margin"]]


def verdict_text(rows: pd.Series[Any] | pd.DataFrame) -> str:
    """Say what `compare` found.

    Parameters
    ----------
    rows : pandas.Series or pandas.DataFrame
        A row of its table, or the table.

    Returns
    -------
    str
        A sentence without a full stop; of a table one a line.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=14, random_state=0)
    >>> models = {"climatology": ev.Climatology([1]), "persistence": ev.Persistence([1])}
    >>> result = ev.backtest(models, panel, every="2h", last="7D")
    >>> verdict_text(compare(result, "persistence", "climatology"))
    'persistence is ... % better than climatology at 1 step (95 % interval ... to ... %, 8 days)'
    """
    if isinstance(rows, pd.DataFrame):
        return "\n".join(verdict_text(row) for _, row in rows.iterrows())
    row = rows
    where = "".join(
        f" at {_counted(row[name], 'step')}" if name == "horizon" else f" for {name} {row[name]}"
        for name in row.index.difference([*_FIELDS, *_SETTINGS], sort=False)
    )
    of_days = _counted(row["days"], "day")
    if row["verdict"] == "too few days":
        return (
            f"{row['model']} against {row['reference']}{where}: too few days to tell "
            f"({of_days}; {MIN_BLOCKS} blocks of days are the least)"
        )
    interval = f"{100 * row['level']:g} % interval"
    if row["verdict"] == "no difference shown":
        beyond = f" of more than {100 * row['margin']:g} %" if row["margin"] else ""
        return (
            f"no difference{beyond} between {row['model']} and {row['reference']} is shown{where} "
            f"(ratio {row['ratio']:.3f}, {interval} {row['low']:.3f} to {row['high']:.3f}, "
            f"p {row['p_holm']:.2g}, {of_days})"
        )
    least, most = sorted(abs(100 * (1 - row[end])) for end in ("low", "high"))
    size = abs(100 * (1 - row["ratio"]))
    return (
        f"{row['model']} is {size:.1f} % {row['verdict']} than {row['reference']}{where} "
        f"({interval} {least:.1f} to {most:.1f} %, {of_days})"
    )


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _groups(
    result: Backtest, names: list[str], known: npt.NDArray[np.intp]
) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
    """Return the label of each group, a row each, and the group of each known case."""
    if taken := {*names} & {*_FIELDS, *_SETTINGS}:
        msg = f"compare: by names {sorted(taken)}, which are columns of its own. Rename those of evse."
        raise InputError(msg)
    if not names:
        return pd.DataFrame(index=[0]), np.zeros(len(known), np.intp)
    keys = pd.DataFrame({name: values[known] for name, values in result.keys(names).items()})
    group = keys.groupby(names, sort=True, dropna=False).ngroup().to_numpy().astype(np.intp)
    _, first = np.unique(group, return_index=True)
    return keys.iloc[first].reset_index(drop=True), group


def _whole_days(block: str) -> int:
    try:
        days = pd.Timedelta(block) / pd.Timedelta("1D")
    except ValueError:
        days = 0
    if days < 1 or days != int(days):
        msg = f"compare: block={block!r} is not a whole number of days; write '1D', or '7D'."
        raise InputError(msg)
    return int(days)


def _slots(result: Backtest) -> tuple[npt.NDArray[np.intp], np.timedelta64]:
    """Return each origin's place on an even grid, and the distance between two places."""
    seconds = (result.origins - result.origins.min()).astype("timedelta64[s]").astype(np.intp)
    spacing = int(np.gcd.reduce(seconds)) or int(result.step / np.timedelta64(1, "s"))
    return seconds // spacing, np.timedelta64(spacing, "s")


def _verdicts(table: pd.DataFrame, level: float, margin: float) -> npt.NDArray[np.str_]:
    sure = table["p_holm"] < 1 - level
    return np.select(
        [
            (table["blocks"] < MIN_BLOCKS) | table["p"].isna(),
            sure & (table["high"] < 1 - margin),
            sure & (table["low"] > 1 / (1 - margin)),
        ],
        ["too few days", "better", "worse"],
        "no difference shown",
    )
