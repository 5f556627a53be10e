import numpy as np

from evforecast.reporting.words import counted, when


def test_times_are_those_of_the_clock_on_the_wall_in_summer_and_winter():
    assert when(np.datetime64("2020-10-24T23:30:00"), "Europe/Paris") == "2020-10-25 01:30"
    assert when(np.datetime64("2020-10-25T01:30:00"), "Europe/Paris") == "2020-10-25 02:30"
    assert when(np.datetime64("2020-10-25T01:30:00"), "UTC") == "2020-10-25 01:30"


def test_a_noun_agrees_with_its_number():
    said = [counted(number, "charger") for number in (0, 1, 2, 1234)]
    assert said == ["0 chargers", "1 charger", "2 chargers", "1,234 chargers"]
