from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evforecast as ev
from evforecast.errors import (
    EmptyInputError,
    InputError,
    SchemeMismatchError,
    StepMismatchError,
)
from evforecast.monitoring.drift import (
    DriftLimits,
    change_drift,
    drift_checks,
    exog_drift,
    mix_drift,
)
from evforecast.monitoring.tally import Slots
from evforecast.panel import STATUS, Calendar, StatusPanel
from evforecast.testing import fewer_visits, freeze, joined_later, merge_status
from evforecast.timegrid import TimeGrid, as_step, as_time

DAY = 96
K = len(STATUS)
AVAILABLE, CHARGING, PASSIVE, OFFLINE, DOWN = range(K)
OF_STATUSES = ("status mix", "changes", "frozen", "vanished status", "new status")


def made(codes, start="2020-09-28", step="1h", tz="UTC", exog=None, ids=None):
    codes = np.asarray(codes, dtype=np.int8)
    grid = TimeGrid(as_time(start), as_step(step), len(codes))
    if exog is not None:
        exog = pd.DataFrame(exog, index=pd.DatetimeIndex(grid.times))
    ids = [f"c{i}" for i in range(codes.shape[1])] if ids is None else ids
    return StatusPanel(codes, grid, ids, exog=exog, tz=tz)


def changed(panel, codes):
    return made(
        codes, str(panel.grid.start), panel.step, panel.tz, panel.exog, list(panel.evse_ids)
    )


def drawn(law, n_days, n, *, seed=0):
    """Return an hourly panel of independent statuses of a law that broadcasts to ``[day, hour, status]``."""
    law = np.broadcast_to(law, (n_days, 24, K)).reshape(-1, K)
    draws = np.random.default_rng(seed).random((len(law), n, 1))
    return made((draws > np.cumsum(law, axis=1)[:, None, :-1]).sum(axis=2))


def bare(panel):
    """Return the panel without exogenous series."""
    return StatusPanel(panel.codes, panel.grid, panel.evse, tz=panel.tz)


def last_day(panel, rows=DAY):
    """Return all but the last day, and that."""
    return panel.head(panel.n_time - rows), panel.tail(rows)


def checked(panel, rows=DAY, **options):
    """Return the checks of the last day against what came before, by name and subject."""
    return by_name(drift_checks(*last_day(panel, rows), **options))


def by_name(checks):
    return {(check.check, check.subject): check for check in checks}


def alarms(checks, *, of=OF_STATUSES):
    found = checks.values() if isinstance(checks, dict) else checks
    return [c for c in found if c.status in {"WARNING", "ERROR"} and c.check in of]


@pytest.fixture(scope="module")
def city():
    """Eight weeks and a day of a simulated city."""
    return ev.simulate(n_evse=150, days=57, random_state=0)


@pytest.fixture(scope="module")
def since(city):
    """The beginning of the last day of the city."""
    return city.times[-DAY]


@pytest.fixture(scope="module")
def alike():
    """Four weeks and a day of a network whose days are alike but for chance, of half an hour a step."""
    rng = np.random.default_rng(5)
    n, rows = 150, 29 * 48
    codes = np.zeros((rows, n), dtype=np.int8)
    hour = np.arange(rows) // 2 % 24
    begin = np.where(hour < 7, 0.02, 0.1)
    draws = rng.random((rows, n))
    for row in range(1, rows):
        was = codes[row - 1]
        go = np.array([begin[row], 0.3, 0.5, 0, 0])[was] > draws[row]
        codes[row] = np.where(go, np.array([CHARGING, PASSIVE, AVAILABLE, 3, 4])[was], was)
    return made(codes, step="30min", tz="Europe/Paris")


# ---- nothing happened ----


def test_under_the_same_law_there_is_no_error_and_hardly_a_warning():
    n, found = 0, []
    for seed in range(3):
        panel = bare(ev.simulate(n_evse=60, days=80, random_state=seed))
        for day in range(57, 81, 3):
            checks = drift_checks(*last_day(panel.head(day * DAY)))
            n, found = n + len(checks), found + alarms(checks)
    assert n > 24 * 10
    assert [check for check in found if check.status == "ERROR"] == []
    assert len(found) <= n / 100


