import numpy as np
import pandas as pd
import pytest

from evforecast.errors import (
    DuplicateObservationError,
    EmptyInputError,
    InputError,
    MissingColumnsError,
    NaiveTimeError,
)
from evforecast.panel import STATUS, StatusLog


def frame(rows, **extra):
    ids, times, words = zip(*rows, strict=True)
    return pd.DataFrame(
        {
            "evse_id": ids,
            "observed_at": [f"2020-10-25T{t}Z" for t in times],
            "status": words,
            **extra,
        }
    )


def random_log(seed=0, n=400, n_evse=5):
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.integers(0, 86_400, n))
    return pd.DataFrame(
        {
            "evse_id": rng.choice([f"c{i}" for i in range(n_evse)], n),
            "observed_at": pd.Timestamp("2020-10-25", tz="UTC")
            + pd.to_timedelta(seconds, unit="s"),
            "status": rng.choice(STATUS.names, n),
        }
    )


def slow_panel(log, grid, age):
    """The rule in the plainest words: the last observation in (t - age, t]."""
    out = np.full((grid.n, len(log.evse)), -1)
    by_charger = {}
    for row in log.frame.sort_values("observed_at", kind="stable").itertuples():
        by_charger.setdefault(row.evse_id, []).append((row.observed_at.to_datetime64(), row.status))
    for row, time in enumerate(grid.times):
        for place, name in enumerate(log.evse.index):
            for at, word in by_charger.get(name, []):
                if time - age < at <= time:
                    out[row, place] = STATUS.code(word)
    return out


@pytest.mark.parametrize(
    ("step", "max_age"), [("15min", None), ("15min", "1h"), ("1h", "20min"), ("5min", "2h")]
)
def test_to_panel_against_the_plain_rule(step, max_age):
    log = StatusLog(random_log(), duplicates="last")
    panel = log.to_panel(step, max_age=max_age)
    age = pd.Timedelta(max_age or step).to_timedelta64().astype("m8[s]")
    assert (panel.codes == slow_panel(log, panel.grid, age)).all()


def test_an_observation_is_known_at_the_end_of_its_slot():
    log = StatusLog(
        frame([("a", "00:02", "down"), ("a", "00:14", "charging"), ("a", "00:31", "passive")])
    )
    long = log.to_panel("15min").to_long()
    assert long.time.dt.strftime("%H:%M").to_list() == ["00:15", "00:30", "00:45"]
    assert long.status.astype(object).where(long.status.notna(), None).to_list() == [
        "charging",
        None,
        "passive",
    ]


def test_on_the_instant_counts_for_that_instant():
    panel = StatusLog(frame([("a", "00:15", "down"), ("a", "00:45", "down")])).to_panel("15min")
    assert panel.times[0] == np.datetime64("2020-10-25T00:15")
    assert panel.codes.ravel().tolist() == [4, -1, 4]


def test_start_takes_what_stood_before():
    log = StatusLog(frame([("a", "00:02", "down"), ("a", "02:00", "passive")]))
    panel = log.to_panel("15min", max_age="1h", start="2020-10-25 00:45", end="2020-10-25 01:30")
    assert panel.codes.ravel().tolist() == [4, 4, -1]
    with pytest.raises(InputError, match="off the grid"):
        log.to_panel("15min", start="2020-10-25 00:50")
    with pytest.raises(EmptyInputError):
        log.to_panel("15min", start="2020-10-25 03:00", end="2020-10-25 02:00")


def test_collected_by_hides_what_came_late():
    log = StatusLog(
        frame(
            [("a", "00:02", "down"), ("a", "00:10", "passive")],
            collected_at=["2020-10-25T00:03Z", "2020-10-25T09:00Z"],
        )
    )
    seen = log.collected_by("2020-10-25 00:15").to_panel("15min")
    assert seen.codes.ravel().tolist() == [4]
    assert log.to_panel("15min").codes.ravel().tolist() == [2]
    with pytest.raises(EmptyInputError):
        log.collected_by("2020-10-24").to_panel("15min")


def test_repeats_are_refused_or_counted():
    rows = frame([("a", "00:02", "down"), ("a", "00:02", "passive")])
    with pytest.raises(DuplicateObservationError, match="a at 2020-10-25 00:02:00"):
        StatusLog(rows)
    for keep, code in (("first", 4), ("last", 2)):
        log = StatusLog(rows, duplicates=keep)
        assert log.n_repeats == 1
        assert log.to_panel("15min").codes.ravel().tolist() == [code]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda f: f.drop(columns="status"), MissingColumnsError),
        (lambda f: f.head(0), EmptyInputError),
        (lambda f: f.assign(observed_at="2020-10-25 12:00"), NaiveTimeError),
        (lambda f: f.assign(evse_id=None), InputError),
    ],
)
def test_bad_logs(change, error):
    with pytest.raises(error):
        StatusLog(change(frame([("a", "00:02", "down")])))


def test_max_age_must_be_positive():
    with pytest.raises(InputError, match="max_age"):
        StatusLog(frame([("a", "00:02", "down")])).to_panel("15min", max_age="0min")


def test_save_and_load(tmp_path):
    log = StatusLog(random_log().assign(source="feed"), duplicates="first")
    log.save(tmp_path / "log.parquet")
    again = StatusLog.load(tmp_path / "log.parquet")
    pd.testing.assert_frame_equal(again.frame, log.frame)
    assert (again.tz, again.n_repeats, again.scheme) == (log.tz, log.n_repeats, log.scheme)
    assert again.evse.equals(log.evse)


def test_many_chargers_cross_the_block_border():
    log = StatusLog(random_log(n=2000, n_evse=150), duplicates="last")
    panel = log.to_panel("1h")
    assert (panel.codes == slow_panel(log, panel.grid, np.timedelta64(3600, "s"))).all()


def test_options_are_checked_even_where_they_would_not_matter():
    with pytest.raises(InputError, match="duplicates='lst' is no choice"):
        StatusLog(frame([("a", "00:02", "down")]), duplicates="lst")
