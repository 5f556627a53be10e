"""The cpinfo.ie snapshots, beside a slow reader that goes row by row."""

import datetime as dt
import itertools
import lzma
from statistics import median

import numpy as np
import pytest

from evforecast.errors import (
    AmbiguousTimeError,
    EmptyInputError,
    FileFormatError,
    InputError,
    UnknownStatusError,
)
from evforecast.sources import cpinfo
from evforecast.timegrid import as_time

CODE = {"Occ": 1, "Part": 2, "OOC": 3, "OOS": 4}
MILL, QUAY = "Mill Road, Carlow Town, County Carlow", "The Quay, Larne, BT40 1AB"


def line(time, name, status, kind="CHAdeMO", address=MILL, lonlat="-6.9,52.8", date=20181101):
    lon, lat = lonlat.split(",")
    return f"{date}\t{time}\t{name}\t{kind}\t{status}\t{lonlat}\t{address}\t{lon}\t{lat}\n"


def filler(time):
    return f"20181101\t{time}\tNA\tNA\tNA\tNA\tNA\t0\t0\n"


def parse(*lines, **options):
    return cpinfo.parse("".join(lines).encode("latin-1"), **options)


def words(panel, name):
    return (
        panel.select([name])
        .to_long()["status"]
        .astype(object)
        .where(lambda s: s.notna(), None)
        .to_list()
    )


def slowly(text, step=15, max_age=None):
    """Read snapshots written in winter, one row at a time: {evse_id: [code, …]} and the times."""
    age = dt.timedelta(minutes=max_age or step)
    snapshots, shown = {}, {}
    for row in text.splitlines():
        date, time, name, kind, status, _, address, _, _ = row.split("\t")
        if (name, status) == ("NA", "NA"):
            continue
        at = dt.datetime.strptime(date + time.zfill(4), "%Y%m%d%H%M")  # noqa: DTZ007
        snapshots.setdefault(at, {})[name, kind, address] = CODE[status]
        shown.setdefault((at, name), set()).add(address)
    split = {"N/A"} | {name for (_, name), addresses in shown.items() if len(addresses) > 1}

    def unit(name, kind, address):
        return f"{name}/{kind}" + (f"@{address}" if name in split else "")

    units = sorted({unit(*key) for rows in snapshots.values() for key in rows})
    counts = [len(snapshots[at]) for at in sorted(snapshots)]
    for place, at in enumerate(sorted(snapshots)):
        sides = [counts[max(place - 6, 0) : place], counts[place + 1 : place + 7]]
        usual = min(median(side) for side in sides if side) if len(counts) > 1 else 0
        if usual >= 30 and counts[place] < usual / 2:
            del snapshots[at]
    seen = {at: {unit(*key): code for key, code in rows.items()} for at, rows in snapshots.items()}
    size, times = dt.timedelta(minutes=step), []
    at = dt.datetime(2018, 1, 1)  # noqa: DTZ001
    while at < min(seen):
        at += size
    while not times or times[-1] < max(seen):
        times.append(at)
        at += size
    codes = {name: [] for name in units}
    for at in times:
        newest = max((s for s in seen if s <= at), default=None)
        fresh = newest is not None and at - newest < age
        for name in units:
            codes[name].append(seen[newest].get(name, 0) if fresh else -1)
    return codes, times


def assert_equal(panel, slow):
    codes, times = slow
    assert panel.evse_ids == list(codes)
    assert [time.item() for time in panel.times] == times
    np.testing.assert_array_equal(panel.codes, np.array(list(codes.values())).T)


# ---- the rules, one by one ----


def test_absent_is_available_for_every_unit_of_the_file():
    panel, report = parse(
        line(900, "A", "Occ"), line(905, "B", "OOS"), line(915, "A", "Part"), line(930, "C", "OOC")
    )
    assert panel.evse_ids == ["A/CHAdeMO", "B/CHAdeMO", "C/CHAdeMO"]
    assert words(panel, "A/CHAdeMO") == ["charging", "passive", "available"]
    assert words(panel, "B/CHAdeMO") == ["available"] * 3
    assert words(panel, "C/CHAdeMO") == ["available", "available", "offline"]
    assert (report.rows_read, report.rows_kept, report.missing_slots) == (4, 4, 0)
    assert panel.tz == "Europe/Dublin"