def test_a_slow_season_is_no_error():
    days = 184
    panel = bare(ev.simulate(n_evse=60, days=days, random_state=0))
    busy = np.isin(panel.codes, [CHARGING, PASSIVE])
    slow = fewer_visits(panel, np.linspace(0, 0.25, panel.n_time), random_state=0)
    late = slice(-30 * DAY, None)
    assert np.isin(slow.codes[late], [CHARGING, PASSIVE]).mean() < 0.85 * busy[late].mean()
    for day in range(58, days + 1, 9):
        past, now = last_day(slow.head(day * DAY))
        found = alarms(drift_checks(past.tail(56 * DAY), now))
        assert [check for check in found if check.status == "ERROR"] == []


def test_only_the_same_hours_are_compared():
    night, noon = (0.2, 0.8, 0, 0, 0), (0.9, 0.1, 0, 0, 0)
    panel = drawn([night] * 6 + [noon] * 18, 29, 40)
    for n_days in (14, 28):  # hours of the day, and of the week
        past = panel.head(28 * 24).tail(n_days * 24)
        now = panel.head(28 * 24 + 6).tail(6)
        pooled = [(part.codes == CHARGING).mean() for part in (past, now)]
        assert pooled[1] - pooled[0] > 0.4, "seen as one, all differs"
        assert alarms(drift_checks(past, now, block="6h")) == []
        noon_at_night = changed(now, panel.codes[28 * 24 + 10 : 28 * 24 + 16])
        found = by_name(drift_checks(past, noon_at_night, block="6h"))
        assert found["status mix", "charging"].status == "ERROR"


def test_a_weekend_is_held_against_weekends_and_a_holiday_against_sundays():
    week, end = (0.5, 0.5, 0, 0, 0), (0.9, 0.1, 0, 0, 0)
    # The first day is a Monday; on the last one, a Wednesday, people stay at home.
    days = [end if day % 7 > 4 or day == 30 else week for day in range(31)]
    panel = drawn(np.array(days)[:, None], 31, 40)
    saturday = panel.head(27 * 24)
    assert alarms(checked(saturday, 24)) == []
    assert alarms(checked(panel, 24)) != []
    calendar = Calendar.of(public=[panel.times[-24]])
    assert alarms(checked(panel, 24, calendar=calendar)) == []


# ---- something happened ----


def test_a_status_that_vanishes_is_an_error_on_the_first_day(city, since):
    found = checked(merge_status(city, "passive", "charging", since=since))
    gone = found["vanished status", "network"]
    assert (gone.status, gone.value, gone.reason) == ("ERROR", 1, "Not seen any more: passive.")
    assert found["status mix", "charging"].status == "ERROR"
    assert found["status mix", "passive"].status in {"WARNING", "ERROR"}
    assert found["changes", "charging to passive"].status == "ERROR"
    assert found["new status", "network"].status == "OK"
    assert found["frozen", "network"].status == "OK"


def test_a_status_never_seen_before_is_a_warning_on_the_first_day(city, since):
    codes = city.codes.copy()
    before = codes[:-DAY]
    before[before == PASSIVE] = CHARGING
    new = checked(changed(city, codes))["new status", "network"]
    assert (new.status, new.value) == ("WARNING", 1)
    assert new.reason == "Never seen in the reference: passive."


def test_a_rare_status_is_not_new_because_it_was_there_at_other_hours():
    codes = np.zeros((29 * 24, 20))
    codes[24 + 5, 3], codes[-10, 7] = DOWN, DOWN  # on a Tuesday, and on a Monday
    found = checked(made(codes), 24)
    assert found["new status", "network"].status == "OK"
    assert found["vanished status", "network"].status == "OK", "of so few none need be seen"
    codes[24 + 5, 3] = AVAILABLE
    assert checked(made(codes), 24)["new status", "network"].status == "WARNING"


def test_a_third_of_the_visits_that_stay_away_shows_on_the_first_day(alike):
    rows = 48
    assert alarms(checked(alike, rows)) == []
    fewer = fewer_visits(alike, 1 / 3, since=alike.times[-rows], random_state=0)
    found = checked(fewer, rows)
    begun = found["changes", "available to charging"]
    assert begun.status == "ERROR"
    assert begun.value > np.log(1.4)
    assert found["status mix", "charging"].status != "OK"
    # of those that came, all behave as ever
    assert found["changes", "charging to passive"].status == "OK"
    assert found["changes", "passive to available"].status == "OK"


