import pytest

from evforecast.errors import InputError
from evforecast.registry.names import alias_name, is_model_name, model_name

GOOD = ["driver", "paris-driver", "Paris.2_b", "a", "x" * 100]
BAD = ["", ".", "..", ".a", "-a", "_a", "a/b", "a\\b", "a b", "a\n", "é", "x" * 101, None, 3]


@pytest.mark.parametrize("name", [*GOOD, "3", "2024-11"])
def test_names_of_models(name):
    assert model_name(name) == name
    assert is_model_name(name)


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_name_of_a_model(name):
    with pytest.raises(InputError, match="a model is called by up to 100 letters"):
        model_name(name)


@pytest.mark.parametrize("name", GOOD)
def test_names_of_aliases(name):
    assert alias_name(name) == name


@pytest.mark.parametrize("name", [*BAD, "3", "2024-11", "latest"])
def test_what_is_no_name_of_an_alias(name):
    with pytest.raises(InputError, match="an alias is called by up to 100 letters"):
        alias_name(name)
