import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import EmptyInputError, InputError, StepMismatchError
from evforecast.monitoring.tally import (
    Deviation,
    Slots,
    Tally,
    change_tally,
    deviation,
    laid_out,
    mix_tally,
    require_same_step,
    value_tally,
)
from evforecast.panel import STATUS, Calendar, StatusPanel
from evforecast.timegrid import TimeGrid, as_step, as_time

K = len(STATUS)
ZONES = ("UTC", "Europe/Paris", "America/St_Johns", "Asia/Kathmandu")
# The clocks of Paris go back and forth in the stretches that begin here.
STARTS = ("2020-10-24 18:00", "2021-03-27 09:00", "2020-12-31 22:00")


def made(codes, start="2020-10-26", step="1h", tz="UTC", exog=None):
    codes = np.asarray(codes, dtype=np.int8)
    grid = TimeGrid(as_time(start), as_step(step), len(codes))
    if exog is not None:
        exog = pd.DataFrame({"x": exog}, index=pd.DatetimeIndex(grid.times))
    return StatusPanel(codes, grid, [f"c{i}" for i in range(codes.shape[1])], exog=exog, tz=tz)


@st.composite
def panels(draw):
    """Draw a small panel with missing codes and values, half a day to three days long."""
    step = draw(st.sampled_from(["15min", "1h", "3h", "12h"]))
    per_day = int(pd.Timedelta("1D") / pd.Timedelta(step))
    n = draw(st.integers(0, 3 * per_day + 3))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    codes = rng.integers(-1, K, (n, draw(st.integers(1, 3))))
    values = np.where(rng.random(n) < 0.3, np.nan, rng.normal(10, 3, n))
    start, tz = draw(st.sampled_from(STARTS)), draw(st.sampled_from(ZONES))
    return made(codes, start, step, tz, values)


@st.composite
def slots(draw, tz):
    calendar = draw(
        st.sampled_from([None, Calendar.of(public=["2020-10-26", "2021-01-01", "2021-03-28"])])
    )
    return Slots(tz, draw(st.booleans()), calendar)


def slot_of(time, slots):
    """Return the slot of an instant, by the standard library's clock."""
    local = time.astype(dt.datetime).replace(tzinfo=dt.UTC).astimezone(ZoneInfo(slots.tz))
    if not slots.weekly:
        return local.hour
    public = [] if slots.calendar is None else slots.calendar.public.astype(dt.date).tolist()
    weekday = 6 if local.date() in public else local.weekday()
    return 24 * weekday + local.hour


def places(panel, slots, rows):
    """Yield the row, block and slot of the rows of whole blocks of `rows` rows, counted back from the end."""
    n_blocks = panel.n_time // rows
    for back, row in enumerate(range(panel.n_time - 1, panel.n_time - 1 - n_blocks * rows, -1)):
        yield row, n_blocks - 1 - back // rows, slot_of(panel.times[row], slots)


def rows_of(block, panel):
    return int(pd.Timedelta(block) / pd.Timedelta(panel.step))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_every_sum_is_that_of_a_slow_loop(data):
    panel = data.draw(panels())
    chosen = data.draw(slots(panel.tz))
    block = data.draw(st.sampled_from(["12h", "1D", "36h"]))
    rows = rows_of(block, panel)
    n = panel.n_time // rows
    count, seen = np.zeros((n, chosen.n, 1, K)), np.zeros((n, chosen.n, 1))
    move, left = np.zeros((n, chosen.n, K, K)), np.zeros((n, chosen.n, K))
    total, known = np.zeros((n, chosen.n, 1, 1)), np.zeros((n, chosen.n, 1))
    for row, b, s in places(panel, chosen, rows):
        for unit in range(panel.n_evse):
            code = panel.codes[row, unit]
            if code < 0:
                continue
            count[b, s, 0, code] += 1
            seen[b, s, 0] += 1
            if row and panel.codes[row - 1, unit] >= 0:
                move[b, s, panel.codes[row - 1, unit], code] += 1
                left[b, s, panel.codes[row - 1, unit]] += 1
        value = panel.exog["x"].iloc[row]
        if not np.isnan(value):
            total[b, s, 0, 0] += value
            known[b, s, 0] += 1
    for tally, exposure, outcome in (
        (mix_tally(panel, chosen, block=block), seen, count),
        (change_tally(panel, chosen, block=block), left, move),
        (value_tally(panel, "x", chosen, block=block), known, total),
    ):
        assert tally.n_blocks == n
        assert tally.exposure.dtype == tally.outcome.dtype == np.float64
        np.testing.assert_array_equal(tally.exposure, exposure)
        np.testing.assert_allclose(tally.outcome, outcome, rtol=1e-12)