def test_a_busy_day_that_goes_on_as_ever_is_another_mix_but_no_other_behaviour(alike):
    codes = alike.codes.copy()
    # The last day begins with every charger taken: busier, with the same law of what follows.
    rng = np.random.default_rng(1)
    codes[-48] = CHARGING
    for row in range(-47, 0):
        was = codes[row - 1]
        begin = 0.02 if (alike.n_time + row) // 2 % 24 < 7 else 0.1
        go = np.array([begin, 0.3, 0.5, 0, 0])[was] > rng.random(len(was))
        codes[row] = np.where(go, np.array([CHARGING, PASSIVE, AVAILABLE, 3, 4])[was], was)
    codes[-49] = -1
    found = checked(changed(alike, codes), 48)
    kinds = [check for (name, _), check in found.items() if name == "changes"]
    assert len(kinds) == 3
    assert {check.status for check in kinds} == {"OK"}
    assert found["status mix", "charging"].status != "OK"


@pytest.mark.parametrize(
    ("share", "status"), [(0.0, "OK"), (0.6, "WARNING"), (0.95, "ERROR"), (1.0, "ERROR")]
)
def test_a_frozen_feed_is_an_error_and_half_of_one_a_warning(city, since, share, status):
    frozen = checked(freeze(city, since=since, share=share))["frozen", "network"]
    assert frozen.status == status
    if share == 1:
        assert frozen.value == 1
        assert frozen.reason.startswith("0 changes of status came where ")


# ---- a network that grows ----


@pytest.mark.parametrize("absent", [True, False])
def test_new_chargers_are_no_drift(absent):
    # The new ones stand where nobody parks, or everybody.
    old = drawn((0.6, 0.3, 0.1, 0, 0), 29, 40, seed=1)
    new = drawn((0.05, 0.05, 0.9, 0, 0), 29, 120, seed=2)
    grown = made(np.hstack([old.codes, new.codes]))
    late = grown.times[-24]
    past, now = last_day(joined_later(grown, 40, since=late), 24)
    if absent:
        past = past.select(grown.evse_ids[:40])
    pooled = [(part.codes == PASSIVE).sum() / (part.codes >= 0).sum() for part in (past, now)]
    assert pooled[1] > pooled[0] + 0.5
    assert alarms(drift_checks(past, now)) == []
    alone = last_day(old, 24)
    for drift in (mix_drift, change_drift):
        here, there = drift(past, now), drift(*alone)
        np.testing.assert_array_equal(here.value, there.value)
        np.testing.assert_array_equal(here.usual, there.usual)
    assert alarms(drift_checks(now, past)) == [], "nor are chargers that were taken away"


def test_no_charger_in_common_is_an_error_that_tells_what_to_do(city):
    past, now = last_day(city)
    renamed = now.rename({name: f"new {name}" for name in now.evse_ids})
    for drift in (mix_drift, change_drift, drift_checks):
        with pytest.raises(EmptyInputError, match=r"none of the 150 chargers .*StatusPanel.rename"):
            drift(past, renamed)
    # As a panel says it that was appended to: all ids are there, none is observed in both.
    both = past.append(renamed)
    with pytest.raises(EmptyInputError, match=r"StatusPanel.rename"):
        drift_checks(*last_day(both))


# ---- against a slow loop ----


def hour_of_week(time):
    stamp = pd.Timestamp(time, tz="UTC").tz_convert("Europe/Paris")
    return stamp.weekday() * 24 + stamp.hour


