from dataclasses import replace

import numpy as np
import pytest

from evforecast.errors import EmptyInputError, HorizonError, InputError
from evforecast.plotting.asking import ahead, horizon_slice, of_status, require_models, truth_at


def test_one_model_some_or_all(result):
    assert require_models(result, None, "here") == ["markov", "persistence", "climatology"]
    assert require_models(result, "markov", "here") == ["markov"]
    assert require_models(result, ("markov", "climatology"), "here") == ["markov", "climatology"]
    with pytest.raises(InputError, match="here: no model 'oracle'; the backtest has"):
        require_models(result, ["markov", "oracle"], "here")


def test_one_horizon_or_all(result):
    assert result.horizons[horizon_slice(result, 16, "here")].tolist() == [16]
    assert result.horizons[horizon_slice(result, None, "here")].tolist() == [1, 4, 16, 96]
    with pytest.raises(
        HorizonError, match=r"here: no horizon 7; the backtest has \[1, 4, 16, 96\]"
    ):
        horizon_slice(result, 7, "here")


def test_a_status_or_a_coarser_one(result):
    assert of_status(result, "down", "here") is result
    coarse = of_status(result, "free", "here")
    assert coarse.scheme.names == ("not free", "free")
    np.testing.assert_array_equal(coarse.truth, result.coarsen("free").truth)
    with pytest.raises(InputError, match="here: no status 'open'; choose among"):
        of_status(result, "open", "here")


def test_what_came_at_some_horizons(result):
    places = horizon_slice(result, 16, "here")
    np.testing.assert_array_equal(truth_at(result, places, "here"), result.truth[:, places])
    unknown = replace(result, truth=np.full_like(result.truth, -1))
    with pytest.raises(EmptyInputError, match=r"here: no case of .* has a known truth"):
        truth_at(unknown, places, "here")


def test_how_far_ahead_is_said_in_words(result):
    assert ahead(result, 96) == ", 24 h ahead"
    assert ahead(result, None) == ""
