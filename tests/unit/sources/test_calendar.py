import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
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


def test_the_computed_days_are_those_of_the_official_list():
    table = pd.read_csv(
        folder() / "om-referentiel-jours-feries_2003_2028.csv", sep=";", encoding="utf-8-sig"
    )
    official = np.unique(pd.to_datetime(table["date"]).to_numpy().astype("datetime64[D]"))
    ours = calendar.french_public_holidays(range(2003, 2029)).public
    assert ours.tolist() == official.tolist()


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
