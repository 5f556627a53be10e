"""The live suite: what `evforecast snowflake check` tries, each as a test, on the account of the environment.

Run it with ``pytest -m live tests/live``; without EVFORECAST_SNOWFLAKE_ACCOUNT or _CONNECTION it is skipped.
"""

import pytest

from evforecast.inwarehouse import check_account
from evforecast.inwarehouse.check import CHECKS
from evforecast.warehouse.snowflake import SnowflakeSettings, SnowflakeWarehouse


@pytest.fixture(scope="module")
def account():
    settings = SnowflakeSettings.from_environment()
    if not (settings.account or settings.connection):
        pytest.skip("EVFORECAST_SNOWFLAKE_ACCOUNT or _CONNECTION names no Snowflake account")
    with SnowflakeWarehouse.connect(settings) as warehouse:
        yield warehouse


@pytest.mark.live
@pytest.mark.parametrize("name", CHECKS)
def test_it_works_on_the_account(account, name):
    (line,) = check_account(account, only=[name])
    if line.status == "no grant":
        pytest.skip(line.found)
    assert line.status == "works", line.found
