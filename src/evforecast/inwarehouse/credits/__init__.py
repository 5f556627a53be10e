"""What Snowflake costs: by run, step and day, with budgets, tags and sizes of warehouses."""

from evforecast.inwarehouse.credits.budget import Budget, BudgetExceededError, Meter
from evforecast.inwarehouse.credits.consumption import consumption
from evforecast.inwarehouse.credits.lines import Line
from evforecast.inwarehouse.credits.reading import read_views
from evforecast.inwarehouse.credits.result import Consumption
from evforecast.inwarehouse.credits.sizes import GEN1
from evforecast.inwarehouse.credits.sizing import sized
from evforecast.inwarehouse.credits.tags import tagged
from evforecast.inwarehouse.credits.views import Refusal, Views

__all__ = [
    "GEN1",
    "Budget",
    "BudgetExceededError",
    "Consumption",
    "Line",
    "Meter",
    "Refusal",
    "Views",
    "consumption",
    "read_views",
    "sized",
    "tagged",
]
