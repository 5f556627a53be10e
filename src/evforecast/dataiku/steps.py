"""The steps that a recipe does in one call: forecast, look, train anew, promote."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from evforecast.dataiku.forecasts import read_forecasts
from evforecast.dataiku.registry import open_registry
from evforecast.dataiku.statuses import read_panel
from evforecast.dataiku.variables import variable
from evforecast.errors import InputError
from evforecast.features import FeatureTable, feature_names
from evforecast.forecasting import StatusForecaster
from evforecast.monitoring import Limits, Monitoring, monitor
from evforecast.panel import StatusForecast, StatusPanel
from evforecast.registry import ModelVersion, Registry
from evforecast.timegrid import TimeLike

__all__ = ["features_now", "forecast_all", "look", "look_at", "promote", "retrain"]

_ALIASES = ("champion", "challenger")


def features_now(panel: StatusPanel, *, horizon: int) -> pd.DataFrame:
    """Return what a direct forecaster sees at the end of a panel, one row a charger.

    Parameters
    ----------
    panel : StatusPanel
        Eight days of it are enough.
    horizon : int
        Steps ahead.

    Returns
    -------
    pandas.DataFrame
        ``time`` (UTC), ``evse_id``, ``horizon``, and the columns of `feature_names`.

    Examples
    --------
    >>> import evforecast as ev
    >>> features_now(ev.simulate(n_evse=6, days=9, random_state=0), horizon=4).shape
    (6, 65)
    """
    rows = np.full(panel.n_evse, panel.n_time - 1, dtype=np.intp)
    table = FeatureTable(panel).at(rows, np.arange(panel.n_evse, dtype=np.intp), horizon)
    frame = pd.DataFrame(table, columns=feature_names(panel.scheme.names))
    frame.insert(0, "horizon", horizon)
    frame.insert(0, "evse_id", panel.evse_ids)
    frame.insert(0, "time", pd.Timestamp(panel.cutoff, tz="UTC"))
    return frame


def forecast_all(
    registry: Registry,
    name: str,
    panel: StatusPanel,
    *,
    baselines: Mapping[str, StatusForecaster] | None = None,
) -> dict[str, StatusForecast]:
    """Return the forecasts of the champion, of the challenger in its shadow, and of simple models.

    Parameters
    ----------
    registry : Registry
    name : str
        Of the model.
    panel : StatusPanel
        What is known at its end.
    baselines : mapping of str to StatusForecaster, optional
        Simple models, fitted on the panel here.

    Returns
    -------
    dict of str to StatusForecast
        Versions are called ``NAME-NUMBER``, since what was given out is of one version for ever.

    Raises
    ------
    UnknownVersionError
        If there is no champion.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> registry = ev.Registry(tempfile.mkdtemp())
    >>> version = registry.publish(ev.MarkovForecaster([1]).fit(panel), name="city", data=panel)
    >>> _ = registry.set_alias("city", "champion", version.number, by="me", reason="first")
    >>> list(forecast_all(registry, "city", panel, baselines={"persistence": ev.Persistence([1])}))
    ['city-1', 'persistence']
    """
    models: dict[str, Any] = {}
    for alias in _ALIASES:
        number = registry.alias(name, alias)
        if number or alias == "champion":
            models[f"{name}-{number}"] = registry.load(name, alias)
    for other, model in (baselines or {}).items():
        models[other] = model.fit(panel)
    return {other: model.predict_proba(panel) for other, model in models.items()}


def look(
    name: str,
    *,
    registry: Registry,
    panel: StatusPanel,
    forecasts: Mapping[str, Iterable[StatusForecast]],
    now: TimeLike,
    window: str = "1D",
    limits: Limits | None = None,
) -> Monitoring:
    """Look at a network and at the forecasts of the model that a registry calls champion (see `monitor`).

    Parameters
    ----------
    name : str
        Of the model.
    registry : Registry
    panel : StatusPanel
        What was observed.
    forecasts : mapping of str to iterable of StatusForecast
        As `forecast_all` names them; those that are no version of the model are baselines.
    now : time
        The time of asking.
    window, limits
        As for `monitor`.

    Returns
    -------
    Monitoring

    Raises
    ------
    UnknownVersionError
        If there is no champion.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=9, random_state=0)
    >>> past, registry = panel.head(768), ev.Registry(tempfile.mkdtemp())
    >>> version = registry.publish(ev.MarkovForecaster([1]).fit(past), name="city", data=past)
    >>> _ = registry.set_alias("city", "champion", version.number, by="me", reason="first")
    >>> given = {k: [f] for k, f in forecast_all(registry, "city", past).items()}
    >>> look("city", registry=registry, panel=panel, forecasts=given, now=panel.cutoff).champion
    'city-1'
    """
    champion = registry.get(name, "champion")
    own = f"{name}-{champion.number}"
    second = registry.alias(name, "challenger")
    rivals = [f"{name}-{second}"] if second not in (0, champion.number) else []
    versions = {f"{name}-{number}" for number in range(1, registry.get(name, "latest").number + 1)}
    simple = [other for other in forecasts if other not in versions]
    # One that has given out nothing yet is judged as such, and not refused.
    given = {other: forecasts.get(other, ()) for other in (own, *rivals, *simple)}
    scores = pd.DataFrame(champion.card.scores)
    return monitor(
        panel,
        now=now,
        window=window,
        forecasts=given,
        champion=own,
        challengers=rivals,
        baselines=simple,
        trained_until=np.datetime64(champion.card.model["trained_until"], "s"),
        published=scores if {"horizon", "log_loss"} <= set(scores.columns) else None,
        limits=limits,
    )


def look_at(
    name: str, *, models: Any, statuses: Any, forecasts: Any, days: int = 28, **asked: Any
) -> Monitoring:
    """Look at a network, by what stands in datasets, at the time that the variable ``as_of`` says.

    Parameters
    ----------
    name : str
        Of the model.
    models : str or dataiku.Folder
        With the registry.
    statuses, forecasts : str or dataiku.Dataset
        As `read_panel` and `read_forecasts` read them.
    days : int
        How many days of forecasts are looked at.
    asked
        ``window`` and ``limits``, as for `monitor`.

    Returns
    -------
    Monitoring

    Raises
    ------
    UnknownVersionError
        If there is no champion.

    Examples
    --------
    >>> look_at("city", models="models", statuses="grid", forecasts="forecast")  # doctest: +SKIP
    """
    now = variable("as_of", "time")
    return look(
        name,
        registry=open_registry(models),
        panel=read_panel(statuses, until=now),
        forecasts=read_forecasts(forecasts, since=now - np.timedelta64(days, "D"), until=now),
        now=now,
        **asked,
    )


def retrain(
    found: Monitoring,
    model: StatusForecaster,
    panel: StatusPanel,
    *,
    registry: Registry,
    name: str,
    by: str = "recipe",
) -> ModelVersion | None:
    """Train anew if it is time, and let the new version run in the champion's shadow.

    A challenger that is there stays: it is to have its chance. Run again, the same version is found.

    Parameters
    ----------
    found : Monitoring
        As `look` returns it.
    model : StatusForecaster
        Fitted here, on what was observed until the time of asking.
    panel : StatusPanel
        What to learn from.
    registry : Registry
    name : str
        Of the model.
    by : str
        For the history.

    Returns
    -------
    ModelVersion or None
        The new challenger; None if it is not time, or there is one already.

    Raises
    ------
    InputError
        If it was not said until when the champion was trained.

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.monitoring import monitor
    >>> panel = ev.simulate(n_evse=12, days=8, random_state=0)
    >>> found = monitor(panel, trained_until=panel.times[700])
    >>> retrain(found, ev.Persistence([1]), panel, registry=ev.Registry("models"), name="city")
    """
    decision = found.retraining
    if decision is None:
        msg = (
            "retrain: it is not known until when the champion was trained. Look with trained_until."
        )
        raise InputError(msg)
    if not decision.retrain or found.challengers:
        return None
    past = panel.until(found.now)
    version = registry.publish(model.fit(past), name=name, data=past, notes=str(decision))
    registry.set_alias(
        name,
        "challenger",
        version.number,
        by=by,
        reason="trained anew",
        record=decision.to_dict(),
        expected=0,
    )
    return version


def promote(
    found: Monitoring, *, registry: Registry, name: str, by: str = "recipe"
) -> ModelVersion | None:
    """Make the challenger the champion, if that was decided.

    Parameters
    ----------
    found : Monitoring
        As `look` returns it.
    registry : Registry
    name : str
        Of the model.
    by : str
        For the history.

    Returns
    -------
    ModelVersion or None
        The new champion; None if it stays.

    Raises
    ------
    ConflictError
        If someone else has moved the champion since the look.

    Examples
    --------
    >>> import evforecast as ev
    >>> from evforecast.monitoring import monitor
    >>> panel = ev.simulate(n_evse=12, days=8, random_state=0)
    >>> promote(monitor(panel), registry=ev.Registry("models"), name="city")
    """
    chosen = [decision for decision in found.promotions.values() if decision.promote]
    champion = _number(found.champion) if found.champion else 0
    for decision in chosen:
        number = _number(decision.challenger)
        registry.set_alias(
            name,
            "champion",
            number,
            by=by,
            reason="better in the shadow",
            record=decision.to_dict(),
            expected=champion,
        )
    present = registry.alias(name, "champion") if champion else 0
    # A run that was stopped between the two moves is brought to its end.
    if present and registry.alias(name, "challenger") == present:
        registry.clear_alias(name, "challenger", by=by, reason="promoted", expected=present)
    return registry.get(name, "champion") if chosen else None


def _number(version: str) -> int:
    return int(version.rpartition("-")[2])
