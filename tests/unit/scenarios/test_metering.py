from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest

import evforecast.inwarehouse.credits as theirs
from evforecast.scenarios.metering import metered


@pytest.fixture
def asked(monkeypatch):
    """Note what is asked of the credits, and say what a budget says on Snowflake."""
    said = []

    def noting(name):
        @contextmanager
        def context(*_, **options):
            said.append((name, options))
            yield SimpleNamespace(estimate=0.75, spent=0.5)
            said.append((f"{name} ends", {}))

        return context

    monkeypatch.setattr(theirs, "tagged", noting("tagged"))
    monkeypatch.setattr(theirs, "sized", noting("sized"))
    monkeypatch.setattr(
        theirs, "Budget", lambda limit: SimpleNamespace(guard=noting(f"budget of {limit}"))
    )
    return said


def test_every_step_is_tagged(small, at_work, asked):
    work = at_work(small())
    with metered(work, "predict", "r1") as cost:
        assert cost() is None
    assert asked == [
        ("tagged", {"step": "predict", "run": "r1", "as_of": work.as_of}),
        ("tagged ends", {}),
    ]


def test_a_size_and_a_budget(small, at_work, asked):
    work = at_work(small())
    work.project = replace(work.project, sizes={"train": "Medium"}, budget=2.0)
    with metered(work, "train", "r1") as cost:
        assert cost() == 0.25
    names = [name for name, _ in asked]
    assert names[:3] == ["tagged", "sized", "budget of 2.0"]
    assert names[3:] == ["budget of 2.0 ends", "sized ends", "tagged ends"]
    assert asked[1][1] == {"size": "Medium"}
    asked.clear()
    with metered(work, "predict", "r1"):
        pass
    assert "sized" not in [name for name, _ in asked]


def test_a_dry_run_pays_for_nothing(small, at_work, asked):
    work = at_work(small(), dry_run=True)
    work.project = replace(work.project, sizes={"train": "Medium"}, budget=2.0)
    with metered(work, "train", "r1"):
        pass
    assert [name for name, _ in asked] == ["tagged", "tagged ends"]


def test_with_duckdb_nothing_costs(small, at_work):
    work = at_work(small())
    work.project = replace(work.project, sizes={"train": "Medium"}, budget=2.0)
    with metered(work, "train", "r1") as cost:
        assert cost() is None
