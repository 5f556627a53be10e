"""What a card says, taken from the model, the panel and the scores themselves: nothing is typed in."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evforecast.errors import InputError, MissingColumnsError, first_few
from evforecast.features import GROUPS, feature_names, one_step_names
from evforecast.forecasting import DirectForecaster, RecursiveForecaster, StatusForecaster, describe
from evforecast.panel import MISSING, StatusPanel
from evforecast.panel.fingerprint import panel_fingerprint
from evforecast.timegrid import step_text

__all__ = ["data_facts", "feature_facts", "model_facts", "require_learnt_from", "score_facts"]

_DIGITS = 6


def model_facts(path: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what a saved forecaster is, with the size and SHA-256 of its file; and the versions.

    Parameters
    ----------
    path : Path
        What `evforecast.forecasting.save` wrote.

    Returns
    -------
    facts : dict
        ``class``, ``parameters``, ``statuses``, ``step``, ``chargers``, ``trained_from``,
        ``trained_until``, ``bytes``, ``sha256``.
    versions : dict of str to str
        Of evforecast, numpy, scikit-learn, Python and pandas.

    Examples
    --------
    >>> import tempfile, evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     ev.Persistence([1]).fit(panel).save(f"{folder}/model.evf")
    ...     model_facts(Path(folder, "model.evf"))[0]["class"]
    'Persistence'
    """
    facts = describe(path)
    versions = {**facts.pop("versions"), "pandas": pd.__version__}
    data = path.read_bytes()
    facts |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return facts, versions


def require_learnt_from(model: StatusForecaster, panel: StatusPanel) -> None:
    """Raise unless `panel` is, by its times and chargers, what `model` was fitted on.

    Parameters
    ----------
    model : StatusForecaster
        Fitted.
    panel : StatusPanel

    Raises
    ------
    InputError
        If it is not: a card must not speak of other data.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> require_learnt_from(ev.Persistence([1]).fit(panel), panel)
    """
    learnt = (model.trained_from_, model.trained_until_, model.step_, model.scheme_)
    given = (panel.grid.start, panel.grid.last, panel.step, panel.scheme)
    if learnt != given or list(model.evse_ids_) != panel.evse_ids:
        msg = (
            f"data={panel!r} is not what the {type(model).__name__} learnt from: {model.trained_from_} to "
            f"{model.trained_until_} UTC, steps of {step_text(model.step_)}, {len(model.evse_ids_):,} "
            f"chargers, statuses {model.scheme_.names}. Pass the panel that was given to fit."
        )
        raise InputError(msg)


def data_facts(panel: StatusPanel) -> dict[str, Any]:
    """Return what a panel holds, in a few numbers.

    Parameters
    ----------
    panel : StatusPanel

    Returns
    -------
    dict
        ``from``, ``until`` (UTC), ``times``, ``chargers``, ``tz``, ``exog`` (names), ``observed`` (share
        of all cells), ``mix`` (share of each status among the observed), ``sha256``
        (`evforecast.panel.fingerprint.panel_fingerprint`).

    Examples
    --------
    >>> import evforecast as ev
    >>> data_facts(ev.simulate(n_evse=6, days=4, random_state=0))["times"]
    384
    """
    seen = int((panel.codes != MISSING).sum())
    counts = {
        name: int((panel.codes == code).sum()) for code, name in enumerate(panel.scheme.names)
    }
    return {
        "from": str(panel.grid.start),
        "until": str(panel.grid.last),
        "times": panel.n_time,
        "chargers": panel.n_evse,
        "tz": panel.tz,
        "exog": [] if panel.exog is None else [str(name) for name in panel.exog.columns],
        "observed": round(seen / max(panel.codes.size, 1), _DIGITS),
        "mix": {name: round(count / max(seen, 1), _DIGITS) for name, count in counts.items()},
        "sha256": panel_fingerprint(panel),
    }


def feature_facts(model: StatusForecaster) -> list[dict[str, Any]]:
    """Return the features that a fitted forecaster looks at, and those inside it.

    Parameters
    ----------
    model : StatusForecaster

    Returns
    -------
    list of dict
        ``part`` (where in the model), ``groups`` (of `evforecast.features.GROUPS`; none for the features
        of one step) and ``columns``; one for each part that looks at features, none for counting models.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.Calibrated(ev.DirectForecaster([1], groups=["state"], random_state=0)).fit(panel)
    >>> [(part["part"], len(part["columns"])) for part in feature_facts(model)]
    [('model.forecaster_', 6)]
    """
    facts = []
    for where, part in _parts(model, "model"):
        statuses = part.scheme_.names
        if isinstance(part, DirectForecaster):
            groups = [name for name in GROUPS if name in part.groups]
            columns = feature_names(statuses, groups, part.exog_)
            facts.append({"part": where, "groups": groups, "columns": columns})
        elif isinstance(part, RecursiveForecaster):
            facts.append({"part": where, "groups": [], "columns": one_step_names(statuses)})
    return facts


def _parts(model: StatusForecaster, where: str) -> Iterator[tuple[str, StatusForecaster]]:
    """Yield a forecaster and the fitted ones inside it."""
    yield where, model
    for name, value in vars(model).items():
        inner = value if isinstance(value, dict) else {"": value}
        for key, part in inner.items():
            if isinstance(part, StatusForecaster) and name.endswith("_"):
                yield from _parts(part, f"{where}.{name}" + (f".{key}" if key else ""))


def score_facts(scores: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Return scores as records, one a horizon.

    Parameters
    ----------
    scores : pandas.DataFrame, optional
        A column ``horizon``, each value once, and any others: the rows of one model of
        `evforecast.evaluation.Backtest.scores`.

    Returns
    -------
    list of dict
        By rising horizon; what is not finite is None.

    Raises
    ------
    MissingColumnsError
        Without a column ``horizon``.
    InputError
        If there are rows of several models, or a horizon repeats.

    Examples
    --------
    >>> score_facts(pd.DataFrame({"horizon": [4, 1], "log_loss": [0.5, 0.25]}))
    [{'horizon': 1, 'log_loss': 0.25}, {'horizon': 4, 'log_loss': 0.5}]
    """
    if scores is None:
        return []
    if "horizon" not in scores:
        raise MissingColumnsError(["horizon"], scores.columns, "scores")
    models = list(scores["model"].unique()) if "model" in scores else []
    if len(models) > 1:
        msg = (
            f"scores: rows of {len(models)} models, {first_few(models)}. Pass those of the one that is "
            f"published: scores[scores['model'] == {models[0]!r}]."
        )
        raise InputError(msg)
    repeated = scores["horizon"][scores["horizon"].duplicated()].unique()
    if len(repeated):
        msg = (
            f"scores: horizons repeat: {first_few(repeated.tolist())}. Pass one row a horizon: "
            "backtest.scores(by=['model', 'horizon'])."
        )
        raise InputError(msg)
    rows = scores.sort_values("horizon").to_dict("records")
    return [{str(name): _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else None
    return plain if isinstance(plain, int | str) else str(plain)
