"""From rows to tables, beside a slow way that goes row by row."""

import gzip

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import FileFormatError, InputError
from evforecast.panel import VOCABULARIES
from evforecast.sources._status_rows import (
    degrees,
    point_reading,
    require_feed_name,
    status_reading,
    texts,
    unpacked,
    zoned_times,
)

NOW = np.datetime64("2026-11-28T08:00:00", "s")
OCPI = VOCABULARIES["ocpi"]
APART = {"PLANNED": "planned chargers", "REMOVED": "removed chargers"}
FIELDS = ("evse_id", "word", "stamp")


def reading(rows, *, places=False, refused=None, **options):
    """Return the reading of (id, word, hour of the stamp) rows."""
    columns = dict(zip(FIELDS, zip(*rows, strict=True) if rows else ((),) * 3, strict=True))
    raw = pd.DataFrame({k: pd.Series(list(v), dtype=object) for k, v in columns.items()})
    stamps = [
        np.datetime64("NaT", "s") if h is None else NOW - np.timedelta64(h, "h")
        for h in raw["stamp"]
    ]
    frame = raw[["evse_id", "word"]].assign(
        observed_at=np.array(stamps, "datetime64[s]"),
        collected_at=np.full(len(raw), NOW),
        refused=pd.Series(refused or [None] * len(raw), dtype=object),
    )
    if places:
        frame = frame.assign(location_id="L", address=None, area="75001", lat=48.0, lon=np.nan)
    return status_reading(raw, frame, vocabulary=OCPI, apart=APART, source="test", **options)


def kept(read):
    return dict(zip(read.tables["status"]["evse_id"], read.tables["status"]["status"], strict=True))


def reasons(read):
    return dict(zip(read.rejected["evse_id"], read.rejected["reason"], strict=True))


def accounted(read, main="status"):
    return len(read.tables[main]) + len(read.rejected) + sum(read.counted_apart.values())


def test_every_row_has_one_fate():
    read = reading(
        [
            ("a", "AVAILABLE", 1),
            ("b", "BLOCKED", 2),
            ("c", "PLANNED", 1),
            (None, "REMOVED", 1),
            (None, "AVAILABLE", 1),
            ("f", None, 1),
            ("g", "SUSPENDED", 1),
            ("h", "SUSPENDED", 1),
            ("i", "CHARGING", None),
        ],
        notes=["said before"],
    )
    assert kept(read) == {"a": "available", "b": "passive", "i": "charging"}
    assert reasons(read) == {
        "": "no id",
        "f": "no status",
        "g": "unknown status word 'SUSPENDED'",
        "h": "unknown status word 'SUSPENDED'",
    }
    assert read.counted_apart == {"planned chargers": 1, "removed chargers": 1}
    assert read.unknown_words == {"SUSPENDED": 2}
    assert read.rows_read == accounted(read) == 9
    assert read.notes[0] == "said before"
    assert read.notes[1].startswith("1 rows carry no stamp")
    assert read.fields == {"evse_id": "text", "word": "text", "stamp": "number"}


def test_the_tables():
    read = reading([("a", "AVAILABLE", 1), ("b", "PLANNED", 1)], places=True)
    (status,) = read.tables["status"].to_dict("records")
    assert status == {
        "evse_id": "a",
        "status": "available",
        "word": "AVAILABLE",
        "observed_at": pd.Timestamp("2026-11-28 07:00"),
        "collected_at": pd.Timestamp("2026-11-28 08:00"),
        "source": "test",
    }
    (evse,) = read.tables["evse"].to_dict("records")
    assert list(evse) == [
        "evse_id",
        "location_id",
        "address",
        "area",
        "lat",
        "lon",
        "collected_at",
        "source",
    ]
    assert (evse["evse_id"], evse["area"], evse["lat"]) == ("a", "75001", 48.0)
    for frame in read.tables.values():
        kinds = {str(kind) for kind in frame.dtypes}
        assert kinds <= {"object", "datetime64[s]", "float64"}
    assert set(reading([("a", "AVAILABLE", 1)]).tables) == {"status"}


def test_nothing_read():
    read = reading([], places=True)
    assert (read.rows_read, len(read.rejected), accounted(read)) == (0, 0, 0)
    kinds = read.tables["status"].dtypes.astype(str)
    assert kinds["observed_at"] == kinds["collected_at"] == "datetime64[s]"
    assert kinds["evse_id"] == kinds["status"] == "object"


