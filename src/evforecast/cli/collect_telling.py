"""What a collector says of each cycle, and in the end to a scheduler."""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evforecast.cli.collect_asking import Asking
    from evforecast.collect import CycleResult, Store

__all__ = ["Teller"]

_ANSWERED = ("stored", "same", "unchanged")
_OUTCOMES = (*_ANSWERED, "unreadable", "failed")


class Teller:
    """Says what each cycle brought, and knows in the end what to tell a scheduler.

    Parameters
    ----------
    arguments : argparse.Namespace
        Of the command.
    pairs : mapping
        The store of each feed, by its name, and the note to keep in it.
    asking : mapping
        What asks for each.
    stop : threading.Event
        Set once every feed had its turn, where there is no loop.
    """

    def __init__(
        self,
        arguments: argparse.Namespace,
        pairs: Mapping[str, tuple[Store, Mapping[str, Any]]],
        asking: Mapping[str, Asking],
        stop: threading.Event,
    ) -> None:
        self._arguments, self._pairs, self._asking, self._stop = arguments, pairs, asking, stop
        self._left = set(pairs)
        self._width = max(map(len, pairs))
        self._failed = 0
        self._is_bad = self._has_answer = self._is_lasting = False
        # Of the cycle that is on, for each feed: it may yet be answered.
        self._open: dict[str, tuple[str, bool, bool]] = {}
        self._wrong: dict[str, str] = {}

    def __call__(self, result: CycleResult) -> None:
        """Take a cycle into account, and print it."""
        from evforecast.collect.notes import keep_note

        store, note = self._pairs[result.feed]
        # Collecting goes on when the disk is full, or when nobody reads what is printed.
        try:
            facts = _facts(store, result)
        except OSError as error:
            facts = _facts(store, replace(result, error=f"{type(error).__name__}: {error}"))
        self._count(facts)
        with suppress(OSError):
            keep_note(store, note)
        with suppress(OSError):
            self._print(facts)
        self._left.discard(result.feed)
        if not self._arguments.every and not self._left:
            self._stop.set()

    @property
    def code(self) -> int:
        """The exit code."""
        now = self._open.values()
        if not (self._is_bad or any(is_bad for _, is_bad, _ in now)):
            return 0
        if self._has_answer:
            return 10
        is_lasting = self._is_lasting or any(lasts for _, _, lasts in now)
        passing = sum(each.passing for each in self._asking.values())
        return 20 if is_lasting or self._failed > passing else 75

    @property
    def wrong(self) -> str:
        """What went wrong last with each feed, in a line."""
        return "; ".join(f"{feed}: {said}" for feed, said in self._wrong.items())

    def _count(self, facts: Mapping[str, Any]) -> None:
        outcomes, error, feed = facts["outcomes"], facts["error"], facts["feed"]
        cycle, is_bad, is_lasting = self._open.get(feed, ("", False, False))
        if cycle != facts["cycle"]:  # what it lacks, it lacks for good
            self._is_bad |= is_bad
            self._is_lasting |= is_lasting
        self._failed += outcomes.get("failed", 0)
        self._is_bad |= bool(facts["alerts"])
        self._has_answer |= any(outcomes.get(each) for each in _ANSWERED)
        self._has_answer |= not (facts["missing"] or error)
        # A full disk and another process that is at work pass; what has been understood wrongly does not.
        lasts = bool(error) and not error.startswith(("OSError", "StoreBusyError"))
        lasts |= bool(facts["missing"]) and set(outcomes) != {"failed"}
        is_bad = bool(facts["missing"] or error)
        self._open[feed] = facts["cycle"], is_bad, lasts
        if is_bad or facts["alerts"]:
            self._wrong[feed] = _sentence(facts)

    def _print(self, facts: Mapping[str, Any]) -> None:
        if self._arguments.json:
            print(json.dumps(facts, ensure_ascii=False), flush=True)
        elif not self._arguments.quiet:
            cycle = facts["cycle"].replace("T", " ")[:16]
            print(f"{cycle}  {facts['feed']:<{self._width}}  {_sentence(facts)}", flush=True)


def _facts(store: Store, result: CycleResult) -> dict[str, Any]:
    """Return what a cycle brought, as JSON can hold it."""
    from evforecast.collect.ledger import brought

    missing, rows, rejected, chargers = [], 0, 0, None
    if not result.error:
        end = result.cycle + store.every
        lost = store.gaps(result.cycle, end)
        missing = lost[["name", "asked", "reason"]].to_dict("records")
        came = store.entries(result.cycle, end)
        # What an earlier call asked in the same cycle is no news.
        is_new = (came["outcome"] == "stored") & (came["asked_at"] == came["asked_at"].max())
        new = came[is_new & bool(result.outcomes)]
        rows, rejected = int(new["rows"].sum()), int(new["rejected"].sum())
        if "status" in store.feed.tables and result.outcomes.keys() & set(_ANSWERED):
            chargers = int(brought(store, result.cycle, end)["rows"].sum())
    return {
        "cycle": str(result.cycle),
        "feed": result.feed,
        "outcomes": {each: result.outcomes[each] for each in _OUTCOMES if each in result.outcomes},
        "chargers": chargers,
        "rows": rows,
        "rejected": rejected,
        "missing": missing,
        "alerts": [asdict(alert) for alert in result.alerts],
        "error": result.error,
    }


def _sentence(facts: Mapping[str, Any]) -> str:
    counts = [f"{count:,} {outcome}" for outcome, count in facts["outcomes"].items()]
    if facts["chargers"] is not None:
        counts.append(f"{facts['chargers']:,} charger{'s' * (facts['chargers'] != 1)}")
    counts += [f"{facts[each]:,} {each}" for each in ("rows", "rejected") if facts[each]]
    parts = [", ".join(counts)] if counts else []
    if not (parts or facts["missing"] or facts["error"]):
        parts = ["answered before"]
    if missing := facts["missing"]:
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        parts.append(f"missing {missing[0]['name']}: {missing[0]['reason']}{more}")
    said = {f"{alert['kind']}: {alert['message']}": None for alert in facts["alerts"]}
    parts += [alert for alert in said if not any(alert in part for part in parts)]  # once is enough
    parts += [facts["error"]] if facts["error"] else []
    return " ".join("; ".join(parts).split())
