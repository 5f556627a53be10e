"""A fake DSS, and the module that it installs."""

import pytest

from evforecast.testing.fake_dataiku import fake_dss


@pytest.fixture
def dss(tmp_path):
    with fake_dss(
        tmp_path, datasets=["rows", "other"], folders=["files"], evaluation_stores=["skill"]
    ) as installed:
        yield installed


@pytest.fixture
def dataiku(dss):
    import dataiku

    return dataiku
