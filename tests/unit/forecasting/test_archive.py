import hashlib
import io
import json
import os
import zipfile

import numpy as np
import pytest

from evforecast.errors import FileFormatError, InputError
from evforecast.forecasting import archive as archive_module
from evforecast.forecasting.archive import FORMAT, is_plain, open_archive, write_archive

ARRAYS = [
    np.arange(12, dtype=np.float32).reshape(3, 4),
    np.array(["2020-11-08", "NaT"], "datetime64[s]"),
    np.array([True, False]),
    np.array(["élan", "b"]),
    np.empty((0, 3), np.int64),
    np.array(7, np.int8),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(3, dtype=">i4"),
]


def written(path, arrays=ARRAYS, **document):
    write_archive(path, document, arrays)
    return path


def read_all(path):
    with open_archive(path) as archive:
        return archive.document, [archive.array(name) for name in sorted(archive.waiting)]


def forge(
    path, members, document=None, *, mark=None, compression=zipfile.ZIP_DEFLATED, listed=None
):
    """Write a file whose sums are right, whatever it holds: `members` maps names to bytes."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    if document is None:
        document = {"format": FORMAT, "evforecast": "9.9", "members": listed or sums}
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    with zipfile.ZipFile(path, "w", compression) as file:
        sha = hashlib.sha256(text).hexdigest()
        file.comment = f"evforecast model {FORMAT} {sha}".encode() if mark is None else mark
        file.writestr("model.json", text)
        for name, data in members.items():
            file.writestr(name, data)
    return path


def npy(array, *, version=(1, 0), allow_pickle=False):
    data = io.BytesIO()
    np.lib.format.write_array(data, np.asanyarray(array), version, allow_pickle=allow_pickle)
    return data.getvalue()


def header(text):
    """Return an .npy without data whose header says `text`."""
    padded = text.encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded


def refused(path, message):
    with pytest.raises(FileFormatError, match=message) as caught:
        read_all(path)
    text = str(caught.value)
    assert str(path) in text
    assert "Copy the file again" in text or "Install the evforecast" in text
    return text


def test_what_was_written_is_read(tmp_path):
    document, arrays = read_all(written(tmp_path / "a", names=["né", None, 1.5]))
    assert document["names"] == ["né", None, 1.5]
    assert document["format"] == FORMAT
    assert len(arrays) == len(ARRAYS)
    for found, expected in zip(arrays, ARRAYS, strict=True):
        np.testing.assert_array_equal(found, expected)
        assert found.dtype == expected.dtype
        assert found.shape == expected.shape
        assert found.flags.writeable


def test_any_language_reads_it(tmp_path):
    with zipfile.ZipFile(written(tmp_path / "a")) as file:
        document = json.loads(file.read("model.json"))
        for name, sha in document["members"].items():
            assert hashlib.sha256(file.read(name)).hexdigest() == sha
            np.load(io.BytesIO(file.read(name)), allow_pickle=False)
        assert len(document["members"]) == len(ARRAYS)
        assert {entry.external_attr >> 16 for entry in file.infolist()} == {0o644}


def test_the_same_content_gives_the_same_bytes_on_another_day(tmp_path, monkeypatch):
    one = written(tmp_path / "one", a=1).read_bytes()
    monkeypatch.setattr("time.time", lambda: 2e9)
    monkeypatch.setattr("time.localtime", lambda *_: (2033, 5, 18, 3, 33, 20, 2, 138, 0))
    assert written(tmp_path / "two", a=1).read_bytes() == one
    assert written(tmp_path / "three", a=2).read_bytes() != one


def test_the_document_has_a_sum_of_its_own(tmp_path):
    sums = set()
    for place, content in enumerate(({"a": 1}, {"a": 2}, {"a": 1, "arrays": ARRAYS[:1]})):
        with open_archive(written(tmp_path / str(place), **content)) as archive:
            sums.add(archive.sha256)
    assert len(sums) == 3


def test_an_array_is_read_once(tmp_path):
    with open_archive(written(tmp_path / "a")) as archive:
        archive.array("0000.npy")
        with pytest.raises(KeyError):
            archive.array("0000.npy")
        assert "0000.npy" not in archive.waiting


def test_missing_folders_are_made(tmp_path):
    assert written(tmp_path / "b" / "c" / "a").exists()


# ----------------------------------------------------------------------------------------- written whole


@pytest.mark.parametrize("broken", ["os.fsync", "pathlib.Path.replace", "zipfile.ZipFile.writestr"])
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, broken):
    path = written(tmp_path / "a", version="old")
    before = path.read_bytes()

    def fail(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(broken, fail)
        with pytest.raises(OSError, match="No space left"):
            written(path, version="new")
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]
    assert read_all(written(path, version="new"))[0]["version"] == "new"


def test_content_that_no_reader_would_accept_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(archive_module, "_MOST_BYTES", 5000)
    with pytest.raises(InputError, match="Does the model keep data"):
        written(tmp_path / "a", [np.zeros(1000)])
    monkeypatch.setattr(archive_module, "_MOST_TEXT", 500)
    with pytest.raises(InputError, match="bytes of text"):
        written(tmp_path / "a", [], text="x" * 600)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_holds_finite_numbers_only(tmp_path, value):
    with pytest.raises(ValueError, match="not JSON compliant"):
        written(tmp_path / "a", number=value)


# ------------------------------------------------------------------------------------------- damaged files


def test_a_missing_file_is_just_that(tmp_path):
    with pytest.raises(FileNotFoundError):
        read_all(tmp_path / "nothing")


@pytest.mark.parametrize("content", [b"", b"PK", b"a,b\n1,2\n", b"\x80\x04K\x01."])
def test_other_files_are_refused(tmp_path, content):
    path = tmp_path / "a"
    path.write_bytes(content)
    refused(path, "not a zip file")


def test_other_zips_are_refused(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.zeros(3))
    refused(tmp_path / "a.npz", "the mark of evforecast at its end is missing")


def test_a_file_cut_short_anywhere_is_refused(tmp_path):
    whole = written(tmp_path / "a").read_bytes()
    path = tmp_path / "cut"
    for size in [*range(0, len(whole), 37), len(whole) - 1]:
        path.write_bytes(whole[:size])
        refused(path, "no model that evforecast")


def test_a_changed_byte_is_found_or_changes_nothing(tmp_path):
    original = written(tmp_path / "a", note="short").read_bytes()
    expected = [array.tobytes() for array in ARRAYS]
    path = tmp_path / "changed"
    outcomes = {"refused": 0, "the same": 0}
    for place in range(0, len(original), 3):
        damaged = bytearray(original)
        damaged[place] ^= 0x15
        path.write_bytes(damaged)
        try:
            document, arrays = read_all(path)
        except FileFormatError:
            outcomes["refused"] += 1
        else:  # the date of a member, say
            outcomes["the same"] += 1
            assert document["note"] == "short"
            assert [array.tobytes() for array in arrays] == expected
    assert outcomes["refused"] > 3 * outcomes["the same"] > 0


def test_a_later_format_says_so_first(tmp_path):
    mark = f"evforecast model {FORMAT + 1} {'0' * 64}".encode()
    text = refused(forge(tmp_path / "a", {}, b"unknown", mark=mark), f"has format {FORMAT + 1}")
    assert f"reads up to {FORMAT}. Install the evforecast that wrote it, or a later one." in text


def test_an_error_inside_names_the_version_that_wrote_the_file(tmp_path):
    path = forge(tmp_path / "a", {})
    with (
        pytest.raises(FileFormatError, match=r"TypeError: odd\..*install the evforecast 9\.9 that"),
        open_archive(path),
    ):
        raise TypeError("odd")


# -------------------------------------------------------------------------------------------- forged files


def test_a_forged_file_with_right_sums_is_read(tmp_path):
    # or else the refusals below would prove nothing
    _, [array] = read_all(forge(tmp_path / "a", {"0000.npy": npy(np.arange(3))}))
    assert array.tolist() == [0, 1, 2]


class _Bomb:
    def __reduce__(self):
        return os.mkdir, ("pickle-was-run",)


def test_a_pickle_is_refused_and_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    data = npy(np.array([_Bomb()], object), allow_pickle=True)
    refused(forge(tmp_path / "a", {"0000.npy": data}), "holds object, not plain numbers")
    assert not (tmp_path / "pickle-was-run").exists()
    np.load(io.BytesIO(data), allow_pickle=True)
    assert (tmp_path / "pickle-was-run").exists()


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (npy(np.zeros(2, [("a", "f8")])), "not plain numbers"),
        (npy(np.zeros(2, "S3")), "not plain numbers"),
        (npy(np.zeros(2, "c16")), "not plain numbers"),
        (npy(np.zeros((2, 3), order="F")), "not plain numbers or text, row by row"),
        (npy(np.zeros(2), version=(2, 0)), "of another version"),
        (npy(np.zeros(2))[:-1], "has 15 bytes for an array"),
        (npy(np.zeros(2)) + b"!", "has 17 bytes for an array"),
        (
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (10**15,)}"),
            "can read",
        ),
        (
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,)}"),
            "has 0 bytes",
        ),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"), "has 0 bytes"),
        (header("{'descr': '|O', 'fortran_order': False, 'shape': (0,)}"), "holds object"),
        (header("__import__('os').mkdir('run')"), "can read"),
        (b"", "can read"),
        (b"\x93NUMPY\x01\x00", "can read"),
    ],
)
def test_members_that_are_no_plain_arrays_are_refused(tmp_path, monkeypatch, member, message):
    monkeypatch.chdir(tmp_path)
    refused(forge(tmp_path / "a", {"0000.npy": member}), message)
    assert list(tmp_path.iterdir()) == [tmp_path / "a"]


@pytest.mark.parametrize("names", [["0001.npy"], ["../x.npy"], ["/etc/x"], ["0000.npy", "more"]])
def test_members_of_other_names_are_refused(tmp_path, names):
    path = forge(tmp_path / "a", dict.fromkeys(names, npy(np.zeros(1))))
    refused(path, "are not those that model.json lists")


def test_members_that_are_missing_or_not_listed_are_refused(tmp_path):
    sha = {"0000.npy": hashlib.sha256(npy(np.zeros(1))).hexdigest()}
    refused(forge(tmp_path / "a", {}, listed=sha), "are not those that model.json lists")
    none = {"format": FORMAT, "evforecast": "9.9", "members": {}}
    path = forge(tmp_path / "b", {"0000.npy": npy(np.zeros(1))}, none)
    refused(path, "are not those that model.json lists")


def test_a_member_exchanged_for_another_is_refused(tmp_path):
    sha = {"0000.npy": hashlib.sha256(npy(np.zeros(1))).hexdigest()}
    path = forge(tmp_path / "a", {"0000.npy": npy(np.ones(1))}, listed=sha)
    refused(path, "0000.npy has changed: its SHA-256 is another")


def test_a_document_exchanged_for_another_is_refused(tmp_path):
    mark = f"evforecast model {FORMAT} {'0' * 64}".encode()
    refused(forge(tmp_path / "a", {}, mark=mark), "model.json has changed")


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"[",
        b"[]",
        b"{}",
        b"\xff",
        b'{"format": 1, "evforecast": "9", "members": 5}',
        b'{"format": 2, "evforecast": "9", "members": {}}',
        b'{"format": 1, "members": {}}',
        b'{"format": 1, "evforecast": "9", "members": {}, "a": NaN}',
        b'{"format": 1, "evforecast": "9", "members": {}, "a": ' + b"9" * 5000 + b"}",
        b"[" * 200_000,
    ],
    ids=lambda text: repr(text[:60]),
)
def test_documents_that_were_never_written_are_refused(tmp_path, document):
    refused(forge(tmp_path / "a", {}, document), "can read")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_of_packing_are_refused(tmp_path, compression):
    refused(forge(tmp_path / "a", {}, compression=compression), "packed in a way")


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = forge(tmp_path / "a", {"0000.npy": npy(np.zeros(1_000_000))})
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(archive_module, "_MOST_BYTES", 8_000_000)
    with monkeypatch.context() as patch:
        patch.setattr(zipfile.ZipFile, "read", None)
        refused(path, "unpacks to over 8,000,000 bytes")
    monkeypatch.setattr(archive_module, "_MOST_BYTES", 8_001_000)
    assert read_all(path)[1][0].shape == (1_000_000,)


def test_a_large_document_is_refused_before_it_is_unpacked(tmp_path, monkeypatch):
    path = forge(tmp_path / "a", {}, b"[" * 20_000_000)
    monkeypatch.setattr(zipfile.ZipFile, "read", None)
    refused(path, "its model.json has 20,000,000 bytes")


def test_a_member_larger_than_it_says_is_refused(tmp_path):
    path = forge(tmp_path / "a", {"0000.npy": npy(np.zeros(1000))})
    content = path.read_bytes()
    size = len(npy(np.zeros(1000)))
    lies = content.replace(size.to_bytes(4, "little"), (size - 800).to_bytes(4, "little"))
    assert lies != content
    path.write_bytes(lies)
    refused(path, "can read")


@pytest.mark.parametrize(
    ("dtype", "plain"),
    [(name, True) for name in ("f4", ">i8", "?", "U3", "M8[s]", "m8[h]")]
    + [(name, False) for name in ("O", "S3", "c8", "V4", "i4,f4", "g")],
)
def test_what_is_plain(dtype, plain):
    assert is_plain(np.dtype(dtype)) is plain
