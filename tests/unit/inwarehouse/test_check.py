import json

import pytest

from evforecast.errors import InputError, TransientError
from evforecast.forecasting import DirectForecaster
from evforecast.inwarehouse import check, check_account
from evforecast.inwarehouse.check import NoGrantError
from evforecast.warehouse.snowflake.errors import SnowflakeError


def lines(warehouse, monkeypatch, **checks):
    """Return the lines of made-up checks."""
    monkeypatch.setattr(check, "CHECKS", checks)
    return list(check_account(warehouse))


def raises(error):
    def tried(_):
        raise error

    return tried


def test_each_outcome_is_a_line(recorder, monkeypatch):
    found = lines(
        recorder(),
        monkeypatch,
        connect=lambda _: "fine",
        stage=raises(SnowflakeError("no stage", 3001)),
        copy=raises(TransientError("later")),
        views=raises(NoGrantError("no view")),
    )
    assert [(line.name, line.status, line.found) for line in found] == [
        ("connect", "works", "fine"),
        ("stage", "fails", "no stage"),
        ("copy", "fails", "later"),
        ("views", "no grant", "no view"),
    ]
    assert all(line.seconds >= 0 for line in found)


def test_without_compute_the_rest_is_left_out(recorder, monkeypatch):
    found = lines(
        recorder(), monkeypatch, compute=raises(InputError("none")), udtf=lambda _: "never"
    )
    assert [line.status for line in found] == ["fails", "left out"]
    assert found[1].found == "needs compute"


def test_a_fault_of_ours_is_not_a_line(recorder, monkeypatch):
    with pytest.raises(ZeroDivisionError):
        lines(recorder(), monkeypatch, connect=raises(ZeroDivisionError()))


def test_what_was_made_is_dropped_whatever_happens(recorder, monkeypatch):
    def makes(trial):
        trial.table("grid")
        trial.undo.append("DROP TASK t")
        raise KeyboardInterrupt

    warehouse = recorder(DROP=SnowflakeError("gone already", 2003))
    purged = []
    warehouse.purge = purged.append
    monkeypatch.setattr(check, "CHECKS", {"task": makes})
    with pytest.raises(KeyboardInterrupt):
        list(check_account(warehouse))
    dropped = [sql for sql in warehouse.asked if sql.startswith("DROP")]
    assert dropped[0] == "DROP TASK t"
    assert dropped[1].startswith('DROP TABLE IF EXISTS "evforecast_check_')
    assert len(purged) == 1


def test_a_check_that_is_not_there_is_told(recorder):
    with pytest.raises(InputError, match="Did you mean 'udtf'"):
        list(check_account(recorder(), only=["udft"]))


def test_only_some(recorder):
    warehouse = recorder(SELECT=[("9.1", "SYSADMIN")])
    (line,) = check_account(warehouse, only=["connect"])
    assert line.found == "Snowflake 9.1, role SYSADMIN"


def test_a_session_without_a_warehouse_is_told(recorder):
    (line,) = check_account(recorder(SELECT=[(None,)]), only=["compute"])
    assert (line.status, "EVFORECAST_SNOWFLAKE_WAREHOUSE" in line.found) == ("fails", True)


@pytest.mark.parametrize("wrong", [0.0, 1e-3])
def test_the_java_function_is_held_against_the_process(recorder, monkeypatch, wrong):
    """Its answers are made here by the model itself, and once with a mistake."""
    told = {}
    real = DirectForecaster.predict_proba

    def keep(self, panel, horizons=None):
        told["forecast"] = real(self, panel, horizons)
        told["rows"] = iter(told["forecast"].proba[0].tolist())
        return told["forecast"]

    class Answering(recorder):
        def run(self, sql, _values=()):
            if not sql.startswith("SELECT"):
                return []
            no, yes = next(told["rows"])
            return [(json.dumps({"not free": no + wrong, "free": yes}),)]

    monkeypatch.setattr(DirectForecaster, "predict_proba", keep)
    (line,) = check_account(Answering(), only=["java"])
    assert line.status == ("fails" if wrong else "works"), line.found
    assert "from the process" in line.found or "differs" in line.found
