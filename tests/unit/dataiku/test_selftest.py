import subprocess
import sys

import pytest

from evforecast.dataiku import selftest
from evforecast.dataiku.client import NotInDataikuError
from evforecast.testing.fake_dataiku import fake_dss

NAME = "evforecast_selftest"


def test_all_is_well(tmp_path):
    with fake_dss(tmp_path, datasets=[NAME], folders=[NAME]):
        found = selftest.check()
        selftest.test_this_dss()
    assert (found.status, len(found)) == ("OK", 6)
    assert [check.value for check in found] == [0.0] * 6


def test_what_is_missing_is_said(tmp_path):
    with fake_dss(tmp_path, folders=[NAME]) as dss:
        found = selftest.check()
        with pytest.raises(pytest.fail.Exception, match=f"dataset {NAME}: .*doesn't exist"):
            selftest.test_this_dss()
        assert [check.status for check in found] == ["ERROR"] * 4 + ["OK"] * 2
        assert "doesn't exist" in next(iter(found)).reason
        dss.add_dataset("mine")
        dss.set_variables({"standard": {f"{NAME}_dataset": "mine"}, "local": {}})
        selftest.test_this_dss()


def test_a_dss_that_guesses_is_noticed(tmp_path, monkeypatch):
    with fake_dss(tmp_path, datasets=[NAME], folders=[NAME]):
        import dataiku

        real = dataiku.Dataset.iter_dataframes

        def guess(self, chunksize=10000, columns=None):
            return real(self, chunksize, columns=columns)

        monkeypatch.setattr(dataiku.Dataset, "iter_dataframes", guess)
        found = {check.check: check for check in selftest.check()}
    assert found["text, times and gaps"].status == "ERROR"
    assert "'007'" in found["text, times and gaps"].reason


def test_a_folder_that_loses_bytes_is_noticed(tmp_path, monkeypatch):
    with fake_dss(tmp_path, datasets=[NAME], folders=[NAME]):
        monkeypatch.setattr(selftest, "download", lambda *_: b"")
        found = {check.check: check.status for check in selftest.check()}
    assert found["streams"] == "ERROR"


def test_outside_dss():
    with pytest.raises(NotInDataikuError):
        selftest.check()
    with pytest.raises(pytest.skip.Exception, match="no module 'dataiku'"):
        selftest.test_this_dss()


def test_the_command(tmp_path):
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pyargs"]
    done = subprocess.run(
        [*command, "evforecast.dataiku.selftest"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 skipped" in done.stdout
