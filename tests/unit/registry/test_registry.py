import hashlib
import json
import shutil

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.clock import utc_now
from evforecast.errors import InputError
from evforecast.registry import ConflictError, DamagedError, Registry, UnknownVersionError

SAID = {"by": "ann", "reason": "better"}


def reseal(folder):
    """Write the sums of a folder anew, as someone who knows how would after a change."""
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    names = [line.partition("  ")[2] for line in lines]
    sums = (hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names)
    text = "".join(f"{one}  {name}\n" for one, name in zip(sums, names, strict=True))
    (folder / "SHA256SUMS").write_text(text)


def test_the_way_of_a_model(registry, panel, models):
    first = registry.publish(models[0], name="driver", data=panel)
    registry.set_alias("driver", "champion", first.number, expected=0, **SAID)
    second = registry.publish(models[1], name="driver", data=panel, notes="shadow")
    registry.set_alias("driver", "challenger", second.number, **SAID)
    decision = {"promote": True, "days": 21, "figures": {"ratio": 0.97, "p": None}}
    registry.set_alias("driver", "champion", 2, record=decision, expected=1, **SAID)
    registry.clear_alias("driver", "challenger", by="bob", reason="it is the champion now")
    assert registry.load("driver", "champion").horizons == [2]
    registry.rollback("driver", "champion", by="bob", reason="it ran too hot", expected=2)
    assert registry.load("driver", "champion").horizons == [1]
    assert (registry.alias("driver", "champion"), registry.alias("driver", "challenger")) == (1, 0)
    history = registry.history("driver")
    assert history["action"].tolist() == ["set", "set", "set", "clear", "rollback"]
    assert history["version"].tolist() == [1, 2, 2, 0, 1]
    assert history["previous"].tolist() == [0, 0, 1, 2, 2]
    assert history["by"].tolist() == ["ann", "ann", "ann", "bob", "bob"]
    assert history["number"].tolist() == [1, 2, 3, 4, 5]
    assert registry.events("driver")[2].record == decision
    versions = registry.versions("driver")
    assert versions["aliases"].tolist() == ["champion", ""]
    assert versions["notes"].tolist() == ["", "shadow"]
    assert versions["intact"].all()


def test_the_clock_is_the_one_that_was_handed_over(filled):
    at = pd.Timestamp("2020-11-09", tz="UTC")
    published = filled.versions("driver")["published_at"]
    assert published.tolist() == [at + pd.Timedelta(hours=n) for n in range(3)]
    assert filled.history("driver")["at"].tolist() == [at + pd.Timedelta(hours=3)]


def test_without_a_clock_it_is_now(tmp_path, panel, models):
    before = utc_now()
    version = Registry(tmp_path).publish(models[0], name="driver", data=panel)
    assert before <= version.card.published_at <= utc_now()


def test_a_clock_that_gives_no_time_is_refused(tmp_path, panel, models):
    registry = Registry(tmp_path, clock=lambda: np.datetime64("NaT"))
    with pytest.raises(InputError, match="NaT"):
        registry.publish(models[0], name="driver", data=panel)


def test_which_version(filled):
    assert [filled.get("driver", which).number for which in (2, "latest", "champion")] == [2, 3, 1]
    assert filled.get("driver", np.int64(2)).number == 2
    assert filled.load("driver", "latest").horizons == [3]


def test_another_process_sees_the_same(filled):
    other = Registry(str(filled.root))
    assert other.models() == filled.models() == ["driver"]
    assert other.get("driver", "champion") == filled.get("driver", "champion")
    assert other.events("driver") == filled.events("driver")
    assert repr(other) == f"<Registry {filled.root}: driver>"


def test_models_do_not_mix(filled, panel, models):
    filled.publish(models[3], name="park", data=panel)
    (filled.root / "begun" / "versions").mkdir(parents=True)
    (filled.root / ".git" / "versions" / "1").mkdir(parents=True)
    assert filled.models() == ["driver", "park"]
    assert filled.alias("park", "champion") == 0
    assert filled.events("park") == []
    assert len(filled.history("park")) == 0


