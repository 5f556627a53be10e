"""`fake_dss`: a module `dataiku` for a while, and what stands behind it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Literal

import pandas as pd

from evforecast.testing.fake_dataiku.client import Client
from evforecast.testing.fake_dataiku.datasets import Dataset, DatasetWriter
from evforecast.testing.fake_dataiku.folders import Folder
from evforecast.testing.fake_dataiku.frames import (
    Schema,
    as_rows,
    schema_from_frame,
    text_of,
)

__all__ = ["FakeDss", "fake_dss"]

_PROJECT = "FAKE"


class FakeDss:
    """What stands behind the module: a folder with the project's datasets, folders and variables.

    Parameters
    ----------
    root : path-like
        Made if it is not there. What is in it stays, for the next time.

    Attributes
    ----------
    project_key : str
    writers : dict of str to DatasetWriter
        Those that are open. One that is there at the end was not closed, and its rows are lost.

    Examples
    --------
    >>> import tempfile
    >>> dss = FakeDss(tempfile.mkdtemp())
    >>> dss.add_dataset("status", [{"name": "evse_id", "type": "string"}])
    >>> dss.allowed("FAKE.status", ignore_flow=False)
    (True, True)
    """

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = Path(root)
        self.project_key = _PROJECT
        self.writers: dict[str, DatasetWriter] = {}
        self._flow: tuple[set[str], dict[str, bool]] | None = None
        self._seen: dict[str, str] | None = None

    # ---- what there is ----

    def add_dataset(
        self,
        name: str,
        schema: Schema | None = None,
        *,
        kind: Literal["Filesystem", "Snowflake"] = "Filesystem",
    ) -> None:
        """Declare a dataset, empty; one that is there stays as it is."""
        folder = self.dataset_folder(self.project_key, name)
        if not folder.is_dir():
            folder.mkdir(parents=True)
            self.write_json(folder / "schema.json", schema or [])
            self.write_json(folder / "settings.json", {"kind": kind})

    def add_table(self, name: str, frame: pd.DataFrame) -> None:
        """Declare a dataset on a table that Snowflake has: times without a zone are text to DSS.

        "Read SQL timestamp without timezone as DSS dates" is off, as it is by default ("Snowflake", DSS 14).
        """
        self.add_dataset(name, kind="Snowflake")
        shown = frame.copy()
        for column, dtype in frame.dtypes.items():
            if getattr(dtype, "kind", "") == "M" and not isinstance(dtype, pd.DatetimeTZDtype):
                times = pd.DatetimeIndex(frame[column])
                shown[column] = pd.Series(times.strftime("%Y-%m-%d %H:%M:%S"), frame.index, object)
        schema, folder = schema_from_frame(shown), self.dataset_folder(self.project_key, name)
        self.write_json(folder / "schema.json", schema)
        (folder / "data.csv").write_text(text_of(as_rows(shown, schema)), "utf-8")

    def add_folder(self, name: str) -> None:
        """Declare a managed folder; one that is there stays as it is."""
        self.folder_root(self.project_key, name).mkdir(parents=True, exist_ok=True)

    def add_evaluation_store(self, name: str) -> None:
        """Declare a model evaluation store; one that is there stays as it is."""
        if not self.store_path(name).exists():
            self.write_json(self.store_path(name), [])

    @contextmanager
    def recipe(
        self,
        inputs: Collection[str] = (),
        outputs: Collection[str] | Mapping[str, Literal["append"]] = (),
    ) -> Iterator[None]:
        """Run code as a recipe runs: it may use what it declares, and variables stay as they were.

        Parameters
        ----------
        inputs : collection of str
            Datasets and folders that are read.
        outputs : collection of str
            Those that are written; in a mapping, ``{"forecast": "append"}``, the recipe's setting
            "Append instead of overwrite" is on.
        """
        modes = outputs if isinstance(outputs, Mapping) else {}
        key = self.project_key
        self._seen = self.custom_variables()
        self._flow = (
            {f"{key}.{name}" for name in inputs},
            {f"{key}.{name}": modes.get(name) == "append" for name in outputs},
        )
        try:
            yield
        finally:
            self._flow = self._seen = None

    # ---- for the classes of the module ----

    def allowed(self, name: str, *, ignore_flow: bool) -> tuple[bool, bool]:
        """Tell whether what is so called may be read, and written; outside a recipe all may be."""
        if self._flow is None or ignore_flow:
            return True, True
        inputs, outputs = self._flow
        return name in inputs, name in outputs

    def appends(self, name: str) -> bool:
        """Tell whether the recipe appends to a dataset rather than write it anew."""
        return self._flow is not None and self._flow[1].get(name, False)

    def dataset_folder(self, project_key: str, name: str) -> Path:
        """Return where a dataset is kept."""
        return self.root / project_key / "datasets" / name

    def folder_root(self, project_key: str, name: str) -> Path:
        """Return where a managed folder is kept."""
        return self.root / project_key / "folders" / name

    def store_path(self, name: str) -> Path:
        """Return where an evaluation store is kept."""
        return self.root / self.project_key / "stores" / f"{name}.json"

    def variables(self) -> dict[str, dict[str, Any]]:
        """Return the variables as they were set."""
        empty: dict[str, dict[str, Any]] = {"standard": {}, "local": {}}
        found: dict[str, dict[str, Any]] = self.read_json(self._variables_path(), empty)
        return found

    def set_variables(self, variables: Mapping[str, Mapping[str, Any]]) -> None:
        """Set all variables."""
        self.write_json(self._variables_path(), variables)

    def custom_variables(self) -> dict[str, str]:
        """Return the variables as code sees them: text, whatever they were set to."""
        if self._seen is not None:
            return dict(self._seen)
        found = self.variables()
        plain = {"projectKey": self.project_key, **found["standard"], **found["local"]}
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in plain.items()
        }

    @staticmethod
    def read_json(path: Path, otherwise: Any) -> Any:
        """Return what a file of JSON holds."""
        return json.loads(path.read_text("utf-8")) if path.exists() else otherwise

    @staticmethod
    def write_json(path: Path, value: Any) -> None:
        """Write a file of JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, allow_nan=False), "utf-8")

    def _variables_path(self) -> Path:
        return self.root / self.project_key / "variables.json"

    def module(self) -> ModuleType:
        """Return the module that code imports as `dataiku`."""
        module = ModuleType("dataiku", "A stand-in of evforecast.testing.fake_dataiku.")
        own: dict[str, type | Callable[..., Any]] = {
            "Dataset": type("Dataset", (Dataset,), {"_dss": self}),
            "Folder": type("Folder", (Folder,), {"_dss": self}),
            "default_project_key": lambda: self.project_key,
            "get_custom_variables": lambda project_key=None: self.custom_variables(),  # noqa: ARG005 - as DSS has it
            "api_client": lambda: Client(self),
        }
        for name, value in own.items():
            setattr(module, name, value)
        return module


