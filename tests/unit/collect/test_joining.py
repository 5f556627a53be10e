import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.collect import as_told_by, join_history, match_by_location
from evforecast.errors import InputError, UnknownChargerError
from evforecast.panel import VOCABULARIES, StatusPanel, evse_table

BELIB = VOCABULARIES["belib"]
# A thousandth of a degree is 111 metres to the north and, in Paris, 73 to the east.
M = 1 / 111_195


def table(**places):
    """Return a table of chargers: (location, lat, lon) each; numbers of metres from Paris."""
    frame = pd.DataFrame.from_dict(places, "index", columns=["location_id", "lat", "lon"])
    frame["lat"] = 48.85 + frame["lat"] * M
    frame["lon"] = 2.35 + frame["lon"] * M / np.cos(np.radians(48.85))
    frame.index = [name.replace("_", "*") for name in frame.index]
    return evse_table(list(frame.index), frame)


def test_the_nearest_of_each_other_are_one():
    history = table(S1=("A", 0, 0), S2=("B", 0, 100), S3=("C", 0, 5000), S4=("D", 0, np.nan))
    live = table(E1=("X", 10, 0), E2=("Y", 10, 100), E3=("Z", 0, 40), E4=("W", np.nan, 0))
    found = match_by_location(history, live)
    assert found["evse_id"].to_dict() == {"S1": "E1", "S2": "E2"}
    assert found["metres"].round().tolist() == [10, 10]
    assert match_by_location(history, live, within_metres=9).empty
    assert match_by_location(history, live.iloc[:0]).empty
    assert match_by_location(history.iloc[3:], live).empty


def test_at_one_place_chargers_are_paired_in_order_as_far_as_both_have_any():
    history = table(S_T10=("A", 0, 0), S_T2=("A", 0, 0), S_T1=("A", 0, 0))
    live = table(E_2=("X", 0, 5), E_1=("X", 0, 5))
    assert match_by_location(history, live)["evse_id"].to_dict() == {"S*T1": "E*1", "S*T2": "E*2"}


def test_no_charger_is_matched_twice():
    rng = np.random.default_rng(0)
    for _ in range(20):
        names = [(f"S{n}", (f"L{n % 9}", *rng.uniform(0, 300, 2))) for n in range(30)]
        history, live = table(**dict(names[:15])), table(**dict(names[15:]))
        found = match_by_location(history, live)
        assert not found.index.has_duplicates
        assert found["evse_id"].is_unique


@pytest.fixture(scope="module")
def city():
    return ev.simulate(n_evse=9, days=6, random_state=0)


@pytest.fixture
def parts(city):
    """Return a history, and what comes two days later under other ids, one charger less and one more."""
    live = city.tail(96).rename({name: f"E*{name}" for name in city.evse_ids})
    return city.head(3 * 96), live.select([name for name in live.evse_ids if name != "E*S1-T3"])


def test_a_history_goes_on_under_the_present_ids(city, parts):
    history, live = parts
    joined = join_history(history, live)
    gone = "S1-T3"
    stay = [name for name in city.evse_ids if name != gone]
    assert joined.history_only == [gone]
    assert joined.live_only == []
    assert joined.matches["evse_id"].to_dict() == {name: f"E*{name}" for name in stay}
    assert (joined.matches["metres"] < 1e-6).all()
    for name in stay:
        codes = joined.panel.select([f"E*{name}"]).codes[:, 0]
        assert np.array_equal(codes[: 3 * 96], history.select([name]).codes[:, 0])
        assert (codes[3 * 96 : 5 * 96] == -1).all()
        assert np.array_equal(codes[5 * 96 :], live.select([f"E*{name}"]).codes[:, 0])
    assert (joined.panel.select([gone]).codes[3 * 96 :] == -1).all()


def test_what_is_known_comes_before_what_is_near(city, parts):
    history, live = parts
    # All at one place: only the mapping tells them apart.
    one = {"lat": 48.85, "lon": 2.35, "location_id": "L"}
    history, live = (
        StatusPanel(panel.codes, panel.grid, panel.evse.assign(**one)) for panel in parts
    )
    old, new = history.evse_ids[5], live.evse_ids[0]
    joined = join_history(history, live, mapping={old: new})
    assert joined.matches.loc[old].tolist() == [new, "mapping", 0.0]
    assert (joined.matches["how"] == "location").sum() == 7
    assert joined.matches["evse_id"].is_unique
    assert joined.history_only == [history.evse_ids[-1]]


