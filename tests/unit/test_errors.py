import inspect
import pickle

import pytest

from evforecast import errors


def test_every_error_is_of_the_one_tree_and_public():
    classes = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, Exception)
    }
    assert classes == set(errors.__all__)
    assert all(issubclass(getattr(errors, name), errors.EvForecastError) for name in classes)


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (errors.InputError("x"), ValueError),
        (errors.UnknownChargerError(["a"], 3), KeyError),
        (errors.MissingExtraError("boosting", "lightgbm"), ImportError),
    ],
)
def test_errors_are_builtin_errors_too(error, builtin):
    assert isinstance(error, builtin)


def test_unknown_status_lists_words_counts_and_neighbours():
    error = errors.UnknownStatusError("feed", {"Chargin": 2, "zzz": 7}, ["Charging", "Down"])
    text = str(error)
    assert text.index("'zzz' x 7") < text.index("'Chargin' x 2")
    assert "perhaps 'Charging'" in text
    assert error.counts == {"Chargin": 2, "zzz": 7}


def test_unknown_charger_message_is_not_quoted():
    assert str(errors.UnknownChargerError(["a", "b", "c", "d"], 9)).startswith(
        "4 evse_id not among"
    )


def test_missing_extra_holds_the_line_to_type():
    assert "pip install 'evforecast[boosting]'" in str(
        errors.MissingExtraError("boosting", "lightgbm")
    )


def test_first_few_shows_three():
    assert errors.first_few(range(5)) == "0, 1, 2 and 2 more"
    assert errors.first_few([]) == ""


def test_a_misspelt_option_is_named_with_its_choices():
    errors.require_choice("last", ("first", "last"), "duplicates")
    with pytest.raises(
        errors.InputError, match=r"duplicates='lats' is no choice.*Did you mean 'last'"
    ):
        errors.require_choice("lats", ("first", "last"), "duplicates")


def test_advice_fits_the_kind_of_doubtful_time():
    twice = errors.AmbiguousTimeError("f", ["02:30"], "Europe/Paris", "occurred twice")
    never = errors.AmbiguousTimeError("f", ["02:30"], "Europe/Paris", "never occurred")
    assert "ambiguous='first'" in str(twice)
    assert "ambiguous" not in str(never)
    assert "jumped" in str(never)


@pytest.mark.parametrize(
    "error",
    [
        errors.InputError("x"),
        errors.MissingColumnsError(["a"], ["b"], "reader"),
        errors.UnknownChargerError(["a"], 3),
        errors.MissingExtraError("boosting", "lightgbm"),
        errors.UnknownStatusError("feed", {"zzz": 7}, ["Down"]),
    ],
)
def test_errors_travel_between_processes(error):
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
