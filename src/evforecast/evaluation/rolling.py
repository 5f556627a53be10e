"""The rolling-origin backtest: each model is handed a panel that ends at the origin, and so cannot leak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from tqdm.auto import tqdm

from evforecast.errors import EmptyInputError, HorizonError, InputError, SchemeMismatchError
from evforecast.evaluation.origins import fitted_before, named_rows, origin_rows
from evforecast.evaluation.result import Backtest
from evforecast.forecasting.target import future_codes, target_scheme
from evforecast.panel import MISSING, Codes, StatusForecast, StatusPanel, StatusScheme
from evforecast.timegrid import TimeLike

__all__ = ["Forecaster", "backtest"]


class Forecaster(Protocol):
    """What the backtest needs of a model."""

    def fit(self, panel: StatusPanel) -> object:
        """Learn from a panel."""

    def predict_proba(
        self, context: StatusPanel, horizons: Sequence[int] | None = None
    ) -> StatusForecast:
        """Forecast from the last row of a panel."""


def backtest(
    models: Mapping[str, Forecaster],
    panel: StatusPanel,
    *,
    every: str = "3h",
    last: str | None = None,
    first_origin: TimeLike | None = None,
    last_origin: TimeLike | None = None,
    origins: Iterable[TimeLike] | None = None,
    horizons: Sequence[int] | None = None,
    target: str | None = None,
    within: bool = False,
    progress: bool | None = None,
) -> Backtest:
    """Forecast from a series of origins and keep the truth beside the forecasts.

    A model that was fitted is used as it is, and refused if it has seen a row after the first origin.
    One that was not is fitted (a copy of it) on what was known at the first origin. All stay frozen.

    Parameters
    ----------
    models : mapping of str to forecaster
        By the name that the tables will show.
    panel : StatusPanel
        Past and truth.
    every : str
        The time between two origins, a multiple of the step.
    last : str, optional
        Origins over the last such stretch of the panel, ``"7D"`` say, as far as the shortest horizon
        has a truth. Either this, or `first_origin`, or `origins`.
    first_origin, last_origin : time, optional
        The first and the last origin.
    origins : iterable of times, optional
        The origins one by one, times of the panel (`evforecast.interop.splitter_origins` returns such);
        `every` is then of no account.
    horizons : sequence of int, optional
        Steps ahead; by default those of the first model.
    target : str, optional
        Score two statuses only, ``not target`` and `target`. Needed when a model forecasts only these.
    within : bool
        Score whether `target` occurs at any time up to the horizon, instead of at it. Every model must
        forecast that, ``SemiMarkovForecaster(target="down", within=True)`` say.
    progress : bool, optional
        Show a bar; by default on a terminal or in a notebook.

    Returns
    -------
    Backtest

    Raises
    ------
    LeakageError
        If a fitted model was trained on rows after the first origin.
    EmptyInputError
        If no origin, or no truth, lies in the panel.
    SchemeMismatchError
        If a model forecasts something else than what is scored.
    HorizonError
        If `horizons` are not positive.
    InputError
        If `every` is not a multiple of the step, an origin is no time of the panel, `within` comes
        without `target`, or there is no model.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> ev.backtest({"climatology": ev.Climatology()}, panel, every="6h", last="1D", horizons=[4])
    <Backtest of climatology: 4 origins x 1 horizons x 6 chargers>
    """
    if not models or not hasattr(models, "items"):
        msg = "backtest: models are given by name, like {'direct': model}; found "
        raise InputError(msg + (f"a {type(models).__name__}." if models else "no model."))
    default = getattr(next(iter(models.values())), "horizons", None)
    steps = np.unique(np.asarray(horizons if horizons is not None else default, dtype=np.int64))
    if not len(steps) or steps[0] < 1:
        msg = f"backtest: horizons must be positive numbers of steps, found {horizons!r}."
        raise HorizonError(msg)
    scheme = target_scheme(panel.scheme, target, within=within)
    if origins is None:
        rows = origin_rows(
            panel,
            int(steps[0]),
            every=every,
            last=last,
            first_origin=first_origin,
            last_origin=last_origin,
        )
    elif last is None and first_origin is None and last_origin is None:
        rows = named_rows(panel, origins, "backtest")
    else:
        msg = "backtest: origins=... names them all; leave out last, first_origin and last_origin."
        raise InputError(msg)
    cutoffs = panel.times[rows]
    past = panel.until(cutoffs[0])
    ready = {name: fitted_before(name, model, past) for name, model in models.items()}
    truth = _truth(panel, rows, steps, target, within=within)
    if not (truth != MISSING).any():
        msg = (
            f"backtest: no truth is known after the origins {cutoffs[0]} to {cutoffs[-1]}. "
            "Choose earlier ones."
        )
        raise EmptyInputError(msg)
    proba = {name: np.empty((*truth.shape, len(scheme)), dtype=np.float32) for name in ready}
    bar = tqdm(
        total=len(rows) * len(ready),
        desc="backtest",
        disable=None if progress is None else not progress,
    )
    with bar:
        for place, row in enumerate(rows):
            context = panel.head(int(row) + 1)
            for name, model in ready.items():
                forecast = model.predict_proba(context, steps.tolist())
                proba[name][place] = _on_scheme(forecast, panel.scheme, scheme, target, name).proba
                bar.update()
    return Backtest(proba, truth, cutoffs, steps, panel.step, panel.evse, scheme)


def _truth(
    panel: StatusPanel,
    rows: npt.NDArray[np.intp],
    steps: npt.NDArray[np.int64],
    target: str | None,
    *,
    within: bool,
) -> Codes:
    """Return what happened, ``[origin, horizon, evse]``, -1 where it was not, or not yet, observed."""
    truth = np.full((len(rows), len(steps), panel.n_evse), MISSING, dtype=np.int8)
    first = int(rows[0])
    later = panel.codes[first:]
    for place, step in enumerate(steps.tolist()):
        future = future_codes(later, panel.scheme, step, target, within=within)
        inside = rows - first < len(future)
        truth[inside, place] = future[rows[inside] - first]
    return truth


def _on_scheme(
    forecast: StatusForecast,
    fine: StatusScheme,
    wanted: StatusScheme,
    target: str | None,
    name: str,
) -> StatusForecast:
    if forecast.scheme == wanted:
        return forecast
    if target is not None and forecast.scheme == fine and wanted == fine.coarsen(target):
        return forecast.coarsen(target)
    if target is not None and wanted == fine.within(target):
        advice = (
            f"The chances at a time do not tell the chance of {target!r} at any time up to it: give the "
            f"model target={target!r}, within=True."
        )
    elif target is not None and forecast.scheme == fine.within(target):
        advice = "Pass within=True to score that."
    else:
        advice = "Pass target=... to score a coarser target that all models share."
    msg = (
        f"backtest: model {name!r} forecasts {forecast.scheme.names}, not {wanted.names}. {advice}"
    )
    raise SchemeMismatchError(msg)
