"""`dataiku.api_client()`: the project, its variables and its evaluation stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from evforecast.testing.fake_dataiku.frames import DssError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from evforecast.testing.fake_dataiku.dss import FakeDss

__all__ = ["Client", "EvaluationStore", "Project"]


class Client:
    """What `dataiku.api_client` returns.

    Parameters
    ----------
    dss : FakeDss

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp()) as dss:
    ...     Client(dss).get_default_project().project_key
    'FAKE'
    """

    def __init__(self, dss: FakeDss) -> None:
        self._dss = dss

    def get_project(self, project_key: str) -> Project:
        """Return a project."""
        return Project(self._dss, project_key)

    def get_default_project(self) -> Project:
        """Return the project in which the code runs."""
        return Project(self._dss, self._dss.project_key)


class Project:
    """What stands for a project.

    Parameters
    ----------
    dss : FakeDss
    project_key : str

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), variables={"horizon": 4}) as dss:
    ...     Project(dss, "FAKE").get_variables()
    {'standard': {'horizon': 4}, 'local': {}}
    """

    def __init__(self, dss: FakeDss, project_key: str) -> None:
        self._dss, self.project_key = dss, project_key

    def get_variables(self) -> dict[str, dict[str, Any]]:
        """Return the variables as they were set: ``standard``, and ``local`` ones that no bundle holds."""
        return self._dss.variables()

    def set_variables(self, obj: Mapping[str, Mapping[str, Any]]) -> None:
        """Set all variables.

        Raises
        ------
        ValueError
            If one of the two parts is missing.
        """
        for key in ("standard", "local"):
            if key not in obj:
                msg = f"Missing '{key}' key in argument"
                raise ValueError(msg)
        self._dss.set_variables({key: dict(obj[key]) for key in ("standard", "local")})

    def update_variables(
        self,
        variables: Mapping[str, Any],
        type: Literal["standard", "local"] = "standard",  # noqa: A002 - as DSS has it
    ) -> None:
        """Set some variables."""
        found = self.get_variables()
        found[type].update(variables)
        self.set_variables(found)

    def create_model_evaluation_store(self, name: str) -> EvaluationStore:
        """Make an evaluation store; its id is its name here."""
        self._dss.add_evaluation_store(name)
        return self.get_model_evaluation_store(name)

    def get_model_evaluation_store(self, mes_id: str) -> EvaluationStore:
        """Return a handle; whether there is such a store shows when it is used."""
        return EvaluationStore(self._dss, mes_id)


class EvaluationStore:
    """What stands for a model evaluation store.

    Parameters
    ----------
    dss : FakeDss
    id : str

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp(), evaluation_stores=["skill"]) as dss:
    ...     store = EvaluationStore(dss, "skill")
    ...     store.add_custom_model_evaluation([store.MetricDefinition("brier", 0.2)])
    ...     store.list_evaluations()[0]["metrics"][0]["value"]
    0.2
    """

    class MetricDefinition(dict[str, Any]):
        """A measure: its code, its value, and what people read."""

        def __init__(
            self, code: str, value: float, name: str | None = None, description: str | None = None
        ) -> None:
            super().__init__(metricCode=code, value=value, name=name, description=description)

    class LabelDefinition(dict[str, str]):
        """A label, ``domain:key``, and its value."""

        def __init__(self, key: str, value: str) -> None:
            super().__init__(key=key, value=value)

    def __init__(self, dss: FakeDss, id: str) -> None:  # noqa: A002 - as DSS has it
        self._dss, self.id = dss, id

    def add_custom_model_evaluation(
        self,
        metrics: Sequence[Mapping[str, Any]],
        evaluation_id: str | None = None,
        name: str | None = None,
        labels: Sequence[Mapping[str, str]] | None = None,
        model: str | None = None,
    ) -> None:
        """Add an evaluation of a model that DSS does not know.

        Raises
        ------
        DssError
            If there is no such store.
        """
        facts = {
            "metrics": [dict(metric) for metric in metrics],
            "evaluation_id": evaluation_id,
            "name": name,
            "labels": [dict(label) for label in labels or ()],
            "model": model,
        }
        self._dss.write_json(self._path(), [*self.list_evaluations(), facts])

    def list_evaluations(self) -> list[dict[str, Any]]:
        """Return what was added; this is the fake's own, DSS has objects for it."""
        found: list[dict[str, Any]] = self._dss.read_json(self._path(), [])
        return found

    def run_checks(self) -> None:
        """Run the checks of the store: there are none here."""
        self._path()

    def _path(self) -> Any:
        path = self._dss.store_path(self.id)
        if not path.exists():
            msg = f"Model evaluation store not found: {self.id}"
            raise DssError(msg)
        return path
