import gzip

import pyarrow as pa
import pytest

from evforecast.errors import EmptyInputError, FileFormatError, InputError
from evforecast.migration.delimited import check_null, survey

TEXT = "a;b\n1;é\n2;x\n"


def write(path, data):
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def look(path):
    told = []
    return survey(path, told.append), sum(told)


def test_what_a_file_is(tmp_path):
    path = write(tmp_path / "a.csv", TEXT)
    found, told = look(path)
    assert (found.delimiter, found.names, found.packing) == (";", ("a", "b"), "none")
    assert told == found.size == len(TEXT.encode())
    assert not found.changed
    write(path, TEXT + "3;y\n")
    assert found.changed


def test_packed_files_are_known_by_their_first_bytes(tmp_path):
    found, _ = look(write(tmp_path / "a", gzip.compress(TEXT.encode())))
    assert (found.packing, found.names) == ("gzip", ("a", "b"))
    packed = pa.Codec("zstd").compress(TEXT.encode(), asbytes=True)
    assert look(write(tmp_path / "b", packed))[0].packing == "zstd"


def test_rows_are_sent_as_postgresql_reads_them(tmp_path):
    found, _ = look(write(tmp_path / "a.csv", 'a,b\n1,\n2,""\n3,"x\ny"\n'))
    sent = b"".join(data for data, _ in found.rows("", 3))
    assert sorted(sent.decode().replace("x\ny", "x|y").splitlines()) == [
        '"1",',
        '"2",""',
        '"3","x|y"',
    ]


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        (b"", EmptyInputError, "the file is empty"),
        (b"a,b\n1,\xe9\n", FileFormatError, r"byte 6 \(0xe9\) is not UTF-8.*iconv"),
        ("a,b\n1,2\n".encode("utf-16"), FileFormatError, "UTF-8|null character"),
        (b"a,a\n1,2\n", FileFormatError, "more than once"),
        (b"a,,c\n1,2,3\n", FileFormatError, "without a name, at place: 2"),
        (b"PK\x03\x04rest", FileFormatError, "packed with zip, which is not read here"),
        (
            gzip.compress(TEXT.encode() * 99, mtime=0)[:-9],
            FileFormatError,
            "cannot be unpacked with gzip",
        ),
    ],
)
def test_what_is_no_table(tmp_path, data, error, words):
    with pytest.raises(error, match=words):
        look(write(tmp_path / "a.csv", data))


def test_lines_are_counted_as_an_editor_counts_them(tmp_path):
    found, _ = look(write(tmp_path / "a.csv", 'a,b\n"1\n1",x\n\n2,y\n3,z\n'))
    assert found.line(4) == 6  # row 3 begins on the fourth line of rows that is not blank


def test_what_cannot_stand_for_null():
    check_null("NA", ",")
    with pytest.raises(InputError, match="no delimiter"):
        check_null("n,a", ",")
