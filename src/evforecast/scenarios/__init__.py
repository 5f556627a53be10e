"""Production: the steps from fresh data to a report, each safe to run again, driven by any scheduler."""

from evforecast.scenarios.examples import schedule
from evforecast.scenarios.new_project import write_project
from evforecast.scenarios.project import (
    STEPS,
    FeedSettings,
    ModelSettings,
    MonitorSettings,
    Project,
)
from evforecast.scenarios.record import StepResult, runs
from evforecast.scenarios.runner import daily, run
from evforecast.scenarios.simulated import SimulatedCity

__all__ = [
    "STEPS",
    "FeedSettings",
    "ModelSettings",
    "MonitorSettings",
    "Project",
    "SimulatedCity",
    "StepResult",
    "daily",
    "run",
    "runs",
    "schedule",
    "write_project",
]
