import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.scenarios.memory import as_bytes, forget_peak, peak, require_room, resident, text


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("1GB", 10**9),
        ("800 MB", 800 * 10**6),
        ("1.5gib", 3 * 2**29),
        ("2K", 2000),
        ("123", 123),
        (" 7 MiB ", 7 * 2**20),
    ],
)
def test_sizes(size, expected):
    assert as_bytes(size) == expected


@pytest.mark.parametrize("size", ["", "GB", "-1GB", "1TB", "0MB", "1 GB a day"])
def test_what_is_no_size(size):
    with pytest.raises(InputError, match="is no size of memory"):
        as_bytes(size)


def test_a_peak_is_seen_and_forgotten():
    can_forget = forget_peak()
    before = peak()
    block = np.ones(100_000_000, dtype=np.int8)
    assert peak() >= before + 80_000_000 if can_forget else peak() > 0
    del block
    if can_forget:
        forget_peak()
        assert peak() < before + 50_000_000


def test_room():
    begun = resident()
    require_room(0, 10**6 + resident(), "nothing", "do less", begun=0)
    require_room(1e5, 10**8, "little", "do less", begun=begun)
    with pytest.raises(
        InputError, match=r"^it needs about [\d,]+ MB, and memory = 1 MB\. Give it more, or do"
    ):
        require_room(1e6, 10**6, "it", "do less", begun=0)
    with pytest.raises(InputError, match=r"^it needs about 2 MB"):
        require_room(2e6, 10**6, "it", "do less", begun=resident() + 10**8)


def test_text():
    assert text(999_400_000) == "999 MB"
