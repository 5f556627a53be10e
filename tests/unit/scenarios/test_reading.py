import numpy as np

from evforecast.panel import STATUS
from evforecast.scenarios.reading import first_time, read_evse, read_forecasts, read_panel
from evforecast.scenarios.roles import role

START = np.datetime64("2026-01-05", "s")
HOUR, DAY = np.timedelta64(3600, "s"), np.timedelta64(86_400, "s")


def test_a_stretch_is_read_as_it_lies_in_the_table(played, at_work):
    warehouse = at_work(played).warehouse
    since, until = START + 20 * HOUR, START + 51 * HOUR
    panel = read_panel(warehouse, since=since, until=until, step=HOUR, tz="UTC")
    rows = warehouse.run('SELECT "time", "evse_id", "code" FROM "status_grid"')
    slow = np.full((32, 6), -1, dtype=np.int8)
    for time, evse_id, code in rows:
        row = int((np.datetime64(time, "s") - since) // HOUR)
        if 0 <= row < 32:
            slow[row, panel.evse_ids.index(evse_id)] = code
    assert np.array_equal(panel.codes, slow)
    assert (panel.grid.start, panel.cutoff) == (since, until)


def test_before_the_first_row_nothing_is_known(played, at_work):
    warehouse = at_work(played).warehouse
    panel = read_panel(warehouse, since=START - DAY, until=START - HOUR, step=HOUR, tz="UTC")
    assert (panel.codes == -1).all()
    assert first_time(warehouse) == START


def test_forecasts_are_as_they_were_given_out(played, at_work):
    work = at_work(played)
    one = role(work.registry, "driver-persistence", "champion")
    model = work.registry.load("driver-persistence", 1)
    evse = read_evse(work.warehouse)
    cutoffs = START + np.array([60, 71, 96]) * HOUR
    found = list(read_forecasts(work.warehouse, one.id, cutoffs, evse=evse, step=HOUR))
    panel = read_panel(
        work.warehouse, since=START, until=START + 5 * DAY, step=HOUR, tz="Europe/Paris"
    )
    assert [forecast.cutoff for forecast in found] == cutoffs.tolist()
    for forecast in found:
        assert forecast.equals(model.predict_proba(panel.until(forecast.cutoff)))
        assert forecast.scheme == STATUS


def test_cutoffs_without_a_forecast_are_left_out(played, at_work):
    warehouse = at_work(played).warehouse
    cutoffs = START + np.array([1, 2, 60]) * HOUR
    evse = read_evse(warehouse)
    found = list(read_forecasts(warehouse, "driver-persistence-1", cutoffs, evse=evse, step=HOUR))
    assert [forecast.cutoff for forecast in found] == [cutoffs[2]]
    assert list(read_forecasts(warehouse, "nobody-1", cutoffs, evse=evse, step=HOUR)) == []


def test_a_charger_that_was_not_forecast_is_not_made_up(played, at_work):
    warehouse = at_work(played).warehouse
    evse = read_evse(warehouse)
    gone = evse.index[0]
    warehouse.run('DELETE FROM "forecast" WHERE "evse_id" = ?', [gone])
    cutoffs = np.array([START + 60 * HOUR])
    [found] = read_forecasts(warehouse, "driver-persistence-1", cutoffs, evse=evse, step=HOUR)
    assert found.evse_ids == evse.index.tolist()[1:]
