import numpy as np
import pytest

from evforecast.scenarios.reading import read_evse, read_forecasts, read_panel
from evforecast.scenarios.scoring import join_truth
from evforecast.scenarios.tables import watermark

START = np.datetime64("2026-01-05", "s")
HOUR, DAY = np.timedelta64(3600, "s"), np.timedelta64(86_400, "s")
EVERY = 'SELECT * FROM "score" ORDER BY "model", "day", "horizon"'


def slow(work, model):
    """Return the scores of a model by day and horizon, one case after the other."""
    panel = read_panel(work.warehouse, since=START, until=work.now, step=HOUR, tz="UTC")
    evse = read_evse(work.warehouse)
    cases = {}
    given = read_forecasts(work.warehouse, model, panel.times, evse=evse, step=HOUR)
    for forecast in given:
        for place, horizon in enumerate(forecast.horizons.tolist()):
            time = forecast.cutoff + horizon * HOUR
            if time > work.now or (time == work.now and time == time.astype("datetime64[D]")):
                continue  # the last midnight is of a day of which nothing else has come
            for unit, code in enumerate(panel.codes[panel.grid.position(time, "before")]):
                if code >= 0:
                    law = forecast.proba[place, unit].astype(float)
                    key = (time.astype("datetime64[D]").item(), horizon)
                    brier = (law**2).sum() - 2 * law[code] + 1
                    hit = law[code] == law.max()
                    cases.setdefault(key, []).append((-np.log(law[code]), brier, hit))
    return {key: (len(some), *np.mean(some, axis=0)) for key, some in cases.items()}


def test_scores_are_those_of_the_cases(played, at_work):
    work = at_work(played)
    found = work.warehouse.run(EVERY)
    for model in ("driver-1", "driver-persistence-1"):
        expected = slow(work, model)
        mine = {(day, horizon): rest for name, day, horizon, *rest in found if name == model}
        assert set(mine) == set(expected)
        for key, rest in mine.items():
            assert rest == pytest.approx(expected[key], abs=1e-8), key


def test_a_day_that_is_not_over_is_scored_anew(played, at_work):
    work = at_work(played)
    whole = work.warehouse.run(EVERY)
    work.warehouse.run('DELETE FROM "score"')
    work.warehouse.run('DELETE FROM "watermark" WHERE "step" = \'join_truth\'')
    days = set()
    for hours in (50, 60, 71, 96, 100, 120):
        work.as_of = START + hours * HOUR
        join_truth(work)
        assert watermark(work.warehouse, "join_truth") == work.now
        days.add(len(work.warehouse.run('SELECT DISTINCT "day" FROM "score"')))
    assert days == {1, 2, 3}
    assert work.warehouse.run(EVERY) == whole
    assert join_truth(work).status == "nothing"


def test_without_forecasts_there_is_nothing_to_score(small, at_work):
    work = at_work(small())
    assert join_truth(work).status == "nothing"


def test_a_dry_run(played, at_work):
    work = at_work(played, dry_run=True)
    work.warehouse.run('DELETE FROM "watermark" WHERE "step" = \'join_truth\'')
    done = join_truth(work)
    assert (done.status, done.artefacts) == ("planned", {"days": "3"})
    assert watermark(work.warehouse, "join_truth") is None
