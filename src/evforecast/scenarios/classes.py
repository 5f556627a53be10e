"""The classes that a project names, found and made of their settings: its feeds and its forecasters."""

from __future__ import annotations

import difflib
import importlib
import inspect
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from evforecast.errors import InputError
from evforecast.scenarios.project import FeedSettings, ModelSettings
from evforecast.scenarios.settings import Source, unknown

if TYPE_CHECKING:
    from evforecast.forecasting import StatusForecaster
    from evforecast.sources.feed import Feed

__all__ = ["check_model", "feed_note", "make_feed", "make_forecaster"]

_OF_FEEDS = ("class", "every")
_TOLD = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)


def make_feed(settings: FeedSettings, source: Source) -> Feed:
    """Return the feed that a table of a project describes.

    Parameters
    ----------
    settings : FeedSettings
    source : Source
        The project file, to say where something stands.

    Raises
    ------
    InputError
        If there is no such class, or it takes other parameters.

    Examples
    --------
    >>> from pathlib import Path
    >>> settings = FeedSettings("mine", "ocpi", None, {"url": "https://example.org/locations"})
    >>> make_feed(settings, Source(Path("project.toml"), "")).name
    'mine'
    """
    table = f"feed.{settings.name}"
    cls = _feed_class(settings, source)
    takes, more = _parameters(cls)
    given = dict(settings.parameters)
    if takes.get("name"):
        given.setdefault("name", settings.name)
    if "every" in takes and settings.every is not None:
        given["every"] = settings.every
    for key in given:
        if key not in takes and not more:
            known = dict.fromkeys([*_OF_FEEDS, *takes])
            raise unknown(key, known, source, table)
    _require_all(takes, given, source, table)
    try:
        return cast("Feed", cls(**given))
    except (TypeError, ValueError) as error:
        msg = f"{source.at(table)}: {settings.kind} cannot be made of this: {error}"
        raise InputError(msg) from error


def feed_note(settings: FeedSettings, feed: Feed) -> dict[str, Any] | None:
    """Return the note by which ``evforecast collect status`` opens the store of a feed; None of an own class.

    Parameters
    ----------
    settings : FeedSettings
    feed : Feed
        As `make_feed` made it.

    Examples
    --------
    >>> from evforecast.sources.belib import BelibStatus
    >>> feed_note(
    ...     FeedSettings("paris", "evforecast.sources.belib.BelibStatus", "1h"), BelibStatus()
    ... )
    {'feed': 'belib', 'every': '1h'}
    """
    from evforecast.sources.kinds import KINDS

    for word, (module, name, needs) in KINDS.items():
        if settings.kind in {word, f"evforecast.sources.{module}.{name}"}:
            told = {**settings.parameters, "name": feed.name}
            every = {} if settings.every is None else {"every": settings.every}
            return {"feed": word, **{need: told[need] for need in needs}, **every}
    return None


def check_model(model: ModelSettings, source: Source) -> None:
    """Raise InputError unless a model and its baselines can be made.

    Parameters
    ----------
    model : ModelSettings
    source : Source

    Examples
    --------
    >>> from pathlib import Path
    >>> wrong = ModelSettings("driver", "MarkovForecaster", (1,), baselines=("Persistance",))
    >>> check_model(wrong, Source(Path("project.toml"), ""))
    Traceback (most recent call last):
    evforecast.errors.InputError: project.toml: [model.driver] baselines: 'Persistance': there is no such ...
    """
    for kind in dict.fromkeys((model.kind, *model.baselines)):
        make_forecaster(model, kind, source)


def make_forecaster(model: ModelSettings, kind: str, source: Source) -> StatusForecaster:
    """Return a forecaster that is not fitted.

    Parameters
    ----------
    model : ModelSettings
    kind : str
        The class: that of the model, which has its parameters, or that of a baseline.
    source : Source

    Raises
    ------
    InputError
        If there is no such class, or it takes other parameters.
    """
    from evforecast import forecasting

    is_model, table = kind == model.kind, f"model.{model.name}"
    known: dict[str, Any] = {
        name: cls
        for name, cls in vars(forecasting).items()
        if name in forecasting.__all__
        and isinstance(cls, type)
        and "horizons" in _parameters(cls)[0]
    }
    if kind not in known:
        where = source.at(table, "class" if is_model else "baselines")
        joint = " =" if is_model else ":"
        msg = f"{where}{joint} {kind!r}: there is no such forecaster.{_near(kind, known)}"
        raise InputError(msg)
    parameters = dict(model.parameters) if is_model else {}
    takes, _ = _parameters(known[kind])
    takes.pop("horizons")
    for key in parameters:
        if key not in takes:
            inner = f"{table}.parameters"
            if source.at(inner) != f"{source.path}: [{inner}]":  # it stands there as a table
                raise unknown(key, takes, source, inner)
            msg = f"{source.at(table, 'parameters')}: {key!r}: {kind} takes no such thing.{_near(key, takes)}"
            raise InputError(msg)
    try:
        made: StatusForecaster = known[kind](list(model.horizons), **parameters)
    except (TypeError, ValueError) as error:
        msg = f"{source.at(table)}: {kind} cannot be made of this: {error}"
        raise InputError(msg) from error
    return made


def _feed_class(settings: FeedSettings, source: Source) -> Any:
    from evforecast.sources.kinds import KINDS

    if settings.kind in KINDS:
        inner, name, _ = KINDS[settings.kind]
        module = f"evforecast.sources.{inner}"
    else:
        module, _, name = settings.kind.rpartition(".")
    where = (
        f"{source.at(f'feed.{settings.name}', 'class')} = {settings.kind!r}: there is no such class"
    )
    try:
        found = getattr(importlib.import_module(module or "evforecast.scenarios"), name)
    except (ImportError, AttributeError) as error:
        if not module:
            msg = (
                f"{where}.{_near(settings.kind, KINDS)} Or name its module too: 'my_feeds.MyFeed'."
            )
            raise InputError(msg) from error
        msg = f"{where} ({error}). Write it like 'evforecast.sources.belib.BelibStatus'."
        raise InputError(msg) from error
    if not callable(found):
        kind = type(found).__name__
        msg = f"{where} (it is a {kind}). Write it like 'evforecast.sources.belib.BelibStatus'."
        raise InputError(msg)
    return found


def _parameters(cls: Any) -> tuple[dict[str, bool], bool]:
    """Return what a class is told, with whether it has to be; and whether it takes anything else."""
    listed = inspect.signature(cls).parameters.values()
    takes = {one.name: one.default is one.empty for one in listed if one.kind in _TOLD}
    return takes, any(one.kind is one.VAR_KEYWORD for one in listed)


def _require_all(
    takes: Mapping[str, bool], given: Mapping[str, Any], source: Source, table: str
) -> None:
    missing = [name for name, is_needed in takes.items() if is_needed and name not in given]
    if missing:
        msg = f"{source.at(table)}: {missing[0]!r} is missing. Write it there."
        raise InputError(msg)


def _near(word: str, known: Iterable[str]) -> str:
    listed = list(known)
    near = difflib.get_close_matches(word, listed, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"{hint} There are: {', '.join(listed) or 'none'}."
