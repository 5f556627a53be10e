import importlib
import sys
from contextlib import suppress
from types import ModuleType

import pandas as pd
import pytest

from evforecast.testing.fake_dataiku import FakeDss, fake_dss


def test_the_module_is_there_for_a_while(tmp_path):
    assert "dataiku" not in sys.modules
    with fake_dss(tmp_path):
        importlib.import_module("dataiku")
    assert "dataiku" not in sys.modules
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("dataiku")


def test_what_was_there_before_is_back(tmp_path, monkeypatch):
    real = ModuleType("dataiku")
    monkeypatch.setitem(sys.modules, "dataiku", real)
    with suppress(RuntimeError), fake_dss(tmp_path):
        assert sys.modules["dataiku"] is not real
        raise RuntimeError
    assert sys.modules["dataiku"] is real


def test_what_is_in_the_folder_stays(tmp_path):
    for n in range(2):
        with fake_dss(
            tmp_path, datasets=["rows"], folders=["files"], variables={f"v{n}": n}
        ) as dss:
            import dataiku

            if not n:
                dataiku.Dataset("rows").write_with_schema(pd.DataFrame({"n": [1]}))
    with fake_dss(tmp_path):
        assert dataiku.Dataset("rows").get_dataframe()["n"].tolist() == [1]
    assert dss.variables()["standard"] == {"v0": 0, "v1": 1}


def test_variables_are_text(tmp_path):
    """Developer guide: custom variables are a mapping of names to text, whatever was set."""
    given = {"n": 4, "x": 0.5, "up": True, "horizons": [1, 4], "name": "city"}
    with fake_dss(tmp_path, variables=given):
        import dataiku

        assert dataiku.get_custom_variables() == {
            "projectKey": "FAKE",
            "n": "4",
            "x": "0.5",
            "up": "true",
            "horizons": "[1, 4]",
            "name": "city",
        }


def test_a_recipe_does_not_see_the_variables_that_it_sets(tmp_path):
    """`DSSProject.set_variables`: changes "will not be 'seen' in that recipe"."""
    with fake_dss(tmp_path, variables={"n": 1}) as dss:
        import dataiku

        with dss.recipe():
            dataiku.api_client().get_default_project().update_variables({"n": 2})
            assert dataiku.get_custom_variables()["n"] == "1"
        assert dataiku.get_custom_variables()["n"] == "2"


def test_a_local_variable_counts_for_more(tmp_path):
    dss = FakeDss(tmp_path)
    dss.set_variables({"standard": {"n": 1}, "local": {"n": 2}})
    assert dss.custom_variables()["n"] == "2"


def test_writers_that_were_not_closed_are_known(tmp_path):
    with fake_dss(tmp_path, datasets=["rows"]) as dss:
        import dataiku

        dataiku.Dataset("rows").get_writer()
    assert list(dss.writers) == ["FAKE.rows"]
