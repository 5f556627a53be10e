"""The demo's work: data in, three use cases fitted, backtested and answered, a `DemoResult` out."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from evforecast import usecases
from evforecast.errors import EmptyInputError, InputError
from evforecast.evaluation import Backtest, backtest, ratio_interval
from evforecast.forecasting import Climatology, Persistence
from evforecast.panel import MISSING, StatusForecast, StatusPanel
from evforecast.plotting import duration
from evforecast.reporting import DemoResult, UseCaseResult

__all__ = ["BASELINES", "CANDIDATES", "STEPS_PER_CASE", "score_table", "study"]

CANDIDATES = ("direct", "recursive")
BASELINES = ("persistence", "climatology")
STEPS_PER_CASE = 4

# Forecasts are tested from so many times of day; reaching far takes longer.
_EVERY_NEAR, _EVERY_FAR = "3h", "6h"
_FAR = np.timedelta64(12, "h")
# Fewer days than this leave nothing to learn from once the test days are taken off.
_FEWEST_DAYS = 4
_ARRIVAL = np.timedelta64(1, "h")
_DAY = np.timedelta64(1, "D")
_NEAREST = 5
_DRIVER_HORIZONS = (1, 2, 4, 8, 16)
# A third of what the direct models take by default: the demo is to end within two minutes.
_MAX_ROWS = 100_000


def study(
    panel: StatusPanel,
    *,
    tell: Callable[[str], None],
    random_state: int,
    about: dict[str, Any],
) -> DemoResult:
    """Fit, backtest and answer the three use cases.

    Parameters
    ----------
    panel : StatusPanel
        The history.
    tell : callable
        Is told the name of each step before it is done.
    random_state : int
        Seed of what is drawn in fitting.
    about : dict
        The fields of `DemoResult` that say where the data comes from.

    Returns
    -------
    DemoResult

    Raises
    ------
    EmptyInputError
        If too few days were observed.

    Examples
    --------
    >>> import evforecast as ev
    >>> study(ev.simulate(n_evse=3, days=2), tell=print, random_state=0, about={})
    Traceback (most recent call last):
    ...
    evforecast.errors.EmptyInputError: the demo needs at least 4 days with an observed status, ...
    """
    days = int((panel.codes != MISSING).any(axis=1).sum()) / panel.grid.slots_per_day
    # A day or so of the file may be missing: what counts is what is there.
    if days < _FEWEST_DAYS - 0.1:
        msg = (
            f"the demo needs at least {_FEWEST_DAYS} days with an observed status, this history has "
            f"{days:.1f} days of them between {panel.times[0] if panel.n_time else 'no time'} and "
            f"{panel.times[-1] if panel.n_time else 'no time'} UTC. Give it a longer stretch."
        )
        raise EmptyInputError(msg)
    test = (2 if days >= 2 * _FEWEST_DAYS else 1) * _DAY
    notes = [
        *about.get("notes", ()),
        f"To keep the demo short, a direct model learns from {_MAX_ROWS:,} cases a horizon at most.",
    ]
    cases = []
    forecasts: dict[str, StatusForecast] = {}
    paths: StatusForecast | None = None
    for use_case in map(_for_demo, usecases.USE_CASES.values()):
        fitting, left_out = _that_fit(use_case, panel, test)
        if left_out:
            names = ", ".join(duration(h * panel.step) for h in left_out)
            notes.append(
                f"Left out for the {use_case.name}, as this history is too short: {names} ahead."
            )
        if not fitting.horizons:
            for _ in range(STEPS_PER_CASE):
                tell(f"{use_case.name}: left out")
            continue
        models, result = _backtested(fitting, panel, test, tell, random_state)
        forecasts[fitting.name] = models["direct"].predict_proba(panel)
        if paths is None:
            # Every step of a day: only the recursive model answers horizons that it was not asked before.
            paths = models["recursive"].predict_proba(panel, range(1, panel.grid.slots_per_day + 1))
        title, answer = _answer(fitting, forecasts[fitting.name], panel)
        cases.append(
            UseCaseResult(
                name=fitting.name,
                question=fitting.question,
                target=fitting.target,
                backtest=result,
                table=score_table(result),
                trained_until=models["direct"].trained_until_,
                answer_title=title,
                answer=answer,
            )
        )
    if paths is None or not cases:
        msg = f"no horizon of any use case fits into {panel!r}. Give the demo a longer stretch."
        raise EmptyInputError(msg)
    tell("one charger, and the map")
    return DemoResult(
        panel=panel,
        cases=tuple(cases),
        fan=paths,
        charger=_liveliest(panel),
        free=_free(forecasts),
        **{**about, "notes": tuple(notes)},
    )


def _for_demo(use_case: usecases.UseCase) -> usecases.UseCase:
    """Return what the demo has time for, and what its two simple baselines forecast too."""
    if use_case.name == "driver":
        return dataclasses.replace(use_case, horizons=_DRIVER_HORIZONS)
    if use_case.within:
        question = "Which charger will be down tomorrow?"
        return dataclasses.replace(use_case, within=False, question=question)
    return use_case


def _that_fit(
    use_case: usecases.UseCase, panel: StatusPanel, test: np.timedelta64
) -> tuple[usecases.UseCase, list[int]]:
    """Return the use case with the horizons that leave enough to learn from, and those left out.

    A horizon takes its own length off the end, and as much again off what there is to learn from.
    """
    room = (panel.n_time - 1) * panel.step - test - _DAY
    good = tuple(h for h in use_case.horizons if 2 * h * panel.step <= room)
    return dataclasses.replace(use_case, horizons=good), [
        h for h in use_case.horizons if h not in good
    ]


def _backtested(
    use_case: usecases.UseCase,
    panel: StatusPanel,
    test: np.timedelta64,
    tell: Callable[[str], None],
    random_state: int,
) -> tuple[dict[str, Any], Backtest]:
    """Return the models, fitted up to the first origin, and their backtest on what came after."""
    # So long before the end that the longest horizon, too, is judged over the whole test.
    reach = max(use_case.horizons) * panel.step
    last = test + reach
    past = panel.until(panel.cutoff - last)
    models: dict[str, Any] = {
        "direct": use_case.direct(random_state=random_state).set_params(max_rows=_MAX_ROWS),
        "recursive": use_case.recursive(),
        "persistence": Persistence(use_case.horizons),
        "climatology": Climatology(use_case.horizons),
    }
    for name in CANDIDATES:
        tell(f"{use_case.name}: fit {name}")
        models[name].fit(past)
    tell(f"{use_case.name}: fit {' and '.join(BASELINES)}")
    for name in BASELINES:
        models[name].fit(past)
    tell(f"{use_case.name}: backtest")
    result = backtest(
        models,
        panel,
        every=_EVERY_NEAR if reach < _FAR else _EVERY_FAR,
        first_origin=panel.cutoff - last,
        horizons=use_case.horizons,
        target=use_case.target,
        progress=False,
    )
    return models, result


def score_table(result: Backtest) -> pd.DataFrame:
    """Return one row a horizon: the log losses, and the candidates' skill against the better baseline.

    Parameters
    ----------
    result : Backtest
        Of the two candidates and the two baselines.

    Returns
    -------
    pandas.DataFrame
        ``horizon``, ``ahead`` (text), ``n`` (cases), a column of log losses a model, ``baseline`` (the
        better one), and for each candidate ``<name>_skill`` with its 95 % interval over chargers,
        ``<name>_low`` and ``<name>_high``.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> markov, flat = ev.MarkovForecaster([1, 4]), ev.Climatology([1, 4])
    >>> models = {"direct": markov, "recursive": markov, "persistence": markov, "climatology": flat}
    >>> score_table(ev.backtest(models, panel, every="6h", last="1D")).direct_skill.tolist()
    [0.0, 0.0]
    """
    cases = {name: result.cases(name) for name in (*CANDIDATES, *BASELINES)}
    rows = []
    for place, horizon in enumerate(result.horizons.tolist()):
        at = {name: values[:, place] for name, values in cases.items()}
        if np.isnan(at["direct"]).all():
            continue
        loss = {name: float(np.nanmean(values)) for name, values in at.items()}
        baseline = min(BASELINES, key=loss.__getitem__)
        row: dict[str, Any] = {
            "horizon": horizon,
            "ahead": duration(horizon * result.step),
            "n": int((~np.isnan(at["direct"])).sum()),
            **loss,
            "baseline": baseline,
        }
        for name in CANDIDATES:
            ratio, low, high = _ratio(at[name], at[baseline])
            row |= {f"{name}_skill": 1 - ratio, f"{name}_low": 1 - high, f"{name}_high": 1 - low}
        rows.append(row)
    return pd.DataFrame(rows)


def _ratio(
    scores: npt.NDArray[np.float64], reference: npt.NDArray[np.float64]
) -> tuple[float, float, float]:
    # Chargers without a known truth carry no score, and would dilute the draws.
    known = ~np.isnan(scores).all(axis=0)
    return ratio_interval(scores[:, known], reference[:, known], n_draws=500)


def _answer(
    use_case: usecases.UseCase, forecast: StatusForecast, panel: StatusPanel
) -> tuple[str, pd.DataFrame]:
    """Return what the use case says about the time after the end of the history, and its headline."""
    if use_case.name == "driver":
        arrive = panel.cutoff + min(_ARRIVAL, max(use_case.horizons) * panel.step)
        when = pd.Timestamp(arrive).tz_localize("UTC").tz_convert(panel.tz)
        title = f"Arriving at {when:%H:%M} on {when.day} {when:%B %Y}"
        where = panel.evse[["lat", "lon"]].dropna()
        if where.empty:
            likely = usecases.probability_of(forecast, "free")[forecast.place(arrive)]
            table = pd.DataFrame({"evse_id": panel.evse_ids, "p_free": likely})
            table = table.sort_values("p_free", ascending=False, kind="stable", ignore_index=True)
            return f"{title}: the chargers most likely free (no coordinates are known)", table.head(
                _NEAREST
            )
        # The most central charger: the middle of a country may be far from any.
        far = ((where - where.median()) ** 2).sum(axis=1).to_numpy()
        lat, lon = where.iloc[int(far.argmin())]
        centre = where.index[int(far.argmin())]
        return (
            f"{title} near {centre}: the nearest chargers that are more likely free than not",
            usecases.driver.free(
                forecast, near=(lat, lon), arrive=arrive, n=_NEAREST, at_least=0.5
            ),
        )
    if use_case.name == "supplier":
        return (
            "Chargers expected to be charging, with 90 % interval",
            usecases.supplier.charging(forecast, by="area"),
        )
    ahead = duration(forecast.horizons[-1] * panel.step)
    return (
        f"Chargers not down now that are most likely to be {ahead} ahead",
        usecases.park.worklist(forecast, history=panel, n=2 * _NEAREST),
    )


def _liveliest(panel: StatusPanel) -> str:
    """Return the charger that changed most in the last week, among those seen in the last day."""
    day, week = panel.grid.slots_per_day, 7 * panel.grid.slots_per_day
    codes = panel.tail(week).codes
    known = (codes[1:] != MISSING) & (codes[:-1] != MISSING)
    changes = ((codes[1:] != codes[:-1]) & known).sum(axis=0)
    seen = (panel.tail(day).codes != MISSING).mean(axis=0)
    return panel.evse_ids[int(np.argmax(np.where(seen > 0.9, changes, -1 + 0 * changes)))]


def _free(forecasts: dict[str, StatusForecast]) -> pd.Series | None:
    """Return P(free) an hour ahead, by charger, where the driver's forecast reaches that far."""
    if "driver" not in forecasts:
        return None
    forecast = forecasts["driver"]
    try:
        place = forecast.place(forecast.cutoff + _ARRIVAL)
    except InputError:
        return None
    return pd.Series(usecases.probability_of(forecast, "free")[place], index=forecast.evse.index)