def test_a_row_knows_the_last_snapshot_up_to_its_instant():
    panel, _ = parse(line(901, "A", "Occ"), line(914, "A", "OOS"), line(916, "A", "OOC"))
    assert panel.grid.start == as_time("2018-11-01T09:15")
    assert words(panel, "A/CHAdeMO") == ["down", "offline"]
    fine, _ = parse(line(901, "A", "Occ"), line(914, "A", "OOS"), step="5min")
    assert words(fine, "A/CHAdeMO") == ["charging", None, "down"]


def test_a_slot_without_snapshot_is_missing_for_all():
    rows = [line(900, "A", "Occ"), filler(905), line(945, "A", "Occ")]
    panel, report = parse(*rows)
    assert words(panel, "A/CHAdeMO") == ["charging", None, None, "charging"]
    assert (report.filler_rows, report.missing_slots) == (1, 2)
    assert words(parse(*rows, max_age="31min")[0], "A/CHAdeMO") == ["charging"] * 4


def test_a_unit_is_an_id_and_a_connector():
    panel, _ = parse(line(900, "A", "Occ"), line(900, "A", "OOS", kind="ComboCCS"))
    assert panel.evse["model"].to_dict() == {"A/CHAdeMO": "CHAdeMO", "A/ComboCCS": "ComboCCS"}
    assert panel.evse["location_id"].unique().tolist() == [MILL]
    assert panel.evse["area"].unique().tolist() == ["Carlow"]
    assert panel.evse[["lat", "lon"]].iloc[0].tolist() == [52.8, -6.9]


def test_an_id_at_two_addresses_in_one_snapshot_is_two_posts():
    panel, report = parse(
        line(900, "A", "Occ"),
        line(915, "A", "Occ"),
        line(915, "A", "OOS", kind="FastAC43", address=QUAY),
        line(930, "A", "OOC", address=QUAY),
    )
    assert panel.evse_ids == sorted(
        [f"A/CHAdeMO@{MILL}", f"A/FastAC43@{QUAY}", f"A/CHAdeMO@{QUAY}"]
    )
    assert words(panel, f"A/CHAdeMO@{MILL}") == ["charging", "charging", "available"]
    assert panel.evse.loc[f"A/CHAdeMO@{QUAY}", ["location_id", "area"]].tolist() == [
        QUAY,
        "Northern Ireland",
    ]
    assert "several posts, named by address: A" in str(report)


def test_an_address_that_changed_is_one_unit_where_it_was_last():
    panel, _ = parse(
        line(930, "A", "Occ", address=QUAY, lonlat="-5.8,54.8"),
        line(900, "A", "OOS"),
        line(900, "A", "OOS", kind="ComboCCS"),
    )
    assert panel.evse_ids == ["A/CHAdeMO", "A/ComboCCS"]
    assert panel.evse["location_id"].unique().tolist() == [QUAY]
    assert panel.evse["lat"].unique().tolist() == [54.8]


def test_sites_without_id_are_named_by_address():
    panel, _ = parse(line(900, "N/A", "Occ"), line(900, "N/A", "OOS", address="Nowhere"))
    assert panel.evse_ids == [f"N/A/CHAdeMO@{MILL}", "N/A/CHAdeMO@Nowhere"]
    assert panel.evse["area"].tolist() == ["Carlow", None]


def test_rows_that_repeat_and_rows_that_contradict():
    panel, report = parse(
        line(900, "A", "Occ"), line(900, "A", "Occ"), line(915, "A", "Occ"), line(915, "A", "OOS")
    )
    assert words(panel, "A/CHAdeMO") == ["charging", "down"]
    assert (report.rows_kept, report.repeats, report.conflicts) == (2, 2, 1)


def test_interleaved_sequences_and_lists_that_come_again():
    panel, report = parse(
        *(line(time, "A", "Occ") for time in (901, 906, 911)),
        *(line(time, "A", "OOS") for time in (904, 909, 914)),
        line(911, "B", "OOC"),  # the rest of a list that was cut short
        step="5min",
    )
    assert words(panel, "A/CHAdeMO") == ["down", "down", "down"]
    assert words(panel, "B/CHAdeMO") == ["available"] * 3
    assert report.notes == ("6 snapshots",)


