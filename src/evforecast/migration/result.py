"""`MigrationReport`: what a migration did, as a frame and as Markdown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from evforecast.migration.parts import Part
from evforecast.migration.state import MadePlan, Round

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MigrationReport"]


@dataclass(frozen=True)
class MigrationReport:
    """What a migration did so far.

    Attributes
    ----------
    made : MadePlan
        The plan as it was made.
    round : Round or None
        The last round; None before the first.
    """

    made: MadePlan
    round: Round | None

    @property
    def phase(self) -> str:
        """The phase that is next; ``done`` after the last."""
        return "export" if self.round is None else self.round.phase

    @property
    def complete(self) -> bool:
        """Whether the target was proved equal to the source's snapshot."""
        return self.round is not None and bool(self.round.ended and self.round.ended["complete"])

    @property
    def parts(self) -> list[Part]:
        """The files of the last round."""
        return [] if self.round is None else [part for _, part in self.round.parts.values()]

    @property
    def staged(self) -> dict[str, float]:
        """Seconds that it took to stage each file."""
        return {} if self.round is None else dict(self.round.staged)

    @property
    def seconds(self) -> dict[str, float]:
        """Seconds by phase, of the last round."""
        return {} if self.round is None else dict(self.round.seconds)

    @property
    def rows(self) -> int:
        """Rows of the snapshot."""
        return 0 if self.round is None else sum(one.print.rows for one in self.round.slices)

    @property
    def rejected(self) -> int:
        """Rows that the warehouse could not load; they are kept in the working folder."""
        loaded = {} if self.round is None else self.round.loaded
        return sum(file["rejected"] for file in loaded.values())

    def to_frame(self) -> pd.DataFrame:
        """Return a row a slice: rows, checks, files and seconds.

        ``equal`` says whether the target's slice was proved equal to the source's, None before that;
        ``checksum`` is the fingerprint's sum of the rows, ``differs`` what was found to differ.
        """
        import pandas as pd

        current = self.round
        if current is None:
            return pd.DataFrame(columns=["slice", "rows"])
        left = (current.ended or {}).get("differences", {})
        keys = (current.checked or {}).get("keys", {})
        rows = []
        for one in current.slices:
            parts = [part for label, part in current.parts.values() if label == one.label]
            loaded = [current.loaded[p.name] for p in parts if p.name in current.loaded]
            moved = one.label in current.todo
            rows.append(
                {
                    "slice": one.label,
                    "rows": one.print.rows,
                    "moved": moved,
                    "files": len(parts),
                    "mb": sum(part.size for part in parts) / 1e6,
                    "csv_mb": sum(part.csv_size for part in parts) / 1e6,
                    "rows_exported": sum(part.rows for part in parts),
                    "rows_loaded": sum(file["rows"] for file in loaded),
                    "rejected": sum(file["rejected"] for file in loaded),
                    "keys": keys.get(one.label),
                    "nulls": sum(c.nulls for c in one.print.columns.values()),
                    "checksum": f"{one.print.total:08x}",
                    "equal": None if current.ended is None else one.label not in left,
                    "differs": "; ".join(left.get(one.label, ())),
                    "export_s": sum(part.seconds for part in parts),
                    "stage_s": sum(current.staged.get(part.name, 0.0) for part in parts),
                }
            )
        return pd.DataFrame(rows)

    def to_markdown(self) -> str:
        """Return the report as Markdown: what it came to, and the table of the slices."""
        frame = self.to_frame()
        lines = [f"# {self.made.plan.target_table}: {self.verdict}", ""]
        lines += [f"- {name}: {value}" for name, value in self.facts().items()]
        lines.append("")
        shown = [
            c
            for c in (
                "slice",
                "rows",
                "files",
                "mb",
                "rows_loaded",
                "rejected",
                "checksum",
                "equal",
                "differs",
            )
            if c in frame
        ]
        lines.append("| " + " | ".join(shown) + " |")
        lines.append("| " + " | ".join("---" for _ in shown) + " |")
        lines += [
            "| " + " | ".join(_cell(row[name]) for name in shown) + " |"
            for _, row in frame.iterrows()
        ]
        return "\n".join(lines) + "\n"

    @property
    def verdict(self) -> str:
        """The whole of it, in a line."""
        if self.round is None:
            return "planned, nothing moved yet"
        if self.round.ended is None:
            return f"round {self.round.number} under way, {self.phase} is next"
        if self.complete:
            return f"complete: {self.rows:,} rows, the target equals the source"
        count = len(self.round.ended["differences"])
        return f"not complete: {count} slice(s) of the target differ from the source"

    def facts(self) -> dict[str, Any]:
        """Return what is worth knowing at a glance."""
        current, made = self.round, self.made
        facts: dict[str, Any] = {
            "from": f"{made.source} ({made.plan.source_name})",
            "to": f"{made.warehouse} ({made.plan.target_table})",
            "key": ", ".join(made.key) or "none: rows are compared whole",
            "format": made.plan.file_format.suffix.removeprefix("."),
        }
        if current is None:
            return facts
        moved = [part for _, part in current.parts.values()]
        facts["slices"] = (
            f"{len(current.slices)}, {len(current.todo)} moved in round {current.number}"
        )
        facts["files"] = f"{len(moved)}, {sum(part.size for part in moved) / 1e6:,.1f} MB"
        if current.merged is not None:
            facts["merged"] = (
                f"{current.merged['inserted']:,} inserted, {current.merged['updated']:,} updated"
            )
        if self.rejected:
            facts["rejected"] = f"{self.rejected:,} rows, kept in the working folder (rejected/)"
        facts["seconds"] = ", ".join(f"{k} {v:.1f}" for k, v in current.seconds.items())
        return facts

    def __str__(self) -> str:
        """Say what it came to, and the facts."""
        lines = [f"{self.made.plan.target_table}: {self.verdict}"]
        lines += [f"  {name:9} {value}" for name, value in self.facts().items()]
        for label, found in (
            ((self.round and self.round.ended) or {}).get("differences", {}).items()
        ):
            lines.append(f"  {label}: {'; '.join(found)}")
        return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return "" if value is None else str(value)
