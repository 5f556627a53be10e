import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from evforecast.features import last_observed, runs

CODES = hnp.arrays(
    np.int8, st.tuples(st.integers(1, 40), st.integers(1, 3)), elements=st.integers(-1, 2)
)


def slow(codes):
    """Walk through each charger's history, row by row."""
    out = {name: np.zeros(codes.shape, int) for name in ("status", "age", "previous", "stale")}
    for place in range(codes.shape[1]):
        status, age, previous, stale = -1, 0, -1, 0
        for row, code in enumerate(codes[:, place]):
            age += 1
            stale = stale + 1 if status >= 0 else 0
            if code >= 0:
                stale = 0
                if code != status:
                    if row:
                        previous = status
                    status, age = code, 1
            for name, value in (
                ("status", status),
                ("age", age),
                ("previous", previous),
                ("stale", stale),
            ):
                out[name][row, place] = value
    return out


@given(CODES)
def test_runs_against_a_walk(codes):
    fast, plain = runs(codes), slow(codes)
    for name, values in plain.items():
        assert getattr(fast, name).tolist() == values.tolist(), name


@given(CODES)
def test_last_observed_against_a_walk(codes):
    fast, plain = last_observed(codes), slow(codes)
    assert fast.status.tolist() == plain["status"].tolist()
    assert fast.stale.tolist() == plain["stale"].tolist()


@given(CODES, st.integers(0, 40))
def test_later_rows_change_nothing(codes, cut):
    for name in ("status", "age", "previous", "stale"):
        whole = getattr(runs(codes), name)[:cut]
        part = getattr(runs(codes[:cut]), name) if cut else whole
        assert (whole == part).all()
