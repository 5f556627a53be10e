import json

import pytest

from evforecast.errors import InputError
from evforecast.migration import MigrationPlan


def test_the_target_has_the_name_of_the_source():
    assert MigrationPlan('public."My Status"').target_table.parts == ("My Status",)
    assert MigrationPlan("status", target="ev.copy").target_table.parts == ("ev", "copy")


def test_a_plan_survives_json():
    plan = MigrationPlan("t", key=["a", "b"], columns=["a", "b", "c"], layout="month", workers=3)
    assert MigrationPlan(**json.loads(json.dumps(plan.to_dict()))) == plan
    assert MigrationPlan(**MigrationPlan("t", key=()).to_dict()).key == ()
    assert MigrationPlan(**MigrationPlan("t").to_dict()).key is None


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "name a table or a query"),
        ({"table": "t", "query": "SELECT 1"}, "one of them"),
        ({"query": "SELECT 1"}, "say with target="),
        ({"table": "t", "layout": "months"}, "Did you mean 'month'"),
        ({"table": "t", "format": "orc"}, "format='orc' is no choice"),
        ({"table": "t", "compression": "zip"}, "compression='zip' is no choice"),
        ({"table": "t", "on_error": "skip"}, "on_error='skip' is no choice"),
        ({"table": "t", "key": "id"}, "key is a sequence of names, not the text 'id'"),
        ({"table": "t", "target_mb": (100, 10)}, "the smaller first"),
        ({"table": "t", "target_mb": (10,)}, "two sizes"),
        ({"table": "t", "workers": 0}, "at least one connection"),
        ({"table": "a.b.c.d"}, "1 to 3 parts"),
    ],
)
def test_what_does_not_go_together_is_refused(options, words):
    with pytest.raises(InputError, match=words):
        MigrationPlan(**options)
