"""Each feature against the plainest way to compute it, and none of them with a look ahead."""

import numpy as np
import pandas as pd
import pytest

from evforecast.features import GROUPS, FeatureTable, feature_names, lookback_steps
from evforecast.panel import Calendar, StatusPanel, simulate
from evforecast.timegrid import local_clock

MODELS = sorted(simulate(n_evse=9, days=1, random_state=3).evse.model.unique())
NAMES = ("available", "charging", "passive", "offline", "down")


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=9, days=12, random_state=3)


def cases(panel, n=60, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(1, panel.n_time, n), rng.integers(0, panel.n_evse, n)


def slow(panel, row, unit, horizon):  # noqa: C901, PLR0912, PLR0915 - plain and long is what it is for
    """One case's features from lists and loops."""
    limit = lookback_steps(panel.step)
    codes = panel.codes[: row + 1]
    status, runs, stale = -1, [], 0  # runs: [status, first row]
    carried = []
    for at, code in enumerate(codes[:, unit]):
        if code >= 0:
            stale = 0
            if code != status:
                runs.append([int(code), at])
                status = int(code)
        elif status >= 0:
            stale += 1
        carried.append(status)
    oldest = max(row - limit + 1, 0)
    out = {"status": status, "stale": stale}
    if not runs or runs[0][1] > 0:
        runs.insert(0, [-1, 0])
    began = runs[-1][1]
    out["age"] = min(row - began + 1, limit)
    known = began > oldest
    previous = runs[-2] if known else None
    out["previous"] = previous[0] if known else -1
    first = max(previous[1], oldest) if known else 0
    out["previous_age"] = began - first if known else 0
    further = known and first > oldest
    out["before_previous"] = runs[-3][0] if further else -1
    for hours in (1, 4, 24, 168):
        since = max(row - hours * 4, 0)
        out[f"changes_{hours}h"] = sum(
            a != b for a, b in zip(carried[since:row], carried[since + 1 : row + 1], strict=True)
        )
    for hours in (1, 3, 6, 24, 72, 168):
        window = codes[max(row - hours * 4 + 1, 0) : row + 1, unit]
        seen = window[window >= 0]
        for code, name in enumerate(NAMES):
            out[f"{name}_{hours}h"] = (seen == code).mean() if len(seen) else np.nan
    place = panel.evse.location_id.iloc[unit]
    others = [
        u for u in range(panel.n_evse) if panel.evse.location_id.iloc[u] == place and u != unit
    ]
    out["location_size"] = len(others) + 1
    last = [next((int(c) for c in codes[::-1, u] if c >= 0), -1) for u in others]
    for code, name in enumerate(NAMES):
        out[f"{name}_neighbours"] = last.count(code)
    for days in (0, 1, 6):
        at = row + horizon - (-(-horizon // 96) + days) * 96
        out[f"same_time_{days}d"] = codes[at, unit] if at >= 0 and codes[at, unit] >= 0 else np.nan
    everyone = [next((int(c) for c in codes[::-1, u] if c >= 0), -1) for u in range(panel.n_evse)]
    known = [code for code in everyone if code >= 0]
    for code, name in enumerate(NAMES):
        out[f"{name}_network"] = known.count(code) / len(known) if known else 0
    out["lat"], out["lon"] = panel.evse.lat.iloc[unit], panel.evse.lon.iloc[unit]
    out["model"] = MODELS.index(panel.evse.model.iloc[unit])
    latest = row + horizon - -(-horizon // 96) * 96
    for series in panel.exog:
        values = panel.exog[series].to_numpy(float)
        for suffix, at in (("now", row), ("ahead", latest)):
            seen = values[: at + 1][~np.isnan(values[: at + 1])] if at >= 0 else []
            out[f"{series}_{suffix}"] = seen[-1] if len(seen) else np.nan
    target = pd.Timestamp(panel.times[row] + horizon * panel.step, tz="UTC").tz_convert(panel.tz)
    out["target_minute"] = target.hour * 60 + target.minute
    off = target.strftime("%Y-%m-%d") == "2020-10-07"
    out["day_type"] = 2 if off or target.weekday() == 6 else int(target.weekday() == 5)
    out["school_holiday"] = float(target.day in (1, 2))
    return out


@pytest.mark.parametrize("horizon", [1, 4, 96, 130])
def test_each_feature_against_the_slow_way(panel, horizon):
    rows, units = cases(panel)
    calendar = Calendar.of(public=["2020-10-07"], school=["2020-10-01", "2020-10-02"])
    exog = list(panel.exog)
    features = FeatureTable(panel, groups=GROUPS, calendar=calendar, models=MODELS, exog=exog)
    table = pd.DataFrame(
        features.at(rows, units, horizon), columns=feature_names(NAMES, GROUPS, exog)
    )
    checked = set()
    for case in range(len(rows)):
        for name, value in slow(panel, rows[case], units[case], horizon).items():
            assert table[name].iloc[case] == pytest.approx(
                value, rel=1e-6, abs=1e-6, nan_ok=True
            ), (
                name,
                case,
            )
            checked.add(name)
    # the profiles have a slow twin of their own, in test_profile
    rest = {f"{n}_{whose}" for n in NAMES for whose in ("profile", "location")}
    assert {n for n in table.columns if n not in checked} == rest


@pytest.mark.parametrize("horizon", [1, 96])
def test_permuting_what_comes_after_the_cutoff_changes_nothing(panel, horizon):
    rows = np.full(panel.n_evse, 700)
    units = np.arange(panel.n_evse)
    options = {"groups": GROUPS, "models": MODELS, "exog": list(panel.exog)}
    before = FeatureTable(panel, **options).at(rows, units, horizon)
    codes = panel.codes.copy()
    codes[701:] = np.random.default_rng(0).permuted(codes[701:], axis=0)
    exog = panel.exog.copy()
    exog.iloc[701:] = exog.iloc[701:].sample(frac=1, random_state=0).to_numpy()
    other = StatusPanel(codes, panel.grid, panel.evse, exog=exog, tz=panel.tz)
    assert (other.codes != panel.codes).any()
    assert not exog.equals(panel.exog)
    for same in (other, panel.head(701)):
        after = FeatureTable(same, **options).at(rows, units, horizon)
        np.testing.assert_array_equal(after, before)


def test_a_context_of_the_lookback_is_enough():
    panel = simulate(n_evse=6, days=14, random_state=0)
    rows, units = np.full(6, panel.n_time - 1), np.arange(6)
    n = lookback_steps(panel.step)
    observed = (
        panel.codes[panel.n_time - n] >= 0
    )  # else what came before the window was carried into it
    whole = FeatureTable(panel).at(rows, units, 4)
    part = FeatureTable(panel.tail(n)).at(np.full(6, n - 1), units, 4)
    assert observed.any()
    np.testing.assert_allclose(part[observed], whole[observed], rtol=1e-5)


def test_names_fit_the_columns_for_any_scheme(panel):
    free = panel.coarsen("free")
    rows, units = cases(free, 5)
    assert FeatureTable(free).at(rows, units, 4).shape == (5, len(feature_names(free.scheme.names)))


def test_the_clock_is_local(panel):
    minute, _ = local_clock(panel.times[[50]] + 4 * panel.step, panel.tz)
    column = feature_names(NAMES).index("target_minute")
    assert FeatureTable(panel).at(np.array([50]), np.array([0]), 4)[0, column] == minute[0]
