from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import EmptyInputError, SchemeMismatchError, StepMismatchError
from evforecast.monitoring.chargers import ChargerLimits, charger_checks, charger_table
from evforecast.panel import STATUS, StatusPanel, StatusScheme
from evforecast.timegrid import TimeGrid, as_step, as_time

AVAILABLE, CHARGING, PASSIVE, OFFLINE, DOWN = range(5)
PAST, NOW = 72, 24  # rows of an hour


def made(columns, *, start="2020-10-26", step="1h", scheme=STATUS):
    """Return a panel of columns by id."""
    codes = np.array(list(columns.values()), dtype=np.int8).T
    grid = TimeGrid(as_time(start), as_step(step), len(codes))
    return StatusPanel(codes, grid, list(columns), scheme=scheme)


def turning(n, every=1):
    """Return n rows that change between two statuses."""
    return np.arange(n) // every % 2


def always(code, n=PAST + NOW):
    return np.full(n, code)


def then(past, now):
    """Return the rows of a charger in the past and now; a number stands for every row."""
    return np.append(np.broadcast_to(past, PAST), np.broadcast_to(now, NOW))


BUSY = turning(PAST)
NETWORK = {
    "well": turning(PAST + NOW),
    "new": then(-1, turning(NOW)),
    "newly down": then(-1, DOWN),
    "vanished": then(BUSY, -1),
    "silent": always(-1),
    "stale": then(BUSY, AVAILABLE),
    "down": then(BUSY, DOWN),
    "offline": then(BUSY, OFFLINE),
    "long down": always(DOWN),
}
STATES = {"newly down": "new", "long down": "down"}


def halves(columns, *, now=NOW):
    whole = made(columns)
    return whole.head(whole.n_time - now), whole.tail(now)


@pytest.fixture(scope="module")
def table():
    """The table of a network with a charger in every state."""
    return charger_table(*halves(NETWORK))


def test_each_state(table):
    assert table["state"].to_dict() == {name: STATES.get(name, name) for name in NETWORK}
    assert table.index.name == "evse_id"
    assert table.columns.tolist() == [
        "state",
        "status",
        "since_days",
        "observed",
        "observed_before",
        "changes_a_day",
        "changes_due",
    ]


def test_the_status_is_the_last_one_observed(table):
    assert table["status"].isna().tolist() == [name in {"vanished", "silent"} for name in NETWORK]
    assert table.loc[["well", "new", "newly down", "stale"], "status"].tolist() == [
        "charging",
        "charging",
        "down",
        "available",
    ]
    codes = then(BUSY, turning(NOW))
    codes[-5:] = -1
    found = charger_table(*halves({"a": codes})).loc["a"]
    assert found["status"] == STATUS.names[codes[-6]]
    assert found["observed"] == 19 / 24


def test_chargers_that_only_one_panel_has_are_told_apart_too():
    past, now = halves(NETWORK)
    past = past.select([name for name in NETWORK if not name.startswith("new")])
    now = now.select([name for name in reversed(NETWORK) if name != "vanished"])
    found = charger_table(past, now)
    assert found.index.tolist() == [*past.evse_ids, "newly down", "new"]
    pd.testing.assert_frame_equal(found.loc[list(NETWORK)], charger_table(*halves(NETWORK)))


def test_the_order_of_the_chargers_does_not_matter(table):
    past, now = halves(NETWORK)
    order = list(NETWORK)[::-1]
    pd.testing.assert_frame_equal(charger_table(past, now.select(order)), table)
    turned = charger_table(past.select(order), now)
    assert turned.index.tolist() == order
    pd.testing.assert_frame_equal(turned.loc[list(NETWORK)], table)
    for status in ("status", "value"):
        assert (
            charger_checks(turned).to_frame()[status].tolist()
            == charger_checks(table).to_frame()[status].tolist()
        )


def test_a_status_may_have_begun_in_the_reference():
    columns = {
        "now": then(BUSY, np.where(np.arange(NOW) < 14, CHARGING, PASSIVE)),
        "at the edge": then(BUSY, PASSIVE),
        "before": then(np.where(np.arange(PAST) < 60, DOWN, PASSIVE), PASSIVE),
        "ever": always(AVAILABLE),
        "with gaps": then(np.where(np.arange(PAST) < 60, DOWN, -1), PASSIVE),
        "unheard at last": then(BUSY, np.where(np.arange(NOW) < 20, PASSIVE, -1)),
        "begun late": then(np.where(np.arange(PAST) < 70, -1, PASSIVE), PASSIVE),
        "new": then(-1, PASSIVE),
        "new late": then(-1, np.where(np.arange(NOW) < 20, -1, PASSIVE)),
    }
    found = charger_table(*halves(columns))
    hours = [10, 24, 12 + 24, 72 + 24, 24, 24, 2 + 24, 24, 4]
    np.testing.assert_allclose(found["since_days"] * 24, hours)


