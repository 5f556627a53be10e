"""The trade-off between layouts, on data of one's own: the same table moved in several, side by side."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evforecast.errors import InputError
from evforecast.migration.plan import MigrationPlan
from evforecast.migration.run import Migration
from evforecast.warehouse.base import Warehouse

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LAYOUTS", "compare_layouts", "layouts_markdown"]

LAYOUTS: Mapping[str, Mapping[str, Any]] = {
    "complete, compressed": {"layout": "complete", "compression": "gzip"},
    "complete, uncompressed": {"layout": "complete", "compression": "none"},
    "halves, compressed": {"layout": "halves", "compression": "gzip"},
    "by month, compressed": {"layout": "month", "compression": "gzip"},
    "by month, Parquet": {"layout": "month", "format": "parquet"},
}
"""The layouts that the original project compared, and Parquet."""

_ROWS = {
    "files": ("files", "{:,.0f}"),
    "mean_mb": ("mean size, MB", "{:,.1f}"),
    "export_s": ("export, s", "{:,.1f}"),
    "stage_one_s": ("stage one file, s", "{:,.3f}"),
    "stage_s": ("stage all, s", "{:,.2f}"),
    "load_s": ("load, s", "{:,.2f}"),
    "rows": ("rows", "{:,.0f}"),
    "equal": ("verified equal", "{}"),
}


def compare_layouts(
    source: str,
    warehouse: Warehouse,
    plan: MigrationPlan,
    *,
    layouts: Mapping[str, Mapping[str, Any]] = LAYOUTS,
    workdir: str | Path = "layouts",
    progress: bool | None = None,
) -> pd.DataFrame:
    """Move a table once in each of several layouts, to tables that are dropped afterwards.

    Parameters
    ----------
    source : str
        PostgreSQL's address.
    warehouse : Warehouse
    plan : MigrationPlan
        What to move; its layout, format and compression are replaced.
    layouts : mapping of str to mapping
        By name, the options of `MigrationPlan` that differ.
    workdir : path or str
        A folder that is not there yet; removed at the end.
    progress : bool, optional
        Whether bars are drawn; by default where a person sees them.

    Returns
    -------
    pandas.DataFrame
        A row a layout: ``layout``, ``files``, ``mean_mb``, ``export_s``, ``stage_one_s`` (mean of one file),
        ``stage_s``, ``load_s``, ``rows`` and ``equal``: whether the table was proved equal to the source.

    Raises
    ------
    InputError
        If the folder is there already.

    Examples
    --------
    >>> list(LAYOUTS)[0]
    'complete, compressed'
    """
    import pandas as pd

    folder = Path(workdir)
    if folder.exists():
        msg = f"compare_layouts: {folder} is there already; name a folder that is not."
        raise InputError(msg)
    found = []
    try:
        for place, (name, options) in enumerate(layouts.items()):
            target = plan.target_table.renamed(f"{plan.target_table.name}__layout_{place}")
            # none of the rows may be there before
            warehouse.drop(target)
            one = replace(plan, target=str(target), **options)
            moving = Migration(source, warehouse, one, folder / str(place), progress=progress)
            report = moving.run()
            warehouse.drop(target)
            parts, seconds, staged = report.parts, report.seconds, report.staged
            count = max(len(parts), 1)
            found.append(
                {
                    "layout": name,
                    "files": len(parts),
                    "mean_mb": sum(part.size for part in parts) / 1e6 / count,
                    "export_s": seconds.get("export", 0.0),
                    "stage_one_s": sum(staged.values()) / count,
                    "stage_s": seconds.get("stage", 0.0),
                    "load_s": seconds.get("load", 0.0),
                    "rows": report.rows,
                    "equal": report.complete,
                }
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return pd.DataFrame(found)


def layouts_markdown(frame: pd.DataFrame) -> str:
    """Return the comparison as the original project wrote it: a column a layout.

    Parameters
    ----------
    frame : pandas.DataFrame
        From `compare_layouts`.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"layout": ["complete"], "files": [1], "mean_mb": [50.9]})
    >>> print(layouts_markdown(frame))
    |  | complete |
    | --- | --- |
    | files | 1 |
    | mean size, MB | 50.9 |
    """
    lines = [_line(["", *frame["layout"]]), _line(["---"] * (len(frame) + 1))]
    for column, (title, form) in _ROWS.items():
        if column in frame:
            cells = [
                "yes" if v is True else "no" if v is False else form.format(v)
                for v in frame[column].tolist()
            ]
            lines.append(_line([title, *cells]))
    return "\n".join(lines)


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
