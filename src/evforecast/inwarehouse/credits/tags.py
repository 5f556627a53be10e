"""The tag of a query: which step of which run asked it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from evforecast.errors import InputError
from evforecast.inwarehouse.credits.session import (
    is_snowflake,
    parameter,
    put_back,
    restore_sql,
    set_sql,
)
from evforecast.timegrid import TimeLike, as_time
from evforecast.warehouse import Warehouse

__all__ = ["NO_STEP", "Tag", "tagged"]

NO_STEP = "(no step)"
"""The step of our own queries outside any: those of a migration, or of a notebook."""

_APP = "evforecast"
_LONGEST = 2000


@dataclass(frozen=True)
class Tag:
    """Which step of which run asked a query.

    Attributes
    ----------
    step, run, as_of : str
        Empty where the tag does not say.
    """

    step: str
    run: str
    as_of: str

    @property
    def text(self) -> str:
        """The tag as it is set, JSON in plain letters."""
        words = {"app": _APP, "step": self.step, "run": self.run, "as_of": self.as_of}
        return json.dumps(words, separators=(",", ":"))

    @classmethod
    def parse(cls, text: Any) -> Tag | None:
        """Return what a tag says, None where it is not one of ours.

        Examples
        --------
        >>> Tag.parse('{"app":"evforecast"}')
        Tag(step='(no step)', run='', as_of='')
        >>> Tag.parse("nightly load")
        """
        try:
            words = json.loads(text)
        except (TypeError, ValueError):
            return None
        if not isinstance(words, dict) or words.get("app") != _APP:
            return None
        step, run, as_of = (str(words.get(name) or "") for name in ("step", "run", "as_of"))
        return cls(step or NO_STEP, run, as_of)


@contextmanager
def tagged(warehouse: Warehouse, *, step: str, run: str, as_of: TimeLike) -> Iterator[None]:
    """Set the query tag of a session for one step of a run; afterwards the session has the tag that it had.

    Every statement of the session carries it, those that other threads ask over the same connection and those
    inside a procedure that is called, too. Nothing happens where there are no sessions: with DuckDB.

    Parameters
    ----------
    warehouse : Warehouse
    step : str
        ``predict`` and so on.
    run : str
        What the run is called.
    as_of : time
        What the step takes as the present, UTC.

    Raises
    ------
    InputError
        If the tag would be longer than the 2,000 characters that Snowflake takes, or the step is empty.

    Examples
    --------
    >>> import tempfile
    >>> from evforecast.warehouse import connect
    >>> with connect(f"duckdb:///{tempfile.mkdtemp()}/ev.duckdb") as warehouse:
    ...     with tagged(warehouse, step="predict", run="r1", as_of="2026-11-28 08:15"):
    ...         warehouse.run("SELECT 42")
    [(42,)]
    """
    tag = Tag(step, run, f"{as_time(as_of)}Z")
    if not step or len(tag.text) > _LONGEST:
        msg = (
            f"tagged: the tag of step {step[:40]!r} in run {run[:40]!r} has {len(tag.text):,} characters. "
            f"A step has a name, and a tag at most {_LONGEST:,} characters: give the run a shorter name."
        )
        raise InputError(msg)
    if not is_snowflake(warehouse):
        yield
        return
    was = parameter(warehouse, "QUERY_TAG")
    warehouse.run(set_sql("QUERY_TAG", tag.text))
    with put_back(
        lambda: warehouse.run(restore_sql(was)),
        f"the session still has the query tag of step {step!r}: close it.",
    ):
        yield