def test_changes_are_due_only_in_the_rows_that_were_observed():
    # It was not heard for two days, and says the same before and after.
    columns = {
        "a": then(np.where(np.arange(PAST) < 20, AVAILABLE, -1), AVAILABLE),
        "b": turning(PAST + NOW, every=2),
    }
    found = charger_table(*halves(columns))
    assert found.loc["a", "since_days"] == 4
    # A change every two hours is usual; it counts for two days.
    usual = np.median([0, 35 / 3])
    own = (0 + 2 * usual) / (20 / 24 + 2)
    assert found.loc["a", "changes_due"] == pytest.approx(own * 44 / 24)


def test_what_lies_between_the_two_is_part_of_how_long_it_lasts():
    whole = made({"a": always(DOWN), "b": then(BUSY, DOWN)})
    found = charger_table(whole.head(48), whole.tail(12))
    assert found["since_days"].tolist() == [4, 0.5]


def slow_row(past, now, days, usual):
    """Return what is known of one charger, row by row."""
    heard = [code for code in now if code >= 0]
    watched = sum(code >= 0 for code in past) * days
    changes = sum(a != b for a, b in pairwise(past) if a >= 0 and b >= 0)
    rate = changes / watched if watched else np.nan
    found = {
        "observed": len(heard) / len(now),
        "observed_before": watched / days / len(past),
        "changes_a_day": rate,
        "since_days": np.nan,
        "changes_due": np.nan,
    }
    if heard:
        run = []  # the rows from the last one on in which it was observed in its last status
        for row, code in reversed(list(enumerate([*past, *now]))):
            if code >= 0 and code != heard[-1]:
                break
            run += [row] if code >= 0 else []
        found["since_days"] = (len(past) + len(now) - run[-1]) * days
        own = (changes + 2 * usual) / (watched + 2)
        found["changes_due"] = own * len(run) * days
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_every_number_is_that_of_a_slow_loop(seed):
    rng = np.random.default_rng(seed)
    n_past, n_now, n = (int(rng.integers(1, most)) for most in (60, 12, 6))
    # Statuses that last, so that some began in the reference.
    codes = np.repeat(rng.integers(-1, 3, (20, n)), rng.integers(1, 12, 20), axis=0)
    codes = np.vstack([codes, np.zeros((72, n), dtype=int)])[: n_past + n_now]
    codes[rng.random(codes.shape) < 0.2] = -1
    codes[:n_past, rng.random(n) < 0.2] = -1
    codes[n_past:, rng.random(n) < 0.2] = -1
    columns = {f"c{place}": column for place, column in enumerate(codes.T)}
    found = charger_table(*halves(columns, now=n_now))
    days = 1 / 24
    alone = [slow_row(c[:n_past], c[n_past:], days, 0) for c in columns.values()]
    rates = [row["changes_a_day"] for row in alone if row["observed_before"]]
    usual = np.median(rates) if rates else 0
    for name, column in columns.items():
        due = slow_row(column[:n_past], column[n_past:], days, usual)
        for key, value in due.items():
            np.testing.assert_allclose(found.loc[name, key], value, rtol=1e-9, err_msg=key)
        state = found.loc[name, "state"]
        assert (state in {"new", "silent"}) == (due["observed_before"] == 0)
        assert (state in {"vanished", "silent"}) == (due["observed"] == 0)
        assert (state == "stale") == (
            due["changes_due"] >= 12 and min(due["observed"], due["observed_before"]) > 0
        )


def test_a_quiet_charger_may_say_the_same_for_long():
    # Of a network that changes every four hours, one that changed once in eleven days.
    rows, now = 11 * 24, 3 * 24
    columns = {f"c{place}": turning(rows + now, every=4) for place in range(9)}
    columns["quiet"] = np.append(turning(rows, every=140), np.full(now, CHARGING))
    columns["stuck"] = np.append(turning(rows, every=4), np.full(now, CHARGING))
    found = charger_table(*halves(columns, now=now))
    assert found.loc["quiet", "since_days"] > 8
    assert found["state"].drop("stuck").unique().tolist() == ["well"]
    assert found.loc["stuck", "state"] == "stale"
    early = charger_table(*halves(columns, now=now), limits=ChargerLimits(stale_changes=0.1))
    assert early.loc["quiet", "state"] == "stale"


def test_statuses_of_another_scheme_have_no_states_of_their_own():
    whole = made(
        {"a": then(BUSY, 1), "b": then(BUSY, 0), "c": 1 - turning(PAST + NOW)},
        scheme=StatusScheme(("free", "offline")),
    )
    found = charger_table(whole.head(PAST), whole.tail(NOW))
    assert found["state"].tolist() == ["offline", "stale", "well"]


@pytest.mark.parametrize(("n_past", "n_now"), [(0, 24), (24, 0), (0, 0)])
def test_without_rows_there_is_no_table(n_past, n_now):
    whole = made(NETWORK)
    with pytest.raises(EmptyInputError, match=r"charger_table: .* has no rows. Choose other"):
        charger_table(whole.head(n_past), whole.tail(n_now))


