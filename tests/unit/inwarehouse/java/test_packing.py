import struct

import numpy as np
import pytest

import evforecast as ev
from evforecast.features import FeatureTable
from evforecast.inwarehouse.java.packing import _doubles, _ints, pack, scorer_features


@pytest.mark.parametrize(
    ("values", "width"),
    [([], 1), ([0, 255], 1), ([256], 2), ([65_535], 2), ([65_536], 4), ([2**32 - 1], 4)],
    ids=str,
)
def test_whole_numbers_take_the_fewest_bytes_and_come_back(values, width):
    packed = _ints(values)
    assert struct.unpack(">bi", packed[:5]) == (width, len(values))
    assert np.frombuffer(packed[5:], f">u{width}").tolist() == values


def test_numbers_come_back_exactly():
    values = [0.1, -0.0, np.inf, -np.inf, 5e-324]
    packed = _doubles(values)
    assert struct.unpack(">i5d", packed) == (5, *values)


def test_the_same_model_gives_the_same_bytes_and_another_gives_others(fitted, city, tmp_path):
    model = fitted()
    model.save(tmp_path / "model.evf")
    assert pack(ev.load(tmp_path / "model.evf")) == pack(model)
    assert pack(fitted(semi_markov_weight=0.25)) != pack(model)


@pytest.mark.parametrize("pooled", [False, True])
def test_the_names_are_those_of_the_table_in_order(fitted, city, pooled):
    model = fitted(pooled=pooled, groups=("calendar", "state", "weather"))
    names = scorer_features(model)
    assert names[0] == "status"
    assert names[-1] == "school_holiday"
    table = FeatureTable(city, groups=model.groups, exog=model.exog_)
    rows, units = np.array([700]), np.array([0])
    row = table.at(rows, units, 4)[0]
    assert len(row) == len(names)
    assert row[names.index("status")] == city.codes[700, 0]
