import hashlib

from evforecast.warehouse.hashing import file_hash


def test_it_is_the_sha256_of_the_bytes(tmp_path):
    for data in (b"", b"1,2\n" * 1_000_000):
        (tmp_path / "a").write_bytes(data)
        assert file_hash(tmp_path / "a") == hashlib.sha256(data).hexdigest()
