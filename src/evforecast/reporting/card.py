"""The card of a model: whatever it holds, as facts and tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from evforecast.reporting.page import Page

__all__ = ["card_section"]

_LISTED = 8


def card_section(page: Page, card: Mapping[str, Any] | None) -> None:
    """Add the section on the model: single values as facts, lists of records as tables."""
    page.section("Model card")
    if not card:
        page.text("No card of the champion was given.")
        return
    facts: dict[str, str] = {}
    tables: dict[str, pd.DataFrame] = {}
    for key, value in card.items():
        if isinstance(value, Mapping):
            facts |= {f"{_word(key)}: {_word(name)}": _said(part) for name, part in value.items()}
        elif isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
            rows = [{str(k): v if _is_number(v) else _said(v) for k, v in r.items()} for r in value]
            tables[_word(key)] = pd.DataFrame(rows)
        else:
            facts[_word(key)] = _said(value)
    page.facts(facts)
    for name, table in tables.items():
        page.table(
            table,
            caption=f"Of the card: {name}",
            columns={column: _word(column) for column in table.columns},
            name=f"card: {name}",
        )


def _said(value: object) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, Mapping):
        return ", ".join(f"{_word(name)} {_said(part)}" for name, part in value.items()) or "–"
    if isinstance(value, Sequence) and not isinstance(value, str):
        more = f" and {len(value) - _LISTED} more" if len(value) > _LISTED else ""
        return (", ".join(map(_said, value[:_LISTED])) or "–") + more
    if isinstance(value, float):
        return f"{value:.4g}"
    return f"{value:,}" if _is_number(value) else str(value)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _word(key: object) -> str:
    return str(key).replace("_", " ")
