"""The dense table of every row: lags, time in status, shares and calendar, straight from the int8 panel.

It is computed in tiles that stay in the processor's cache: each cell of the panel is made a number once and
then copied for each lag, so the table takes little longer than writing it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from evforecast.errors import EmptyInputError, InputError, require_choice
from evforecast.features.ages import STRETCH, Ages, stretches
from evforecast.panel import MISSING, Codes, StatusPanel
from evforecast.timegrid import local_clock

__all__ = ["LAGS", "UNKNOWN", "lag_blocks", "lag_feature_names", "lag_features"]

LAGS = (1, 2, 3, 4, 5, 6, 7, 8, 96, 672)
"""Two hours, the same time a day ago and a week ago, in quarter-hours."""
UNKNOWN = 255
"""What stands for NaN in a table of bytes."""

_LARGEST = UNKNOWN - 1  # of a known value in a table of bytes
_DTYPES = ("float32", "uint8")
# A tile of cells is worked on while it is in the cache: taller ones repeat less of the rows before them,
# wider ones write longer pieces; both measured.
_TILE_CELLS = 400_000
_TILE_COLUMNS = 1280
_NEAR = 256  # rows between two lags that are made numbers together

Table = npt.NDArray[Any]
Counts = npt.NDArray[np.unsignedinteger[Any]]


def lag_feature_names(statuses: Sequence[str], lags: Sequence[int] = LAGS) -> list[str]:
    """Return the names of the table's features, in its order.

    Parameters
    ----------
    statuses : sequence of str
        The names of the statuses.
    lags : sequence of int
        As for `lag_features`.

    Examples
    --------
    >>> lag_feature_names(("free", "taken"), lags=(1, 96))
    ['lag_1', 'lag_96', 'time_in_status', 'free_share', 'taken_share', 'slot', 'weekday']
    """
    shares = [f"{name}_share" for name in statuses]
    return [*(f"lag_{lag}" for lag in lags), "time_in_status", *shares, "slot", "weekday"]


def lag_features(
    panel: StatusPanel,
    *,
    dtype: npt.DTypeLike = np.float32,
    lags: Sequence[int] = LAGS,
    window: int | None = None,
    start: int | None = None,
    stop: int | None = None,
) -> Table:
    """Return what is known one step before each row, for all chargers at once.

    Row `t` of the panel is the target: its features are computed from rows up to ``t - 1``, and from the
    calendar of `t`. To learn a horizon of `h` steps, pair the features of row `t` with the statuses of
    row ``t + h - 1``.

    ======================  ==============================================  ============================
    feature                 float32 (NaN where unknown)                     uint8 (255 where unknown)
    ======================  ==============================================  ============================
    ``lag_k``               the code of the status in row ``t - k``         the same
    ``time_in_status``      rows since the status of row ``t - 1`` began,   the same, 254 for more
                            1 in its first; missing rows inside count
    ``<status>_share``      its share of the observed rows among those of   the share times 254, rounded
                            the window that ends with row ``t - 1``
    ``slot``                steps since local midnight, of row `t`          the same
    ``weekday``             Monday is 0, local, of row `t`                  the same
    ======================  ==============================================  ============================

    Lags and time in status are unknown where that row is missing or before the panel; a share is where
    the window has no observed row. A run that was already going in the first row counts from there.

    Parameters
    ----------
    panel : StatusPanel
        The statuses.
    dtype : {float32, uint8}
        Four bytes a value, or one: enough for trees, which ask only for the order.
    lags : sequence of int
        Steps of the panel back from the target, 1 or more.
    window : int, optional
        How many steps the shares look back on; by default those of 24 hours.
    start : int, optional
        The first target; by default the first row that has all lags. 0 gives every row.
    stop : int, optional
        One past the last target, by default the number of rows; one more adds the step after the panel,
        for its forecast.

    Returns
    -------
    numpy.ndarray
        ``[feature, time, evse]``, features in the order of `lag_feature_names`. The matrix that
        scikit-learn wants, a row a case, is the view ``table.reshape(len(table), -1).T``.

    Raises
    ------
    InputError
        If an option is none that this knows, or bytes cannot hold the slots of the panel's step.
    EmptyInputError
        If no row has all lags.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=9, random_state=0)
    >>> table = lag_features(panel)
    >>> table.shape
    (18, 192, 6)
    >>> bool((table[0] == panel.codes[671:-1])[panel.codes[671:-1] >= 0].all())
    True
    """
    writer = _Writer.of(panel, dtype, lags, window)
    first, end = _targets(panel, lags, start, stop)
    out = np.empty((writer.n_feature, end - first, panel.n_evse), writer.dtype)
    writer.write(out, first)
    return out


def lag_blocks(
    panel: StatusPanel,
    *,
    dtype: npt.DTypeLike = np.float32,
    lags: Sequence[int] = LAGS,
    window: int | None = None,
    start: int | None = None,
    stop: int | None = None,
    block: int = 256,
) -> Iterator[Table]:
    """Yield the table of `lag_features` in blocks of rows, for what is too large to be held at once.

    Parameters
    ----------
    panel, dtype, lags, window, start, stop
        As for `lag_features`.
    block : int
        Rows a block; the last may have fewer.

    Yields
    ------
    numpy.ndarray
        ``[feature, time, evse]``, an array of its own each time.

    Raises
    ------
    InputError, EmptyInputError
        As `lag_features`, before the first block is asked for.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=9, random_state=0)
    >>> [block.shape for block in lag_blocks(panel, block=100)]
    [(18, 100, 6), (18, 92, 6)]
    """
    if block < 1:
        msg = f"lag_blocks: block={block} is no number of rows; give 1 or more."
        raise InputError(msg)
    writer = _Writer.of(panel, dtype, lags, window)
    first, end = _targets(panel, lags, start, stop)

    def blocks() -> Iterator[Table]:
        for row in range(first, end, block):
            shape = (writer.n_feature, min(block, end - row), panel.n_evse)
            out = np.empty(shape, writer.dtype)
            writer.write(out, row)
            yield out

    return blocks()


def _targets(
    panel: StatusPanel, lags: Sequence[int], start: int | None, stop: int | None
) -> tuple[int, int]:
    first = max(lags) if start is None else start
    end = panel.n_time if stop is None else stop
    if not (first >= 0 and end <= panel.n_time + 1):
        msg = (
            f"lag_features: start={start} and stop={stop} are no rows of a panel of {panel.n_time:,}; "
            "they go from 0 to one more than it has."
        )
        raise InputError(msg)
    if first >= end:
        msg = (
            f"lag_features: there is no target from row {first:,} to {end:,} in a panel of "
            f"{panel.n_time:,} rows. Give a longer past, shorter lags, or start=0 for rows with gaps."
        )
        raise EmptyInputError(msg)
    return first, end


@dataclass(frozen=True)
class _Span:
    """Lags so near each other that one stretch of rows, made numbers once, serves them all."""

    low: int
    high: int
    members: tuple[tuple[int, int], ...]  # (place in the table, lag)


def _spans(lags: Sequence[int]) -> tuple[_Span, ...]:
    groups: list[list[tuple[int, int]]] = []
    for place, lag in sorted(enumerate(lags), key=lambda member: member[1]):
        if groups and lag - groups[-1][-1][1] <= _NEAR:
            groups[-1].append((place, lag))
        else:
            groups.append([(place, lag)])
    return tuple(_Span(group[0][1], group[-1][1], tuple(group)) for group in groups)


class _Scratch:
    """Memory that one tile leaves to the next: to be handed fresh memory costs more than the sums in it."""

    def __init__(self) -> None:
        self._held: dict[str, npt.NDArray[np.uint8]] = {}

    def __call__(self, name: str, shape: tuple[int, ...], dtype: npt.DTypeLike) -> Table:
        """Return an array of anything; its memory is that of the last one of this name."""
        size = math.prod(shape) * np.dtype(dtype).itemsize
        if name not in self._held or self._held[name].size < size:
            self._held[name] = np.empty(size, np.uint8)
        return self._held[name][:size].view(dtype).reshape(shape)


class _Writer:
    """Writes the table's rows in order."""

    def __init__(
        self, panel: StatusPanel, dtype: np.dtype[Any], lags: Sequence[int], window: int
    ) -> None:
        self.panel, self.dtype, self.window = panel, dtype, window
        self.spans, self.n_lag = _spans(lags), len(lags)
        self.n_feature = len(lag_feature_names(panel.scheme.names, lags))
        self.unknown = UNKNOWN if dtype == np.uint8 else np.nan
        self.ages, self.read, self.scratch = Ages(panel.n_evse), 0, _Scratch()

    @classmethod
    def of(
        cls, panel: StatusPanel, dtype: npt.DTypeLike, lags: Sequence[int], window: int | None
    ) -> _Writer:
        """Check the options."""
        kind = np.dtype(dtype)
        require_choice(kind.name, _DTYPES, "dtype")
        steps = panel.grid.slots_per_day if window is None else window
        if not len(lags) or min(*lags, steps) < 1 or any(int(n) != n for n in (*lags, steps)):
            msg = (
                f"lag_features: lags={lags!r} and window={window!r} must be steps back, "
                "whole numbers from 1 on."
            )
            raise InputError(msg)
        if kind == np.uint8 and panel.grid.slots_per_day > UNKNOWN:
            msg = (
                f"lag_features: a day of {panel.grid.slots_per_day} slots does not fit into a byte. "
                "Use dtype='float32', or resample the panel."
            )
            raise InputError(msg)
        return cls(panel, kind, lags, steps)

    def write(self, out: Table, first: int) -> None:
        """Fill `out`, the targets from row `first` on, which follow those written before."""
        _, height, width = out.shape
        pieces = -(-width // _TILE_COLUMNS)
        rows = max(STRETCH, _TILE_CELLS * pieces // max(width, 1))
        edges = np.linspace(0, width, pieces + 1).round().astype(int).tolist()
        for left, right in itertools.pairwise(edges):
            columns = slice(left, right)
            for part in stretches(self.read, first - 1):
                codes = self.panel.codes[part, columns]
                self.ages.follow(codes, codes != MISSING, columns)
            for row in range(0, height, rows):
                tile = out[:, row : row + rows, columns]
                self._write_tile(tile, first + row, columns)
        self.read = first + height - 1
        self._write_calendar(out[-2:], first)

    def _write_tile(self, out: Table, row: int, columns: slice) -> None:
        stop = row + out.shape[1]
        for span in self.spans:
            values = self._values(self._codes(row - span.high, stop - span.low, columns))
            for place, lag in span.members:
                skipped = span.high - lag
                out[place] = values[skipped : skipped + out.shape[1]]
        self._write_ages(out[self.n_lag], self._codes(row - 1, stop - 1, columns), columns)
        codes = self._codes(row - self.window, stop - 1, columns)
        self._write_shares(out[self.n_lag + 1 : -2], codes)

    def _codes(self, first: int, stop: int, columns: slice) -> Codes:
        """Return rows of the panel, missing before the first."""
        codes = self.panel.codes[max(first, 0) : max(stop, 0), columns]
        if first >= 0:
            return codes
        before = np.full((stop - first - len(codes), codes.shape[1]), MISSING, np.int8)
        return np.vstack([before, codes])

    def _values(self, codes: Codes) -> Table:
        if self.dtype == np.uint8:
            return codes.view(np.uint8)  # -1 is 255
        values = self.scratch("values", codes.shape, np.float32)
        missing = self.scratch("holds", codes.shape, np.bool_)
        np.copyto(values, codes)
        np.copyto(values, np.nan, where=np.equal(codes, MISSING, out=missing))
        return values

    def _write_ages(self, out: Table, codes: Codes, columns: slice) -> None:
        for part in stretches(0, len(codes)):
            missing = codes[part] == MISSING
            age = self.ages.follow(codes[part], ~missing, columns)
            if self.dtype == np.uint8:
                np.minimum(age, _LARGEST, out=age)
            np.copyto(age, self.unknown, where=missing)
            np.copyto(out[part], age, casting="unsafe")

    def _write_shares(self, out: Table, codes: Codes) -> None:
        counts = [self._moving_count(codes, code) for code in range(len(out))]
        total = self.scratch("total", counts[0].shape, counts[0].dtype)
        total[...] = counts[0]
        for count in counts[1:]:
            total += count
        for part in stretches(0, len(total)):
            none, seen = total[part] == 0, total[part].astype(np.float32)
            if self.dtype == np.uint8:
                np.copyto(seen, 1, where=none)
                scale = _LARGEST / seen
            for share, count in zip(out[:, part], counts, strict=True):
                if self.dtype == np.uint8:
                    value = count[part].astype(np.float32)
                    value *= scale
                    value += np.float32(0.5)  # what is positive is cut to whole numbers
                    np.copyto(value, UNKNOWN, where=none)
                    np.copyto(share, value, casting="unsafe")
                else:
                    share[...] = count[part]
                    with np.errstate(invalid="ignore"):
                        np.divide(share, seen, out=share)  # 0 / 0 is NaN

    def _moving_count(self, codes: Codes, code: int) -> Counts:
        """Return how many of the window's rows up to each row are `code`, from row ``window - 1`` on.

        Sums over 1, 2, 4, … rows are made from each other; those that add up to the window are added.
        """
        holds = self.scratch("holds", codes.shape, np.bool_)
        sums: Counts = np.equal(codes, code, out=holds).view(np.uint8)
        if self.window > UNKNOWN:
            sums = sums.astype(np.uint32)
        many, size, used = len(codes) - self.window + 1, 1, 0
        total: Counts = self.scratch(f"count {code}", (many, codes.shape[1]), sums.dtype)
        while True:
            if self.window & size:  # the sums that start where those before end
                part = sums[used : used + many]
                np.add(total, part, out=total) if used else np.copyto(total, part)
                used += size
            size *= 2
            if size > self.window:
                return total
            shape = (len(sums) - size // 2, codes.shape[1])
            longer = self.scratch(f"sums {size.bit_length() % 2}", shape, sums.dtype)
            sums = np.add(sums[: -size // 2], sums[size // 2 :], out=longer)

    def _write_calendar(self, out: Table, first: int) -> None:
        times = self.panel.grid.start + np.arange(first, first + out.shape[1]) * self.panel.step
        minute, weekday = local_clock(times, self.panel.tz)
        # a step may be shorter than a minute
        second = minute.astype(np.int64) * 60 + times.astype(np.int64) % 60
        slot = second // self.panel.step.astype(np.int64)
        out[...] = np.stack([slot, weekday]).astype(self.dtype)[:, :, None]
