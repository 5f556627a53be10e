from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evforecast.errors import EmptyInputError, InputError
from evforecast.monitoring.drift import DriftLimits
from evforecast.monitoring.predictions import (
    forecast_age_check,
    prediction_checks,
    prediction_drift,
)
from evforecast.monitoring.realised import join_truth
from evforecast.panel import STATUS, Calendar, StatusForecast, StatusPanel, evse_table
from evforecast.timegrid import TimeGrid

STEP = np.timedelta64(900, "s")
START = np.datetime64("2020-09-28", "s")  # a Monday
DAY = 96
CHARGERS = evse_table(list("abc"))


def law_of(share):
    """Return the law of all chargers where a share of them charges."""
    return np.broadcast_to([0.9 - share, share, 0.05, 0.03, 0.02], (1, 3, 5))


def busy(time):
    """Return how many charge, by the local hour."""
    return 0.3 + 0.1 * np.sin(2 * np.pi * time.hour / 24)


def forecast_from(rows, share_at, *, horizons=(4,), tz="Europe/Paris", noise=0.01):
    """Return forecasts from some rows; `share_at` says of a local time how many then charge.

    Nothing is ever observed: what is forecast is all there is.
    """
    rng = np.random.default_rng(0)
    n = max(rows) + 1
    some = []
    for row in rows:
        cutoff = START + row * STEP
        times = [pd.Timestamp(cutoff + h * STEP, tz="UTC").tz_convert(tz) for h in horizons]
        shares = [share_at(time) + rng.normal(0, noise) for time in times]
        some.append(
            StatusForecast(
                np.concatenate([law_of(share) for share in shares]),
                cutoff=cutoff,
                step=STEP,
                horizons=horizons,
                evse=CHARGERS,
                scheme=STATUS,
            )
        )
    codes = np.full((n, 3), -1, np.int8)
    panel = StatusPanel(codes, TimeGrid(START, STEP, n), CHARGERS, tz=tz)
    return join_truth({"m": some}, panel)


def moved_from(day, by):
    """Return the usual shares until a day of September 2020, other ones from then on."""
    first = pd.Timestamp(START, tz="UTC") + pd.Timedelta(days=day)
    return lambda time: busy(time) + (by if time >= first else 0)


