import argparse

import pytest

from evforecast.cli.options import strict, whole, zone


def test_whole_numbers_from_the_least_on():
    assert whole(1)("12") == 12
    for text in ("0", "-1", "1.5", "x", ""):
        with pytest.raises(argparse.ArgumentTypeError, match="whole number from 1 on"):
            whole(1)(text)


def test_zones():
    assert zone("UTC") == "UTC"
    with pytest.raises(argparse.ArgumentTypeError, match="Europe/Pari"):
        zone("Europe/Pari")


@pytest.fixture
def parser():
    parser = argparse.ArgumentParser()
    parser.add_argument("--store")
    parser.add_argument("--url", action="append")
    commands = parser.add_subparsers()
    commands.add_parser("status").add_argument("--html")
    strict(parser)
    return parser


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--stroe", "fresh"], "there is no --stroe; did you mean --store?"),
        (["--stroe=fresh"], "there is no --stroe; did you mean --store?"),
        (["--st", "fresh"], "there is no --st; did you mean --store?"),
        (["--store", "a", "status", "--htlm", "b"], "there is no --htlm; did you mean --html?"),
        (["--zzz"], "there is no --zzz."),
    ],
)
def test_a_misspelt_option_is_said_before_what_stands_behind_it(parser, given, said, capsys):
    with pytest.raises(SystemExit) as stop:
        parser.parse_args(given)
    assert stop.value.code == 2
    assert said in capsys.readouterr().err


def test_what_is_spelt_well_is_taken(parser):
    found = parser.parse_args(["--store=fresh", "--url", "a=--b", "status", "--html", "x"])
    assert (found.store, found.url, found.html) == ("fresh", ["a=--b"], "x")