def test_statuses_and_steps_must_be_the_same():
    past, now = halves(NETWORK)
    with pytest.raises(SchemeMismatchError, match="charger_table: statuses"):
        charger_table(past.coarsen("free"), now)
    with pytest.raises(StepMismatchError, match=r"charger_table: .*1:00:00.*2:00:00. Resample"):
        charger_table(past, now.resample("2h"))


# ---- checks ----


def test_the_shares(table):
    checks = charger_checks(table)
    found = {check.check: check for check in checks}
    assert list(found) == ["new", "vanished", "stale", "missing"]
    assert {(check.group, check.subject) for check in checks} == {("chargers", "network")}
    # Nine chargers: seven heard, of which five known before; six known before.
    assert found["new"].value == 2 / 7
    assert found["new"].reason == "2 of 7 chargers."
    assert found["vanished"].value == 1 / 6
    assert found["stale"].value == 1 / 5
    assert found["missing"].value == pytest.approx(1 - 5 / 6)
    assert found["missing"].reason == (
        "83.3% of the rows of the known chargers are observed; 100.0% were before."
    )
    assert checks.status == "ERROR"


def states(**counts):
    """Return a table of so many chargers of each state."""
    state = [name for name, count in counts.items() for _ in range(count)]
    table = pd.DataFrame({"state": state})
    table["observed"] = np.where(table["state"].isin(["vanished", "silent"]), 0.0, 1.0)
    table["observed_before"] = np.where(table["state"].isin(["new", "silent"]), 0.0, 1.0)
    return table


@pytest.mark.parametrize("name", ["new", "vanished", "stale"])
@pytest.mark.parametrize(
    ("counts", "status"), [((1, 19), "OK"), ((2, 18), "WARNING"), ((9, 11), "ERROR")]
)
def test_a_share_counts_from_its_limits_on(name, counts, status):
    few, rest = counts
    limits = ChargerLimits(**{name: (0.1, 0.45)}, missing=(2, 2))
    checks = charger_checks(states(**{name: few, "well": rest}), limits=limits)
    found = {check.check: check for check in checks}
    assert (found[name].status, found[name].value) == (status, few / 20)
    assert [c.status for c in checks if c.check not in {name, "missing"}] == ["OK", "OK"]


def test_the_limits_are_those_documented():
    limits = ChargerLimits()
    checks = {check.check: check for check in charger_checks(states(well=10))}
    for name in ("new", "vanished", "missing", "stale"):
        assert (checks[name].warning, checks[name].error) == getattr(limits, name)
        assert (checks[name].status, checks[name].value) == ("OK", 0)


@pytest.mark.parametrize(
    ("before", "now", "missing", "status"),
    [
        (1.0, 0.91, 0.09, "OK"),
        (1.0, 0.85, 0.15, "WARNING"),
        (0.5, 0.15, 0.35, "ERROR"),
        (0.5, 0.45, 0.05, "OK"),
        (0.5, 1.0, 0.0, "OK"),
    ],
)
def test_what_is_missing_is_held_against_what_used_to_be(before, now, missing, status):
    table = states(well=10, new=5, silent=5)
    table.loc[:9, ["observed", "observed_before"]] = now, before
    found = {check.check: check for check in charger_checks(table)}["missing"]
    assert (found.status, found.value) == (status, pytest.approx(missing))


def test_when_nobody_is_heard_all_is_missing_and_nobody_in_particular_has_vanished():
    past, now = halves({"a": then(BUSY, -1), "b": then(BUSY, -1)})
    found = {check.check: check for check in charger_checks(charger_table(past, now))}
    assert {name: check.status for name, check in found.items()} == {
        "new": "EMPTY",
        "vanished": "EMPTY",
        "stale": "EMPTY",
        "missing": "ERROR",
    }
    assert found["missing"].value == 1
    assert found["new"].reason == "There is none to count among."


def test_when_nobody_was_known_all_is_new():
    found = {
        check.check: check
        for check in charger_checks(charger_table(*halves({"a": then(-1, 0), "b": then(-1, 0)})))
    }
    assert (found["new"].status, found["new"].value) == ("ERROR", 1)
    assert [found[name].status for name in ("vanished", "stale", "missing")] == ["EMPTY"] * 3
    assert found["missing"].reason == "The reference knows no charger."


@pytest.mark.parametrize("columns", [{}, {"a": always(-1)}])
def test_of_nobody_nothing_can_be_judged(columns):
    whole = made(columns) if columns else made({"a": always(0)}).select([])
    checks = charger_checks(charger_table(whole.head(PAST), whole.tail(NOW)))
    assert (checks.status, checks.exit_code, len(checks)) == ("EMPTY", 10, 4)
    assert {check.status for check in checks} == {"EMPTY"}