@contextmanager
def fake_dss(
    root: str | os.PathLike[str],
    *,
    datasets: Sequence[str] = (),
    folders: Sequence[str] = (),
    variables: Mapping[str, Any] | None = None,
    evaluation_stores: Sequence[str] = (),
) -> Iterator[FakeDss]:
    """Install a module `dataiku` for a while; what was there before is back afterwards.

    Parameters
    ----------
    root : path-like
        Where everything is kept. What is in it stays, for the next time.
    datasets, folders, evaluation_stores : sequence of str
        What the project has, besides what is there already.
    variables : mapping, optional
        Of the project.

    Yields
    ------
    FakeDss

    Examples
    --------
    >>> import tempfile
    >>> with fake_dss(tempfile.mkdtemp(), variables={"horizon": 4}) as dss:
    ...     import dataiku
    ...
    ...     dataiku.get_custom_variables()["horizon"]
    '4'
    """
    dss = FakeDss(root)
    for name in datasets:
        dss.add_dataset(name)
    for name in folders:
        dss.add_folder(name)
    for name in evaluation_stores:
        dss.add_evaluation_store(name)
    if variables is not None:
        known = dss.variables()
        dss.set_variables({**known, "standard": {**known["standard"], **variables}})
    before = sys.modules.get("dataiku")
    sys.modules["dataiku"] = dss.module()
    try:
        yield dss
    finally:
        if before is None:
            del sys.modules["dataiku"]
        else:
            sys.modules["dataiku"] = before