def test_counts_are_those_of_a_slow_loop():
    rng = np.random.default_rng(3)
    # The clocks go back within; of three chargers one is only in the past and one only now.
    codes = rng.choice(np.arange(-1, K), (23 * 24, 4), p=[0.1, 0.4, 0.3, 0.1, 0.08, 0.02])
    panel = made(codes, "2020-10-05 07:00", tz="Europe/Paris")
    past, now = last_day(panel, 24)
    past, now = past.select(["c0", "c1", "c2"]), now.select(["c3", "c2", "c1"])
    seen, change = {}, {}
    for part, name in ((past, "past"), (now, "now")):
        # Half a day short of 22 whole ones: the reference's rows before its first whole day do not count.
        first = part.n_time % 24
        for row, charger in product(range(first, part.n_time), ("c1", "c2")):
            at = part.evse_ids.index(charger)
            hour, code = hour_of_week(part.times[row]), part.codes[row, at]
            if code >= 0:
                seen.setdefault((name, hour), []).append(code)
            if row and code >= 0 and part.codes[row - 1, at] >= 0:
                change.setdefault((name, hour, part.codes[row - 1, at]), []).append(code)
    came, due = np.zeros(K), np.zeros(K)
    for hour in range(168):
        of_now, of_past = seen.get(("now", hour), []), seen.get(("past", hour), [])
        for code in range(K):
            if of_past:
                came[code] += of_now.count(code)
                due[code] += len(of_now) * of_past.count(code) / len(of_past)
    found = mix_drift(past, now)
    np.testing.assert_allclose(found.observed, came[None])
    np.testing.assert_allclose(found.expected, due[None])
    np.testing.assert_allclose(found.value, (came - due) / came.sum())
    came, due = np.zeros((K, K)), np.zeros((K, K))
    for hour, before, after in product(range(168), range(K), range(K)):
        of_now = change.get(("now", hour, before), [])
        if of_past := change.get(("past", hour, before), []):
            came[before, after] += of_now.count(after)
            due[before, after] += len(of_now) * of_past.count(after) / len(of_past)
    moved = change_drift(past, now)
    np.testing.assert_allclose(moved.observed, came)
    np.testing.assert_allclose(moved.expected, due)
    ratio = np.log((came + 0.5) / (due + 0.5))
    ratio[np.arange(K), np.arange(K)] = np.nan
    np.testing.assert_allclose(moved.value, ratio.ravel())
    assert moved.usual.shape == (22, K * K)


def test_what_is_said_is_what_was_counted(alike):
    past, now = last_day(fewer_visits(alike, 0.5, since=alike.times[-48]), 48)
    mix, moved = mix_drift(past, now), change_drift(past, now)
    found = by_name(drift_checks(past, now))
    check = found["status mix", "charging"]
    assert check.value == abs(mix.value[CHARGING])
    assert (check.warning, check.error) == DriftLimits().of(0.02, mix.spread()[CHARGING])
    share, usual = (x[0, CHARGING] / x.sum() for x in (mix.observed, mix.expected))
    assert check.reason.startswith(
        f"{share:.1%} of charger time where these hours used to bring {usual:.1%}; the days"
    )
    check = found["changes", "available to charging"]
    assert check.value == abs(moved.value[CHARGING])
    assert f"used to bring {moved.expected[AVAILABLE, CHARGING]:,.0f}" in check.reason
    off = ~np.eye(K, dtype=bool)
    came, due = moved.observed[off].sum(), moved.expected[off].sum()
    assert found["frozen", "network"].value == pytest.approx(1 - came / due)
    kinds = {subject for name, subject in found if name == "changes"}
    assert len(kinds) == (moved.expected[off] >= 30).sum()


# ---- what must not matter ----


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_neither_order_nor_strangers_nor_doubling_matter(seed):
    rng = np.random.default_rng(seed)
    n_days, n = int(rng.choice([3, 22])), 4
    codes = rng.choice(np.arange(-1, K), (n_days * 24, 3 * n), p=[0.1, 0.4, 0.3, 0.1, 0.1, 0])
    past, now = last_day(made(codes, tz="Europe/Paris"), 24)
    ids = past.evse_ids
    base = past.select(ids[:n]), now.select(ids[:n])
    order = [ids[place] for place in rng.permutation(n)]
    shuffled = base[0].select(order), base[1]
    strangers = past.select([*ids[n : 2 * n], *order]), now.select([*ids[:n], *ids[2 * n :]])
    twice = [
        made(
            np.hstack([part.codes, part.codes]),
            str(part.grid.start),
            tz="Europe/Paris",
            ids=ids[: 2 * n],
        )
        for part in base
    ]
    for drift in (mix_drift, change_drift):
        due = drift(*base)
        for other in (shuffled, strangers):
            found = drift(*other)
            for name in ("value", "usual", "observed", "expected"):
                np.testing.assert_array_equal(getattr(found, name), getattr(due, name))
        found = drift(*twice)
        np.testing.assert_allclose(found.observed, 2 * due.observed)
        np.testing.assert_allclose(found.expected, 2 * due.expected)
    due, found = mix_drift(*base), mix_drift(*twice)
    np.testing.assert_allclose(found.value, due.value, atol=1e-12)
    np.testing.assert_allclose(found.usual, due.usual, atol=1e-12)


