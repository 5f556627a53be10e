import numpy as np
import pytest

from evforecast.dataiku.variables import set_variable, variable
from evforecast.errors import InputError
from evforecast.testing.fake_dataiku import fake_dss

GIVEN = {
    "n": 4,
    "x": 0.5,
    "up": True,
    "text": "TRUE ",
    "horizons": [1, 4],
    "as_of": "2026-11-28 08:15",
}


@pytest.fixture
def dss(tmp_path):
    with fake_dss(tmp_path, variables=GIVEN) as installed:
        yield installed


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("n", "int", 4),
        ("n", "text", "4"),
        ("n", "float", 4.0),
        ("x", "float", 0.5),
        ("up", "bool", True),
        ("text", "bool", True),
        ("horizons", "json", [1, 4]),
        ("as_of", "time", np.datetime64("2026-11-28T08:15")),
    ],
)
def test_read_as_what_it_is(dss, name, kind, value):
    assert variable(name, kind) == value


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("x", "int", "'0.5', where a whole number"),
        ("n", "bool", "'4', where true or false"),
        ("text", "float", "where a number"),
        ("text", "json", "where JSON"),
        ("text", "time", "where a time"),
    ],
)
def test_what_is_no_such_thing(dss, name, kind, said):
    with pytest.raises(InputError, match=said):
        variable(name, kind)


def test_what_is_not_there(dss):
    assert variable("nothing", "int", None) is None
    with pytest.raises(InputError, match="Did you mean 'horizons'"):
        variable("horizon", "json")
    with pytest.raises(InputError, match="kind"):
        variable("n", "integer")


@pytest.mark.parametrize("value", [3, [1], "a", np.datetime64("2026-11-28T08:15:00")], ids=str)
def test_set(dss, value):
    set_variable("new", value)
    assert variable("new") == (str(value) if not isinstance(value, list) else "[1]")
    assert variable("n", "int") == 4
    project = __import__("dataiku").api_client().get_default_project()
    assert list(project.get_variables()["local"]) == ["new"]