def test_what_is_not_there(tmp_path, filled):
    empty = Registry(tmp_path / "nowhere")
    assert empty.models() == []
    assert "no models" in repr(empty)
    for call in (
        lambda: empty.get("driver", 1),
        lambda: empty.versions("driver"),
        lambda: empty.history("driver"),
        lambda: empty.alias("driver", "champion"),
        lambda: empty.rollback("driver", "champion", **SAID),
    ):
        with pytest.raises(UnknownVersionError, match="no model 'driver'; there are none"):
            call()
    with pytest.raises(UnknownVersionError, match="no model 'drivr'; there are 'driver'"):
        filled.load("drivr", 1)
    with pytest.raises(UnknownVersionError, match="no version 4; there are 3, from 1 to 3"):
        filled.get("driver", 4)
    with pytest.raises(UnknownVersionError, match="'challenger' of 'driver' points at no version"):
        filled.get("driver", "challenger")
    with pytest.raises(UnknownVersionError, match="'challenger' was never set"):
        filled.clear_alias("driver", "challenger", **SAID)
    with pytest.raises(UnknownVersionError, match="no version 0"):
        filled.set_alias("driver", "champion", 0, **SAID)
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("name", ["../elsewhere", "a/b", "", ".", ".."])
def test_names_do_not_lead_elsewhere(filled, panel, models, name):
    with pytest.raises(InputError, match="a model is called by"):
        filled.publish(models[0], name=name, data=panel)
    with pytest.raises(InputError, match="a model is called by"):
        filled.load(name, 1)
    with pytest.raises(InputError, match="an alias is called by"):
        filled.set_alias("driver", name, 1, **SAID)


@pytest.mark.parametrize("alias", ["latest", "1"])
def test_aliases_are_neither_numbers_nor_the_latest(filled, alias):
    with pytest.raises(InputError, match="'latest' always is the highest number"):
        filled.set_alias("driver", alias, 1, **SAID)


def test_two_rollbacks_go_back_two_versions(filled):
    for number in (2, 3):
        filled.set_alias("driver", "champion", number, **SAID)
    assert [filled.rollback("driver", "champion", **SAID).version for _ in range(2)] == [2, 1]
    with pytest.raises(
        UnknownVersionError, match="'champion' of 'driver' has no version to go back"
    ):
        filled.rollback("driver", "champion", **SAID)
    with pytest.raises(UnknownVersionError, match="'challenger' of 'driver' has no version to go"):
        filled.rollback("driver", "challenger", **SAID)


def test_a_rollback_that_is_done_again_goes_back_once(filled):
    for number in (2, 3):
        filled.set_alias("driver", "champion", number, **SAID)
    filled.rollback("driver", "champion", expected=3, **SAID)
    with pytest.raises(ConflictError, match="points at version 2, not at version 3: ann moved it"):
        filled.rollback("driver", "champion", expected=3, **SAID)
    assert filled.alias("driver", "champion") == 2


@pytest.mark.parametrize(("theirs", "found"), [(1, None), (2, 2)])
def test_a_rollback_while_another_moves_the_alias(filled, monkeypatch, theirs, found):
    filled.set_alias("driver", "champion", 3, **SAID)
    get = filled.get

    def and_another_moves_it(name, which):
        other = Registry(filled.root, clock=filled.clock)
        other.set_alias("driver", "champion", theirs, by="bob", reason="mine")
        return get(name, which)

    monkeypatch.setattr(filled, "get", and_another_moves_it)
    if found:
        with pytest.raises(ConflictError, match="version 2, not at version 3: bob moved it"):
            filled.rollback("driver", "champion", **SAID)
    else:  # the other went where we wanted to go
        assert filled.rollback("driver", "champion", **SAID).by == "bob"
    assert filled.alias("driver", "champion") == theirs


HARMS = {
    "model.evf": lambda path: path.write_bytes(path.read_bytes()[:-1] + b"x"),
    "card.json": lambda path: path.write_text(path.read_text().replace("Persistence", "Oracle")),
    "SHA256SUMS": lambda path: path.unlink(),
    "run-me.pkl": lambda path: path.write_bytes(b""),
}


