"""The checks: the transient table, and the target before and after the merge, against the snapshot."""

from __future__ import annotations

from collections.abc import Sequence

from evforecast.migration.errors import MigrationError
from evforecast.migration.profile import SourceSlice
from evforecast.migration.state import MadePlan, Round
from evforecast.warehouse.base import Warehouse
from evforecast.warehouse.columns import Column

__all__ = ["check_transient", "compare_target", "require_same_columns"]


def require_same_columns(found: Sequence[Column], wanted: Sequence[Column], where: str) -> None:
    """Raise MigrationError unless two tables have the same columns.

    Parameters
    ----------
    found, wanted : sequence of Column
        Whether a column may hold NULL, and their order, do not matter.
    where : str
        Begins the message.

    Examples
    --------
    >>> require_same_columns(
    ...     [Column("n", "int4")], [Column("n", "int4", nullable=False)], "table t"
    ... )
    """
    mine, theirs = ({c.name: (c.kind, c.precision, c.scale) for c in x} for x in (found, wanted))
    if mine == theirs:
        return
    parts = [f"{name!r} is missing" for name in theirs if name not in mine]
    parts += [f"{name!r} is not expected" for name in mine if name not in theirs]
    parts += [
        f"{name!r} is {_words(mine[name])} instead of {_words(theirs[name])}"
        for name in mine
        if name in theirs and mine[name] != theirs[name]
    ]
    msg = f"{where}: other columns than expected: {', '.join(parts)}. Name another target or change it."
    raise MigrationError(msg)


def _words(kind: tuple[str, int | None, int | None]) -> str:
    return kind[0] if kind[1] is None else f"{kind[0]}({kind[1]},{kind[2]})"


def compare_target(
    warehouse: Warehouse, made: MadePlan, slices: Sequence[SourceSlice]
) -> dict[str, list[str]]:
    """Return the slices in which the target is not what the snapshot is, with what differs.

    Slices that only the target has are among them: nothing can be loaded for those, but they are told.

    Raises
    ------
    MigrationError
        If the target has other columns.
    """
    target = made.plan.target_table
    columns = warehouse.columns(target)
    if columns is None:
        return {one.label: ["not there yet"] for one in slices}
    require_same_columns(columns, made.columns, f"table {target} of the warehouse")
    found = warehouse.fingerprint(
        target, made.columns, slice_by=made.slicing.full_key(warehouse.dialect), few=made.few
    )
    differences: dict[str, list[str]] = {}
    for one in slices:
        theirs = found.pop(one.key, None)
        if theirs is None:
            differences[one.label] = ["not there yet"]
        elif theirs != one.print:
            differences[one.label] = theirs.differences(one.print)
    for key, theirs in found.items():
        differences[made.slicing.label(key)] = [f"{theirs.rows:,} rows that the source has not"]
    return differences


def check_transient(
    warehouse: Warehouse, made: MadePlan, current: Round
) -> tuple[dict[str, int], dict[str, list[str]]]:
    """Compare what was loaded with the snapshot.

    Returns
    -------
    keys : dict of str to int
        How many different keys each slice has; empty without a key.
    differences : dict of str to list of str
        What differs, by slice. A slice some of whose rows were rejected, and kept, needs only to have the
        others.
    """
    table = current.table
    by = made.slicing.full_key(warehouse.dialect)
    found = warehouse.fingerprint(table, made.columns, slice_by=by, few=made.few)
    distinct = warehouse.distinct(table, made.key, slice_by=by) if made.key else {}
    lost = _lost_rows(current)
    keys: dict[str, int] = {}
    differences: dict[str, list[str]] = {}
    for one in current.slices:
        if one.label not in current.todo:
            continue
        theirs = found.get(one.key)
        rows = 0 if theirs is None else theirs.rows
        expected = one.print.rows - lost.get(one.label, 0)
        if rows != expected:
            differences[one.label] = [f"{rows:,} rows against {expected:,}"]
        elif one.label not in lost and theirs is not None and theirs != one.print:
            differences[one.label] = theirs.differences(one.print)
        if made.key:
            keys[one.label] = n = distinct.get(one.key, 0)
            if n != rows:
                found_twice = f"{rows:,} rows have {n:,} different keys"
                differences.setdefault(one.label, []).append(found_twice)
    return keys, differences


def _lost_rows(current: Round) -> dict[str, int]:
    """Return how many rows the warehouse rejected, by slice."""
    lost: dict[str, int] = {}
    for name, (label, part) in current.parts.items():
        file = current.loaded[name]
        if file["rejected"]:
            lost[label] = lost.get(label, 0) + part.rows - file["rows"]
    return lost
