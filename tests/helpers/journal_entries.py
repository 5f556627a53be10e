"""The journal of a migration that went well."""

from evforecast.migration.plan import MigrationPlan
from evforecast.migration.profile import SourceSlice
from evforecast.migration.slicing import Slicing
from evforecast.migration.state import MadePlan, slices_to_json
from evforecast.warehouse import Column, ColumnPrint, Fingerprint

PRINT = Fingerprint(3, 17, {"n": ColumnPrint(0, 1, 3, 5)})
MADE = MadePlan(
    MigrationPlan("t"),
    "postgresql://host/db",
    "duckdb:///ev.duckdb",
    (Column("n", "int4"),),
    ("n",),
    Slicing("whole"),
    (),
    {"rows": 3},
)


def part(name, rows=3):
    return {"name": name, "rows": rows, "size": 9, "csv_size": 6, "sha256": "ab", "seconds": 0.1}


def entries():
    """Return the journal of a round that went well."""
    slices = slices_to_json([SourceSlice(0, "all rows", PRINT)])
    return [
        {"event": "plan", "made": MADE.to_dict()},
        {"event": "round", "number": 1, "run": "r1"},
        {"event": "source", "slices": slices, "todo": ["all rows"], "extra": {}, "kept": []},
        {"event": "part", "slice": "all rows", "part": part("a.csv")},
        {"event": "exported", "phase": "export", "seconds": 1.0},
        {"event": "staged", "name": "a.csv", "seconds": 0.5},
        {"event": "time", "phase": "stage", "seconds": 0.5},
        {"event": "transient", "table": "t__r1"},
        {"event": "loaded", "name": "a.csv", "rows": 3, "status": "loaded", "rejected": 0},
        {"event": "checked", "phase": "check", "seconds": 0.2, "keys": {}},
        {"event": "merged", "phase": "merge", "seconds": 0.1, "inserted": 3, "updated": 0},
        {"event": "ended", "complete": True, "differences": {}},
    ]