@pytest.mark.parametrize("name", HARMS)
def test_a_version_that_was_changed_is_not_used(filled, name, panel, models):
    filled.set_alias("driver", "champion", 2, **SAID)
    HARMS[name](filled.root / "driver" / "versions" / "2" / name)
    for which in (2, "champion"):
        with pytest.raises(DamagedError, match="roll the alias back") as caught:
            filled.load("driver", which)
        assert caught.value.file == name
    with pytest.raises(DamagedError):
        filled.set_alias("driver", "challenger", 2, **SAID)
    assert filled.versions("driver")["intact"].tolist() == [True, False, True]
    assert filled.versions("driver")["aliases"].tolist() == ["", "champion", ""]
    # Both ways out that the message names.
    filled.rollback("driver", "champion", **SAID)
    assert filled.load("driver", "champion").horizons == [1]
    assert filled.publish(models[1], name="driver", data=panel).number == 4


def test_a_rollback_to_a_damaged_version_is_refused(filled):
    filled.set_alias("driver", "champion", 2, **SAID)
    (filled.root / "driver" / "versions" / "1" / "model.evf").unlink()
    with pytest.raises(DamagedError, match=r"model\.evf cannot be read"):
        filled.rollback("driver", "champion", **SAID)
    assert filled.alias("driver", "champion") == 2


def test_a_card_that_was_changed_with_its_sum_is_noticed_by_the_alias(filled):
    folder = filled.root / "driver" / "versions" / "1"
    card = json.loads((folder / "card.json").read_text()) | {"notes": "approved"}
    (folder / "card.json").write_text(json.dumps(card))
    reseal(folder)
    assert filled.get("driver", 1).card.notes == "approved"
    with pytest.raises(
        DamagedError, match="changed since ann set 'champion' to it on 2020-11-09T03"
    ):
        filled.get("driver", "champion")


def test_a_model_that_was_changed_with_its_sum_is_noticed_by_the_card(filled):
    versions = filled.root / "driver" / "versions"
    shutil.copy(versions / "2" / "model.evf", versions / "1")
    reseal(versions / "1")
    with pytest.raises(DamagedError, match=r"model\.evf is not the one that the card describes"):
        filled.load("driver", 1)
    assert filled.versions("driver")["intact"].tolist() == [False, True, True]


def test_a_version_that_was_copied_is_no_version(filled):
    versions = filled.root / "driver" / "versions"
    shutil.copytree(versions / "2", versions / "4")
    with pytest.raises(DamagedError, match=r"card\.json is that of 'driver', version 2"):
        filled.load("driver", "latest")
    shutil.copytree(filled.root / "driver", filled.root / "park")
    with pytest.raises(DamagedError, match=r"card\.json is that of 'driver', version 1"):
        filled.load("park", "champion")


def test_an_alias_at_a_version_that_was_deleted(filled):
    shutil.rmtree(filled.root / "driver" / "versions" / "1")
    with pytest.raises(DamagedError, match="cannot be read"):
        filled.load("driver", "champion")
    assert filled.versions("driver")["number"].tolist() == [2, 3]
    filled.set_alias("driver", "champion", 2, **SAID)
    assert filled.load("driver", "champion").horizons == [2]


def test_every_forecaster_can_be_kept(registry, panel):
    boosted = ev.DirectForecaster([1], max_rows=500, random_state=0)
    for model in (ev.SemiMarkovForecaster([1]), boosted, ev.OccupiedFeed(ev.Climatology([1]))):
        fitted = model.fit(panel)
        version = registry.publish(fitted, name="driver", data=panel)
        same = registry.publish(model.fit(panel), name="driver", data=panel)
        assert same == version
        loaded = registry.load("driver", version.number)
        np.testing.assert_allclose(
            loaded.predict_proba(panel).proba, fitted.predict_proba(panel).proba, atol=1e-6
        )
    assert registry.get("driver", 2).card.features[0]["groups"] == list(ev.features.DEFAULT_GROUPS)