def test_without_places_only_the_mapping_joins(parts):
    history, live = (StatusPanel(panel.codes, panel.grid, list(panel.evse_ids)) for panel in parts)
    mapping = {history.evse_ids[1]: live.evse_ids[0]}
    joined = join_history(history, live, mapping=mapping)
    assert len(joined.matches) == 1
    assert joined.matches["metres"].isna().all()
    assert len(joined.live_only) == 7
    nothing = join_history(history, live)
    assert nothing.matches.empty
    assert nothing.panel.n_evse == 17


def test_labels_are_made_alike_both_ways(city, parts):
    history, live = parts
    passive = city.scheme.code("passive")
    assert (history.codes == passive).any()
    told = join_history(history, ev.OccupiedFeed.merge(live), vocabulary=BELIB).panel
    assert not (told.codes == passive).any()
    assert as_told_by(history, BELIB).equals(ev.OccupiedFeed.merge(history))
    # Or it stays as it is, and a model that tells the two apart serves the live feed.
    kept = join_history(history, ev.OccupiedFeed.merge(live)).panel
    assert (kept.head(3 * 96).codes == passive).any()
    model = ev.OccupiedFeed(ev.SemiMarkovForecaster([4])).fit(kept.head(3 * 96))
    assert model.predict_proba(kept.tail(96)).proba.shape == (1, 9, 5)


def test_a_feed_that_tells_all_apart_changes_nothing(city):
    assert as_told_by(city, VOCABULARIES["challenge"]).equals(city)


def test_mistakes_in_the_mapping(parts):
    history, live = parts
    old, new = history.evse_ids, live.evse_ids
    for mapping in ({"S?": new[0]}, {old[0]: "E?"}):
        with pytest.raises(UnknownChargerError, match=r"\?"):
            join_history(history, live, mapping=mapping)
    with pytest.raises(InputError, match="more than one"):
        join_history(history, live, mapping={old[0]: new[0], old[1]: new[0]})
    with pytest.raises(InputError, match="before this one ends"):
        join_history(live, history)


def test_places_of_the_history_among_the_real_chargers(data_dir):
    stations = pd.read_csv(data_dir / "planete_oui" / "smarter_mobility_83_stations_mie-lab.csv")
    points = pd.read_csv(data_dir / "belib" / "belib_points_2023.csv")
    # Lambert-93 near Paris as a plane around its meridian: right to some tens of metres.
    paris = 48.8566, 652_469.0, 6_862_035.0, 2.352222
    lat = paris[0] + (stations["y"] - paris[2]) / 111_250
    lon = paris[3] + (stations["x"] - paris[1]) / (111_370 * np.cos(np.radians(lat)))
    ids = [f"S{n}" for n in stations.iloc[:, 0].astype(str).str.extract(r"(\d+)", expand=False)]
    frame = pd.DataFrame({"lat": lat.to_numpy(), "lon": lon.to_numpy()}, index=ids)
    history = evse_table(
        [f"{name}-T{plug}" for name in ids for plug in (1, 2, 3)],
        pd.DataFrame(
            {
                "lat": np.repeat(frame["lat"].to_numpy(), 3),
                "lon": np.repeat(frame["lon"].to_numpy(), 3),
                "location_id": np.repeat(ids, 3),
            },
            index=[f"{name}-T{plug}" for name in ids for plug in (1, 2, 3)],
        ),
    )
    place = points["id_pdc"].str.rsplit("*", n=1).str[0]
    live = evse_table(
        list(points["id_pdc"]), points.assign(evse_id=points["id_pdc"], location_id=place)
    )
    found = match_by_location(history, live, within_metres=100)
    matched = {name.split("-")[0] for name in found.index}
    assert len(ids) == 83
    assert len(matched) >= 78
    assert len(found) == 3 * len(matched)
    assert found["metres"].median() < 40