def slowly(found, horizon, block="1D", *, weekly, holidays=()):
    """Return what is forecast in the last block less what was, by status, and the usual such gaps."""
    place = found.result.horizons.tolist().index(horizon)
    rows = []
    for i, origin in enumerate(found.result.origins):
        for k in np.flatnonzero(found.states["m"][i, place] != -1):
            time = pd.Timestamp(origin + horizon * STEP, tz="UTC").tz_convert(found.result.tz)
            sunday = time.weekday() == 6 or str(time.date()) in holidays
            slot = ((6 if sunday else time.weekday()) if weekly else 0, time.hour)
            rows.append((time, slot, found.result.proba["m"][i, place, k].astype(float)))
    times = np.unique([row[0] for row in rows])
    length = pd.Timedelta(block)
    n = int((times[-1] - times[0] + min(np.diff(times))) // length)
    blocks = {b: [row for row in rows if (times[-1] - row[0]) // length == b] for b in range(n)}

    def gap(some, others):
        gaps = []
        for _, slot, law in some:
            same = [other[2] for other in others if other[1] == slot]
            if same:
                gaps.append(law - np.mean(same, axis=0))
        return np.mean(gaps, axis=0) if 2 * len(gaps) >= len(some) > 0 else np.full(5, np.nan)

    past = [row for b in range(1, n) for row in blocks[b]]
    usual = [
        gap(blocks[b], [row for c in range(1, n) if c != b for row in blocks[c]])
        for b in range(n - 1, 0, -1)
        if 10 * len(blocks[b]) >= len(past) / (n - 1)
    ]
    return gap(blocks[0], past), np.array(usual)


# ---- against a slow loop ----


@pytest.mark.parametrize(
    ("rows", "weekly"),
    [
        (range(0, 9 * DAY, 4), False),
        (range(0, 30 * DAY, 24), True),
        # Every 3 hours, with a gap of a day and a half, single ones left out, one in between.
        (
            sorted({*range(0, 6 * DAY, 12), *range(7 * DAY + 48, 11 * DAY, 12), 37} - {96, 120}),
            False,
        ),
        (range(5, 9 * DAY, 7), False),  # at other minutes of every hour
    ],
    ids=["hourly", "every six hours of weeks", "gaps", "every 105 minutes"],
)
def test_it_is_what_a_slow_loop_finds(rows, weekly):
    # Where clocks change, every sixth hour of UTC is another one on the wall.
    tz = "UTC" if weekly else "Europe/Paris"
    found = forecast_from(list(rows), busy, horizons=(4, 10), noise=0.02, tz=tz)
    for horizon in (4, 10):
        moved = prediction_drift(found, "m", horizon)
        value, usual = slowly(found, horizon, weekly=weekly)
        assert moved.value == pytest.approx(value)
        known = moved.usual[np.isfinite(moved.usual).all(axis=1)]
        assert known == pytest.approx(usual[np.isfinite(usual).all(axis=1)])
        assert np.isfinite(value).all()


@pytest.mark.parametrize("block", ["12h", "3D"])
def test_blocks_may_be_shorter_or_longer_than_a_day(block):
    found = forecast_from(range(0, 13 * DAY, 8), busy, noise=0.02)
    moved = prediction_drift(found, "m", 4, block=block)
    assert moved.value == pytest.approx(slowly(found, 4, block, weekly=False)[0])
    assert len(moved.usual) == {"12h": 25, "3D": 3}[block]


def test_each_charger_counts_when_it_is_forecast():
    some = []
    for day in range(8):
        ids = list("abc") if day < 7 else ["b"]
        law = np.full((1, len(ids), 5), 0.2)
        law[0, ids.index("b")] = [0.6, 0.1, 0.1, 0.1, 0.1]
        some += [
            StatusForecast(
                law,
                cutoff=START + (day * DAY + 4 * hour) * STEP,
                step=STEP,
                horizons=[4],
                evse=CHARGERS.loc[ids],
                scheme=STATUS,
            )
            for hour in range(24)
        ]
    panel = StatusPanel(np.zeros((8 * DAY, 3), np.int8), TimeGrid(START, STEP, 8 * DAY), CHARGERS)
    found = join_truth({"m": some, "none": []}, panel)
    moved = prediction_drift(found, "m", 4)
    assert moved.value == pytest.approx([0.6 - 1 / 3, *4 * [0.1 - 1 / 6]])
    assert moved.observed[0].sum() == pytest.approx(24)
    assert moved.expected[0] == pytest.approx(24 * np.array([1 / 3, *4 * [1 / 6]]))


# ---- what it is to find ----


def test_a_mix_that_was_moved_is_found():
    rows = range(0, 12 * DAY, 4)
    found = forecast_from(rows, moved_from(11, by=0.1), horizons=(4, 8))
    checks = prediction_checks(found, "m")
    assert [check.subject for check in checks] == ["m, 4 steps", "m, 8 steps"]
    for check in checks:
        assert (check.group, check.check, check.status) == ("drift", "prediction mix", "ERROR")
        assert check.value == pytest.approx(0.1, abs=0.01)
    assert checks.to_frame().reason.str.match("(available|charging) is forecast for").all()
    down = prediction_checks(forecast_from(rows, moved_from(11, by=-0.1)), "m")
    assert down.status == "ERROR"


def test_nothing_moved_is_well():
    checks = prediction_checks(forecast_from(range(0, 12 * DAY, 4), busy), "m")
    assert [check.status for check in checks] == ["OK"]
    still = prediction_checks(forecast_from(range(0, 12 * DAY, 4), busy, noise=0), "m")
    assert next(iter(still)).value == pytest.approx(0, abs=1e-6)


def test_what_moves_every_day_is_usual():
    def moody(time):
        return busy(time) + 0.1 * (-1) ** time.day

    found = forecast_from(range(0, 12 * DAY, 4), moody)
    (check,) = prediction_checks(found, "m")
    assert check.value > 0.05
    assert (check.status, check.warning > 0.3) == ("OK", True)


def test_the_worst_status_is_the_one_furthest_from_what_is_usual_for_it():
    found = forecast_from(range(0, 12 * DAY, 4), busy)
    law = found.result.proba["m"]
    law[-24:, ..., 4] += 0.03
    law[-24:, ..., 0] -= 0.03
    rng = np.random.default_rng(0)
    stir = rng.normal(0, 0.03, (11, 1, 1, 1)).astype(np.float32).repeat(24, axis=0)
    law[: 11 * 24, ..., 0:1] += stir  # available strays every day, down does not
    law[: 11 * 24, ..., 1:2] -= stir
    (check,) = prediction_checks(found, "m")
    assert check.reason == "down is forecast for 5.0% of charger time, 2.0% was before."
    assert check.value == pytest.approx(0.03, abs=1e-4)


def test_the_floor_may_be_nought():
    found = forecast_from(range(0, 12 * DAY, 4), busy, noise=0)
    (check,) = prediction_checks(found, "m", limits=DriftLimits(mix=0.0))
    assert np.isfinite(check.value)
    (lax,) = prediction_checks(
        forecast_from(range(0, 12 * DAY, 4), moved_from(11, by=0.1)),
        "m",
        limits=DriftLimits(mix=0.5),
    )
    assert lax.status == "OK"


def test_a_holiday_is_like_a_sunday():
    holiday = "2020-11-11"  # a Wednesday, the last day

    def week(time):
        quiet = time.weekday() == 6 or str(time.date()) == holiday
        return 0.05 if quiet else busy(time)

    rows = range(0, 44 * DAY + 88, 8)
    found = forecast_from(rows, week)
    calendar = Calendar.of(public=[holiday])
    (blind,) = prediction_checks(found, "m")
    (seeing,) = prediction_checks(found, "m", calendar=calendar)
    assert blind.status == "ERROR"
    assert seeing.status == "OK"
    moved = prediction_drift(found, "m", 4, calendar=calendar)
    assert moved.value == pytest.approx(slowly(found, 4, weekly=True, holidays=[holiday])[0])


# ---- where there is too little ----


@pytest.mark.parametrize(
    "rows", [[5], [0, DAY // 2], range(0, 2 * DAY - 4, 4)], ids=["one", "two", "short by one"]
)
def test_less_than_two_blocks_are_empty(rows):
    found = forecast_from(list(rows), busy)
    with pytest.raises(
        EmptyInputError, match="'m' at 4 steps reach over less than two blocks of 1D"
    ):
        prediction_drift(found, "m", 4)
    (check,) = prediction_checks(found, "m")
    assert check.status == "EMPTY"
    assert check.reason
    assert prediction_checks(forecast_from(range(0, 2 * DAY, 4), busy), "m").status != "EMPTY"


def test_a_horizon_that_the_model_does_not_have_is_empty():
    found = forecast_from(range(0, 4 * DAY, 4), busy, horizons=(4,))
    for horizon in (1, 8):
        with pytest.raises(EmptyInputError, match=f"'m' at {horizon} steps"):
            prediction_drift(found, "m", horizon)


def test_hours_that_were_never_forecast_before_are_empty():
    # Forecasts of the mornings, and now of an evening.
    rows = [day * DAY + row for day in range(6) for row in range(16, 40, 4)]
    rows += [6 * DAY + row for row in range(64, 88, 4)]
    (check,) = prediction_checks(forecast_from(rows, busy), "m")
    assert check.status == "EMPTY"
    assert check.reason == "Too little of it can be compared with what was forecast before."


@pytest.mark.parametrize("block", ["soon", "0D", "-1D", "NaT"])
def test_a_block_that_is_no_length_of_time_is_refused(block):
    found = forecast_from(range(0, 4 * DAY, 4), busy)
    for call in (prediction_checks, lambda *a, **k: prediction_drift(*a, 4, **k)):
        with pytest.raises(InputError, match=rf"block='{block}' is no length of time"):
            call(found, "m", block=block)


def test_a_model_without_forecasts_is_refused():
    found = forecast_from(range(0, 4 * DAY, 4), busy)
    for call in (prediction_checks, lambda *a: prediction_drift(*a, 4)):
        with pytest.raises(InputError, match=r"no forecasts of 'x'; there are those of \['m'\]"):
            call(found, "x")


@pytest.mark.parametrize(
    ("silent", "status"), [(8, "OK"), (19, "OK"), (20, "WARNING"), (47, "WARNING"), (48, "ERROR")]
)
def test_forecasts_that_stop_are_noticed(silent, status):
    given = forecast_from(range(0, 81, 8), busy)
    later = replace(given, now=START + (80 + silent) * STEP)
    check = forecast_age_check(later, "m")
    assert (check.group, check.status) == ("feed", status)
    assert check.value == silent / 8
    assert f"{silent / 4:.3g} hours old; there used to be one every 2" in check.reason


def test_one_forecast_tells_no_rhythm():
    assert forecast_age_check(forecast_from([5], busy), "m").status == "EMPTY"
    with pytest.raises(InputError, match="no forecasts of 'other'"):
        forecast_age_check(forecast_from([5], busy), "other")
