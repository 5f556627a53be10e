import gzip
import hashlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from evforecast.collect.raw import Archive, payload_id
from evforecast.errors import FileFormatError

DAY, NOTE = "2026-11-28", {"what": "answer", "name": "é", "url": "https://x/?q=\0"}


def sha(body):
    return hashlib.sha256(body).hexdigest()


@pytest.fixture
def archive(tmp_path):
    return Archive(tmp_path / "raw")


@settings(max_examples=30, deadline=None)
@given(body=st.binary(max_size=300), name=st.text(min_size=1, max_size=60))
@example(body=b"", name=".")
@example(body=b"", name="%2E")
def test_what_goes_in_comes_out(tmp_path_factory, body, name):
    archive = Archive(tmp_path_factory.mktemp("raw"))
    payload = payload_id(name, sha(body))
    archive.put(DAY, payload, body, NOTE)
    assert archive.get(DAY, payload) == body
    assert archive.note(DAY, payload) == NOTE
    assert archive.ids(DAY) == {payload}
    # And any other tool reads it.
    with gzip.open(archive.path(DAY, payload)) as file:
        assert file.read() == body


def test_the_same_body_is_one_file_for_each_request(archive):
    for name in ("2020-11-08", "2020-11-09", "2020-11-09"):
        archive.put(DAY, payload_id(name, sha(b"[]")), b"[]", NOTE)
    assert len(archive.ids(DAY)) == 2


def test_long_names_are_cut_and_stay_apart():
    ids = [payload_id("x" * 300 + end, "0" * 64) for end in "ab"]
    assert ids[0] != ids[1]
    assert max(map(len, ids)) < 200


def test_damage_is_told(archive):
    payload = payload_id("a", sha(b"hello"))
    archive.put(DAY, payload, b"hello", NOTE)
    path = archive.path(DAY, payload)
    whole = path.read_bytes()
    for data in (whole[:-9], b"", b"hello", whole[:20], whole[:-12] + b"?" + whole[-11:]):
        path.write_bytes(data)
        with pytest.raises(FileFormatError, match=r"\.gz: .* backup"):
            archive.get(DAY, payload)
    path.write_bytes(gzip.compress(b"another"))
    with pytest.raises(FileFormatError, match="has the SHA-256"):
        archive.get(DAY, payload)
    for data in (b"", b"\x1f\x8b", gzip.compress(b"no note")):
        path.write_bytes(data)
        with pytest.raises(FileFormatError, match="note"):
            archive.note(DAY, payload)
    with pytest.raises(FileFormatError, match="cannot be read"):
        archive.get(DAY, "gone-00")


def test_removing(archive):
    names = [payload_id("a", sha(body)) for body in (b"1", b"2")]
    for name, body in zip(names, (b"1", b"2"), strict=True):
        archive.put(DAY, name, body, NOTE)
    size = archive.path(DAY, names[0]).stat().st_size
    assert archive.remove(DAY, [names[0], "gone-00"]) == size
    assert (archive.ids(DAY), archive.days()) == ({names[1]}, [DAY])
    archive.remove(DAY, names)
    assert archive.days() == []
