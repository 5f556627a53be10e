"""A table from PostgreSQL to a warehouse: in files, proved whole, safe to kill and to run again."""

from evforecast.migration.errors import (
    JournalError,
    LostConnectionError,
    MigrationError,
    PartError,
    UnfitColumnError,
)
from evforecast.migration.importing import ImportReport, import_file
from evforecast.migration.layouts import LAYOUTS, compare_layouts, layouts_markdown
from evforecast.migration.migrate import migrate
from evforecast.migration.plan import MigrationPlan
from evforecast.migration.result import MigrationReport
from evforecast.migration.run import Migration

__all__ = [
    "LAYOUTS",
    "ImportReport",
    "JournalError",
    "LostConnectionError",
    "Migration",
    "MigrationError",
    "MigrationPlan",
    "MigrationReport",
    "PartError",
    "UnfitColumnError",
    "compare_layouts",
    "import_file",
    "layouts_markdown",
    "migrate",
]
