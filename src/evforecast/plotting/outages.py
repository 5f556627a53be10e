"""When chargers were out of service: a row a charger, a bar an outage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.dates import date2num

from evforecast.errors import EmptyInputError, InputError
from evforecast.panel import MISSING, StatusPanel
from evforecast.plotting.labels import plain
from evforecast.plotting.stretches import stretches
from evforecast.plotting.style import axes_of, legend_above, status_colour, time_axis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["outages"]

_HEIGHT = 0.7


def outages(
    panel: StatusPanel,
    n: int = 20,
    *,
    statuses: Sequence[str] = ("offline", "down"),
    ax: Axes | None = None,
) -> Axes:
    """Draw when the chargers that lost the most time were out, the worst on top.

    Those that were never seen in service are counted in the title: a full bar each would say no more. They
    are drawn only where no other charger was out.

    Parameters
    ----------
    panel : StatusPanel
        The statuses.
    n : int
        How many chargers, at most.
    statuses : sequence of str
        What counts as out.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    matplotlib.axes.Axes
        A thin line where a charger was observed, a bar where it was out; on the right the share of its
        observed time that it was out.

    Raises
    ------
    InputError
        If there is no such status, or `n` is less than 1.
    EmptyInputError
        If no charger was ever out.

    Examples
    --------
    >>> import evforecast as ev
    >>> from matplotlib.figure import Figure
    >>> ax = outages(ev.simulate(n_evse=12, days=7, random_state=0), 3, ax=Figure().add_subplot())
    >>> len(ax.get_yticks())
    3
    """
    names = panel.scheme.names
    if n < 1 or not statuses or not set(statuses) <= set(names):
        msg = (
            f"plotting.outages: n={n}, statuses={list(statuses)}; 1 or more, and of {list(names)}."
        )
        raise InputError(msg)
    codes = {panel.scheme.code(name): name for name in statuses}
    out = np.isin(panel.codes, list(codes)).sum(axis=0)
    if not out.any():
        msg = f"plotting.outages: no charger of {panel!r} was ever {' or '.join(statuses)}."
        raise EmptyInputError(msg)
    known = (panel.codes != MISSING).sum(axis=0)
    always = (out > 0) & (out == known)
    drawn = (out > 0) & ~always
    drawn = drawn if drawn.any() else always
    worst = np.argsort(np.where(drawn, -out, 1), kind="stable")[: min(n, int(drawn.sum()))]
    part = panel.codes[:, worst]
    ax = axes_of(ax)
    ink = ax.yaxis.label.get_color()
    edges = date2num(np.append(panel.times, panel.times[-1] + panel.step))
    observed = stretches(np.where(part == MISSING, part, np.int8(0)))
    left, right = edges[observed.first], edges[observed.first + observed.length]
    ax.hlines(observed.unit, left, right, color=ink, linewidth=0.6, alpha=0.5)
    seen = stretches(part)
    for code, name in codes.items():
        of = seen.code == code
        first, last = edges[seen.first[of]], edges[seen.first[of] + seen.length[of]]
        ax.barh(
            seen.unit[of],
            last - first,
            _HEIGHT,
            first,
            color=status_colour(name, code),
            edgecolor=ink,
            linewidth=0.3,
            label=plain(name),
        )
    for row, (lost, rows) in enumerate(
        zip(out[worst].tolist(), known[worst].tolist(), strict=True)
    ):
        across = ax.get_yaxis_transform()
        ax.text(1.01, row, f"{lost / rows:.0%}", transform=across, va="center", fontsize="small")
    ids = [plain(panel.evse_ids[place]) for place in worst.tolist()]
    ax.set_yticks(range(len(worst)), ids, fontsize="small")
    time_axis(ax, panel.tz)
    ax.set(xlim=(edges[0], edges[-1]), ylim=(len(worst) - 0.4, -0.6))
    ax.grid(visible=False, axis="y")
    if n_always := int(always.sum()):
        note = f"{n_always:,} more were never seen in service" if drawn is not always else ""
        ax.set_title(note, pad=22, fontsize="medium", weight="normal")
    legend_above(ax, n=len(codes))
    return ax