def test_what_was_refused_before():
    read = reading([("a", "AVAILABLE", 1), ("b", "PLANNED", 1)], refused=[None, "too short"])
    assert kept(read) == {"a": "available"}
    assert reasons(read) == {"b": "too short"}


@pytest.mark.parametrize(
    ("rows", "left", "apart", "rejected"),
    [
        # the same once more
        ([("AVAILABLE", 1), ("AVAILABLE", 1)], "available", 1, []),
        # the newest counts, wherever it stands
        ([("AVAILABLE", 1), ("CHARGING", 2)], "available", 0, ["newer"]),
        ([("CHARGING", 2), ("AVAILABLE", 1)], "available", 0, ["newer"]),
        ([("AVAILABLE", 2), ("AVAILABLE", 1)], "available", 0, ["newer"]),
        ([("CHARGING", None), ("AVAILABLE", 9)], "available", 0, ["newer"]),
        ([("CHARGING", 2), ("AVAILABLE", 1), ("AVAILABLE", 1)], "available", 1, ["newer"]),
        # nobody knows which is right
        ([("AVAILABLE", 1), ("CHARGING", 1)], None, 0, ["differ"] * 2),
        ([("AVAILABLE", None), ("CHARGING", None)], None, 0, ["differ"] * 2),
        ([("AVAILABLE", 1), ("CHARGING", 1), ("BLOCKED", 2)], None, 0, ["differ"] * 2 + ["newer"]),
        # a removed one with the id of the one in its place, and a word nobody knows
        ([("REMOVED", 1), ("AVAILABLE", 2)], "available", 1, []),
        ([("SUSPENDED", 1), ("AVAILABLE", 2)], "available", 0, ["unknown"]),
    ],
)
def test_rows_of_one_charger(rows, left, apart, rejected):
    read = reading([("z", "CHARGING", 1), *(("a", *row) for row in rows)])
    assert kept(read) == {"z": "charging"} | ({"a": left} if left else {})
    assert sum(read.counted_apart.values()) == apart
    whole = {
        "newer": "a newer row of the same charger is here",
        "differ": "rows of the same charger and time that differ: AVAILABLE, CHARGING",
        "unknown": "unknown status word 'SUSPENDED'",
    }
    assert sorted(read.rejected["reason"]) == sorted(whole[each] for each in rejected)
    assert accounted(read) == read.rows_read


def slowly(rows):
    """Return what is left of rows, going charger by charger."""
    left = {}
    usable = [
        row for row in rows if row[0] is not None and row[1] in OCPI.words and OCPI.words[row[1]]
    ]
    for name in {row[0] for row in usable}:
        mine = [row for row in usable if row[0] == name]
        newest = min((row[2] for row in mine if row[2] is not None), default=None)
        said = {word for _, word, hour in mine if hour == newest}
        if len(said) == 1:
            left[name] = OCPI.words[said.pop()]
    return left


ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "c", None]),
        st.sampled_from(["AVAILABLE", "CHARGING", "PLANNED", "REMOVED", "SUSPENDED", None]),
        st.sampled_from([1, 2, None]),
    ),
    max_size=12,
)


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_nothing_is_lost_and_nothing_guessed(rows):
    read = reading(rows)
    assert kept(read) == slowly(rows)
    assert len(kept(read)) == len(read.tables["status"])
    assert read.rows_read == len(rows) == accounted(read)
    assert (read.rejected["reason"] != "").all()


