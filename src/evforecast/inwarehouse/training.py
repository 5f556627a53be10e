"""Training inside Snowflake: what the stored procedure runs, on a sample of whole locations."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast.errors import InputError, require_choice
from evforecast.forecasting import StatusForecaster
from evforecast.forecasting.saving import FORECASTERS, describe, save
from evforecast.inwarehouse.handler import partition_panel
from evforecast.panel import STATUS
from evforecast.timegrid import as_step

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["fit_rows", "make_forecaster", "train"]


def make_forecaster(spec: Mapping[str, Any]) -> StatusForecaster:
    """Return an unfitted forecaster from what JSON can say.

    Parameters
    ----------
    spec : mapping
        One key, the kind of the forecaster (of `evforecast.forecasting.saving.FORECASTERS`), with its
        parameters. A parameter of such a form is a forecaster itself.

    Raises
    ------
    InputError
        If there is no such kind or parameter.

    Examples
    --------
    >>> make_forecaster(
    ...     {"calibrated": {"forecaster": {"semi-markov": {"horizons": [4]}}, "days": 14}}
    ... )
    Calibrated(forecaster=SemiMarkovForecaster(horizons=[4]))
    """
    if not isinstance(spec, Mapping) or len(spec) != 1:  # type: ignore[redundant-expr] # it is from JSON
        msg = (
            f"make_forecaster: {spec!r} is no forecaster. Write its kind and its parameters, like "
            '{"semi-markov": {"horizons": [1, 4]}}.'
        )
        raise InputError(msg)
    ((kind, given),) = spec.items()
    require_choice(kind, FORECASTERS, "make_forecaster: kind")
    try:
        return FORECASTERS[kind](**{name: _parameter(value) for name, value in given.items()})
    except TypeError as error:
        msg = (
            f"make_forecaster: {kind}: {error}. See the parameters of {FORECASTERS[kind].__name__}."
        )
        raise InputError(msg) from error


def _parameter(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1 and next(iter(value)) in FORECASTERS:
        return make_forecaster(value)
    return {name: _parameter(item) for name, item in value.items()}


def fit_rows(
    frame: pd.DataFrame, spec: Mapping[str, Any], *, step: np.timedelta64, tz: str
) -> StatusForecaster:
    """Fit a forecaster on the rows of a partition, as the handler of a forecast is given them.

    Parameters
    ----------
    frame : pandas.DataFrame
        See `evforecast.inwarehouse.handler`; the cutoff is where the training ends.
    spec : mapping
        Of the forecaster.
    step : numpy.timedelta64
        Of the grid.
    tz : str
        The zone of the clock on the chargers' wall.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from evforecast.inwarehouse.handler import INPUT
    >>> times = pd.date_range("2020-10-25", periods=8, freq="15min")
    >>> rows = pd.DataFrame(
    ...     {"evse_id": "a", "time": [*times, times[-1]], "code": [0, 1] * 4 + [None]}
    ... )
    >>> rows = rows.reindex(columns=list(INPUT))
    >>> quarter = np.timedelta64(900, "s")
    >>> fit_rows(rows, {"persistence": {"horizons": [1]}}, step=quarter, tz="UTC")
    Persistence(horizons=[1])
    """
    panel = partition_panel(frame, step=step, scheme=STATUS, tz=tz)
    return make_forecaster(spec).fit(panel)


def train(
    session: Any,
    *,
    rows: str,
    spec: str,
    step: str,
    tz: str,
    location: str,
    name: str,
) -> str:
    """Fit a forecaster inside a stored procedure, and put its file into the stage.

    Parameters
    ----------
    session : snowflake.snowpark.Session
        Of the procedure.
    rows : str
        The query for the rows.
    spec : str
        Of the forecaster, as JSON (see `make_forecaster`).
    step, tz : str
        Of the grid; of the clock on the chargers' wall.
    location : str
        The folder of the stage, with its ``@``.
    name : str
        What the file's name begins with.

    Returns
    -------
    str
        JSON: ``file``, the file in the stage, and what `evforecast.forecasting.describe` says of it.

    Raises
    ------
    InputError
        If the forecaster is none.

    Examples
    --------
    The statement of `evforecast.inwarehouse.statements.create_procedure` calls it.
    """
    wanted = json.loads(spec)
    make_forecaster(wanted)  # a mistake is told before any row is read
    model = fit_rows(session.sql(rows).to_pandas(), wanted, step=as_step(step), tz=tz)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.evf")
        save(model, path)
        about = describe(path)
        staged = path.rename(path.with_name(f"{name}-{about['sha256'][:8]}.evf"))
        session.file.put(str(staged), location, auto_compress=False, overwrite=True)
    return json.dumps({"file": f"{location}{staged.name}", **about})
