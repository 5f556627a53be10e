import numpy as np
import pytest

from evforecast.registry import Registry, UnknownVersionError
from evforecast.scenarios.roles import Move, moves, role, roles, settle
from evforecast.scenarios.tables import commit

SAID = {"by": "a hand", "reason": "I know better"}


def decide(work, *decided, step="promote"):
    """Commit moves as a step of another day does."""
    work.as_of = work.as_of + np.timedelta64(1, "D")
    before = work.begun(step)
    commit(work.warehouse, step, [moves(work, step, decided)], before=before, until=work.now)


def test_who_does_what(played, at_work):
    work = at_work(played)
    found = roles(work, played.models[0])
    assert {"champion", "driver-persistence"} <= set(found)
    champion = found["champion"]
    assert champion.id == f"driver-{champion.version.number}"
    assert str(champion.trained_until) == champion.version.card.data["until"]
    assert role(work.registry, "nobody", "champion") is None
    assert role(work.registry, "driver-persistence", "challenger") is None


def test_an_alias_follows_once(played, at_work):
    work = at_work(played)
    assert settle(work) == 0
    other = 3 - min(work.registry.alias("driver", "champion"), 2)
    decide(
        work, Move("driver", "challenger", 1, "to see"), Move("driver", "champion", other, "back")
    )
    assert settle(work) == 2
    assert work.registry.alias("driver", "champion") == other
    event = work.registry.events("driver")[-1]
    assert (event.at, event.reason) == (work.now, "back")
    assert settle(work) == 0


def test_a_hand_that_moves_an_alias_later_is_not_undone(played, at_work):
    work = at_work(played)
    decide(work, Move("driver", "champion", 1, "back"))
    settle(work)
    Registry(played.registry).set_alias("driver", "champion", 2, **SAID)
    assert settle(work) == 0
    assert work.registry.alias("driver", "champion") == 2


def test_an_alias_is_cleared(played, at_work):
    work = at_work(played)
    decide(work, Move("driver", "challenger", 1, "to see"))
    settle(work)
    decide(work, Move("driver", "challenger", 0, "seen"))
    settle(work)
    assert work.registry.alias("driver", "challenger") == 0


def test_a_registry_that_is_another_folder(played, at_work):
    work = at_work(played)
    decide(work, Move("driver", "champion", 99, "?"))
    with pytest.raises(UnknownVersionError, match="no version 99"):
        settle(work)


def test_a_dry_run_settles_nothing(played, at_work):
    work = at_work(played)
    decide(work, Move("driver", "champion", 1, "back"))
    work.dry_run = True
    assert settle(work) == 0


def test_a_challenger_that_a_hand_made_champion_is_one_role(played, at_work):
    work, registry = at_work(played), Registry(played.registry)
    for alias in ("champion", "challenger"):
        registry.set_alias("driver", alias, 1, **SAID)
    found = roles(work, played.models[0])
    assert found["champion"].id == "driver-1"
    assert "challenger" not in found
