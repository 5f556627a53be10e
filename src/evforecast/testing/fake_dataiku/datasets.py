"""`dataiku.Dataset` and its writer."""

from __future__ import annotations

import csv
import io
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, TextIO

import pandas as pd

from evforecast.testing.fake_dataiku.frames import (
    DssError,
    Schema,
    as_rows,
    read_options,
    schema_from_frame,
    text_of,
    value_of,
)

if TYPE_CHECKING:
    from typing import Self

    from evforecast.testing.fake_dataiku.dss import FakeDss

__all__ = ["Dataset", "DatasetWriter"]


class Dataset:
    """A handle on a dataset; what DSS calls `dataiku.Dataset`.

    Parameters
    ----------
    name : str
        ``status``, or ``PROJECT.status``.
    project_key : str, optional
    ignore_flow : bool
        In a recipe, whether it may be used though it is neither an input nor an output.

    Raises
    ------
    DssError
        If there is no such dataset, or the recipe does not declare it.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp()) as dss:
    ...     import dataiku
    ...
    ...     dss.add_dataset("ids")
    ...     dataset = dataiku.Dataset("ids")
    ...     dataset.write_with_schema(pd.DataFrame({"id": ["007"]}))
    ...     dataset.get_dataframe().id.item()
    7
    """

    _dss: ClassVar[FakeDss]

    def __init__(
        self,
        name: str,
        project_key: str | None = None,
        *,
        ignore_flow: bool = False,
    ) -> None:
        dss = self._dss
        project, _, short = name.rpartition(".")
        self.project_key = project or project_key or dss.project_key
        self.short_name = short
        self.name = self.full_name = f"{self.project_key}.{short}"
        self.readable, self.writable = dss.allowed(self.name, ignore_flow=ignore_flow)
        if not (self.readable or self.writable):
            msg = (
                f"Dataset {self.name} cannot be used : declare it as input or output of your recipe"
            )
            raise DssError(msg)
        self._folder = dss.dataset_folder(self.project_key, short)
        if not self._folder.is_dir():
            msg = f"Dataset '{self.name}' doesn't exist"
            raise DssError(msg)
        self.spec_item: dict[str, Any] = {"appendMode": dss.appends(self.name)}

    # ---- the schema ----

    def read_schema(self, *, raise_if_empty: bool = True) -> Schema:
        """Return the columns: name and type."""
        schema: Schema = self._dss.read_json(self._folder / "schema.json", [])
        if raise_if_empty and not schema:
            msg = (
                f"No column in schema of {self.name}. Have you set up the schema for this dataset?"
            )
            raise DssError(msg)
        return schema

    def write_schema(self, columns: Sequence[Mapping[str, Any]], **_: Any) -> None:
        """Set the columns; the rows stay as they are."""
        self._require_writable()
        for column in columns:
            for key in ("name", "type"):
                if not isinstance(column.get(key), str):
                    msg = f"Columns {column} {key} attribute is not a string"
                    raise DssError(msg)
        self._dss.write_json(self._folder / "schema.json", [dict(column) for column in columns])

    def write_schema_from_dataframe(self, df: pd.DataFrame, **_: Any) -> None:
        """Set the columns to those of a frame."""
        self.write_schema(schema_from_frame(df))

    def get_location_info(self, *, sensitive_info: bool = False) -> dict[str, Any]:
        """Return where the rows are."""
        del sensitive_info
        kind = self._dss.read_json(self._folder / "settings.json", {})["kind"]
        if kind == "Filesystem":
            info = {"path": str(self._folder), "isSingleFile": True}
            return {"locationInfoType": "UPLOADED", "info": info}
        table = f"{self.project_key}_{self.short_name}".upper()
        return {
            "locationInfoType": "SQL",
            "info": {
                "databaseType": kind,
                "schema": "PUBLIC",
                "table": table,
                "quotedResolvedTableName": f'"PUBLIC"."{table}"',
                "connectionName": kind.lower(),
            },
        }

    # ---- reading ----

    def get_dataframe(
        self,
        columns: Sequence[str] | None = None,
        *,
        sampling: str = "head",
        limit: int | None = None,
        infer_with_pandas: bool = True,
        parse_dates: bool = True,
        bool_as_str: bool = False,
        use_nullable_integers: bool = False,
        na_values: Any = None,
        keep_default_na: bool = True,
    ) -> pd.DataFrame:
        """Return all rows; by default pandas guesses what each column is."""
        options = self._options(
            sampling,
            columns=columns,
            infer_with_pandas=infer_with_pandas,
            parse_dates=parse_dates,
            bool_as_str=bool_as_str,
            use_nullable_integers=use_nullable_integers,
        )
        with self._text(limit) as text:
            if not text.read(1):
                return pd.DataFrame(columns=options["usecols"])
            text.seek(0)
            frame = pd.read_csv(
                text, na_values=na_values, keep_default_na=keep_default_na, **options
            )
        found: pd.DataFrame = frame[options["usecols"]]
        return found

    def iter_dataframes(
        self,
        chunksize: int = 10000,
        *,
        infer_with_pandas: bool = True,
        sampling: str = "head",
        parse_dates: bool = True,
        limit: int | None = None,
        columns: Sequence[str] | None = None,
        bool_as_str: bool = False,
        use_nullable_integers: bool = False,
        na_values: Any = None,
        keep_default_na: bool = True,
    ) -> Iterator[pd.DataFrame]:
        """Yield the rows in frames of at most `chunksize`; what a column is, is guessed for each anew."""
        options = self._options(
            sampling,
            columns=columns,
            infer_with_pandas=infer_with_pandas,
            parse_dates=parse_dates,
            bool_as_str=bool_as_str,
            use_nullable_integers=use_nullable_integers,
        )
        with self._text(limit) as text:
            if not text.read(1):
                return
            text.seek(0)
            asked = {"na_values": na_values, "keep_default_na": keep_default_na}
            with pd.read_csv(text, chunksize=chunksize, **asked, **options) as reader:
                for frame in reader:
                    yield frame[options["usecols"]].reset_index(drop=True)

    def iter_rows(
        self, sampling: str = "head", limit: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield the rows as mappings, each value cast to the type that the schema says."""
        names = [column["name"] for column in self.read_schema()]
        for row in self.iter_tuples(sampling=sampling, limit=limit):
            yield dict(zip(names, row, strict=True))

    def iter_tuples(
        self, sampling: str = "head", limit: int | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows as tuples, each value cast to the type that the schema says."""
        schema = self.read_schema()
        self._require_readable(sampling)
        with self._text(limit) as text:
            for row in csv.reader(text):
                yield tuple(
                    value_of(value, column["type"])
                    for value, column in zip(row, schema, strict=True)
                )

    def _options(self, sampling: str, **asked: Any) -> dict[str, Any]:
        self._require_readable(sampling)
        return read_options(self.read_schema(), **asked)

    @contextmanager
    def _text(self, limit: int | None) -> Iterator[TextIO]:
        path = self._folder / "data.csv"
        if not path.exists():
            msg = f"Root path of the dataset {self.name} does not exist: it was not built yet"
            raise DssError(msg)
        with path.open(encoding="utf-8", newline="") as file:
            yield file if limit is None else io.StringIO("".join(islice(file, limit)))

    def _require_readable(self, sampling: str) -> None:
        if sampling != "head":
            msg = f"the fake DSS reads from the head only, not {sampling!r}"
            raise NotImplementedError(msg)
        if not self.readable:
            msg = f"You cannot read dataset {self.name}, it is not declared as an input"
            raise DssError(msg)

    def _require_writable(self) -> None:
        if not self.writable:
            msg = f"You cannot write dataset {self.name}, it is not declared as an output"
            raise DssError(msg)

    # ---- writing ----

    def get_writer(self) -> DatasetWriter:
        """Return a writer; what it was given is in the dataset once it is closed, and not before."""
        self._require_writable()
        return DatasetWriter(self)

    def write_dataframe(self, df: pd.DataFrame, *, infer_schema: bool = False, **_: Any) -> None:
        """Write a frame in place of the rows, or behind them; the schema stays as it is."""
        if infer_schema:
            self.write_schema_from_dataframe(df)
        with self.get_writer() as writer:
            writer.write_dataframe(df)

    def write_with_schema(self, df: pd.DataFrame, **_: Any) -> None:
        """Write a frame, and set the schema to its columns."""
        self.write_dataframe(df, infer_schema=True)

    def draft(self) -> Path:
        """Return a new file for what a writer is given, beside the rows."""
        return self._folder / f".{uuid.uuid4().hex}"

    def keep(self, draft: Path) -> None:
        """Put a draft in place of the rows, or behind them: what a writer does when it is closed."""
        path = self._folder / "data.csv"
        if self.spec_item["appendMode"] and path.exists():
            with path.open("ab") as rows, draft.open("rb") as more:
                shutil.copyfileobj(more, rows)
            draft.unlink()
        else:
            draft.replace(path)


class DatasetWriter(AbstractContextManager["DatasetWriter"]):
    """What writes rows. It has to be closed, which ``with`` does, also on an error: what came so far stands.

    Parameters
    ----------
    dataset : Dataset

    Raises
    ------
    DssError
        If another writer of the dataset is open.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> with fake_dss(tempfile.mkdtemp()) as dss:
    ...     import dataiku
    ...
    ...     dss.add_dataset("numbers", [{"name": "n", "type": "bigint"}])
    ...     with dataiku.Dataset("numbers").get_writer() as writer:
    ...         writer.write_tuple((7,))
    ...     [row["n"] for row in dataiku.Dataset("numbers").iter_rows()]
    [7]
    """

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._draft = dataset.draft()
        self._order: list[str] | None = None
        active = dataset._dss.writers  # noqa: SLF001 - they are one
        if dataset.full_name in active:
            msg = (
                "Unable to instanciate a new dataset writer. There is already another active writer for "
                f"this dataset ({dataset.full_name})."
            )
            raise DssError(msg)
        active[dataset.full_name] = self
        self._draft.touch()

    def write_dataframe(self, df: pd.DataFrame) -> None:
        """Add a frame. The names of the first say which column is where; later ones are taken by place."""
        schema = self._dataset.read_schema()
        names = [column["name"] for column in schema]
        if self._order is None:
            self._order = [str(name) for name in df.columns]
            if wrong := [name for name in names if name not in self._order]:
                msg = f"An error occurred during dataset write: columns {wrong} of the schema are missing"
                raise DssError(msg)
            if wrong := [name for name in self._order if name not in names]:
                msg = (
                    f"An error occurred during dataset write: columns {wrong} are not in the schema"
                )
                raise DssError(msg)
        if len(df.columns) != len(self._order):
            msg = f"An error occurred during dataset write: {len(self._order)} columns expected"
            raise DssError(msg)
        places = [self._order.index(name) for name in names]
        self._add(as_rows(df.iloc[:, places], schema))

    def write_tuple(self, row: Sequence[Any]) -> None:
        """Add a row, its values in the order of the schema."""
        self._add([["" if value is None else str(value) for value in row]])

    def write_row_array(self, row: Sequence[Any]) -> None:
        """Add a row, its values in the order of the schema."""
        self.write_tuple(row)

    def write_row_dict(self, row_dict: Mapping[str, Any]) -> None:
        """Add a row; columns that it lacks are empty."""
        self.write_tuple([row_dict.get(column["name"]) for column in self._dataset.read_schema()])

    def close(self) -> None:
        """Bring the rows into the dataset."""
        active = self._dataset._dss.writers  # noqa: SLF001 - they are one
        if active.pop(self._dataset.full_name, None) is self:
            self._dataset.keep(self._draft)

    def _add(self, rows: Sequence[Sequence[str]]) -> None:
        with self._draft.open("a", encoding="utf-8", newline="") as file:
            file.write(text_of(rows))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