@pytest.mark.parametrize(
    ("start", "twice", "never"), [("2020-10-25", 2, None), ("2021-03-28", None, 2)]
)
def test_an_hour_that_comes_twice_counts_twice_and_one_that_never_comes_not_at_all(
    start, twice, never
):
    first = as_time(pd.Timestamp(start, tz="Europe/Paris"))
    n = {2: 25, None: 23}[twice]
    panel = made(np.zeros((n, 1)), str(first), tz="Europe/Paris")
    tally = mix_tally(panel, Slots(panel.tz, weekly=True), block=f"{n}h")
    due = np.zeros(168)
    due[6 * 24 :] = 1
    if twice is not None:
        due[6 * 24 + twice] = 2
    if never is not None:
        due[6 * 24 + never] = 0
    np.testing.assert_array_equal(tally.exposure, due[None, :, None])


def test_blocks_are_counted_back_from_the_end_and_an_incomplete_one_is_left_out():
    codes = np.zeros((60, 1))
    codes[:12] = 3  # half a day before the first whole one
    codes[12:36], codes[36:] = 1, 2
    tally = mix_tally(made(codes, "2020-10-26 05:00"), Slots("UTC", weekly=False))
    assert tally.n_blocks == 2
    np.testing.assert_array_equal(
        tally.outcome.sum(axis=(1, 2)), [[0, 24, 0, 0, 0], [0, 0, 24, 0, 0]]
    )
    assert mix_tally(made(codes[:23]), Slots("UTC", weekly=False)).n_blocks == 0
    assert mix_tally(made(codes[:24]), Slots("UTC", weekly=False)).n_blocks == 1


def test_a_change_across_the_edge_of_a_block_belongs_to_the_later_one():
    codes = np.repeat([[0], [1]], 24, axis=0)
    tally = change_tally(made(codes), Slots("UTC", weekly=False))
    assert tally.outcome.sum(axis=1)[:, 0, 1].tolist() == [0, 1]
    assert tally.outcome.sum(axis=(1, 2, 3)).tolist() == [23, 24]


@pytest.mark.parametrize("tally", [mix_tally, change_tally])
@pytest.mark.parametrize("block", ["20min", "10min", "0h", "25min"])
def test_a_block_must_be_a_multiple_of_the_step(tally, block):
    panel = made(np.zeros((200, 1)), step="15min")
    with pytest.raises(StepMismatchError, match=rf"block of '{block}' is not a multiple .*0:15:00"):
        tally(panel, Slots("UTC", weekly=False), block=block)


def test_a_series_that_is_not_there():
    panel = made(np.zeros((48, 1)), exog=np.zeros(48))
    for without in (panel, made(np.zeros((48, 1)))):
        with pytest.raises(InputError, match="has no exogenous series 'rain'"):
            value_tally(without, "rain", Slots("UTC", weekly=False))


def test_steps_are_compared():
    hourly, daily = made(np.zeros((4, 1))), made(np.zeros((4, 1)), step="1D")
    require_same_step(hourly, hourly, "drift")
    with pytest.raises(StepMismatchError, match=r"here: .*steps of 1:00:00.*1 day.*Resample"):
        require_same_step(hourly, daily, "here")


# ---- slots ----


def test_a_public_holiday_is_a_sunday():
    calendar = Calendar.of(public=["2020-11-11"], school=["2020-11-12"])
    # By the wall of Paris the holiday, a Wednesday, begins at 23:00 UTC.
    times = np.array(
        ["2020-11-10T22:59", "2020-11-10T23:00", "2020-11-11T22:59", "2020-11-11T23:00"], "M8[s]"
    )
    assert Slots("Europe/Paris", weekly=True, calendar=calendar).of(times).tolist() == [
        1 * 24 + 23,
        6 * 24 + 0,
        6 * 24 + 23,
        3 * 24 + 0,
    ]
    assert Slots("Europe/Paris", weekly=True).of(times).tolist() == [47, 48, 71, 72]
    assert Slots("Europe/Paris", weekly=False, calendar=calendar).of(times).tolist() == [
        23,
        0,
        23,
        0,
    ]


