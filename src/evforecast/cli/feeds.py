"""The feeds that the command line knows, by short names, and the note that a store keeps of its own."""

from __future__ import annotations

import argparse
import importlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from evforecast.errors import FileFormatError, InputError, require_choice

if TYPE_CHECKING:
    from evforecast.collect import Store
    from evforecast.sources.feed import Feed

__all__ = [
    "FEEDS",
    "add_options",
    "asked_feeds",
    "feed_of",
    "keep_note",
    "kept_store",
    "kept_stores",
    "logins",
]

FEEDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "belib": ("belib", "BelibStatus", ()),
    "belib-points": ("belib", "BelibPoints", ()),
    "traffic": ("traffic", "ParisTraffic", ()),
    "openmeteo-archive": ("openmeteo", "OpenMeteoArchive", ("lat", "lon")),
    "openmeteo-forecast": ("openmeteo", "OpenMeteoForecast", ("lat", "lon")),
    "ocpi": ("ocpi", "OcpiLocations", ("url", "name")),
    "irve": ("irve", "IrveStatus", ("url", "name")),
    "irve-points": ("irve", "IrvePoints", ("url", "name")),
    "meteociel": ("meteociel", "Meteociel", ("station", "permitted")),
}
"""By short name: the module of `evforecast.sources`, the class, and what it has to be told."""

