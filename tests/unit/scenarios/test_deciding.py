import numpy as np
import pytest

from evforecast.scenarios.deciding import promote, retrain
from evforecast.scenarios.roles import settle
from evforecast.scenarios.tables import TABLES, Change, commit, stamp, watermark

DAY = np.timedelta64(1, "D")


@pytest.fixture
def advised(played, at_work):
    """Return what lets `monitor` advise something a day later."""
    import pyarrow as pa

    def advise(kind, verdict, *, challenger=0, days=1):
        work = at_work(played)
        work.registry.set_alias("driver", "champion", 1, by="me", reason="a test")
        if challenger:
            work.registry.set_alias("driver", "challenger", challenger, by="me", reason="a test")
        elif work.registry.alias("driver", "challenger"):
            work.registry.clear_alias("driver", "challenger", by="me", reason="a test")
        before = watermark(work.warehouse, "monitor")
        work.as_of = work.as_of + days * DAY
        row = {
            "as_of": pa.array([work.now.item()], pa.timestamp("s")),
            "name": ["driver"],
            "kind": [kind],
            "verdict": [verdict],
            "reason": ["so it is"],
            "record": ["{}"],
        }
        change = Change(
            TABLES["decision"], pa.table(row), '"as_of" = CAST(? AS TIMESTAMP)', [stamp(work.now)]
        )
        commit(work.warehouse, "monitor", [change], before=before, until=work.now)
        return work

    return advise


def aliases(work):
    return tuple(work.registry.alias("driver", name) for name in ("champion", "challenger"))


def test_a_new_version_goes_into_the_shadow(advised):
    work = advised("retraining", verdict=True)
    done = retrain(work)
    settle(work)
    newest = work.registry.get("driver", "latest")
    assert done.status == "done"
    assert aliases(work) == (1, newest.number)
    assert newest.card.published_at == work.now
    assert work.registry.events("driver")[-1].reason == "so it is"
    assert retrain(work).status == "nothing"


@pytest.mark.parametrize(
    ("kind", "verdict", "challenger"),
    [("retraining", False, 0), ("retraining", True, 2), ("promotion", True, 0)],
    ids=["not advised", "one is in the shadow", "another advice"],
)
def test_nothing_is_trained(advised, kind, verdict, challenger):
    work = advised(kind, verdict, challenger=challenger)
    before = work.registry.get("driver", "latest").number
    assert retrain(work).status == "nothing"
    assert work.registry.get("driver", "latest").number == before
    assert watermark(work.warehouse, "retrain") == work.now


def test_a_challenger_takes_the_place(advised):
    work = advised("promotion", verdict=True, challenger=2)
    assert promote(work).status == "done"
    settle(work)
    assert aliases(work) == (2, 0)
    assert promote(work).status == "nothing"


def test_a_challenger_without_a_challenger(advised):
    work = advised("promotion", verdict=True)
    assert promote(work).status == "nothing"
    assert aliases(work) == (1, 0)


def test_a_challenger_gives_up(advised):
    work = advised("promotion", verdict=False, challenger=2, days=9)
    done = promote(work)
    settle(work)
    assert "not promoted in" in done.artefacts["driver"]
    assert aliases(work) == (1, 0)


def test_a_challenger_has_time(played, advised):
    work = advised("promotion", verdict=False, challenger=2, days=1)
    until = np.datetime64(work.registry.get("driver", 2).card.data["until"], "s")
    work.project.limits.promotion.__dict__["min_days"] = int((work.now - until) / DAY) // 2 + 1
    assert promote(work).artefacts == {"driver": "so it is"}
    settle(work)
    assert aliases(work) == (1, 2)


def test_nobody_decides_where_nobody_looked(played, at_work):
    work = at_work(played, day=6)
    assert (retrain(work).status, promote(work).status) == ("nothing", "nothing")
    assert watermark(work.warehouse, "retrain") < work.now


def test_a_dry_run(advised):
    work = advised("retraining", verdict=True)
    work.dry_run = True
    assert retrain(work).artefacts == {"driver": "so it is"}
    assert watermark(work.warehouse, "retrain") < work.now
