import os
from datetime import date
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from evforecast.errors import FileFormatError, InputError
from evforecast.sources import calendar

HEAD = "date,vacances_zone_a,vacances_zone_b,vacances_zone_c,nom_vacances,ferie,nom_jour_ferie\n"


def folder():
    data = os.environ.get("EVFORECAST_DATA")
    if not data:
        pytest.skip("needs the real data: set EVFORECAST_DATA to their folder")
    return Path(data) / "calendar"


def parse(text, **options):
    return calendar.parse(BytesIO((HEAD + text).encode()), **options)


def test_each_zone_has_its_own_school_holidays():
    rows = "2020-02-08,0,0,1,Hiver,0,\n2020-02-10,0,1,1,Hiver,0,\n2020-12-25,1,1,1,Noel,1,Noel\n"
    assert parse(rows).school.astype(str).tolist() == ["2020-02-08", "2020-02-10", "2020-12-25"]
    assert parse(rows, zone="b").school.astype(str).tolist() == ["2020-02-10", "2020-12-25"]
    assert parse(rows).public.astype(str).tolist() == ["2020-12-25"]


def test_another_file_another_zone_another_value_are_refused():
    with pytest.raises(InputError, match="no zone 'D'"):
        parse("", zone="D")
    with pytest.raises(FileFormatError, match="no column"):
        calendar.parse(BytesIO(b"day,off\n"))
    with pytest.raises(FileFormatError, match="line 3: ferie is 'yes'"):
        parse("2020-01-01,1,1,1,,1,\n2020-01-02,1,1,1,,yes,\n")


def listed(text, encoding="utf-8-sig"):
    return calendar.parse_public_holidays(BytesIO(text.encode(encoding)), name="list.csv")


def test_the_official_list_has_a_mark_and_no_order():
    found = listed("date;férié;année\n2028-05-01;1er mai;2028\n2003-01-01;1er janvier;2003\n")
    assert found.public.astype(str).tolist() == ["2003-01-01", "2028-05-01"]
    assert len(found.school) == 0
    assert listed("date;férié;année\n", "utf-8").public.size == 0


@pytest.mark.parametrize(
    ("text", "encoding", "message"),
    [
        ("", "utf-8", "list.csv: not the list of public holidays"),
        ("date;férié;année\n2028-05-01;fête;2028\n", "latin-1", "not the list.*utf-8"),
        ("date,férié,année\n", "utf-8", "no column"),
        ("date;férié;année\n2028-05-01;a;2028;b\n2028-05-02;a;2028;b;c\n", "utf-8", "list"),
        ("date;férié;année\n2028-01-01;a;2028\n01/05/2028;b;2028\n", "utf-8", "line 3.*01/05/2028"),
        ("date;férié;année\n2028-05-01;a;2027\n", "utf-8", "line 2.*of the year '2027'"),
        ("date;férié;année\n2028-05-01;a;\n", "utf-8", "line 2.*of the year nan"),
    ],
)
def test_another_list_is_refused(text, encoding, message):
    with pytest.raises(FileFormatError, match=message):
        listed(text, encoding)


def test_the_computed_days_are_those_of_the_official_list():
    official = calendar.read_public_holidays(folder() / "om-referentiel-jours-feries_2003_2028.csv")
    ours = calendar.french_public_holidays(range(2003, 2029)).public
    assert len(ours) == 26 * 11 - 1  # in 2008, Ascension fell on the first of May
    assert ours.tolist() == official.public.tolist()


def test_the_bundled_days_are_those_of_the_real_file():
    read = calendar.read(folder() / "fr_school_and_bank_holidays_2019_2024.csv")
    ours = calendar.paris_calendar("2019-01-01", "2024-12-20")
    assert ours.school.tolist() == read.school.tolist()
    assert ours.public.tolist() == read.public.tolist()


def test_paris_is_cut_to_the_days_asked_for():
    inside = calendar.paris_calendar(date(2020, 10, 20), np.datetime64("2020-11-01"))
    assert inside.school.astype(str)[[0, -1]].tolist() == ["2020-10-20", "2020-11-01"]
    assert inside.public.astype(str).tolist() == ["2020-11-01"]
    new_year = calendar.paris_calendar("2020-12-31", "2021-01-01")
    assert len(new_year.school) == 2  # one holiday over two years
    assert calendar.paris_calendar("2020-09-05", "2020-09-05").school.size == 0


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2018-12-31", "2019-01-02"),
        ("2024-12-01", "2024-12-21"),
        ("2026-01-01", "2026-02-01"),
        ("2020-02-01", "2020-01-01"),
    ],
)
def test_days_that_are_not_known_are_not_guessed(first, last):
    with pytest.raises(InputError, match=r"known from 2019-01-01 to 2024-12-20.*calendar\.read"):
        calendar.paris_calendar(first, last)


def test_a_day_that_is_none_is_refused():
    with pytest.raises(InputError, match="not a time: 'Christmas'"):
        calendar.paris_calendar("Christmas", "2020-12-31")


def test_the_real_file_agrees_with_the_computed_days():
    read = calendar.read(folder() / "fr_school_and_bank_holidays_2019_2024.csv")
    computed = calendar.french_public_holidays(range(2019, 2025)).public
    last = read.public.max()
    assert len(read.public) > 60
    assert read.public.tolist() == [day for day in computed.tolist() if day <= last.item()]
    assert 90 < len(read.school) / 6 < 140  # days a year


def test_years_before_the_present_list_are_refused():
    with pytest.raises(InputError, match="before 1983"):
        calendar.french_public_holidays([1982])
