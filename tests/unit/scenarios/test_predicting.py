from dataclasses import replace

import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.registry import DamagedError
from evforecast.scenarios import predicting
from evforecast.scenarios.predicting import predict
from evforecast.scenarios.reading import read_panel
from evforecast.scenarios.tables import watermark

START = np.datetime64("2026-01-05", "s")
HOUR, DAY = np.timedelta64(3600, "s"), np.timedelta64(86_400, "s")
EVERY = (
    'SELECT "model", "cutoff", "horizon", "evse_id", "p_available", "p_down" FROM "forecast" '
    "WHERE \"model\" = 'driver-1' ORDER BY ALL"
)


@pytest.fixture
def forgotten(played, at_work):
    """Let the champion be the first version, which has forecast nothing; return what it had said, too."""
    work = at_work(played)
    before = work.warehouse.run(EVERY)
    said = {"by": "me", "reason": "a test"}
    work.registry.set_alias("driver", "champion", 1, **said)
    if work.registry.alias("driver", "challenger"):
        work.registry.clear_alias("driver", "challenger", **said)
    forget(work)
    return work, before


def forget(work):
    work.warehouse.run('DELETE FROM "forecast" WHERE "model" = \'driver-1\'')
    work.warehouse.run('DELETE FROM "watermark" WHERE "step" = \'predict:driver-1\'')


def test_each_cutoff_is_forecast_from_what_was_known(forgotten):
    work, _ = forgotten
    done = predict(work)
    model = work.registry.load("driver", 1)
    cutoffs = np.arange(START + 2 * DAY + HOUR, START + 5 * DAY + 1, HOUR)
    assert done.rows == len(cutoffs) * 2 * 6
    panel = read_panel(work.warehouse, since=START, until=cutoffs[-1], step=HOUR, tz="Europe/Paris")
    found = iter(work.warehouse.run(EVERY))
    for cutoff in cutoffs:
        forecast = model.predict_proba(panel.until(cutoff))
        for place, horizon in enumerate(forecast.horizons.tolist()):
            for evse, law in zip(forecast.evse_ids, forecast.proba[place], strict=True):
                time = cutoff.item()
                assert next(found) == (
                    "driver-1",
                    time,
                    horizon,
                    evse,
                    float(law[0]),
                    float(law[4]),
                )
    assert watermark(work.warehouse, "predict:driver-1") == work.now
    assert predict(work).status == "nothing"


def test_it_was_the_same_day_by_day(forgotten):
    work, before = forgotten
    predict(work)
    last = max(row[1] for row in before)
    assert [row for row in work.warehouse.run(EVERY) if row[1] <= last] == before


def test_the_same_in_small_blocks_and_parts(forgotten, monkeypatch):
    work, _ = forgotten
    predict(work)
    whole = work.warehouse.run(EVERY)
    forget(work)
    monkeypatch.setattr(predicting, "_CHARGERS_AT_ONCE", 3)
    monkeypatch.setattr(predicting, "_BYTES_A_ROW", 4_000_000)
    sizes = []
    inner = predicting.commit
    monkeypatch.setattr(
        predicting, "commit", lambda *args, **more: sizes.append(inner(*args, **more)) or sizes[-1]
    )
    predict(work)
    assert set(sizes) == {5 * 12, 4 * 12}  # 24 cutoffs a day, five at a time
    found = work.warehouse.run(EVERY)
    assert [row[:4] for row in found] == [row[:4] for row in whole]
    # Of fewer chargers a matrix is multiplied otherwise.
    assert np.allclose([row[4:] for row in found], [row[4:] for row in whole], rtol=0, atol=1e-6)


def test_inside_the_warehouse(forgotten):
    work, before = forgotten
    work.as_of = START + 54 * HOUR
    alone = replace(work.project.models[0], baselines=())
    work.project = replace(work.project, predict_in="warehouse", models=(alone,))
    done = predict(work)
    found = work.warehouse.run(EVERY)
    whole = [row for row in before if np.datetime64(row[1], "s") <= work.now]
    assert done.rows == len(whole) == 6 * 2 * 6
    assert [row[:4] for row in found] == [row[:4] for row in whole]
    assert np.allclose([row[4:] for row in found], [row[4:] for row in whole], atol=1e-6)
    assert watermark(work.warehouse, "predict:driver-1") == work.now
    assert predict(work).status == "nothing"


def test_what_does_not_fit_is_said_before(forgotten):
    work, _ = forgotten
    work.memory, work.held_before = 10**6, 0
    with pytest.raises(
        InputError, match="predict: one forecast of 6 chargers, 4 steps ahead needs"
    ):
        predict(work)
    assert watermark(work.warehouse, "predict:driver-1") is None


def test_a_model_of_another_project_is_refused(forgotten):
    work, _ = forgotten
    work.project = replace(work.project, step=np.timedelta64(1800, "s"))
    with pytest.raises(InputError, match="It is of another project"):
        predict(work)


def test_a_model_that_was_touched_is_refused(forgotten):
    work, _ = forgotten
    path = work.registry.get("driver", 1).path / "model.evf"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DamagedError, match="has changed"):
        predict(work)
    assert watermark(work.warehouse, "predict:driver-1") is None


def test_a_dry_run_counts(forgotten):
    work, _ = forgotten
    work.dry_run = True
    assert predict(work).artefacts == {"driver-1": "72 cutoffs"}
    assert watermark(work.warehouse, "predict:driver-1") is None
