"""What a user runs inside DSS to see that the library and this DSS understand each other.

``pytest --pyargs evforecast.dataiku.selftest``, or a scenario's step "Execute Python unit test", or `check`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from evforecast.dataiku.client import NotInDataikuError, dataset_of, dss, folder_of
from evforecast.dataiku.datasets import dss_schema, read_frames, write_frames
from evforecast.dataiku.folders import download, paths_in, upload
from evforecast.dataiku.variables import set_variable, variable
from evforecast.errors import EvForecastError
from evforecast.monitoring import Check, Checks

__all__ = ["check", "test_this_dss"]

_NAME = "evforecast_selftest"


class _WrongError(EvForecastError):
    """DSS gave back something else than it was given."""


def check(dataset: Any = _NAME, folder: Any = _NAME) -> Checks:
    """Try datasets, folders and variables of the DSS in which this runs.

    Parameters
    ----------
    dataset : str or dataiku.Dataset
        One that may be written over, best in the connection that is to be used.
    folder : str or dataiku.Folder
        One in which a file may be written and removed.

    Returns
    -------
    Checks
        Of the group ``dataiku``: OK, or an ERROR with what was found.

    Raises
    ------
    NotInDataikuError
        Outside DSS.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.testing.fake_dataiku import fake_dss
    >>> name = "evforecast_selftest"
    >>> with fake_dss(tempfile.mkdtemp(), datasets=[name], folders=[name]):
    ...     check()
    <Checks: OK; 6 OK>
    """
    dss()
    trials: list[tuple[str, str, Callable[[], None]]] = [
        ("text, times and gaps", f"dataset {dataset}", lambda: _types(dataset)),
        ("schema before rows", f"dataset {dataset}", lambda: _schema(dataset)),
        ("append", f"dataset {dataset}", lambda: _append(dataset)),
        ("write anew", f"dataset {dataset}", lambda: _anew(dataset)),
        ("streams", f"folder {folder}", lambda: _streams(folder)),
        ("set and read", "variables", _variables),
    ]
    return Checks(_tried(what, of, trial) for what, of, trial in trials)


def test_this_dss() -> None:
    """Fail with what `check` found; for pytest inside DSS."""
    import pytest

    try:
        found = check(
            variable(f"{_NAME}_dataset", "text", _NAME), variable(f"{_NAME}_folder", "text", _NAME)
        )
    except NotInDataikuError as error:
        pytest.skip(str(error))
    wrong = [f"{one.check} of {one.subject}: {one.reason}" for one in found if one.status != "OK"]
    if wrong:
        pytest.fail("\n".join(wrong))


def _tried(what: str, of: str, trial: Callable[[], None]) -> Check:
    status, reason = "OK", "as it should be"
    try:
        trial()
    except Exception as error:  # noqa: BLE001 - DSS raises Exception, and what it says is what was found
        status, reason = "ERROR", f"{type(error).__name__}: {error}"
    return Check("dataiku", what, of, float(status != "OK"), 1.0, 1.0, status, reason)


def _sample() -> pd.DataFrame:
    times = pd.DatetimeIndex(["2020-10-25T00:45", "2020-10-25T01:15"], tz="UTC")
    return pd.DataFrame(
        {
            "evse_id": ["007", "NA"],
            "time": times,
            "code": pd.array([1, None], dtype="Int64"),
            "p_down": [0.25, 0.5],
        }
    )


def _read(dataset: Any) -> list[dict[str, Any]]:
    rows = pd.concat(list(read_frames(dataset, chunk_rows=1)), ignore_index=True)
    return _plain(rows)


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): None if pd.isna(value) else value for name, value in row.items()}
        for row in frame.to_dict("records")
    ]


def _require(found: Any, wanted: Any) -> None:
    if found != wanted:
        msg = f"written was {wanted}, and read {found}"
        raise _WrongError(msg)


def _types(dataset: Any) -> None:
    sample = _sample()
    write_frames(dataset, [sample], append=False)
    _require(_read(dataset), _plain(sample))


def _schema(dataset: Any) -> None:
    found = dataset_of(dataset).read_schema()
    _require(
        [(c["name"], c["type"]) for c in found],
        [(c["name"], c["type"]) for c in dss_schema(_sample())],
    )


def _append(dataset: Any) -> None:
    write_frames(dataset, [_sample()], append=False)
    write_frames(dataset, [_sample()[["p_down", "code", "time", "evse_id"]]], append=True)
    _require([row["evse_id"] for row in _read(dataset)], ["007", "NA", "007", "NA"])


def _anew(dataset: Any) -> None:
    write_frames(dataset, [_sample().head(1)], append=False)
    _require([row["evse_id"] for row in _read(dataset)], ["007"])


def _streams(folder: Any) -> None:
    path, data = f"{_NAME}/bytes.bin", bytes(range(256))
    upload(folder, path, data)
    _require(download(folder, path), data)
    _require(path in paths_in(folder), wanted=True)
    folder_of(folder).delete_path(path)
    _require(path in paths_in(folder), wanted=False)


def _variables() -> None:
    set_variable(_NAME, [1, 4])
    project = dss().api_client().get_default_project()
    _require(project.get_variables()["local"][_NAME], [1, 4])
    _require(type(variable("projectKey")), str)
