"""Progress of long work: a bar on a terminal or in a notebook, nothing elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Bar", "Progress"]


class Bar:
    """One bar: bytes per second and the time left by itself, rows per second beside it.

    Parameters
    ----------
    bar : tqdm
    """

    def __init__(self, bar: Any) -> None:
        self._bar, self._rows = bar, 0

    def add(self, amount: float) -> None:
        """Say that so much more is done."""
        self._bar.update(amount)

    def rows(self, count: int, what: str) -> None:
        """Say that so many more rows are done, the last of them of `what`."""
        self._rows += count
        seconds = self._bar.format_dict["elapsed"]
        if seconds:
            self._bar.set_postfix_str(f"{what}, {self._rows / seconds:,.0f} rows/s", refresh=False)


class Progress:
    """Says how far a migration is.

    Parameters
    ----------
    shown : bool, optional
        By default, bars are drawn where a person sees them: on a terminal and in a notebook.

    Examples
    --------
    >>> with Progress(shown=False).phase("export", total=10, unit="B") as bar:
    ...     bar.add(5)
    """

    def __init__(self, *, shown: bool | None = None) -> None:
        self.shown = shown

    @contextmanager
    def phase(self, name: str, *, total: float, unit: str) -> Iterator[Bar]:
        """Draw the bar of one phase while the block lasts."""
        from tqdm.auto import tqdm

        bar = tqdm(
            desc=name,
            total=total,
            unit=unit,
            unit_scale=True,
            disable=None if self.shown is None else not self.shown,
            dynamic_ncols=True,
        )
        with bar:
            yield Bar(bar)
