"""Panels, logs and forecasts as Parquet files that say their own names.

Statuses are stored as names (dictionary columns), never as bare codes, with the scheme, the table of
chargers and the grid in the file's metadata: any Parquet reader can use the file, and ours restores the
object exactly. A file is written beside its place and moved there, so it is whole or not there.
"""

from __future__ import annotations

import base64
import json
import os
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from evforecast.errors import FileFormatError
from evforecast.panel.evse import evse_table
from evforecast.panel.scheme import CODE_DTYPE, MISSING, Codes, StatusScheme
from evforecast.timegrid import TimeGrid

if TYPE_CHECKING:
    import pyarrow as pa

    from evforecast.panel.forecast import StatusForecast
    from evforecast.panel.log import StatusLog
    from evforecast.panel.panel import StatusPanel

    Forecast = TypeVar("Forecast", bound=StatusForecast)

__all__ = ["load_forecast", "load_log", "load_panel", "save_forecast", "save_log", "save_panel"]

PathLike = str | os.PathLike[str]
_KEY = b"evforecast"
_FORMAT = 1


def save_panel(panel: StatusPanel, path: PathLike) -> None:
    """Write `panel`: a column ``time``, a column of status names a charger, the exogenous series."""
    import pyarrow as pa

    columns: dict[str, Any] = {"time": pa.array(panel.times, pa.timestamp("s"))}
    for place, name in enumerate(panel.evse.index):
        columns[f"evse:{name}"] = _names(np.ascontiguousarray(panel.codes[:, place]), panel.scheme)
    if panel.exog is not None:
        for name in panel.exog.columns:
            columns[f"exog:{name}"] = pa.array(panel.exog[name].to_numpy(), from_pandas=False)
    facts = {
        "kind": "panel",
        "tz": panel.tz,
        "start": str(panel.grid.start),
        "step_seconds": int(panel.step / np.timedelta64(1, "s")),
        "exog": None if panel.exog is None else [str(name) for name in panel.exog.columns],
    }
    _write(pa.table(columns), facts, panel.scheme, panel.evse, path)


def load_panel(cls: type[StatusPanel], path: PathLike) -> StatusPanel:
    """Read what `save_panel` wrote; FileFormatError if it is something else, or damaged."""
    table, facts, scheme, evse = _read(path, "panel")
    codes = np.empty((table.num_rows, len(evse)), dtype=CODE_DTYPE)
    for place, name in enumerate(evse.index):
        codes[:, place] = _codes(table.column(f"evse:{name}"), scheme)
    step = np.timedelta64(facts["step_seconds"], "s")
    grid = TimeGrid(np.datetime64(facts["start"], "s"), step, table.num_rows)
    exog = None
    if facts["exog"] is not None:
        series = {name: table.column(f"exog:{name}").to_numpy() for name in facts["exog"]}
        exog = pd.DataFrame(series, index=pd.DatetimeIndex(grid.times))
    return cls(codes, grid, evse, scheme=scheme, exog=exog, tz=facts["tz"])


def save_log(log: StatusLog, path: PathLike) -> None:
    """Write `log`: its frame, with status names."""
    import pyarrow as pa

    table = pa.Table.from_pandas(log.frame, preserve_index=False)
    _write(
        table, {"kind": "log", "tz": log.tz, "n_repeats": log.n_repeats}, log.scheme, log.evse, path
    )


def load_log(cls: type[StatusLog], path: PathLike) -> StatusLog:
    """Read what `save_log` wrote; FileFormatError if it is something else, or damaged."""
    table, facts, scheme, evse = _read(path, "log")
    frame = table.to_pandas()
    for column in ("observed_at", "collected_at"):
        frame[column] = frame[column].dt.tz_localize("UTC")
    log = cls(frame, evse=evse.reset_index(), scheme=scheme)
    log.tz, log.n_repeats = facts["tz"], facts["n_repeats"]
    return log


