import argparse

import pytest

from evforecast.cli.options import whole, zone


def test_whole_numbers_from_the_least_on():
    assert whole(1)("12") == 12
    for text in ("0", "-1", "1.5", "x", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="whole number from 1 on"):
            whole(1)(text)


def test_zones():
    assert zone("UTC") == "UTC"
    with pytest.raises(argparse.ArgumentTypeError, match="Europe/Pari"):
        zone("Europe/Pari")
