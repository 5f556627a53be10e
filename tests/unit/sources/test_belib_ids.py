"""The spellings of an id: one normal form, and never one for two."""

import json

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.sources._belib_ids import distinct, location_of, normal_id

POSTS = st.builds(
    "{}*{:02d}".format,
    st.sampled_from(["EPX01", "EPX20", "E9001", "E9016", "EHBSAE*PDA"]),
    st.integers(1, 99),
)
PLUGS = st.integers(1, 9)


@pytest.mark.parametrize(
    ("given_id", "expected"),
    [
        ("FR*V75*E9001*01*1", "FR*V75*E9001*01*1"),
        ("FR*V75*EPX20*21*01", "FR*V75*EPX20*21*1"),
        ("FR*V75*EPX20*21*10", "FR*V75*EPX20*21*10"),
        ("FR*V75*EPX20*21*00", "FR*V75*EPX20*21*0"),
        ("fr*v75*epx20*21*1", "FR*V75*EPX20*21*1"),
        ("  FR*V75*EPX20*21*1\n", "FR*V75*EPX20*21*1"),
        # seen in the national files and in their samples
        ("FRV75EPX01011", "FR*V75*EPX01*01*1"),
        ("FRV75EPX12205", "FR*V75*EPX12*20*5"),
        ("FRV75EHBSAEPDA021", "FR*V75*EHBSAE*PDA*02*1"),
        ("frv75e90160901", "FR*V75*E9016*09*1"),
        # of another make: left as they are
        ("FRV75EBELI101", "FRV75EBELI101"),
        ("FR*V75*EBELI*10*1", "FR*V75*EBELI*10*1"),
        ("S7-T1", "S7-T1"),
        ("s7-t1", "s7-t1"),
        ("fr*v75", "fr*v75"),
        ("FR*V75*E9001*01*A", "FR*V75*E9001*01*A"),
        ("", ""),
    ],
)
def test_normal_id(given_id, expected):
    assert normal_id(given_id) == expected
    assert normal_id(expected) == expected


@settings(max_examples=200, deadline=None)
@given(POSTS, PLUGS)
def test_all_spellings_of_a_charger_are_one(post, plug):
    form = f"FR*V75*{post}*{plug}"
    for spelling in (
        form,
        form.lower(),
        f"FR*V75*{post}*{plug:02d}",
        f"FRV75{post.replace('*', '')}{plug}",
        f"frv75{post.replace('*', '')}{plug:02d}".lower(),
        f" {form} ",
    ):
        assert normal_id(spelling) == form


def spelt(draw):
    """Return ids of few chargers in many spellings, so that some meet."""
    plugs = st.builds(
        "{}{}*{}{}".format,
        st.sampled_from(["FR*V75*EPX20", "fr*v75*epx20", " FR*V75*EPX20"]),
        st.sampled_from(["*21", "*22"]),
        st.sampled_from(["", "0", "00"]),
        st.sampled_from("12"),
    )
    starless = st.sampled_from(["FRV75EPX20211", "frv75epx202101", "FRV75EPX20222"])
    return draw(st.lists(plugs | starless | st.text(max_size=8), max_size=12))


@settings(max_examples=300, deadline=None)
@given(st.composite(spelt)())
def test_no_two_ids_become_one(ids):
    forms = distinct(ids)
    assert list(forms) == list(dict.fromkeys(ids))
    assert len(set(forms.values())) == len(forms)
    for given_id, form in forms.items():
        alone = [other for other in forms if normal_id(other) == normal_id(given_id)] == [given_id]
        assert form == (normal_id(given_id) if alone else given_id)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20))
def test_it_is_normal_at_once(text):
    assert normal_id(normal_id(text)) == normal_id(text)


def test_location_of():
    assert location_of("FR*V75*E9001*01*1") == "FR*V75*P9001*01"
    assert location_of("FR*V75*EPX20*21*12") == "FR*V75*PPX20*21"
    assert location_of("FR*V75*EHBSAG*LOB*07*3") == "FR*V75*PHBSAG*LOB"
    assert location_of("FR*V75*EBELI*10*1") == "FR*V75*PBELI*10"
    assert location_of("S7-T1") == "S7-T1"


# -------------------------------------------------------------------------------------- real ids


def real_ids(data):
    snapshots = pd.read_csv(data / "belib" / "belib_status_36snapshots_20230127_20230213.csv.gz")
    yield from (set(rows) for _, rows in snapshots.groupby("snapshot_utc")["id_pdc"])
    yield set(pd.read_csv(data / "belib" / "belib_points_2023.csv")["id_pdc"])
    for name in ("belib_export_v21_2023-01-30T1230", "belib_export_2026-09-23_8records"):
        yield {row["id_pdc"] for row in json.loads((data / "belib" / f"{name}.json").read_text())}


def test_real_ids_stay_as_many(data):
    found = list(real_ids(data))
    assert len(found) == 39
    for ids in found:
        assert len(set(map(normal_id, ids))) == len(ids), "no two of them collide"
        assert distinct(ids) == {each: normal_id(each) for each in ids}
    everything = set().union(*found)
    assert len(set(map(normal_id, everything))) == len(everything) == 2099
    changed = {each for each in everything if normal_id(each) != each}
    assert changed == {"FR*V75*EPX20*21*01"}, "the only spelling of its own"
    starless = {each.replace("*", "") for each in everything}
    assert set(map(normal_id, starless)) == set(map(normal_id, everything))


def test_real_places_have_one_position(data):
    points = pd.read_csv(data / "belib" / "belib_points_2023.csv")
    places = points.assign(place=points["id_pdc"].map(location_of)).groupby("place")
    spans = places[["lon", "lat"]].agg(lambda column: column.max() - column.min())
    assert spans.max().max() == 0
    assert places.ngroups == 417
    assert places.size().max() == 21
