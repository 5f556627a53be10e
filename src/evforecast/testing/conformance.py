"""The promises that every forecaster keeps, each as one check on a simulated city."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn.base import clone

from evforecast.errors import (
    EmptyInputError,
    EvForecastError,
    HorizonError,
    NotFittedError,
    StepMismatchError,
)
from evforecast.forecasting import StatusForecaster
from evforecast.panel import MISSING, StatusForecast, StatusPanel, evse_table, simulate
from evforecast.testing.promises import require, run_checks

__all__ = ["CHECKS", "check_forecaster"]

# Probabilities are float32, and a batch may add up in another order than a single row.
_TOLERANCE = 1e-5


def check_forecaster(
    forecaster: StatusForecaster, *, panel: StatusPanel | None = None, only: Sequence[str] = ()
) -> list[str]:
    """Run every conformance check on copies of `forecaster`.

    Parameters
    ----------
    forecaster : StatusForecaster
        Unfitted; it is cloned for each check.
    panel : StatusPanel, optional
        What to train and test on; by default a simulated city of 12 chargers and 10 days. It needs at
        least 4 chargers and three days.
    only : sequence of str
        Names of `CHECKS` to run; by default all.

    Returns
    -------
    list of str
        The names of the checks that passed, which are all that ran.

    Raises
    ------
    AssertionError
        If a promise is broken: says which, and the first difference.

    Examples
    --------
    >>> from evforecast import Persistence
    >>> len(check_forecaster(Persistence())) == len(CHECKS)
    True
    """
    city = simulate(n_evse=12, days=10, random_state=0) if panel is None else panel
    fresh = {name: _on_a_clone(check) for name, check in CHECKS.items()}
    return run_checks(fresh, only, type(forecaster).__name__, forecaster, city)


def _on_a_clone(
    check: Callable[[StatusForecaster, StatusPanel], None],
) -> Callable[[StatusForecaster, StatusPanel], None]:
    return lambda forecaster, city: check(clone(forecaster), city)


def _cut(panel: StatusPanel) -> tuple[StatusPanel, StatusPanel]:
    """Return what to train on, and the context of a forecast half a day later."""
    last = panel.n_time - 1
    half_day = int(np.timedelta64(12, "h") // panel.step)
    return panel.head(last - 2 * half_day), panel.head(last - half_day)


def _same(one: StatusForecast, other: StatusForecast, what: str) -> None:
    worst = float(np.abs(one.proba - other.proba).max())
    require(worst <= _TOLERANCE, f"{what}: probabilities differ by up to {worst:.2g}")


def _raises(call: Callable[[], object], expected: type[EvForecastError], what: str) -> None:
    try:
        call()
    except expected:
        return
    msg = f"{what} should raise {expected.__name__}"
    raise AssertionError(msg)


def _with_codes(panel: StatusPanel, codes: np.ndarray) -> StatusPanel:
    return StatusPanel(
        codes, panel.grid, panel.evse, scheme=panel.scheme, exog=panel.exog, tz=panel.tz
    )


def _check_parameters(forecaster: StatusForecaster, panel: StatusPanel) -> None:
    """Check that construction stores parameters verbatim, and fitting does not change them."""
    before = forecaster.get_params()
    require(clone(forecaster).get_params().keys() == before.keys(), "clone loses parameters")
    train, _ = _cut(panel)
    require(forecaster.fit(train) is forecaster, "fit must return the forecaster itself")
    after = forecaster.get_params()
    changed = [name for name in before if before[name] is not after[name]]
    require(not changed, f"fit changes the parameters {changed}")


def _check_simplex(forecaster: StatusForecaster, panel: StatusPanel) -> None:
    """Check that every charger and horizon asked gets a probability distribution."""
    train, context = _cut(panel)
    forecast = forecaster.fit(train).predict_proba(context)
    p = forecast.proba
    require(bool(np.isfinite(p).all()), "some probabilities are not finite")
    require(bool((p >= 0).all()), "some probabilities are negative")
    require(float(np.abs(p.sum(axis=-1) - 1).max()) < _TOLERANCE, "some do not sum to 1")
    require(forecast.cutoff == context.cutoff, f"cutoff {forecast.cutoff}, not {context.cutoff}")
    require(forecast.evse_ids == context.evse_ids, "the chargers are not those of the context")
    require(
        forecast.horizons.tolist() == sorted(set(forecaster.horizons)),
        "the horizons are not those asked",
    )


def _check_permutation(forecaster: StatusForecaster, panel: StatusPanel) -> None:
    """Check that the order of the chargers in the context does not matter."""
    train, context = _cut(panel)
    fitted = forecaster.fit(train)
    order = context.evse_ids[::-1]
    _same(
        fitted.predict_proba(context).select(order),
        fitted.predict_proba(context.select(order)),
        "with the chargers in reverse order",
    )


def _check_no_future(forecaster: StatusForecaster, panel: StatusPanel) -> None:
    """Check that rows after the cutoff change neither the training nor a forecast."""
    train, context = _cut(panel)
    scrambled = panel.codes.copy()
    rng = np.random.default_rng(0)
    later = scrambled[context.n_time :]
    scrambled[context.n_time :] = rng.permuted(later, axis=0)
    other = _with_codes(panel, scrambled)
    require(not np.array_equal(other.codes, panel.codes), "the panel is too quiet for this check")
    one = clone(forecaster).fit(train).predict_proba(context)
    two = clone(forecaster).fit(other.head(train.n_time)).predict_proba(other.head(context.n_time))
    _same(one, two, "with the rows after the cutoff shuffled")


def _check_lookback(forecaster: StatusForecaster, panel: StatusPanel) -> None:
    """Check that a forecast depends on the last `lookback` rows only."""
    train, context = _cut(panel)
    fitted = forecaster.fit(train)
    require(fitted.lookback >= 1, f"lookback is {fitted.lookback}")
    _same(
        fitted.predict_proba(context),
        fitted.predict_proba(context.tail(fitted.lookback)),
        f"with the last {fitted.lookback} rows only",
    )


def _check_missing_rows(forecaster: StatusForecaster, panel: StatusPanel) -> None:
    """Check that gaps, up to nothing observed at all, still give distributions."""
    train, context = _cut(panel)
    holes = train.codes.copy()
    holes[::7] = MISSING
    holes[:, 0] = MISSING
    fitted = forecaster.fit(_with_codes(train, holes))
    recent = context.codes.copy()
    recent[-3:, 1] = MISSING
    recent[:, 2] = MISSING
    fitted.predict_proba(_with_codes(context, recent))
    fitted.predict_proba(_with_codes(context, np.full_like(recent, MISSING)))
    one_row = fitted.predict_proba(context.tail(1))
    require(bool(np.isfinite(one_row.proba).all()), "a context of one row gives no distribution")


def _check_unseen(forecaster: StatusForecaster, panel: StatusPanel) -> None:
    """Check that chargers that training never saw get a distribution of some use."""
    train, context = _cut(panel)
    known = train.evse_ids[: train.n_evse // 2]
    fitted = forecaster.fit(train.select(known))
    renamed = evse_table([f"new {name}" for name in context.evse_ids])
    strangers = StatusPanel(
        context.codes,
        context.grid,
        renamed,
        scheme=context.scheme,
        exog=context.exog,
        tz=context.tz,
    )
    p = fitted.predict_proba(strangers).proba
    require(bool(np.isfinite(p).all()), "unseen chargers get no distribution")
    spread = p.max(axis=-1).mean()
    require(spread > 1 / p.shape[-1] + 0.01, "unseen chargers get a flat distribution")


def _check_pickle(forecaster: StatusForecaster, panel: StatusPanel) -> None:
    """Check that a pickled forecaster forecasts the same."""
    train, context = _cut(panel)
    fitted = forecaster.fit(train)
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - our own bytes, just made
    _same(fitted.predict_proba(context), again.predict_proba(context), "after pickling")


def _check_repeatable(forecaster: StatusForecaster, panel: StatusPanel) -> None:
    """Check that the same parameters and data give the same forecast, asked once or twice."""
    train, context = _cut(panel)
    params = forecaster.get_params()
    if "random_state" in params and params["random_state"] is None:
        forecaster.set_params(random_state=0)
    one = clone(forecaster).fit(train)
    first = one.predict_proba(context)
    _same(first, clone(forecaster).fit(train).predict_proba(context), "fitted twice")
    _same(first, one.predict_proba(context), "asked twice")


def _check_errors(forecaster: StatusForecaster, panel: StatusPanel) -> None:
    """Check that what cannot be answered is refused by name."""
    train, context = _cut(panel)
    _raises(lambda: forecaster.predict_proba(context), NotFittedError, "a forecast before fit")
    nothing = _with_codes(train, np.full_like(train.codes, MISSING))
    _raises(lambda: clone(forecaster).fit(nothing), EmptyInputError, "a panel without a status")
    fitted = forecaster.fit(train)
    _raises(lambda: fitted.predict_proba(context, [0]), HorizonError, "horizon 0")
    _raises(lambda: fitted.predict_proba(context.head(0)), EmptyInputError, "an empty context")
    coarse = context.resample(pd.Timedelta(2 * context.step))
    _raises(lambda: fitted.predict_proba(coarse), StepMismatchError, "a context with another step")


CHECKS: dict[str, Callable[[StatusForecaster, StatusPanel], None]] = {
    "parameters are stored verbatim": _check_parameters,
    "forecasts are distributions": _check_simplex,
    "the order of chargers does not matter": _check_permutation,
    "no row after the cutoff is used": _check_no_future,
    "only the lookback is used": _check_lookback,
    "missing rows are served": _check_missing_rows,
    "unseen chargers are served": _check_unseen,
    "pickling changes nothing": _check_pickle,
    "the same seed gives the same result": _check_repeatable,
    "what cannot be answered is refused": _check_errors,
}
"""The checks by name, in the order they run."""
