import random

import pyarrow as pa
import pytest

from evforecast.warehouse.zstd import is_whole


def packed(data):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as out:
        out.write(data)
    return sink.getvalue().to_pybytes()


SMALL = packed(b"hello\n")
LARGE = packed(random.Random(0).randbytes(400_000) + b"a" * 400_000)


@pytest.mark.parametrize("data", [SMALL, LARGE, SMALL + LARGE, packed(b"")])
def test_whole_files(tmp_path, data):
    (tmp_path / "a").write_bytes(data)
    assert is_whole(tmp_path / "a")


def test_a_file_cut_anywhere_is_not_whole(tmp_path):
    path = tmp_path / "a"
    rng = random.Random(1)
    for data in (SMALL, LARGE):
        for cut in {1, 4, 5, len(data) - 1, *(rng.randrange(1, len(data)) for _ in range(40))}:
            path.write_bytes(data[:cut])
            assert not is_whole(path), cut


def test_what_is_no_zstd(tmp_path):
    path = tmp_path / "a"
    for data in (b"", b"1,2\n", SMALL + b"x"):
        path.write_bytes(data)
        assert not is_whole(path)