# ---- what is known besides ----


@pytest.fixture(scope="module")
def weather():
    """The weather of a simulated city."""
    return ev.simulate(n_evse=3, days=57, random_state=0)


def with_column(panel, values):
    exog = panel.exog.copy()
    exog["temperature"] = values
    return StatusPanel(panel.codes, panel.grid, panel.evse, exog=exog, tz=panel.tz)


def test_the_distance_of_a_series_is_that_of_a_slow_loop(weather):
    past, now = last_day(weather)
    past = with_column(past, past.exog["temperature"].where(np.arange(past.n_time) % 7 > 0))
    frame = past.exog["temperature"].astype(float).to_frame("x")
    frame["hour"] = [hour_of_week(time) for time in past.times]
    usual = frame.iloc[past.n_time % DAY :].groupby("hour")["x"].mean()
    due = np.mean([usual[hour_of_week(time)] for time in now.times])
    came = now.exog["temperature"].astype(float).mean()
    found = exog_drift(past, now, "temperature")
    np.testing.assert_allclose(found.value, (came - due) / frame["x"].std(ddof=0), rtol=1e-6)
    assert found.usual.shape == (56, 1)
    np.testing.assert_allclose(found.expected, due * DAY)


def test_another_unit_is_an_error_on_the_first_day(weather):
    # In autumn it grows colder from day to day, so the days of the reference stray by much.
    past, now = last_day(weather)
    name = ("exogenous", "temperature")
    assert by_name(drift_checks(past, now))[name].status == "OK"
    fahrenheit = with_column(now, now.exog["temperature"] * 9 / 5 + 32)
    check = by_name(drift_checks(past, fahrenheit))[name]
    assert (check.status, check.error) == ("ERROR", 6)
    assert 6 * exog_drift(past, now, "temperature").spread()[0] > check.error
    assert "standard deviations from its mean at these hours; the days" in check.reason


def test_the_spread_of_a_series_moves_its_warning_as_far_as_the_error():
    hours = np.arange(29 * 24)
    days = np.random.default_rng(0).normal(0, 1, 29).repeat(24)
    noise = np.random.default_rng(1).normal(0, 0.5, len(hours))
    for size, kind in ((0.01, "noise"), (1, "days")):
        series = noise + days * size
        past, now = last_day(made(np.zeros((len(hours), 1)), exog={"x": series}), 24)
        check = by_name(drift_checks(past, now))["exogenous", "x"]
        spread = exog_drift(past, now, "x").spread()[0]
        assert (4 * spread > 3) == (kind == "days")
        assert (check.warning, check.error) == (min(max(3, 4 * spread), 6), 6)


