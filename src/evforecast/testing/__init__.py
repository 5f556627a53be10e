"""What proves that a forecaster keeps its promises, and changes of a history that a monitor must see."""

from evforecast.testing.conformance import CHECKS, check_forecaster
from evforecast.testing.postgres import postgres_server
from evforecast.testing.shifts import fewer_visits, freeze, joined_later, merge_status

__all__ = [
    "CHECKS",
    "check_forecaster",
    "fewer_visits",
    "freeze",
    "joined_later",
    "merge_status",
    "postgres_server",
]