def test_line_ends_and_letters():
    theatre = "An Grianán, Letterkenny, County Donegal"
    text = line(900, "A", "Occ", address=theatre).replace("\n", "\r\n")
    panel, _ = cpinfo.parse(text.encode("latin-1"))
    assert panel.evse["location_id"].item() == theatre
    again, _ = cpinfo.parse(text.encode(), encoding="utf-8")
    assert again.equals(panel)
    with pytest.raises(FileFormatError, match="encoding='utf-8'"):
        cpinfo.parse(text.encode())


def network(sizes):
    clock = itertools.count()
    for size in sizes:
        hour, minute = divmod(next(clock) * 5, 60)
        yield from (line(hour * 100 + minute, f"U{n:02}", "OOS") for n in range(size))


def test_a_list_cut_short_is_missing_and_an_outage_that_ends_is_not():
    panel, report = parse(*network([40] * 8 + [3] + [40] * 8), step="5min")
    assert (panel.codes[8] == -1).all()
    assert (np.delete(panel.codes, 8, axis=0) == 4).all()
    assert (report.rows_kept, report.missing_slots) == (640, 1)
    assert "1 snapshots with less than half" in str(report)
    panel, _ = parse(*network([90] * 8 + [40] * 8), step="5min")
    assert not (panel.codes == -1).any()
    panel, _ = parse(*network([4] * 8 + [1] + [4] * 8), step="5min")  # too small a network to tell
    assert not (panel.codes == -1).any()


def test_the_hour_that_occurs_twice_is_told_by_the_order():
    rows = [line(t, "A", "Occ", date=20181028) for t in (45, 100, 115, 130, 145)]
    rows += [line(t, "A", "OOS", date=20181028) for t in (100, 115, 130, 145, 200)]
    panel, _ = parse(*rows)
    assert words(panel, "A/CHAdeMO") == ["charging"] * 5 + ["down"] * 5
    with pytest.raises(AmbiguousTimeError, match="01:00"):
        parse(*rows[:2])
    assert len(parse(*rows[:2], ambiguous="first")[0].times) == 2


# ---- beside the slow reader ----


@pytest.mark.parametrize(("step", "max_age"), [(15, None), (5, None), (15, 40)])
@pytest.mark.parametrize("seed", range(2))
def test_random_snapshots_as_the_slow_reader(seed, step, max_age):
    rng = np.random.default_rng(seed)
    sites = [(f"P{n % 9}", f"Street {n % 11}, County Mayo") for n in range(60)] + [
        ("N/A", MILL),
        ("N/A", QUAY),
    ]
    rows = [filler("5"), filler("10")]
    for minute in sorted(rng.choice(8 * 60, 70, replace=False)):
        size = rng.integers(1, 5) if rng.random() < 0.05 else rng.integers(35, 62)
        for place in rng.choice(len(sites), size):
            kind, status = rng.choice(["CHAdeMO", "ComboCCS"]), rng.choice(list(CODE))
            row = line(
                minute // 60 * 100 + minute % 60, sites[place][0], status, kind, sites[place][1]
            )
            rows += [row] * rng.choice([1, 1, 1, 2])
    options = {} if max_age is None else {"max_age": f"{max_age}min"}
    panel, report = parse(*rows, step=f"{step}min", **options)
    assert_equal(panel, slowly("".join(rows), step, max_age))
    assert report.rows_read == len(rows)
    if max_age is None:
        assert report.missing_slots == (panel.codes == -1).all(axis=1).sum()


@pytest.fixture(scope="module")
def real(data):
    path = data / "ireland" / "cpinfo_2018-11-01_2018-11-11.txt.xz"
    return path, *cpinfo.read_with_report(path)


def test_first_hours_of_the_real_file_as_the_slow_reader(real):
    with lzma.open(real[0], "rt", encoding="latin-1", newline="") as file:
        text = "".join(itertools.islice(file, 20_000)).replace("\r", "")
    panel, _ = cpinfo.parse(text.encode("latin-1"))
    assert_equal(panel, slowly(text))


