"""Opening text: compression, encodings, damage, and the split into columns."""

import bz2
import gzip
import io
import lzma

import numpy as np
import pytest

from evforecast.errors import EmptyInputError, FileFormatError
from evforecast.sources import _textfile

ROWS = "".join(f"{i},à{i % 7}\n" for i in range(2_000))
TEXT = "a,b\n" + ROWS


def read(source, encoding="utf-8", **options):
    with _textfile.open_text(source, encoding) as stream:
        names = _textfile.header(stream, ["a", "b"], "two columns")
        return _textfile.read_table(stream, names, ["a", "b"], expected="two columns", **options)


def check(table):
    assert _textfile.text(table["a"]).tolist() == [str(i) for i in range(2_000)]
    assert _textfile.text(table["b"]).tolist() == [f"à{i % 7}" for i in range(2_000)]


@pytest.mark.parametrize("small_blocks", [False, True])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16"])
def test_text_is_the_same_however_it_was_written(encoding, newline, small_blocks, monkeypatch):
    if small_blocks:
        monkeypatch.setattr(_textfile, "_BLOCK", 333)  # splits lines, and letters of two bytes
    data = TEXT.replace("\n", newline).encode(encoding)
    check(read(data, "utf-8" if encoding == "utf-8-sig" else encoding))


@pytest.mark.parametrize(
    ("compress", "suffix"), [(gzip.compress, "gz"), (bz2.compress, "bz2"), (lzma.compress, "xz")]
)
def test_compression_is_told_by_content_not_by_name(compress, suffix, tmp_path):
    for name in (f"a.csv.{suffix}", "a.csv"):
        path = tmp_path / name
        path.write_bytes(compress(TEXT.encode()))
        check(read(path))
        check(read(str(path)))


def test_buffers_of_bytes_and_of_text():
    check(read(io.BytesIO(TEXT.encode())))
    check(read(io.StringIO(TEXT), encoding="latin-1"))  # text has no encoding any more


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_file_cut_short(compress, tmp_path):
    path = tmp_path / "cut.csv"
    whole = compress(TEXT.encode())
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(FileFormatError, match=r"cut short.*Fetch it again"):
        read(path)


def test_compressed_file_damaged_in_the_middle():
    whole = bytearray(gzip.compress(TEXT.encode()))
    whole[len(whole) // 2] ^= 0xFF
    with pytest.raises(FileFormatError, match="damaged"):
        read(bytes(whole))


@pytest.mark.parametrize("block", [7, 1 << 20])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_wrong_encoding_names_the_byte(mark, block, monkeypatch):
    monkeypatch.setattr(_textfile, "_BLOCK", block)
    data = mark + b"a,b\n1,good \xc3\xa9\n" + b"2,caf\xe9\n"
    with pytest.raises(FileFormatError, match=rf"0xe9 at offset {len(data) - 2:,} .*encoding="):
        read(data)


def test_text_ends_within_a_letter():
    with pytest.raises(FileFormatError, match="0xc3 at offset 6"):
        read(b"a,b\n1,\xc3")


def test_utf16_read_as_something_else():
    data = TEXT.encode("utf-16-le")
    with pytest.raises(FileFormatError, match=r"NUL byte at offset 1.*utf-16"):
        read(data, "latin-1")


@pytest.mark.parametrize("data", [b"", gzip.compress(b"", mtime=0), b"\xef\xbb\xbf"])
def test_empty_file(data):
    with pytest.raises(EmptyInputError, match="empty"):
        read(data)


@pytest.mark.parametrize("data", [b"a,b", b"a,b\n", b"a,b\r\n\n\n"])
def test_header_without_rows(data):
    with pytest.raises(EmptyInputError, match="no rows"):
        read(data)


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("x,y", "no column 'a'"),
        ("a,b,b", "twice: 'b'"),
        ("a,b,", "without a name"),
        ("", "no column"),
    ],
)
def test_header_of_the_wrong_shape(first, message):
    with pytest.raises(FileFormatError, match=message):
        read(f"{first}\n1,2\n".encode())


@pytest.mark.parametrize("bad", ["7", "7,8,9"])
@pytest.mark.parametrize("block", [50, 1 << 20])
def test_ragged_row_is_named(bad, block, monkeypatch):
    monkeypatch.setattr(_textfile, "_BLOCK", block)
    with pytest.raises(FileFormatError, match=r"row 1,002: Expected 2 columns"):
        read(("a,b\n" + "1,2\n" * 1_000 + bad + "\n1,2\n").encode())


def test_integer_that_is_none_is_named():
    with pytest.raises(FileFormatError, match=r"row 3: .*int32.*'x'"):
        read(b"a,b\n1,2\nx,3\n", integers=["a"])


def test_quotes_and_blanks():
    table = read(b'a,b\n"1,5",\n,"x ""y"""\n')
    assert _textfile.text(table["a"]).fillna("blank").tolist() == ["1,5", "blank"]
    assert _textfile.text(table["b"]).fillna("blank").tolist() == ["blank", 'x "y"']


def test_numbers():
    table = read(b"a,b\n1,x\n,2\n-2.5e1,inf\n")
    values, n_bad = _textfile.numbers(table["a"], "a")
    np.testing.assert_array_equal(values, [1, np.nan, -25])
    assert n_bad == 0
    values, n_bad = _textfile.numbers(table["b"], "b", "missing")
    np.testing.assert_array_equal(values, [np.nan, 2, np.nan])
    assert n_bad == 2
    with pytest.raises(
        FileFormatError, match=r"2 cells are no number, the first in row 2: 'x'\. Mend"
    ):
        _textfile.numbers(table["b"], "b")


def test_first_line_ignores_the_byte_order_mark(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"\xef\xbb\xbfa,b\r\n1,2\r\n")
    assert _textfile.first_line(path) == "a,b"


def test_users_file_stays_open():
    buffer = io.BytesIO(TEXT.encode())
    read(buffer)
    assert not buffer.closed
