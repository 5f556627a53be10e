"""The options of the command line that say which feeds, and the feeds that they ask for."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast.errors import InputError, require_choice

if TYPE_CHECKING:
    from evforecast.sources.feed import Feed

__all__ = ["FEEDS", "Asked", "add_options", "asked_feeds", "expanded", "hold_against"]

Asked = tuple["Feed", dict[str, Any]]
"""A feed, and the note from which it can be made again."""

_TOGETHER = {"openmeteo": ("openmeteo-archive", "openmeteo-forecast")}
FEEDS = (
    *("belib", "belib-points", "traffic", "openmeteo", "openmeteo-archive", "openmeteo-forecast"),
    *("ocpi", "irve", "irve-points", "meteociel"),
)
"""What ``--feed`` may be: the kinds of `evforecast.sources.kinds`, which ``--help`` need not load."""

_NAME = re.compile("[a-z0-9-]+")
_NAMED = re.compile(r"([^=/:?]+)=(.*)", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|([A-Za-z_]\w*))")


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
    what.add_argument(
        "--feed",
        action="append",
        metavar="NAME",
        help=f"may be given several times: {', '.join(FEEDS)}",
    )
    what.add_argument("--lat", type=float, metavar="DEGREES", help="of openmeteo: the place")
    what.add_argument("--lon", type=float, metavar="DEGREES")
    what.add_argument(
        "--url",
        action="append",
        metavar="[NAME=]URL",
        help="of ocpi and irve: where it is, and what to call it; of several, in the order of the feeds. "
        "$NET_KEY in it is what the environment says",
    )
    what.add_argument("--station", metavar="NUMBER", help="of meteociel: code2 in its address")
    what.add_argument(
        "--permitted",
        action="store_true",
        help="of meteociel: the site, whose pages forbid programs, has given you leave",
    )


def asked_feeds(
    arguments: argparse.Namespace, environ: Mapping[str, str] = os.environ
) -> list[Asked]:
    """Return the feeds that the options ask for, each with the note from which it can be made again.

    Parameters
    ----------
    arguments : argparse.Namespace
        As they were parsed.
    environ : mapping of str to str
        Whose variables the addresses may name.

    Raises
    ------
    InputError
        If a feed is not known, lacks what it has to be told, or stands there twice; or an option is of none.
    """
    from evforecast.sources.kinds import feed_of

    kinds = [
        kind for name in arguments.feed or () for kind in _TOGETHER.get(name) or (_known(name),)
    ]
    urls = list(arguments.url or ())
    _refuse_more_urls(kinds, urls)
    every = getattr(arguments, "every", None)
    found: dict[str, Asked] = {}
    for kind in kinds:
        note: dict[str, Any] = {"feed": kind}
        needs = _needs(kind)
        if "url" in needs:
            note |= _place(kind, urls, environ)
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
        note |= {"every": every} if every else {}
        feed = feed_of(note)
        if feed.name in found:
            msg = (
                f"--feed {kind}: {feed.name!r} stands there twice. Name them apart: --url NAME=URL."
            )
            raise InputError(msg)
        found[feed.name] = feed, note
    _refuse_unused(arguments, {need for kind in kinds for need in _needs(kind)})
    return list(found.values())


def hold_against(root: str, feeds: list[Asked]) -> list[str]:
    """Hold what is asked for against what a store holds; return what is to be said of it, a line each.

    Parameters
    ----------
    root : str
        The folder of all feeds.
    feeds : list of tuple
        As `asked_feeds` returns them.

    Raises
    ------
    InputError
        If a folder is of another kind of feed: its bodies would be read with the wrong reader.
    """
    from evforecast.collect.notes import note_of
    from evforecast.sources.http_errors import masked

    said = []
    for feed, note in feeds:
        before = note_of(root, feed.name, strict=False)
        kind, url = before.get("feed"), before.get("url", "")
        if kind is not None and kind != note["feed"]:
            place = f" ({url})" if url else ""
            msg = (
                f"{Path(root, feed.name)} holds {kind}{place}; --feed {note['feed']} was asked. Take "
                "another NAME=, or put the --url in the order of the --feed."
            )
            raise InputError(msg)
        if url and url != masked(note["url"]):
            said.append(f"{feed.name}: asked at {masked(note['url'])}; before, at {url}")
    return said


def expanded(text: str, environ: Mapping[str, str]) -> str:
    """Return a text with ``$NAME`` and ``${NAME}`` replaced by what the environment says.

    Raises
    ------
    InputError
        If a variable is not there, or is empty.

    Examples
    --------
    >>> expanded("https://example.org/list?key=$NET_KEY", {"NET_KEY": "123"})
    'https://example.org/list?key=123'
    """

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if not (value := environ.get(name, "").strip()):
            msg = (
                f"--url names the variable {name}, which is not in the environment. Set it; or write %24 for "
                "a $ that belongs to the address."
            )
            raise InputError(msg)
        return value

    return _VARIABLE.sub(value, text)


def _known(name: str) -> str:
    require_choice(name, FEEDS, "--feed")
    return name


def _needs(kind: str) -> tuple[str, ...]:
    from evforecast.sources.kinds import KINDS

    return KINDS[kind][2]


def _place(kind: str, urls: list[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Take the next address and its name."""
    if not urls:
        msg = f"--feed {kind} needs --url NAME=URL; with several such feeds, one for each, in their order."
        raise InputError(msg)
    given = urls.pop(0)
    named = _NAMED.fullmatch(given)
    name, url = named.groups() if named else (kind, given)
    shown = given.partition("?")[0]
    if not _NAME.fullmatch(name):
        msg = (
            f"--url {shown!r}: {name!r} is no name for a feed. Use small letters, digits and '-': "
            "--url my-city=https://host/path."
        )
        raise InputError(msg)
    url = expanded(url, environ)
    if not url.startswith(("http://", "https://")):
        msg = f"--url {shown!r}: no address of the web. Write it like NAME=https://host/path."
        raise InputError(msg)
    return {"url": url, "name": name}


def _lacks(arguments: argparse.Namespace, need: str, needs: tuple[str, ...]) -> bool:
    return need in needs and getattr(arguments, need) is None


def _refuse_more_urls(kinds: list[str], urls: list[str]) -> None:
    takers = [kind for kind in kinds if "url" in _needs(kind)]
    if urls and not takers:
        msg = "--url is of no feed that was asked for with --feed: ocpi and irve have one."
        raise InputError(msg)
    if len(urls) > len(takers):
        msg = (
            f"--url was given {len(urls)} times, for {len(takers)} of the feeds ({', '.join(takers)}). Give "
            "a --feed for each address, in the same order."
        )
        raise InputError(msg)


def _refuse_unused(arguments: argparse.Namespace, needed: set[str]) -> None:
    """Raise if an option belongs to no feed that was asked for: it was meant for one."""
    given = [need for need in ("lat", "lon", "station") if getattr(arguments, need) is not None]
    given += ["permitted"] * arguments.permitted
    if unused := [need for need in given if need not in needed]:
        msg = f"--{unused[0]} is of no feed that was asked for with --feed."
        raise InputError(msg)