@settings(max_examples=50, deadline=None)
@given(st.data(), st.sampled_from(ZONES), st.integers(-(10**9), 2 * 10**9))
def test_a_slot_is_the_hour_on_the_wall(data, tz, second):
    chosen = data.draw(slots(tz))
    times = np.datetime64("1990-01-01", "s") + second // 4 + np.arange(5) * np.timedelta64(7, "h")
    assert chosen.of(times).tolist() == [slot_of(time, chosen) for time in times]
    assert ((chosen.of(times) >= 0) & (chosen.of(times) < chosen.n)).all()


def test_hours_of_the_week_need_three_of_each():
    three = made(np.zeros((21 * 24, 1)), tz="Europe/Paris")
    calendar = Calendar.of()
    assert Slots.suiting(three, calendar) == Slots("Europe/Paris", weekly=True, calendar=calendar)
    assert Slots.suiting(three.tail(21 * 24 - 1)) == Slots("Europe/Paris", weekly=False)
    assert (Slots.suiting(three).n, Slots.suiting(three.head(24)).n) == (168, 24)


# ---- laid out ----


def test_no_row_is_no_block_and_a_single_row_is_one():
    day, hours = np.timedelta64(86_400, "s"), Slots("UTC", weekly=False)
    none = laid_out(np.empty(0, "M8[s]"), hours, day, np.empty((0, 2)), np.empty((0, 2, 3)))
    assert none.exposure.shape == (0, 24, 2)
    assert none.outcome.shape == (0, 24, 2, 3)
    one = laid_out(
        np.array(["2020-10-26T07:00"], "M8[s]"), hours, day, np.ones((1, 2)), np.ones((1, 2, 3))
    )
    assert one.exposure.sum(axis=(1, 2)).tolist() == [2]
    assert (one.outcome[0, 7] == 1).all()


def test_rows_may_be_lacking_between_the_first_and_the_last():
    start = np.datetime64("2020-10-26T06:00", "s")
    times = start + np.array([0, 6, 12, 18, 60, 66]) * np.timedelta64(3600, "s")
    tally = laid_out(
        times,
        Slots("UTC", weekly=False),
        np.timedelta64(86_400, "s"),
        np.ones((6, 1)),
        np.arange(6.0)[:, None, None],
    )
    # (24 h, 48 h] back from the end there is nothing
    assert tally.exposure.sum(axis=(1, 2)).tolist() == [4, 0, 2]
    assert tally.outcome.sum(axis=(1, 2, 3)).tolist() == [6, 0, 9]


# ---- deviation ----


def share(exposure, observed, expected):
    return (observed - expected)[:, 0] / exposure


def moves(exposure, observed, expected):
    """Measure more than a linear one does, over several conditions."""
    return np.log((observed + 1) / (expected + 1)).reshape(len(exposure), -1)


def slow_deviation(reference, block, measure):
    """Hold one block, ``[slot, condition, …]``, against the blocks of a reference, in loops."""
    _, n_slots, n_conditions = reference.exposure.shape
    came, due = (np.zeros(block[1].shape[1:]) for _ in range(2))
    counted, could = np.zeros(n_conditions), 0.0
    for s in range(n_slots):
        for c in range(n_conditions):
            could += block[0][s, c]
            base = sum(part[s, c] for part in reference.exposure)
            if base == 0:
                continue
            counted[c] += block[0][s, c]
            for o in range(due.shape[1]):
                rate = sum(part[s, c, o] for part in reference.outcome) / base
                due[c, o] += block[0][s, c] * rate
                came[c, o] += block[1][s, c, o]
    with np.errstate(divide="ignore", invalid="ignore"):
        value = measure(counted[None], came[None], due[None])[0]
    usual = reference.exposure.sum() / max(reference.n_blocks, 1)
    compared = counted.sum()
    if not compared or compared < could / 2 or compared < usual / 10:
        value = np.full_like(value, np.nan)
    return value, came, due


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 4),
    st.sampled_from([(mix_tally, share), (change_tally, moves)]),
    st.booleans(),
)
def test_each_block_of_the_reference_is_held_against_all_others(seed, n_blocks, what, weekly):
    make, measure = what
    rng = np.random.default_rng(seed)
    codes = rng.choice(np.arange(-1, K), (24 * (n_blocks + 1), 2), p=[0.3, 0.3, 0.2, 0.1, 0.1, 0])
    codes[rng.random(len(codes)) < 0.2] = -1
    if rng.random() < 0.3:
        codes[: 24 * int(rng.integers(n_blocks + 1))] = -1
    panel = made(codes)
    chosen = Slots("UTC", weekly=weekly)
    reference = make(panel.head(24 * n_blocks), chosen)
    current = make(panel.tail(24), chosen)
    found = deviation(reference, current, measure)
    value, came, due = slow_deviation(reference, (current.exposure[0], current.outcome[0]), measure)
    np.testing.assert_allclose(found.value, value, atol=1e-12)
    np.testing.assert_allclose(found.observed, came)
    np.testing.assert_allclose(found.expected, due, atol=1e-12)
    assert found.usual.shape == (n_blocks, len(value))
    for block in range(n_blocks):
        others = Tally(
            np.delete(reference.exposure, block, axis=0),
            np.delete(reference.outcome, block, axis=0),
        )
        alone = reference.exposure[block], reference.outcome[block]
        usual, _, _ = slow_deviation(others, alone, measure)
        np.testing.assert_allclose(found.usual[block], usual, atol=1e-12)
    if n_blocks == 1:
        assert np.isnan(found.usual).all(), "a single block has no other to be held against"


