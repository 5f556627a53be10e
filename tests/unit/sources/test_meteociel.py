"""The hourly page of Meteociel, as served and rebuilt with what other stations show."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evforecast.errors import FileFormatError, InputError
from evforecast.sources._instants import NEVER, TWICE
from evforecast.sources.feed import Payload, Request
from evforecast.sources.meteociel import Meteociel
from evforecast.sources.weather import UNITS

AT = np.datetime64("2020-11-09T06:00:00")
SYNOP = (
    "Néb.",
    "Temps",
    "Visi",
    "Température",
    "Humi.",
    "Point de ros&eacute;e",
    "Humidex",
    "Windchill",
    "Vent (rafales)",
    "Pression",
    "Précip.<br> mm/h",
)
PLAIN = ("Température", "Précip.<br> mm/h")


def page(
    rows,
    titles=PLAIN,
    *,
    day="2020-11-08",
    code="7249",
    clock="Heure<br>locale",
    name="Orléans (45) <small> ( 125 m ) </small>",
    end="</table><br></html>",
):
    """Return a page as the site writes it; each row is its hour and the HTML of its cells."""
    year, month, date = map(int, day.split("-"))
    head = "".join(
        f"<td {'colspan=2' if title.startswith('Vent') else ''}><div align=center><b>{title}</b></div></td>"
        for title in titles
    )
    body = "".join(
        f"<tr> <td align=center>{hour}</td>"
        + "".join(f"<td><div>{c}</div></td>" for c in cells)
        + "</tr> \n"
        for hour, cells in rows
    )
    return (
        f"<html><meta http-equiv=Content-Type content='text/html; charset=iso-8859-1'>"
        f"<H1><center> Tableau d'observations pour <br>{name} <br>"
        f"<a href='/climatologie/obs_villes.php?code={code}'>[Clim. mensuelle]</a></h1>"
        f"<select name=jour2><option value=1>1<option selected value={date}>{date}</select>"
        f"<select name=mois2><option selected value={month - 1}>x</select>"
        f"<select name=annee2><option selected value={year}>{year}</select>"
        f"<table bgcolor=#FFFF99><tr><td>Température Maxi.<td>N.C.</table>"
        f"<table width=100% bgcolor=#EBFAF7><tr> <td><b>{clock}</b></td>{head}</tr> {body}{end}"
    ).encode("latin-1")


def read(body, url="https://a", content_type=""):
    payload = Payload(body, Request(url, "page"), AT, content_type)
    return Meteociel("7249", permitted=True).read(payload)


def accounted(reading):
    return (
        len(reading.tables["weather"]) + len(reading.rejected) + sum(reading.counted_apart.values())
    )


def test_the_real_page(data):
    body = (data / "meteociel" / "obs_villes_59512001_roubaix_2023-11-08.html").read_bytes()
    feed = Meteociel("59512001", permitted=True)
    (request,) = feed.requests(np.datetime64("2023-11-09T06:00:00"))
    reading = feed.read(Payload(body, request, AT))
    table = reading.tables["weather"]
    assert (accounted(reading), reading.rows_read, reading.notes) == (19, 19, ())
    assert table["time"].tolist() == list(
        pd.date_range("2023-11-07 23:00", "2023-11-08 17:00", freq="h")[::-1]
    )
    assert table["temperature"].head(4).tolist() == [10.6, 10.3, 10.1, 9.8]
    assert table["rain"].head(6).tolist() == [0.8, 0.8, 0.6, 1.0, 0.6, 0.0]
    assert table["rain"].sum() == pytest.approx(4.0)
    assert set(table["station"]) == {"59512001"}
    assert set(table["station_name"]) == {"Roubaix (59), 30 m"}
    other = set(UNITS) - {"temperature", "rain"}
    assert table[sorted(other)].isna().all(axis=None)
    with pytest.raises(FileFormatError, match="cut short"):
        feed.read(Payload(body[: body.index(b"14 h")], request, AT))


def test_a_whole_day_of_a_synoptic_station(data):
    """The values that another parser found, written as the site writes them, are found again."""
    expected = pd.read_csv(data / "meteociel" / "parsed_7249_orleans_2020-01-01_hourly.csv")
    rows = [
        (
            f"{pd.Timestamp(row['date']).hour} h",
            [
                row["neb"],
                "<img src=t.gif title='brouillard'>",
                f"{row['visi_km']} km",
                f"{row['temperature_°C']} °C",
                f"{row['humi_%']}%",
                f"{row['point_de_rosee_°C']} °C",
                row["humidex"],
                row["windchill"],
                f"<img src=v.gif onmouseover=\"pop('Vent moyen', '{row['direction_du_vent_°']} &deg;')\">",
                f"{row['vent_km/h']} km/h ({row['rafales_km/h']} km/h)",
                f"{row['pression_hPa']} hPa",
                f"{row['precip_mm']} mm" if row["precip_mm"] else "aucune",
            ],
        )
        for _, row in expected.iterrows()
    ]
    reading = read(page(rows, SYNOP, day="2020-01-01"))
    table = reading.tables["weather"]
    local = pd.DatetimeIndex(table["time"]).tz_localize("UTC").tz_convert("Europe/Paris")
    assert local.strftime("%Y-%m-%d %H:%M:%S").tolist() == expected["date"].tolist()
    theirs = {
        "temperature": "temperature_°C",
        "humidity": "humi_%",
        "dew_point": "point_de_rosee_°C",
        "pressure": "pression_hPa",
        "wind_speed": "vent_km/h",
        "wind_gust": "rafales_km/h",
        "wind_direction": "direction_du_vent_°",
        "rain": "precip_mm",
        "visibility": "visi_km",
    }
    for ours, name in theirs.items():
        assert name.endswith(UNITS[ours])
        assert table[ours].tolist() == expected[name].tolist()
    assert table["cloud"].tolist() == [float(cell[0]) for cell in expected["neb"]]
    assert set(theirs) | {"cloud"} == set(UNITS)
    assert (len(table), reading.notes) == (24, ())


@pytest.mark.parametrize(
    ("now", "asked"),
    [
        ("2020-11-09T06:00", "code2=7156&jour2=8&mois2=10&annee2=2020"),
        ("2020-12-31T22:59", "code2=7156&jour2=30&mois2=11&annee2=2020"),
        ("2020-12-31T23:00", "code2=7156&jour2=31&mois2=11&annee2=2020"),
        ("2021-02-01T12:00", "code2=7156&jour2=31&mois2=0&annee2=2021"),
    ],
)
def test_the_address_counts_months_from_zero(now, asked):
    (request,) = Meteociel("7156", permitted=True).requests(np.datetime64(now))
    assert request.url == f"https://www.meteociel.fr/temps-reel/obs_villes.php?{asked}"


def test_it_asks_only_with_leave():
    with pytest.raises(InputError, match=r"forbid automatic scripts.*openmeteo"):
        Meteociel("7156", permitted=False)
    with pytest.raises(InputError, match="'Montsouris' is no number"):
        Meteociel("Montsouris", permitted=True)


def test_columns_are_found_by_their_words_not_by_their_place():
    reading = read(
        page([("3 h", ["0.2 mm", "?", "4 °C"])], ("Précip. mm/h", "Neige", "Température"))
    )
    row = reading.tables["weather"].iloc[0]
    assert (row["temperature"], row["rain"]) == (4.0, 0.2)
    assert np.isnan(row["wind_speed"])
    assert reading.notes == ("a column that is not known: 'neige'",)
    assert reading.fields == {
        "heure locale": "text",
        "precip. mm/h": "number",
        "neige": "text",
        "temperature": "number",
    }


def test_another_station_and_another_day_than_asked_are_noted():
    url = "https://a/p.php?code2=07156&jour2=8&mois2=10&annee2=2020"
    assert read(page([("3 h", ["4 °C", ""])], code="7156"), url).notes == ()
    reading = read(page([("3 h", ["4 °C", ""])], day="2020-11-09"), url)
    assert reading.notes == (
        "station 7156 was asked, the page is of 7249 Orléans (45), 125 m",
        "another day was asked, the page is of 2020-11-09",
    )
    assert reading.tables["weather"]["station"].tolist() == ["7249"]
    assert reading.tables["weather"]["time"].tolist() == [pd.Timestamp("2020-11-09 02:00")]


def test_cells_that_cannot_be_read_are_missing_and_noted():
    reading = read(page([("3 h", ["4 °C", "1 mm"]), ("2 h", ["39 °F", "beaucoup"])]))
    table = reading.tables["weather"]
    np.testing.assert_array_equal(table["temperature"], [4.0])
    assert reading.counted_apart == {"hours without a value": 1}
    assert "1 cells of 'temperature' were not read: '39 °f'" in reading.notes[0]


def test_a_change_of_unit_stops_the_reading():
    rows = [("3 h", ["39 °F", "1 mm"]), ("2 h", ["38 °F", "aucune"]), ("1 h", ["", ""])]
    with pytest.raises(FileFormatError, match=r"'temperature' is a number in °C: '39 °f', '38 °f'"):
        read(page(rows))


def test_rows_that_cannot_be_taken_are_rejected():
    rows = [
        ("4 h", ["4 °C", "aucune"]),
        ("3 h", ["4 °C"]),
        ("total", ["4 °C", "1 mm"]),
        ("25 h", ["4 °C", "1 mm"]),
        ("2 h", ["4 °C", "1 mm"]),
        ("2 h", ["5 °C", "1 mm"]),
        ("1 h", ["", "&nbsp;"]),
    ]
    reading = read(page(rows))
    assert len(reading.tables["weather"]) == 1
    assert reading.rejected["reason"].tolist() == [
        "the row has other cells",
        "the hour cannot be read",
        "not an ISO time",
        "the hour stands there twice",
        "the hour stands there twice",
    ]
    assert reading.counted_apart == {"hours without a value": 1}
    assert accounted(reading) == reading.rows_read == 7


def test_the_autumn_and_the_spring_hour():
    autumn = [(f"{hour} h", [f"{hour} °C", ""]) for hour in (3, 2, 2, 1)]
    times = read(page(autumn, day="2020-10-25")).tables["weather"]["time"]
    assert times.dt.hour.tolist() == [2, 1, 0, 23]
    once = read(page(autumn[1:2], day="2020-10-25"))
    assert once.rejected["reason"].tolist() == [TWICE]
    spring = read(page(autumn[1:2], day="2020-03-29"))
    assert spring.rejected["reason"].tolist() == [NEVER]
    utc = read(page(autumn[1:2], day="2020-10-25", clock="Heure<br>UTC"))
    assert utc.tables["weather"]["time"].tolist() == [pd.Timestamp("2020-10-25 02:00")]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "page: the answer is empty"),
        (b"<html>Erreur", "no table that begins with 'heure' among 0"),
        (page([], end=""), "cut short"),
        (page([], clock="Heure"), "do not say their clock: 'heure'"),
        (page([], ("Neige",)), "no column that is known, only 'heure locale', 'neige'"),
        (page([], ("Température", "Précip. 6min")), "rain is not in mm/h: 'precip. 6min'"),
        (page([]).replace(b"name=mois2", b"name=m"), "does not say its day"),
        (page([], day="2020-11-31"), "does not say its day"),
        (page([], name="").replace(b"pour", b"de"), "does not say its station"),
        (page([]).replace(b"obs_villes", b"x"), "does not say its station"),
        (page([]).decode("latin-1").encode("utf-16"), "no table that begins with 'heure'"),
    ],
)
def test_another_page_is_refused(body, message):
    with pytest.raises(FileFormatError, match=message):
        read(body)


def test_the_encoding_is_the_one_that_is_said():
    body = page([("3 h", ["4 °C", "aucune"])])
    again = body.decode("latin-1").encode("utf-8")
    said = again.replace(b"iso-8859-1", b"utf-8")
    assert read(said).tables["weather"].equals(read(body).tables["weather"])
    assert read(again, content_type="text/html; charset=UTF-8").fields == read(body).fields
    with pytest.raises(FileFormatError, match="is UTF-8 and says another encoding"):
        read(again)
    with pytest.raises(FileFormatError, match="is not ascii text"):
        read(body, content_type="text/html; charset=ascii")


cells = st.sampled_from(["", "&nbsp;", "---", "4 °C", "-1.5 °C", "39 °F"])
rains = st.sampled_from(["aucune", "trace", "0.2 mm", "3 mm (6h)", "", "?"])
hours = st.sampled_from([*(f"{hour} h" for hour in range(26)), "total", ""])


@given(st.lists(st.tuples(hours, st.tuples(cells, rains) | st.tuples(cells)), max_size=26))
@settings(max_examples=60, deadline=None)
def test_no_row_is_lost_and_none_twice(rows):
    try:
        reading = read(page(rows, day="2020-10-25"))
    except FileFormatError as error:
        assert "Has its unit changed" in str(error)  # noqa: PT017 - no row is read then
        return
    assert accounted(reading) == reading.rows_read == len(rows)
    table = reading.tables["weather"]
    assert not table.duplicated(["station", "time"]).any()
    assert table[["temperature", "rain"]].notna().any(axis=1).all()