_TOGETHER = {"openmeteo": ("openmeteo-archive", "openmeteo-forecast")}
_NOTE = "feed.json"
_NAMED = re.compile(r"([a-z0-9-]+)=(.*)", re.DOTALL)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which feeds.

    Examples
    --------
    >>> parser = argparse.ArgumentParser()
    >>> add_options(parser)
    >>> parser.parse_args(["--feed", "traffic", "--feed", "belib"]).feed
    ['traffic', 'belib']
    """
    what = parser.add_argument_group("feeds")
    known = ", ".join([*FEEDS, *_TOGETHER])
    what.add_argument(
        "--feed", action="append", metavar="NAME", help=f"may be given several times: {known}"
    )
    what.add_argument("--lat", type=float, metavar="DEGREES", help="of openmeteo: the place")
    what.add_argument("--lon", type=float, metavar="DEGREES")
    what.add_argument(
        "--url",
        action="append",
        metavar="[NAME=]URL",
        help="of ocpi and irve: where it is, and what to call it; of several, in the order of the feeds",
    )
    what.add_argument("--station", metavar="NUMBER", help="of meteociel: code2 in its address")
    what.add_argument(
        "--permitted",
        action="store_true",
        help="of meteociel: the site, whose pages forbid programs, has given you leave",
    )


def asked_feeds(arguments: argparse.Namespace) -> list[tuple[Feed, dict[str, Any]]]:
    """Return the feeds that the options ask for, each with the note from which it can be made again.

    Raises
    ------
    InputError
        If a feed is not known, lacks what it has to be told, or stands there twice; or an option is of none.
    """
    kinds = [
        kind for name in arguments.feed or () for kind in _TOGETHER.get(name) or (_known(name),)
    ]
    urls = list(arguments.url or ())
    found: dict[str, tuple[Feed, dict[str, Any]]] = {}
    for kind in kinds:
        note: dict[str, Any] = {"feed": kind}
        needs = FEEDS[kind][2]
        if "url" in needs:
            note |= _place(kind, urls)
        if missing := [
            need for need in ("lat", "lon", "station") if _lacks(arguments, need, needs)
        ]:
            msg = f"--feed {kind} needs {' and '.join(f'--{need}' for need in missing)}."
            raise InputError(msg)
        if "permitted" in needs and not arguments.permitted:
            msg = (
                "--feed meteociel: the pages of the site forbid programs. Ask the site for leave, then add "
                "--permitted; or take --feed openmeteo."
            )
            raise InputError(msg)
        note |= {need: getattr(arguments, need) for need in needs if need not in {"url", "name"}}
        feed = feed_of(note)
        if feed.name in found:
            msg = (
                f"--feed {kind}: {feed.name!r} stands there twice. Name them apart: --url NAME=URL."
            )
            raise InputError(msg)
        found[feed.name] = feed, note
    _refuse_unused(arguments, urls, {need for kind in kinds for need in FEEDS[kind][2]})
    return list(found.values())


def feed_of(note: Mapping[str, Any]) -> Feed:
    """Return the feed that a note describes.

    Examples
    --------
    >>> feed_of({"feed": "openmeteo-archive", "lat": 48.8566, "lon": 2.3522}).name
    'open-meteo-archive-48-8566n-2-3522e'
    """
    module, name, needs = FEEDS[note["feed"]]
    made = getattr(importlib.import_module(f"evforecast.sources.{module}"), name)
    feed: Feed = made(**{need: note[need] for need in needs})
    return feed


def keep_note(store: Store, note: Mapping[str, Any]) -> None:
    """Keep in a store how its feed was asked for, so that `kept_stores` can open it; the store is held.

    How often it is collected stays as it was noted before where `note` does not say it.
    """
    from evforecast.disk import write_whole
    from evforecast.sources.http_errors import masked

    path = store.folder / _NOTE
    note = {key: masked(value) if key == "url" else value for key, value in note.items()}
    before = _note(path, strict=False)
    every = {"every": before["every"]} if "every" in before else {}
    if {**every, **note} != before:
        text = json.dumps({**every, **note}, indent=2) + "\n"
        write_whole(path, text.encode(), flush=False)


def kept_store(root: str, feed: Feed) -> Store:
    """Return the store of a feed, with the time between its cycles as it was noted.

    Parameters
    ----------
    root : str
        The folder of all feeds.
    feed : Feed
    """
    from evforecast.collect import Store

    every = _note(Path(root, feed.name, _NOTE), strict=False).get("every")
    return Store(root, feed, every=every)


def kept_stores(root: str) -> list[Store]:
    """Return the stores in a folder, in the order of their names.

    Parameters
    ----------
    root : str
        The folder of all feeds.

    Raises
    ------
    InputError
        If there is none, or it is not known of which feed one is.
    """
    plain = {
        feed_of({"feed": kind}).name: kind for kind, (_, _, needs) in FEEDS.items() if not needs
    }
    stores = []
    for folder in sorted(path.parent for path in Path(root).glob("*/journal")):
        path = folder / _NOTE
        note = _note(path)
        if not note and folder.name in plain:
            note = {"feed": plain[folder.name]}
        if not note:
            msg = f"{folder}: of which feed is it? It has no {_NOTE}; name it with --feed."
            raise InputError(msg)
        try:
            store = kept_store(root, feed_of(note))
        except (KeyError, TypeError, InputError) as error:
            msg = f"{path} describes no feed ({error!r}). Name it with --feed."
            raise InputError(msg) from error
        if store.folder != folder:
            msg = f"{path} is of the feed {store.feed.name!r}. Call the folder so again."
            raise InputError(msg)
        stores.append(store)
    if not stores:
        msg = f"nothing was collected in {root!r}. Check --store."
        raise InputError(msg)
    return stores


def logins(
    feeds: Iterable[tuple[Feed, Mapping[str, Any]]], environ: Mapping[str, str]
) -> dict[str, str]:
    """Return what to say to the hosts of some feeds that want to know who asks.

    Parameters
    ----------
    feeds : iterable of tuple
        As `asked_feeds` returns them.
    environ : mapping of str to str
        Of the process: ``EVFORECAST_LOGIN_MY_CITY`` is the header Authorization for the feed ``my-city``.

    Returns
    -------
    dict of str to str
        By host.

    Examples
    --------
    >>> feed = feed_of({"feed": "ocpi", "url": "https://example.org/locations", "name": "my-city"})
    >>> note = {"url": "https://example.org/locations"}
    >>> logins([(feed, note)], {"EVFORECAST_LOGIN_MY_CITY": "Token 1234"})
    {'example.org': 'Token 1234'}
    """
    found = {}
    for feed, note in feeds:
        login = environ.get("EVFORECAST_LOGIN_" + feed.name.upper().replace("-", "_"), "")
        if login and "url" in note:
            found[urlsplit(note["url"]).netloc.rpartition("@")[2]] = login
    return found


def _known(name: str) -> str:
    require_choice(name, [*FEEDS, *_TOGETHER], "--feed")
    return name


def _place(kind: str, urls: list[str]) -> dict[str, str]:
    """Take the next address and its name."""
    if not urls:
        msg = f"--feed {kind} needs --url NAME=URL; with several such feeds, one for each, in their order."
        raise InputError(msg)
    given = urls.pop(0)
    named = _NAMED.fullmatch(given)
    name, url = named.groups() if named else (kind, given)
    if not url.startswith(("http://", "https://")):
        msg = f"--url {given.partition('?')[0]!r}: no address of the web. Write it like NAME=https://host/path."
        raise InputError(msg)
    return {"url": url, "name": name}


def _lacks(arguments: argparse.Namespace, need: str, needs: tuple[str, ...]) -> bool:
    return need in needs and getattr(arguments, need) is None


def _refuse_unused(arguments: argparse.Namespace, urls: list[str], needed: set[str]) -> None:
    """Raise if an option belongs to no feed that was asked for: it was meant for one."""
    given = [need for need in ("lat", "lon", "station") if getattr(arguments, need) is not None]
    given += ["permitted"] * arguments.permitted
    if unused := ["url"] * bool(urls) + [need for need in given if need not in needed]:
        msg = f"--{unused[0]} is of no feed that was asked for with --feed."
        raise InputError(msg)


def _note(path: Path, *, strict: bool = True) -> dict[str, Any]:
    """Return the note of a store; an empty one where there is none, or where a damaged one will do."""
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    if strict:
        msg = f"{path}: no note of a feed. Name the feed with --feed."
        raise FileFormatError(msg)
    return {}
