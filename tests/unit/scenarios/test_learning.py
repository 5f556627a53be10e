import shutil
from dataclasses import replace

import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.scenarios.gathering import collect, features
from evforecast.scenarios.learning import made, publish, train
from evforecast.scenarios.predicting import predict
from evforecast.scenarios.reading import read_panel
from evforecast.scenarios.roles import roles, settle

START = np.datetime64("2026-01-05", "s")
HOUR = np.timedelta64(3600, "s")


def model_of(project, **changes):
    return replace(project, models=(replace(project.models[0], **changes),))


def test_it_waits_for_data(small, at_work):
    work = at_work(small(), day=1)
    assert train(work).artefacts == {"driver": "waits for 2D of data"}
    collect(work)
    features(work)
    done = train(work)
    assert (done.status, done.artefacts) == ("nothing", {"driver": "waits for 2D of data"})
    assert work.registry.models() == []


def test_the_first_is_the_champion(small, at_work):
    project = small()
    work = at_work(project, day=2)
    collect(work)
    features(work)
    planned = train(at_work_dry(work))
    assert planned.status == "planned"
    done = train(work)
    assert done.artefacts == {"driver": "version 1", "driver-persistence": "version 1"}
    settle(work)
    found = roles(work, project.models[0])
    assert {name: one.id for name, one in found.items()} == {
        "champion": "driver-1",
        "driver-persistence": "driver-persistence-1",
    }
    card = found["champion"].version.card
    assert card.published_at == work.now
    assert card.data["until"] == str(work.now)
    assert [row["horizon"] for row in card.scores] == [1, 4]
    assert train(work).status == "nothing"


def at_work_dry(work):
    return replace(work, dry_run=True)


def test_the_same_data_give_the_same_version(played, at_work):
    work = at_work(played)
    model = played.models[0]
    panel = read_panel(
        work.warehouse, since=START, until=START + 60 * HOUR, step=HOUR, tz=played.tz
    )
    one = publish(work, model, "driver", model.kind, panel)
    assert publish(work, model, "driver", model.kind, panel).number == one.number
    other = publish(work, model, "driver", model.kind, panel.head(59))
    assert other.number == one.number + 1


def test_a_baseline_that_is_named_later(played, at_work):
    project = model_of(played, baselines=("Persistence", "Climatology"))
    work = at_work(project)
    assert train(work).artefacts == {"driver-climatology": "version 1"}
    settle(work)
    assert "driver-climatology" in roles(work, project.models[0])
    assert train(work).status == "nothing"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "SemiMarkovForcaster"}, "Did you mean 'SemiMarkovForecaster'"),
        ({"kind": "load"}, "there is no such forecaster"),
        ({"kind": "StatusForecaster"}, "there is no such forecaster"),
        ({"kind": "DEFAULT_HORIZONS"}, "There are: Climatology, "),
        ({"parameters": {"depth": 3}}, "'depth': SemiMarkovForecaster takes no such thing"),
    ],
)
def test_a_model_that_is_none(small, at_work, changes, said):
    project = model_of(small(), **changes)
    with pytest.raises(InputError, match=said) as error:
        made(project.models[0], project.models[0].kind, at_work(project))
    assert "[model.driver]" in str(error.value)


@pytest.mark.parametrize("step", [train, predict], ids=["train", "predict"])
@pytest.mark.parametrize("dry_run", [False, True], ids=["wet", "dry"])
def test_a_registry_that_is_lost_is_not_begun_anew(played, at_work, step, dry_run):
    shutil.move(played.registry, played.registry.with_name("elsewhere"))
    work = at_work(played, dry_run=dry_run)
    said = r"\[project\] registry: .* holds no version of driver, yet the table forecast has some of driver-1"
    with pytest.raises(InputError, match=said):
        step(work)
    assert not played.registry.exists()
    shutil.move(played.registry.with_name("elsewhere"), played.registry)
    assert step(work).status == "nothing"


def test_a_lost_model_that_was_decided_on_alone(played, at_work):
    shutil.rmtree(played.registry)
    work = at_work(played)
    work.warehouse.run('DELETE FROM "watermark" WHERE "step" LIKE \'predict:%\'')
    with pytest.raises(InputError, match="yet the table move has some of driver-1"):
        train(work)
    renamed = model_of(played, name="driver-2")
    work.project = renamed
    assert train(work).artefacts["driver-2"] == "version 1"


def test_a_coarser_target_has_no_place_in_the_table(played, at_work):
    project = model_of(played, parameters={"target": "free"}, holdout="0D")
    work = at_work(project)
    panel = read_panel(
        work.warehouse, since=START, until=START + 60 * HOUR, step=HOUR, tz=played.tz
    )
    with pytest.raises(InputError, match="Leave the target out"):
        publish(work, project.models[0], "driver", project.models[0].kind, panel)


def test_what_does_not_fit_is_said_before_it_is_fitted(small, at_work):
    project = small()
    work = at_work(project, day=2)
    collect(work)
    features(work)
    work.memory, work.held_before = 10**6, 0
    with pytest.raises(InputError, match=r"to fit SemiMarkovForecaster on 49 times .* needs about"):
        train(work)
    assert work.registry.models() == []