def test_real_file(real):
    _, panel, report = real
    assert (report.rows_read, report.repeats, report.conflicts, report.filler_rows) == (
        1_018_494,
        17_137,
        0,
        351,
    )
    assert report.rows_kept == 1_018_494 - 17_137 - 351
    assert report.missing_slots == 0
    assert "CP:C34YV-A/B, CP:CB5NK, N/A" in str(report)
    assert (panel.n_time, panel.n_evse) == (940, 652)
    assert (panel.times[0], panel.times[-1]) == (
        as_time("2018-11-01T10:15"),
        as_time("2018-11-11T05:00"),
    )
    shares = np.bincount(panel.codes.ravel(), minlength=5) / panel.codes.size
    np.testing.assert_allclose(shares, [0.682, 0.069, 0.095, 0.063, 0.091], atol=0.001)
    assert panel.evse[["area", "lat", "lon"]].notna().all(axis=None)
    assert panel.evse["area"].nunique() == 27
    assert (panel.evse.index.str.contains("@").sum(), panel.evse["location_id"].nunique()) == (
        13,
        515,
    )


def test_real_file_every_five_minutes(real):
    path, coarse, _ = real
    fine = cpinfo.read(path, step="5min")
    same = fine.between(coarse.times[0], "2018-11-11T05:00").codes[::3]
    observed = same != -1  # a snapshot six minutes old is none for a row of five minutes
    assert observed.mean() > 0.6
    np.testing.assert_array_equal(same[observed], coarse.codes[: len(same)][observed])


# ---- bad input ----


GOOD = line(900, "A", "Occ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD + "20181101\t905\tA\n", "row 2: Expected 9 columns, got 3"),
        (GOOD[:-20] + "\n", "row 1: "),
        (GOOD + GOOD.replace("900", "9h5"), "row 2: .*int32"),
        (GOOD + GOOD.replace("900", "961"), "row 2: 20181101 961 is no date and time"),
        (GOOD + GOOD.replace("900", "2400"), "row 2: 20181101 2400"),
        (GOOD + GOOD.replace("20181101", "20181131"), "row 2: 20181131 900"),
        ("timestamp,S7-T1\n", "row 1: Expected 9 columns, got 1"),
    ],
)
def test_wrong_shape(text, message):
    with pytest.raises(FileFormatError, match=message):
        parse(text)


@pytest.mark.parametrize("text", ["", filler(900)])
def test_nothing_observed(text):
    with pytest.raises(EmptyInputError):
        parse(text)


def test_unknown_words():
    rows = [line(900, "A", "Broken"), line(900, "B", "Occ"), line(915, "A", "Occ")]
    with pytest.raises(UnknownStatusError, match="'Broken' x 1"):
        parse(*rows)
    panel, report = parse(*rows, unknown="missing")
    assert words(panel, "A/CHAdeMO") == [None, "charging"]  # listed with a strange word: not free
    assert report.unknown_words == {"Broken": 1}


def test_bad_places_and_ages():
    panel, report = parse(GOOD.replace("-6.9,52.8", "nowhere"))
    assert panel.evse["lat"].isna().all()
    assert report.bad_cells == {"lon,lat": 1}
    with pytest.raises(InputError, match="max_age"):
        parse(GOOD, max_age="0min")


def test_cut_and_wrongly_encoded_files(tmp_path):
    path = tmp_path / "s.txt.xz"
    whole = lzma.compress(GOOD.encode() * 1_000)
    path.write_bytes(whole[:-30])
    with pytest.raises(FileFormatError, match="cut short"):
        cpinfo.read(path)
    path.write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(FileFormatError, match="utf-16"):
        cpinfo.read(path)
    assert cpinfo.read(path, encoding="utf-16").n_evse == 1


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (GOOD, True),
        (filler(0), True),
        (GOOD.replace("\t", ","), False),
        (GOOD.replace("2018", "x"), False),
    ],
)
def test_sniff(text, answer, tmp_path):
    path = tmp_path / "s.txt"
    path.write_text(text)
    assert cpinfo.sniff(path) is answer