@pytest.mark.parametrize("value", [0.1, 0.0, 1e9, np.nan, np.inf])
@pytest.mark.parametrize("which", ["past", "now", "both"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_or_missing_series_cannot_be_judged(weather, value, which, dtype):
    past, now = last_day(weather)
    constant = np.full(past.n_time, value, dtype=dtype)
    if which in {"past", "both"}:
        past = with_column(past, constant)
    if which in {"now", "both"}:
        now = with_column(now, constant[:DAY])
    check = by_name(drift_checks(past, now))["exogenous", "temperature"]
    if which == "now" and np.isfinite(value):
        assert check.status == ("ERROR" if value == 1e9 else "OK")
    else:
        assert check.status == "EMPTY"
        assert check.reason == "Too little was seen to compare it, or the reference does not vary."


def test_only_series_that_both_have_are_looked_at(weather, city):
    past, now = last_day(weather)
    without = bare(now)
    fewer = with_column(now, 1.0)
    fewer.exog.drop(columns=["rain_level", "average_flow"], inplace=True)  # noqa: PD002 - it is ours
    fewer.exog["snow"] = 0.0
    subjects = [check.subject for check in drift_checks(past, fewer) if check.check == "exogenous"]
    assert subjects == ["temperature", "wind_speed", "wind_gust_speed", "traffic_state"]
    assert {check.check for check in drift_checks(past, without)}.isdisjoint({"exogenous"})
    with pytest.raises(InputError, match="no exogenous series 'temperature'"):
        exog_drift(past, without, "temperature")
    with pytest.raises(InputError, match="no exogenous series 'snow'"):
        exog_drift(past, fewer, "snow")


# ---- what cannot be judged ----


def test_a_day_without_any_observation_is_empty(city):
    past, now = last_day(city)
    checks = drift_checks(past, changed(now, np.full(now.codes.shape, -1)))
    statuses = [c for c in checks if c.check in OF_STATUSES]
    assert {c.check for c in statuses} == set(OF_STATUSES) - {"changes"}
    assert {c.status for c in statuses} == {"EMPTY"}
    assert all(np.isnan(c.value) for c in statuses)
    text = by_name(checks)["new status", "network"].reason
    assert text == "Never seen in the reference: nothing was seen to judge by."
    checks = drift_checks(changed(past, np.full(past.codes.shape, -1)), now)
    assert {c.status for c in checks if c.check in OF_STATUSES} == {"EMPTY"}


def test_a_single_observation_is_no_day(city):
    past, now = last_day(city)
    codes = np.full(now.codes.shape, -1)
    codes[40, 0] = AVAILABLE
    found = by_name(drift_checks(past, changed(now, codes)))
    assert {c.status for (name, _), c in found.items() if name == "status mix"} == {"EMPTY"}
    assert alarms(found) == []


def test_statuses_and_steps_must_be_the_same(city):
    past, now = last_day(city)
    for drift in (mix_drift, change_drift, drift_checks):
        with pytest.raises(SchemeMismatchError, match=r"drift: .*coarsen the finer one"):
            drift(past, now.coarsen("free"))
        with pytest.raises(StepMismatchError, match=r"steps of 0:15:00.* of 1:00:00. Resample"):
            drift(past, now.resample("1h"))
        with pytest.raises(StepMismatchError, match=r"block of '20min' is not a multiple"):
            drift(past, now, block="20min")
    with pytest.raises(StepMismatchError, match=r"steps of 0:15:00.* of 1:00:00. Resample"):
        exog_drift(past, now.resample("1h"), "temperature")


@pytest.mark.parametrize(("n_past", "n_now"), [(0, DAY), (1, DAY), (DAY - 1, DAY), (9 * DAY, 95)])
def test_less_than_a_block_is_refused(city, n_past, n_now):
    past, now = last_day(city)
    past, now = past.tail(n_past), now.head(n_now)
    for drift in (mix_drift, change_drift, drift_checks):
        with pytest.raises(EmptyInputError, match=r"Take a longer stretch, or a shorter block"):
            drift(past, now)
    with pytest.raises(EmptyInputError, match=r"Take a longer stretch"):
        exog_drift(past, now, "temperature")
    with pytest.raises(EmptyInputError, match=r"whole blocks"):
        drift_checks(past.head(0), now.head(0))


def test_one_day_before_is_enough_to_judge_by_the_floors(city):
    found = by_name(drift_checks(city.head(DAY), city.head(2 * DAY).tail(DAY)))
    check = found["status mix", "available"]
    assert (check.warning, check.error) == (0.02, 0.04)
    assert check.status != "EMPTY"
    assert "stray" not in check.reason


# ---- limits ----


@given(st.floats(0, 1), st.floats(0, 1))
def test_an_error_takes_no_less_than_a_warning(floor, spread):
    limits = DriftLimits()
    warning, error = limits.of(floor, spread)
    assert error >= warning >= floor
    assert warning == max(floor, 4 * spread)
    assert error == max(2 * floor, 6 * spread)
    assert limits.of(floor, np.nan) == (floor, 2 * floor)


def test_limits_are_the_callers(city, since):
    stuck = freeze(city, since=since, share=0.6)
    lax = DriftLimits(mix=2, changes=99, exog=99, frozen=2, vanished=1e9, fewest=1e9)
    found = checked(stuck, limits=lax)
    assert alarms(found, of=(*OF_STATUSES, "exogenous")) == []
    assert found["frozen", "network"].status == "EMPTY", (
        "of fewer changes than these none is judged"
    )
    assert not [name for name, _ in found if name == "changes"]
    strict = checked(city, limits=DriftLimits(mix=0, warning=0, error=1e-9))
    assert strict["status mix", "available"].status == "ERROR"


def test_hours_of_the_week_from_three_weeks_on(city):
    assert Slots.suiting(last_day(city)[0]).weekly
    assert not Slots.suiting(city.head(20 * DAY)).weekly
