"""City, areas and nearest arcs, against the slow obvious way."""

import math

import numpy as np
import pandas as pd
import pytest

from evforecast.errors import InputError, MissingColumnsError
from evforecast.panel import StatusPanel, evse_table
from evforecast.sources import traffic
from evforecast.timegrid import TimeGrid, as_step, as_time

HOURS = np.datetime64("2020-11-08T09:00", "s") + np.arange(3) * np.timedelta64(3600, "s")


def metres(one, other):
    """Return the great-circle distance of two points in degrees, by the law of cosines."""
    (a, b), (c, d) = ((math.radians(x) for x in point) for point in (one, other))
    inner = math.sin(a) * math.sin(c) + math.cos(a) * math.cos(c) * math.cos(b - d)
    return 6_371_008.8 * math.acos(min(1.0, inner))


def network(n_evse=40, n_arcs=30, seed=0):
    draw = np.random.default_rng(seed)
    evse = pd.DataFrame(
        {
            "evse_id": [f"e{i}" for i in range(n_evse)],
            "lat": 48.8 + draw.random(n_evse) / 10,
            "lon": 2.25 + draw.random(n_evse) / 5,
            "area": draw.choice(["75001", "75002", "75020"], n_evse),
        }
    )
    evse.loc[3, "lat"] = np.nan
    arcs = pd.DataFrame(
        {
            "iu_ac": [str(i) for i in range(n_arcs)],
            "lat": 48.8 + draw.random(n_arcs) / 10,
            "lon": 2.25 + draw.random(n_arcs) / 5,
        }
    )
    arcs.loc[5, ["lat", "lon"]] = np.nan
    rows = pd.DataFrame(
        {
            "iu_ac": np.repeat(arcs["iu_ac"].to_numpy(), len(HOURS)),
            "time": np.tile(HOURS, n_arcs),
            "q": draw.integers(0, 900, n_arcs * 3).astype(float),
            "state": draw.integers(0, 5, n_arcs * 3),
        }
    )
    rows.loc[draw.random(len(rows)) < 0.3, "q"] = np.nan
    return evse_table(evse["evse_id"].tolist(), evse), arcs, rows.sample(frac=1, random_state=seed)


def test_the_city_is_the_mean_of_what_is_known():
    _, _, rows = network()
    city = traffic.city_state(rows)
    assert city.columns.tolist() == ["traffic_state", "average_flow"]
    assert city.index.tolist() == [pd.Timestamp(hour) for hour in HOURS]
    for hour in HOURS:
        here = rows[rows["time"] == hour]
        states = [state for state in here["state"] if state]
        flows = [flow for flow in here["q"] if not math.isnan(flow)]
        assert city.loc[hour].tolist() == pytest.approx([np.mean(states), np.mean(flows)])


def test_an_hour_that_no_arc_knows_is_missing():
    rows = pd.DataFrame({"iu_ac": ["1"], "time": HOURS[:1], "q": [np.nan], "state": [0]})
    assert traffic.city_state(rows).isna().all(axis=None)
    assert traffic.city_state(rows.iloc[:0]).empty


def test_a_panel_takes_the_city_on_its_own_grid():
    _, _, rows = network()
    grid = TimeGrid(as_time("2020-11-08 08:45"), as_step("15min"), 6)
    panel = StatusPanel(np.zeros((6, 1), np.int8), grid, ["a"])
    city = traffic.city_state(rows)
    filled = city.reindex(pd.DatetimeIndex(panel.times), method="ffill", tolerance="45min")
    exog = panel.with_exog(filled).exog["average_flow"].to_numpy()
    np.testing.assert_allclose(exog[1:5], city["average_flow"].iloc[0], rtol=1e-6)
    assert np.isnan(exog[0])  # nothing is known before the end of the first hour
    assert exog[5] == pytest.approx(city["average_flow"].iloc[1], rel=1e-6)


def test_the_nearest_arc_is_that_of_the_slow_way():
    evse, arcs, _ = network(n_evse=600)  # more than one block
    near = traffic.nearest_arc(evse, arcs)
    assert near.index.equals(evse.index)
    placed = arcs.dropna()
    for name, place in evse[["lat", "lon"]].iterrows():
        if place.isna().any():
            assert pd.isna(near.loc[name, "iu_ac"])
            assert np.isnan(near.loc[name, "distance"])
            continue
        gaps = {
            arc: metres(tuple(place), (lat, lon))
            for arc, lat, lon in placed[["iu_ac", "lat", "lon"]].itertuples(index=False)
        }
        assert near.loc[name, "iu_ac"] == min(gaps, key=gaps.get)
        assert near.loc[name, "distance"] == pytest.approx(min(gaps.values()), abs=0.5)


def test_areas_are_the_means_of_the_arcs_nearest_to_their_chargers():
    evse, arcs, rows = network()
    areas = traffic.by_area(rows, arcs, evse)
    near = traffic.nearest_arc(evse, arcs)["iu_ac"]
    assert areas.index.tolist() == [pd.Timestamp(hour) for hour in HOURS]
    assert areas.shape[1] == 6
    for area in ("75001", "75002", "75020"):
        mine = set(near[evse["area"] == area].dropna())
        part = traffic.city_state(rows[rows["iu_ac"].isin(mine)])
        assert areas[f"traffic_state_{area}"].tolist() == pytest.approx(
            part["traffic_state"].tolist()
        )
        assert areas[f"average_flow_{area}"].tolist() == pytest.approx(
            part["average_flow"].tolist()
        )


def test_an_area_whose_arcs_are_silent_is_missing_not_left_out():
    evse, arcs, rows = network()
    near = traffic.nearest_arc(evse, arcs)["iu_ac"]
    silent = set(near[evse["area"] == "75001"])
    areas = traffic.by_area(rows[~rows["iu_ac"].isin(silent)], arcs, evse)
    assert areas["traffic_state_75001"].isna().all()
    sites = traffic.by_area(rows, arcs, evse, by="location_id")
    assert sites.shape == (3, 80)


def test_bad_tables_are_refused():
    evse, arcs, rows = network()
    with pytest.raises(InputError, match=r"3 rows repeat an arc and hour.*drop_duplicates"):
        traffic.city_state(pd.concat([rows, rows.head(3)]))
    with pytest.raises(MissingColumnsError, match="'state'"):
        traffic.city_state(rows.drop(columns="state"))
    with pytest.raises(MissingColumnsError, match="arcs: columns missing: 'lat'"):
        traffic.nearest_arc(evse, arcs.drop(columns="lat"))
    with pytest.raises(InputError, match="none of the 30 arcs has coordinates"):
        traffic.nearest_arc(evse, arcs.assign(lat=np.nan))
    with pytest.raises(MissingColumnsError, match="'district'"):
        traffic.by_area(rows, arcs, evse, by="district")
