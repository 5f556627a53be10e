import numpy as np
import pandas as pd
import pytest

from evforecast.errors import InputError, SchemeMismatchError, UnknownStatusError
from evforecast.panel import STATUS, StatusScheme


def test_codes_are_places():
    assert [STATUS.code(name) for name in STATUS.names] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("form", [list, np.array, pd.Series, pd.Categorical])
def test_encode_decode_round_trip(form):
    words = ["down", "available", None, "charging", "down"]
    codes = STATUS.encode(form(words) if form is not np.array else np.array(words, dtype=object))
    assert codes.dtype == np.int8
    assert codes.tolist() == [4, 0, -1, 1, 4]
    assert STATUS.decode(codes).tolist() == words


def test_encode_refuses_strangers_with_count_and_hint():
    with pytest.raises(UnknownStatusError, match=r"'chargin' x 2, perhaps 'charging'"):
        STATUS.encode(["chargin", "chargin", "down"])


def test_unused_categories_are_no_strangers():
    assert STATUS.encode(pd.Categorical(["down"], categories=["down", "odd"])).tolist() == [4]


@pytest.mark.parametrize("codes", [[-2], [5]])
def test_check_refuses_codes_outside(codes):
    with pytest.raises(InputError, match="allow -1"):
        STATUS.check(np.array(codes))


@pytest.mark.parametrize("names", [(), ("a", "a"), tuple(str(i) for i in range(128))])
def test_scheme_refuses_bad_names(names):
    with pytest.raises(InputError):
        StatusScheme(names)


def test_coarsening_must_name_members():
    with pytest.raises(InputError, match="nowhere"):
        StatusScheme(("a", "b"), {"x": ("nowhere",)})
    with pytest.raises(InputError, match="no coarsening 'busy'"):
        STATUS.coarsen("busy")


@pytest.mark.parametrize("target", ["free", "charging", "down"])
def test_coarsened_codes_and_probabilities_agree(target):
    codes = np.array([[-1, 0, 1], [2, 3, 4]], np.int8)
    coarse = STATUS.coarsen_codes(codes, target)
    assert coarse.shape == codes.shape
    onehot = np.eye(5)[np.maximum(codes, 0)]
    p = STATUS.coarsen_proba(onehot, target)
    known = codes >= 0
    assert (coarse[~known] == -1).all()
    assert (p.argmax(-1)[known] == coarse[known]).all()
    assert np.allclose(p.sum(-1), 1)
    # a coarser scheme can be asked for its own target again
    assert STATUS.coarsen(target).coarsen(target) == STATUS.coarsen(target)


def test_require_same():
    STATUS.require_same(StatusScheme(STATUS.names), "here")
    with pytest.raises(SchemeMismatchError, match="here"):
        STATUS.require_same(STATUS.coarsen("free"), "here")


def test_a_target_by_a_time_has_names_of_its_own():
    scheme = STATUS.within("down")
    assert scheme.names == ("not down within", "down within")
    assert scheme.coarsen("down within").names[1] == "down within"
    assert STATUS.members("free").tolist() == [0]
    with pytest.raises(InputError, match="no coarsening"):
        STATUS.within("asleep")
