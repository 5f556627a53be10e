"""What the titles and cells of Meteociel's table say."""

import math

import pytest

from evforecast.sources._html_page import Cell
from evforecast.sources._meteociel_cells import WIND, column, is_left_out, measured
from evforecast.sources._payload import plain
from evforecast.sources.weather import UNITS


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Heure locale", None),
        ("Néb.", "cloud"),
        ("Temps", None),
        ("Visi", "visibility"),
        ("Température", "temperature"),
        ("Humi.", "humidity"),
        ("Point de rosée", "dew_point"),
        ("Humidex", None),
        ("Windchill", None),
        ("Vent (rafales)", WIND),
        ("Pression", "pressure"),
        ("Précip. mm/h", "rain"),
        ("Précip. 6h", None),
        ("Max rain rate", None),
        ("Neige", None),
    ],
)
def test_titles(title, name):
    assert column(plain(title)) == name
    assert is_left_out(plain(title)) == (name is None and title != "Neige")
    assert name is None or name == WIND or name in UNITS


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("temperature", "10.6 °C", 10.6),
        ("temperature", " -0,4 °C ", -0.4),
        ("humidity", "100%", 100),
        ("humidity", "97 %", 97),
        ("pressure", "1028.8 hPa =", 1028.8),
        ("visibility", "0.7 km", 0.7),
        ("visibility", "> 20 km", 20),
        ("rain", "0.2 mm", 0.2),
        ("rain", "aucune", 0),
        ("rain", "Traces", 0),
        ("rain", "trace", 0),
        ("rain", "1.4 mm (1h)", 1.4),
        ("rain", "1.4 mm/6h", math.nan),
        ("rain", "1.4 mm (6 h)", math.nan),
        ("cloud", "8/8", 8),
        ("cloud", "9/8", 9),
        ("cloud", "---", math.nan),
        ("temperature", "\xa0", math.nan),
        ("temperature", "", math.nan),
        ("pressure", "N.C.", math.nan),
        ("pressure", "N/A", math.nan),
    ],
)
def test_cells(name, text, value):
    assert measured(name, [Cell(text)]) == pytest.approx({name: value}, nan_ok=True)


@pytest.mark.parametrize(
    ("text", "images", "expected"),
    [
        ("9 km/h (12 km/h)", ["v.gif", "pop('Vent moyen : 160 °', 150)"], (9, 12, 160)),
        ("9 km/h", ["direction 160°"], (9, math.nan, 160)),
        ("--- (12 km/h)", [], (math.nan, 12, math.nan)),
        ("\xa0", [], (math.nan,) * 3),
        ("0 km/h (4 km/h)", ["calm.gif"], (0, 4, math.nan)),
    ],
)
def test_wind(text, images, expected):
    found = measured(WIND, [Cell("", images=images), Cell(text)])
    names = ("wind_speed", "wind_gust", "wind_direction")
    assert found == pytest.approx(dict(zip(names, expected, strict=True)), nan_ok=True)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("temperature", "50.2 °F"),
        ("temperature", "10.6"),
        ("temperature", "10.6 °C 12"),
        ("rain", "beaucoup"),
        ("cloud", "8/10"),
        (WIND, "5 m/s"),
        (WIND, "9 km/h (3 m/s)"),
    ],
)
def test_another_unit_or_word_is_an_error(name, text):
    with pytest.raises(ValueError, match=r"\w"):
        measured(name, [Cell(text)])
