"""From a project file to a `Project`: every key known, every value checked, and the line said where not."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from evforecast.errors import InputError, require_choice
from evforecast.monitoring import (
    ChargerLimits,
    DriftLimits,
    Limits,
    PerformanceLimits,
    PromotionPolicy,
    RetrainingPolicy,
)
from evforecast.registry.names import model_name
from evforecast.scenarios.classes import check_model, make_feed
from evforecast.scenarios.memory import as_bytes
from evforecast.scenarios.project import (
    STEPS,
    FeedSettings,
    ModelSettings,
    MonitorSettings,
    Project,
)
from evforecast.scenarios.settings import (
    Source,
    check,
    read_into,
    refuse_secret,
    secret,
    unknown,
)
from evforecast.sources.http_errors import masked
from evforecast.sources.http_logins import login_variable
from evforecast.timegrid import as_step, require_zone

__all__ = ["read_project"]

_LIMITS = {
    "drift": DriftLimits,
    "chargers": ChargerLimits,
    "performance": PerformanceLimits,
    "retraining": RetrainingPolicy,
    "promotion": PromotionPolicy,
}


@dataclass(frozen=True)
class _Top:
    name: str
    warehouse: str
    tz: str = "UTC"
    step: str = "15min"
    store: str = "fresh"
    registry: str = "models"
    reports: str = "reports"
    runs: str = "runs"


@dataclass(frozen=True)
class _Predict:
    where: str = "here"


@dataclass(frozen=True)
class _Credits:
    budget: float | None = None
    size: dict[str, str] = field(default_factory=dict)


def read_project(file: Path) -> Project:
    """Read a project file (see `Project.read`).

    Examples
    --------
    >>> read_project(Path("no-such.toml"))
    Traceback (most recent call last):
    FileNotFoundError: no project file 'no-such.toml'. `evforecast init` writes one.
    """
    try:
        source = Source(file, file.read_text(encoding="utf-8"))
        tables = tomllib.loads(source.text)
    except FileNotFoundError as error:
        msg = f"no project file {str(file)!r}. `evforecast init` writes one."
        raise FileNotFoundError(msg) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        msg = f"{file}: it is no TOML: {error}."
        raise InputError(msg) from error
    return _project(tables, source)


def _project(tables: dict[str, Any], source: Source) -> Project:
    known = ("project", "feed", "model", "monitor", "limits", "memory", "predict", "credits")
    for name, table in tables.items():
        refuse_secret(name, source, "project")
        if name not in known:
            raise unknown(name, known, source, name)
        check(table, dict[str, Any], source, name, "")
    for needed in ("project", "feed", "model"):
        if not tables.get(needed):
            more = "" if needed == "project" else ".NAME"
            msg = f"{source.path}: there is no table [{needed}{more}]. `evforecast init` writes an example."
            raise InputError(msg)
    top = read_into(_Top, tables["project"], source, "project")
    if not top.name.strip():
        msg = f"{source.at('project', 'name')} = {top.name!r}: it is empty. Call the project something."
        raise InputError(msg)
    _require(lambda: require_zone(top.tz, "tz"), source, "project", "tz")
    step = _require(lambda: as_step(top.step), source, "project", "step")
    money = read_into(_Credits, tables.get("credits", {}), source, "credits")
    where = read_into(_Predict, tables.get("predict", {}), source, "predict").where
    _require(
        lambda: require_choice(where, ("here", "warehouse"), "where"), source, "predict", "where"
    )
    folder = source.path.parent
    return Project(
        path=source.path,
        name=top.name,
        warehouse=_address(top.warehouse, folder, source),
        tz=top.tz,
        step=step,
        store=folder / top.store,
        registry=folder / top.registry,
        reports=folder / top.reports,
        runs=folder / top.runs,
        feeds=tuple(_each(tables["feed"], source, "feed", _feed)),
        models=tuple(_each(tables["model"], source, "model", _model)),
        monitor=read_into(MonitorSettings, tables.get("monitor", {}), source, "monitor"),
        limits=_limits(tables.get("limits", {}), source),
        memory=_memory(tables.get("memory", {}), source),
        predict_in=where,
        budget=money.budget,
        sizes=_sizes(money.size, source),
    )


def _require(make: Callable[[], Any], source: Source, table: str, key: str) -> Any:
    """Return what `make` makes, or say where the value stands that it cannot use."""
    try:
        return make()
    except InputError as error:
        msg = f"{source.at(table, key)}: {error}"
        raise InputError(msg) from error


def _each(
    tables: Mapping[str, Any],
    source: Source,
    kind: str,
    read: Callable[[str, dict[str, Any], Source], Any],
) -> list[Any]:
    found = []
    for name, table in tables.items():
        refuse_secret(name, source, kind)
        if not name.strip():
            msg = f"{source.path}: [{kind}.{name!r}]: the name is empty. Call it something."
            raise InputError(msg)
        check(table, dict[str, Any], source, kind, name)
        found.append(read(name, table, source))
    return found


def _feed(name: str, table: dict[str, Any], source: Source) -> FeedSettings:
    told = str(table.get("name", name))
    advice = (
        f"Put all that the header Authorization has to say into the variable {login_variable(told)} of the "
        "environment"
    )
    for key, value in table.items():
        refuse_secret(key, source, f"feed.{name}", advice=advice)
        if _has_secret(value):
            raise secret(key, source, f"feed.{name}", advice)
    made: FeedSettings = _with_class(
        FeedSettings, name, table, source, f"feed.{name}", rest_is_parameters=True
    )
    # A class of one's own need not be there where a project is only looked at.
    if "." not in made.kind or made.kind.startswith("evforecast."):
        make_feed(made, source)
    return made


def _has_secret(value: Any) -> bool:
    """Return whether a value is an address with a key or a password in it."""
    if not isinstance(value, str) or "://" not in value:
        return False
    try:
        return "***" in masked(value)
    except ValueError:  # no address: its feed says so
        return False


def _model(name: str, table: dict[str, Any], source: Source) -> ModelSettings:
    made: ModelSettings = _with_class(ModelSettings, name, table, source, f"model.{name}")
    _require(lambda: model_name(name), source, f"model.{name}", "")
    check_model(made, source)
    return made


def _with_class(
    kind: Any,
    name: str,
    table: dict[str, Any],
    source: Source,
    where: str,
    *,
    rest_is_parameters: bool = False,
) -> Any:
    values = dict(table)
    if "class" not in values:
        for key in values:
            refuse_secret(key, source, where)
        msg = f"{source.at(where)}: 'class' is missing. Write it there."
        raise InputError(msg)
    check(values["class"], str, source, where, "class")
    given = {"name": name, "kind": values.pop("class")}
    if rest_is_parameters:
        given["parameters"] = {key: v for key, v in values.items() if key != "every"}
        values = {key: v for key, v in values.items() if key == "every"}
    for key in given.get("parameters", values.get("parameters", {})):
        refuse_secret(key, source, where)
    return read_into(kind, values, source, where, **given)


def _address(url: str, folder: Path, source: Source) -> str:
    """Return the address of the warehouse; a relative file of DuckDB is beside the project's."""
    parts = urlsplit(url)
    if parts.password is not None:
        refuse_secret("password", source, "project")
    if parts.scheme == "duckdb":
        file = (folder / unquote(parts.path.removeprefix("/"))).resolve()
        options = f"?{parts.query}" if parts.query else ""
        return f"duckdb:///{quote(str(file))}{options}"
    return url


def _limits(tables: Mapping[str, Any], source: Source) -> Limits:
    made: dict[str, Any] = {}
    for name, table in tables.items():
        if name not in _LIMITS:
            raise unknown(name, _LIMITS, source, "limits")
        check(table, dict[str, Any], source, "limits", name)
        made[name] = read_into(_LIMITS[name], table, source, f"limits.{name}")
    return Limits(**made)


def _memory(table: Mapping[str, Any], source: Source) -> dict[str, int]:
    for key, value in table.items():
        if key not in ("all", *STEPS):
            raise unknown(key, ("all", *STEPS), source, "memory")
        check(value, str, source, "memory", key)
    sizes = {
        key: _require(partial(as_bytes, value), source, "memory", key)
        for key, value in table.items()
    }
    every = sizes.get("all", as_bytes("1GB"))
    return {step: sizes.get(step, every) for step in STEPS}


def _sizes(table: Mapping[str, str], source: Source) -> dict[str, str]:
    from evforecast.inwarehouse.credits.sizes import size_name

    for key, value in table.items():
        if key not in STEPS:
            raise unknown(key, STEPS, source, "credits.size")
        check(value, str, source, "credits.size", key)
        _require(partial(size_name, value), source, "credits.size", key)
    return dict(table)
