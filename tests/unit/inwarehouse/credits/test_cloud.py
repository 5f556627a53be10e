import numpy as np
import pytest

from evforecast.inwarehouse.credits.amounts import HOUR
from evforecast.inwarehouse.credits.cloud import CloudDay, above_a_tenth, cloud_days, is_warehouses
from evforecast.inwarehouse.credits.records import Billed, Metered

FIRST, SECOND = np.datetime64("1970-01-01"), np.datetime64("1970-01-02")


@pytest.mark.parametrize(
    ("compute", "cloud", "billed"),
    [
        (120, 10, 0),
        (120, 12, 0),
        (120, 13, 1),
        (100, 20, 10),
        (100, 0, 0),
        (0, 5, 5),
        (15, 2, 0),
        (5, 2, 2),
    ],
)
def test_a_tenth_of_the_day_is_free(compute, cloud, billed):
    assert above_a_tenth(compute, cloud) == billed


def test_the_rule_is_of_a_day_and_of_all_warehouses():
    hours = [
        Metered("EV", 0, 100, 5, 80),
        Metered("LOAD", 23 * HOUR, 100, 45, 80),  # together 200 and 50: 30 above a tenth
        Metered("EV", 24 * HOUR, 100, 9, 80),
    ]
    found = cloud_days(hours, [])
    assert found == {FIRST: CloudDay(50, 30, final=False), SECOND: CloudDay(9, 0, final=False)}


def test_what_was_billed_counts_for_more_than_what_is_calculated():
    hours = [Metered("EV", 0, 100, 50, 80)]
    days = [
        Billed(FIRST, "WAREHOUSE_METERING", cloud=52, adjustment=-11, billed=141),
        Billed(FIRST, "WAREHOUSE_METERING_READER", cloud=1, adjustment=0, billed=1),
        Billed(FIRST, "PIPE", cloud=7, adjustment=0, billed=9),
    ]
    assert cloud_days(hours, days) == {FIRST: CloudDay(53, 42, final=True)}


def test_serverless_services_have_no_part_in_it():
    assert cloud_days([], [Billed(FIRST, "SERVERLESS_TASK", 5, 0, 5)]) == {}
    assert not is_warehouses("PIPE")