@settings(max_examples=30, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(rows, draw):
    mixed = list(rows)
    draw.shuffle(mixed)
    one, other = reading(rows), reading(mixed)
    assert kept(one) == kept(other)
    assert one.counted_apart == other.counted_apart
    assert sorted(one.rejected["reason"].str[:20]) == sorted(other.rejected["reason"].str[:20])


def test_a_clock_that_is_wrong_is_told():
    read = reading([("a", "AVAILABLE", -1), ("b", "AVAILABLE", 1), ("c", "AVAILABLE", -2)])
    assert read.notes == ("2 stamps lie up to 7,200 s after their collection: a clock is wrong",)
    assert len(read.tables["status"]) == 3


# ------------------------------------------------------------------------------------------ points


def points(rows):
    """Return the reading of (id, power, day of change, what it is) rows."""
    names = ("evse_id", "power_kw", "day", "apart")
    raw = pd.DataFrame(rows, columns=list(names)).astype(object)
    frame = pd.DataFrame(
        {
            "evse_id": raw["evse_id"].where(raw["evse_id"].notna(), None),
            "location_id": "L",
            "address": None,
            "area": "75001",
            "lat": 48.0,
            "lon": 2.0,
            "power_kw": raw["power_kw"].astype(float),
            "changed_at": zoned_times(
                [f"2026-11-{d:02d}T00:00Z" if d else None for d in raw["day"]]
            ),
            "collected_at": np.full(len(raw), NOW),
            "refused": pd.Series(None, index=raw.index, dtype=object),
            "apart": raw["apart"],
        }
    )
    return point_reading(raw, frame, source="points", notes=["n"])


def test_points():
    read = points(
        [
            ("a", 7, 1, None),
            ("a", 7, 1, None),
            ("b", 7, 1, None),
            ("b", 22, 2, None),
            ("c", 7, 1, None),
            ("c", 22, 1, None),
            ("d", 7, 1, "removed chargers"),
            (None, 7, 1, None),
        ]
    )
    table = read.tables["evse"]
    assert dict(zip(table["evse_id"], table["power_kw"], strict=True)) == {"a": 7, "b": 22}
    assert list(table.columns)[-3:] == ["power_kw", "collected_at", "source"]
    assert read.counted_apart == {"removed chargers": 1, "repeated rows": 1}
    assert sorted(reason[:12] for reason in read.rejected["reason"]) == [
        "a newer row ",
        "no id",
        "rows of the ",
        "rows of the ",
    ]
    assert read.rows_read == accounted(read, "evse") == 8
    assert read.notes == ("n",)


# ------------------------------------------------------------------------------------------- cells


def test_texts():
    cells = [" a ", "", "  ", None, float("nan"), 7, 7.5, {"a": 1}, ["a"]]
    assert texts(cells) == ["a", None, None, None, None, "7", "7.5", None, None]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2023-01-27T04:30:03+01:00", "2023-01-27T03:30:03"),
        ("2022-10-18T12:35:49+0000", "2022-10-18T12:35:49"),
        ("2022-10-18T12:35:49.999Z", "2022-10-18T12:35:49"),
        ("2026-10-25T02:30:00+02:00", "2026-10-25T00:30:00"),
        ("2026-10-25T02:30:00+01:00", "2026-10-25T01:30:00"),
        ("2022-10-18 12:35:49", "NaT"),
        ("18/10/2022 12:35 +01:00", "NaT"),
        ("2022-13-18T12:35:49Z", "NaT"),
        ("soon", "NaT"),
        ("", "NaT"),
        (None, "NaT"),
        (1666096549, "NaT"),
        ({}, "NaT"),
    ],
)
def test_zoned_times(text, expected):
    for cells in ([text], [text, "2023-01-27T04:30:03+01:00", None]):
        times = zoned_times(cells)
        assert times.dtype == "datetime64[s]"
        assert str(times[0]) == expected
    assert zoned_times([]).dtype == "datetime64[s]"
    assert np.isnat(zoned_times([None, None])).all()


def test_naive_times_are_utc_where_the_protocol_says_so():
    times = zoned_times(
        ["2015-06-29T20:39:09", "2015-06-29T21:39:09+01:00", "2015-06-29", None, "soon"],
        naive_is_utc=True,
    )
    assert times.astype(str).tolist() == [
        "2015-06-29T20:39:09",
        "2015-06-29T20:39:09",
        "2015-06-29T00:00:00",
        "NaT",
        "NaT",
    ]


def test_degrees():
    cells = ["48.85", " 2 ", 2.5, "north", None, "", "91", "-90", "nan", "inf", "2,35"]
    assert np.nan_to_num(degrees(cells, "lat"), nan=0).tolist() == [
        48.85, 2, 2.5, 0, 0, 0, 0, -90, 0, 0, 0,
    ]  # fmt: skip
    assert degrees(["91", "181"], "lon")[0] == 91
    assert len(degrees([], "lat")) == 0


def test_unpacked():
    body = b"[]" * 100
    assert unpacked(body, "x") == unpacked(gzip.compress(body), "x") == body
    for damaged in (gzip.compress(body)[:-9], b"\x1f\x8b\x00" + body):
        with pytest.raises(
            FileFormatError, match="x: the compressed answer is damaged or cut short"
        ):
            unpacked(damaged, "x")


@pytest.mark.parametrize("name", ["", "My Network", "a/b", "..", "a_b", "-a", "é", "a--b"])
def test_names_of_feeds(name):
    with pytest.raises(InputError, match="is no name of a feed"):
        require_feed_name(name)
    require_feed_name("my-network-2")
