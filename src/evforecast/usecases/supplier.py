"""The energy supplier, who asks how much charging there will be, where and when."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast.errors import InputError, MissingColumnsError, first_few
from evforecast.evaluation import central_interval, count_coverage
from evforecast.evaluation.coverage import PathSampler
from evforecast.panel import StatusForecast, StatusPanel, StatusPaths
from evforecast.panel.evse import groups
from evforecast.random import RandomState
from evforecast.timegrid import TimeLike
from evforecast.usecases.base import UseCase, probability_of
from evforecast.usecases.sums import power_interval, sum_interval, sum_law

__all__ = ["SUPPLIER", "charging", "coverage", "energy"]

SUPPLIER = UseCase(
    "supplier",
    "How many chargers will be charging, where and when?",
    "charging",
    (16, 32, 48, 96, 144, 192),
    # Counts need chargers that move together, and so joint futures.
    prefers="recursive",
)
"""The question of an energy supplier."""

FloatArray = npt.NDArray[np.float64]

_LEVEL = 0.9


def charging(
    forecast: StatusForecast | StatusPaths, *, by: str | None = "area", level: float = _LEVEL
) -> pd.DataFrame:
    """Return how many chargers are expected to charge, by group and time, with an interval.

    Parameters
    ----------
    forecast : StatusForecast or StatusPaths
        Of all statuses, or of ``charging``. A forecast gives each charger's chances, and the interval
        takes chargers as independent: too narrow where they move together. Joint futures
        (`sample_paths`) know how they do; `coverage` tells what difference it makes.
    by : str or None
        A column of the table of chargers; None for the whole network. Chargers without a group count
        under ``"unknown"``.
    level : float
        The chance of the interval, at least: counts are whole numbers.

    Returns
    -------
    pandas.DataFrame
        ``time`` (UTC), the group, ``expected`` (chargers), ``low`` and ``high`` (the central interval) and
        ``n`` (chargers in the group).

    Raises
    ------
    MissingColumnsError
        If the table of chargers has no column `by`.
    InputError
        If the forecast does not tell ``charging``, or the level is not between 0 and 1.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> paths = ev.SemiMarkovForecaster([16, 96]).fit(panel).sample_paths(panel, random_state=0)
    >>> charging(paths, by=None).columns.to_list()
    ['time', 'network', 'expected', 'low', 'high', 'n']
    """
    group, names = groups(forecast.evse, by, "supplier.charging")
    if isinstance(forecast, StatusPaths):
        counts, _ = forecast.counts("charging", by=by)
        expected = counts.mean(axis=0)
        low, high = central_interval(counts, level)
    else:
        p = _chances(forecast, level)
        expected = np.stack([p[:, group == g].sum(axis=1) for g in range(len(names))], axis=1)
        low, high = _intervals(
            [
                [sum_interval(sum_law(row[group == g]), level) for g in range(len(names))]
                for row in p
            ]
        )
    table = _frame(forecast, by, names)
    for column, values in (("expected", expected), ("low", low), ("high", high)):
        table[column] = values.ravel()
    return table.assign(n=_sizes(group, names, table))


def energy(
    forecast: StatusForecast | StatusPaths,
    power_kw: float | str | pd.Series,
    *,
    by: str | None = "area",
    level: float = _LEVEL,
) -> pd.DataFrame:
    """Return the power that charging is expected to draw, by group and time, and the energy of a step.

    A charger draws its power while it is ``charging``, and nothing otherwise. A rated power is the most
    that can be; vehicles that are nearly full draw less, so a mean while charging is the better number
    where it is known.

    Parameters
    ----------
    forecast : StatusForecast or StatusPaths
        As in `charging`.
    power_kw : float, str or pandas.Series
        The power of each charger in kW: one number for all, a column of the table of chargers, or a
        Series by ``evse_id``.
    by : str or None
        As in `charging`.
    level : float
        As in `charging`.

    Returns
    -------
    pandas.DataFrame
        ``time`` (UTC), the group, ``expected_kw``, ``low_kw``, ``high_kw`` (the central interval), the same
        three in kWh of one step from that time on (``expected_kwh``, ``low_kwh``, ``high_kwh``) and ``n``
        (chargers in the group). Energies of several steps add up where they are expected values; their
        intervals do not.

    Raises
    ------
    MissingColumnsError
        If the table of chargers has no column `by`, or none named `power_kw`.
    InputError
        If a charger's power is missing or no number from 0 on; if the forecast does not tell
        ``charging``, or the level is not between 0 and 1.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> forecast = ev.Climatology(horizons=[16]).fit(panel).predict_proba(panel)
    >>> table = energy(forecast, 7.4, by=None)
    >>> bool(table["expected_kwh"].item() == table["expected_kw"].item() / 4)
    True
    """
    group, names = groups(forecast.evse, by, "supplier.energy")
    power = _powers(forecast.evse, power_kw)
    # [evse, group]: the power that a charger adds to its group.
    share = np.where(group[:, None] == np.arange(len(names)), power[:, None], 0.0)
    if isinstance(forecast, StatusPaths):
        drawn = forecast.coarsen("charging").codes.astype(np.float64) @ share
        expected = drawn.mean(axis=0)
        low, high = central_interval(drawn, level)
    else:
        p = _chances(forecast, level)
        expected = p @ share
        low, high = _intervals(
            [
                [
                    power_interval(row[group == g], power[group == g], level)
                    for g in range(len(names))
                ]
                for row in p
            ]
        )
    table = _frame(forecast, by, names)
    hours = float(forecast.step / np.timedelta64(3600, "s"))
    for unit, factor in (("kw", 1.0), ("kwh", hours)):
        for column, values in (("expected", expected), ("low", low), ("high", high)):
            table[f"{column}_{unit}"] = values.ravel() * factor
    return table.assign(n=_sizes(group, names, table))


def coverage(
    model: PathSampler,
    panel: StatusPanel,
    origins: Iterable[TimeLike],
    *,
    by: str | None = "area",
    horizons: Sequence[int] | None = None,
    level: float = _LEVEL,
    n_paths: int = 200,
    random_state: RandomState = 0,
) -> pd.DataFrame:
    """Return how often the number of chargers that charged lay in its interval, over many origins.

    With ``by="location_id"`` most counts are 0 or 1, and whole numbers cover more than they should;
    look at ``claimed``.

    Parameters
    ----------
    model : forecaster with sample_paths
        Fitted on nothing later than the first origin, or not fitted.
    panel : StatusPanel
        Past and truth.
    origins : iterable of times
        The cutoffs, times of the panel.
    by : str or None
        As in `charging`.
    horizons : sequence of int, optional
        Steps ahead; by default those of the model.
    level : float
        What the intervals are to cover.
    n_paths : int
        Futures drawn from each origin.
    random_state : int, numpy.random.Generator or None
        Seed of the draws.

    Returns
    -------
    pandas.DataFrame
        By horizon, with chargers moving together and with the same ones taken as independent: see
        `evforecast.evaluation.count_coverage`.

    Raises
    ------
    LeakageError, EmptyInputError, InputError, MissingColumnsError
        As `evforecast.evaluation.count_coverage`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.SemiMarkovForecaster([16])
    >>> table = coverage(model, panel, panel.times[200:300:20], by=None, n_paths=50)
    >>> table["chargers"].to_list()
    ['joint', 'independent']
    """
    return count_coverage(
        model,
        panel,
        origins,
        target="charging",
        by=by,
        horizons=horizons,
        level=level,
        n_paths=n_paths,
        random_state=random_state,
    )


def _chances(forecast: StatusForecast, level: float) -> FloatArray:
    if not 0 < level < 1:
        msg = f"an interval has a level between 0 and 1, found {level!r}; 0.9 say."
        raise InputError(msg)
    return probability_of(forecast, "charging").astype(np.float64)


def _intervals(ends: list[list[tuple[float, float]]]) -> tuple[npt.NDArray[np.generic], ...]:
    """Return the lower and the upper ends, each ``[horizon, group]``."""
    array = np.asarray(ends)
    return array[..., 0], array[..., 1]


def _frame(forecast: StatusForecast | StatusPaths, by: str | None, names: pd.Index) -> pd.DataFrame:
    """Return one row a time and group."""
    times = forecast.times
    return pd.DataFrame(
        {"time": np.repeat(times, len(names)), by or "network": np.tile(names, len(times))}
    )


def _sizes(
    group: npt.NDArray[np.intp], names: pd.Index, table: pd.DataFrame
) -> npt.NDArray[np.intp]:
    sizes = np.bincount(group, minlength=len(names))
    return np.resize(sizes, len(table))


def _powers(evse: pd.DataFrame, power_kw: float | str | pd.Series) -> FloatArray:
    """Return each charger's power in kW, ``[evse]``."""
    if isinstance(power_kw, str):
        if power_kw not in evse.columns:
            raise MissingColumnsError(
                [power_kw], map(str, evse.columns), "supplier.energy, the table of chargers"
            )
        values = evse[power_kw]
    elif isinstance(power_kw, pd.Series):
        values = power_kw.reindex(evse.index)
    else:
        values = pd.Series(power_kw, index=evse.index)
    power = pd.to_numeric(values, errors="coerce").astype(np.float64)
    wrong = power.index[~(power >= 0) | np.isinf(power)]
    if len(wrong):
        msg = (
            f"supplier.energy: no power from 0 kW on is known for {len(wrong):,} of {len(evse):,} chargers: "
            f"{first_few(wrong)}. Fill it in, with Series.fillna(7.4) say, or leave those chargers out "
            "with select([...])."
        )
        raise InputError(msg)
    return np.asarray(power, dtype=np.float64)
