"""Cloud services: compiling, metadata, logins. Billed is only what is above a tenth of the day's warehouses.

The rule is one of the whole account and of a day of UTC, and serverless services have no part in it
(https://docs.snowflake.com/en/user-guide/cost-understanding-compute). So what a step is billed for them is
its share of what the account is billed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evforecast.inwarehouse.credits.amounts import rounded
from evforecast.inwarehouse.credits.records import Billed, Metered, day_of

if TYPE_CHECKING:
    import numpy as np

__all__ = ["CloudDay", "above_a_tenth", "cloud_days", "is_warehouses"]


@dataclass(frozen=True)
class CloudDay:
    """The cloud services of an account on one day, in units.

    Attributes
    ----------
    used : int
        Before the rule.
    billed : int
        After it.
    final : bool
        Whether it is as Snowflake billed it, not as we calculate it.
    """

    used: int
    billed: int
    final: bool


def above_a_tenth(compute: int, cloud: int) -> int:
    """Return what is billed of the cloud services of a day, from what warehouses and they cost, in units.

    Examples
    --------
    >>> above_a_tenth(compute=100, cloud=12), above_a_tenth(compute=100, cloud=8)
    (2, 0)
    """
    return rounded(max(10 * cloud - compute, 0), 10)


def is_warehouses(service: str) -> bool:
    """Return whether a line of METERING_DAILY_HISTORY is of warehouses, not of a serverless service.

    Examples
    --------
    >>> is_warehouses("WAREHOUSE_METERING"), is_warehouses("SERVERLESS_TASK")
    (True, False)
    """
    return service.startswith("WAREHOUSE_METERING")


def cloud_days(
    metered: Iterable[Metered], billed: Iterable[Billed]
) -> dict[np.datetime64, CloudDay]:
    """Return the cloud services of each day: as they were billed, or calculated from the hours of warehouses.

    Parameters
    ----------
    metered : iterable of Metered
        Of all warehouses of the account.
    billed : iterable of Billed
    """
    compute: dict[np.datetime64, int] = defaultdict(int)
    cloud: dict[np.datetime64, int] = defaultdict(int)
    for hour in metered:
        compute[day_of(hour.hour)] += hour.compute
        cloud[day_of(hour.hour)] += hour.cloud
    found = {
        day: CloudDay(used, above_a_tenth(compute[day], used), final=False)
        for day, used in cloud.items()
    }
    lines: dict[np.datetime64, list[Billed]] = defaultdict(list)
    for line in billed:
        if is_warehouses(line.service):
            lines[line.day].append(line)
    for day, of_day in lines.items():
        used = sum(line.cloud for line in of_day)
        adjusted = used + sum(line.adjustment for line in of_day)
        found[day] = CloudDay(used, max(adjusted, 0), final=True)
    return found