def save_forecast(forecast: StatusForecast, path: PathLike) -> None:
    """Write `forecast`: one row a horizon and charger, one column a status."""
    import pyarrow as pa

    facts = {
        "kind": "forecast",
        "cutoff": str(forecast.cutoff),
        "step_seconds": int(forecast.step / np.timedelta64(1, "s")),
        "horizons": forecast.horizons.tolist(),
    }
    table = pa.Table.from_pandas(forecast.to_long(), preserve_index=False)
    _write(table, facts, forecast.scheme, forecast.evse, path)


def load_forecast(cls: type[Forecast], path: PathLike) -> Forecast:
    """Read what `save_forecast` wrote; FileFormatError if it is something else, or damaged."""
    table, facts, scheme, evse = _read(path, "forecast")
    shape = (len(facts["horizons"]), len(evse))
    proba = np.stack(
        [table.column(name).to_numpy().reshape(shape) for name in scheme.names], axis=-1
    )
    step = np.timedelta64(facts["step_seconds"], "s")
    return cls(
        proba,
        cutoff=np.datetime64(facts["cutoff"], "s"),
        step=step,
        horizons=facts["horizons"],
        evse=evse,
        scheme=scheme,
    )


def _write(
    table: pa.Table, facts: dict[str, Any], scheme: StatusScheme, evse: pd.DataFrame, path: PathLike
) -> None:
    import pyarrow.parquet as pq

    meta = {
        "format": _FORMAT,
        "statuses": list(scheme.names),
        "coarsenings": {target: list(names) for target, names in scheme.coarsenings.items()},
        "evse": _to_text(evse),
        **facts,
    }
    table = table.replace_schema_metadata(
        {**(table.schema.metadata or {}), _KEY: json.dumps(meta).encode()}
    )
    target = Path(path)
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        pq.write_table(table, beside, compression="zstd")
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def _read(path: PathLike, kind: str) -> tuple[pa.Table, dict[str, Any], StatusScheme, pd.DataFrame]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        if isinstance(error, FileNotFoundError):
            raise
        msg = f"{path}: not a readable Parquet file ({error}). It may be cut short; write it again."
        raise FileFormatError(msg) from error
    raw = (table.schema.metadata or {}).get(_KEY)
    facts: dict[str, Any] = json.loads(raw) if raw else {}
    if facts.get("kind") != kind or facts.get("format") != _FORMAT:
        msg = (
            f"{path}: holds {facts.get('kind') or 'no evforecast object'} (format {facts.get('format')}), "
            f"where a {kind} of format {_FORMAT} is needed."
        )
        raise FileFormatError(msg)
    scheme = StatusScheme(
        tuple(facts["statuses"]), {t: tuple(names) for t, names in facts["coarsenings"].items()}
    )
    evse = _from_text(facts["evse"])
    return table, facts, scheme, evse


def _to_text(evse: pd.DataFrame) -> str:
    import pyarrow as pa

    table = pa.Table.from_pandas(evse.reset_index(), preserve_index=False)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return base64.b64encode(sink.getvalue().to_pybytes()).decode()


def _from_text(text: str) -> pd.DataFrame:
    import pyarrow as pa

    frame = pa.ipc.open_stream(base64.b64decode(text)).read_all().to_pandas()
    return evse_table(list(frame["evse_id"]), frame)


def _names(codes: Codes, scheme: StatusScheme) -> pa.DictionaryArray:
    import pyarrow as pa

    indices = pa.array(codes, mask=codes == MISSING)
    return pa.DictionaryArray.from_arrays(indices, pa.array(scheme.names))


def _codes(column: pa.ChunkedArray, scheme: StatusScheme) -> Codes:
    """Return codes from a dictionary column; its own dictionary may be in any order."""
    parts = []
    for chunk in column.chunks:
        table = np.append(
            scheme.encode(chunk.dictionary.to_numpy(zero_copy_only=False)), CODE_DTYPE(MISSING)
        )
        parts.append(table[chunk.indices.fill_null(-1).to_numpy()])
    return np.concatenate(parts) if parts else np.empty(0, dtype=CODE_DTYPE)