def test_only_the_last_block_of_now_is_looked_at():
    rng = np.random.default_rng(0)
    panel = made(rng.integers(0, K, (24 * 6, 3)))
    hours = Slots("UTC", weekly=False)
    reference = mix_tally(panel.head(72), hours)
    whole = deviation(reference, mix_tally(panel.tail(72), hours), share)
    last = deviation(reference, mix_tally(panel.tail(24), hours), share)
    np.testing.assert_array_equal(whole.value, last.value)
    np.testing.assert_array_equal(whole.observed, last.observed)


@pytest.mark.parametrize(("n_past", "n_now"), [(0, 24), (1, 24), (23, 24), (24, 0), (24, 23)])
def test_both_need_a_whole_block(n_past, n_now):
    hours = Slots("UTC", weekly=False)
    past, now = (mix_tally(made(np.zeros((n, 2))), hours) for n in (n_past, n_now))
    with pytest.raises(
        EmptyInputError, match=rf"{n_past // 24} whole .* {n_now // 24}; each needs"
    ):
        deviation(past, now, share)


def test_hours_that_the_reference_does_not_know_are_left_out():
    # the reference was observed from midnight to noon, and so are 12 to 16 hours of now
    past = np.zeros((48, 2))
    past[np.arange(48) % 24 >= 12] = -1
    now = np.ones((24, 2))
    hours = Slots("UTC", weekly=False)
    reference = mix_tally(made(past), hours)
    found = deviation(reference, mix_tally(made(now), hours), share)
    assert found.observed.sum() == found.expected.sum() == 24
    np.testing.assert_allclose(found.value, [-1, 1, 0, 0, 0])
    now[11] = -1  # now less than half of it can be compared
    assert np.isnan(deviation(reference, mix_tally(made(now), hours), share).value).all()


@pytest.mark.parametrize(("rows", "judged"), [(0, False), (1, False), (2, False), (3, True)])
def test_a_few_rows_say_nothing_of_a_day(rows, judged):
    hours = Slots("UTC", weekly=False)
    now = np.full((24, 4), -1)
    now[:rows] = 1
    found = deviation(mix_tally(made(np.zeros((72, 4))), hours), mix_tally(made(now), hours), share)
    assert np.isfinite(found.value).all() == judged
    assert found.observed.sum() == 4 * rows


def test_the_spread_is_that_of_a_normal_law_and_no_outlier_moves_it():
    rng = np.random.default_rng(0)
    usual = rng.normal(0, [0.01, 3], (4000, 2))
    ones = np.ones((1, 1))
    np.testing.assert_allclose(
        Deviation(np.zeros(2), usual, ones, ones).spread(), [0.01, 3], rtol=0.05
    )
    usual[:400] = 1e6
    np.testing.assert_allclose(
        Deviation(np.zeros(2), usual, ones, ones).spread(), [0.01, 3], rtol=0.2
    )


def test_there_is_no_spread_without_two_usual_ones():
    ones, nan = np.ones((1, 1)), np.nan
    usual = np.array([[nan, 0.1, 0.1, 0.0], [nan, nan, -0.3, 0.0], [nan, nan, nan, 0.0]])
    found = Deviation(np.zeros(4), usual, ones, ones).spread()
    np.testing.assert_allclose(found, [nan, nan, 1.4826 * 0.2, 0])
    assert np.isnan(Deviation(np.zeros(4), usual[:1], ones, ones).spread()).all()
    assert np.isnan(Deviation(np.zeros(4), usual[:0], ones, ones).spread()).all()
