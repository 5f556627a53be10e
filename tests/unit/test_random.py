import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.random import generator


def test_seed_repeats_and_generator_moves_on():
    assert generator(3).integers(1 << 30) == generator(3).integers(1 << 30)
    rng = np.random.default_rng(0)
    assert generator(rng) is rng


def test_global_state_is_left_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - that state is what is looked at
    generator(0).random(10)
    assert (np.random.get_state()[1] == before).all()  # noqa: NPY002


def test_a_negative_seed_is_refused():
    with pytest.raises(InputError, match="random_state=-1"):
        generator(-1)
