import subprocess
import sys

import pytest

from evforecast.dataiku.client import NotInDataikuError, dataset_of, dss, folder_of


def test_outside_dss_it_is_said_what_to_do():
    with pytest.raises(NotInDataikuError, match="fake_dss") as caught:
        dss()
    assert isinstance(caught.value, ImportError)


def test_a_broken_dataiku_is_not_taken_for_a_missing_one(tmp_path, monkeypatch):
    (tmp_path / "dataiku.py").write_text("import nothing_of_this_name\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="nothing_of_this_name") as caught:
        dss()
    assert not isinstance(caught.value, NotInDataikuError)


def test_names_and_handles(dss):
    import dataiku

    handle = dataiku.Dataset("status")
    assert dataset_of(handle) is handle
    assert dataset_of("status").name == "FAKE.status"
    assert folder_of("models").name == "models"


def test_importing_asks_for_no_dataiku():
    code = "import sys, evforecast.dataiku; sys.exit('dataiku' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
