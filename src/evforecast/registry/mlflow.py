"""A version in MLflow: its card as tags, parameters and scores, and a model that MLflow loads and serves.

MLflow is a shop window here: versions, aliases and safe loading are the registry's. What is logged is the
folder of the version, sums included, which `_load_pyfunc` checks as the registry does: no pickle.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast._version import __version__
from evforecast.errors import MissingExtraError
from evforecast.forecasting import StatusForecaster
from evforecast.panel import StatusPanel
from evforecast.panel.evse import EVSE_COLUMNS
from evforecast.registry.version import ModelVersion, load_version

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["log_to_mlflow"]

# MLflow before 2.18 takes no longer ones.
_LONGEST = 500


def log_to_mlflow(version: ModelVersion) -> str:
    """Log a version to MLflow, in a run of its own (inside the active one, if any).

    The run gets the names and SHA-256 of the version as tags ``evforecast.…``, the class and the parameters
    as parameters, each score as a metric whose step is the horizon, and the card as an artifact. The model
    takes a frame of recent statuses, ``evse_id``, ``time`` (UTC, without a zone), ``status`` (text), and any
    of ``location_id``, ``area``, ``lat``, ``lon``, ``model``; it returns that of `StatusForecast.to_long`,
    in UTC without a zone too. Exogenous series do not reach it.

    Parameters
    ----------
    version : ModelVersion
        Of a registry.

    Returns
    -------
    str
        The address of the model, for ``mlflow.pyfunc.load_model``.

    Raises
    ------
    MissingExtraError
        If MLflow is not installed.
    DamagedError
        If a file of the version is missing, has changed, or does not belong there.

    Examples
    --------
    >>> log_to_mlflow(registry.get("driver", "champion"))  # doctest: +SKIP
    'models:/m-0b1c…'
    """
    mlflow = _mlflow()
    version.require_intact()
    card = version.card
    # MLflow 3 gives models names; before, they were artifacts of a run.
    named = "name" in inspect.signature(mlflow.pyfunc.log_model).parameters
    with mlflow.start_run(run_name=f"{version.name} {version.number}", nested=True):
        mlflow.set_tags(
            {
                "evforecast.model": version.name,
                "evforecast.version": version.number,
                "evforecast.card_sha256": version.card_sha256,
                "evforecast.model_sha256": card.model["sha256"],
                "evforecast.data_sha256": card.data["sha256"],
            }
        )
        parameters = {"class": card.model["class"], **card.model["parameters"]}
        mlflow.log_params({name: str(value)[:_LONGEST] for name, value in parameters.items()})
        for row in card.scores:
            for name, value in row.items():
                if name != "horizon" and isinstance(value, int | float):
                    mlflow.log_metric(name, value, step=row["horizon"])
        mlflow.log_text(card.to_markdown(), "card.md")
        logged = mlflow.pyfunc.log_model(
            **{"name" if named else "artifact_path": "model"},
            loader_module=__name__,
            data_path=str(version.path),
            pip_requirements=[f"evforecast=={__version__}"],
            signature=_signature(mlflow, version),
        )
    return str(logged.model_uri)


def _mlflow() -> Any:
    try:
        import mlflow  # type: ignore[import-not-found,unused-ignore] # an extra
    except ImportError as error:
        raise MissingExtraError("mlflow", "mlflow") from error
    return mlflow


def _signature(mlflow: Any, version: ModelVersion) -> Any:
    """Return what the model takes and gives, in MLflow's words."""

    def columns(kinds: dict[str, str], *, required: bool = True) -> list[Any]:
        return [mlflow.types.ColSpec(kind, name, required=required) for name, kind in kinds.items()]

    places = {name: "double" if name in {"lat", "lon"} else "string" for name in EVSE_COLUMNS}
    takes = [
        *columns({"evse_id": "string", "time": "datetime"}),
        *columns({"status": "string"} | places, required=False),
    ]
    forecaster, _ = load_version(version.path)
    gives = columns(
        {"cutoff": "datetime", "horizon": "long", "time": "datetime", "evse_id": "string"}
        | dict.fromkeys(forecaster.target_scheme_.names, "float")
    )
    schema = mlflow.types.Schema
    return mlflow.models.ModelSignature(inputs=schema(takes), outputs=schema(gives))


class _Served:
    """A forecaster as MLflow calls it.

    Parameters
    ----------
    forecaster : StatusForecaster
        Fitted.
    tz : str
        The zone of the clock on the chargers' wall.
    """

    def __init__(self, forecaster: StatusForecaster, tz: str) -> None:
        self._forecaster, self._tz = forecaster, tz

    def predict(self, model_input: pd.DataFrame) -> pd.DataFrame:
        known = [name for name in EVSE_COLUMNS if name in model_input]
        panel = StatusPanel.from_long(
            model_input,
            step=self._forecaster.step_,
            tz="UTC",
            local_tz=self._tz,
            evse=model_input[["evse_id", *known]].drop_duplicates("evse_id"),
            scheme=self._forecaster.scheme_,
        )
        frame = self._forecaster.predict_proba(panel).to_long()
        for name in ("cutoff", "time"):
            frame[name] = frame[name].dt.tz_localize(None)
        return frame.astype({"evse_id": object})


def _load_pyfunc(path: str) -> _Served:
    """Return the model in a folder: MLflow looks for this name."""
    forecaster, card = load_version(Path(path))
    return _Served(forecaster, card.data["tz"])
