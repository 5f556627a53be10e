import gzip
import hashlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from evforecast.migration import parts
from evforecast.migration.parts import Part, PartWriter
from evforecast.warehouse import Column, FileFormat
from evforecast.warehouse.hashing import file_hash

COLUMNS = [Column("n", "int4"), Column('a "b"', "text"), Column("yes", "bool")]
ROWS = b'1,"",t\n2,,f\n,"x\ny",\n'


def read(path, file_format):
    if file_format.compression == "gzip":
        return gzip.decompress(path.read_bytes())
    if file_format.compression == "none":
        return path.read_bytes()
    with pa.CompressedInputStream(pa.OSFile(str(path)), "zstd") as stream:
        return stream.read()


@pytest.mark.parametrize("compression", ["zstd", "gzip", "none"])
def test_csv_comes_out_as_it_came_in(tmp_path, compression):
    file_format = FileFormat("csv", compression)
    path = tmp_path / f"a{file_format.suffix}"
    writer = PartWriter(path, COLUMNS, file_format)
    writer.write(ROWS)
    writer.write(ROWS)
    assert not path.exists()
    part = writer.close(rows=6, seconds=1.5)
    assert read(path, file_format) == ROWS + ROWS
    assert (part.rows, part.csv_size, part.size) == (6, 2 * len(ROWS), path.stat().st_size)
    assert part.sha256 == file_hash(path) == hashlib.sha256(path.read_bytes()).hexdigest()
    assert list(tmp_path.iterdir()) == [path]
    assert Part(**part.to_dict()) == part


def test_parquet_tells_null_from_an_empty_text(tmp_path):
    path = tmp_path / "a.parquet"
    writer = PartWriter(path, COLUMNS, FileFormat("parquet"))
    writer.write(ROWS)
    writer.close(rows=3, seconds=0.0)
    assert pq.read_table(path).to_pydict() == {
        "n": [1, 2, None],
        'a "b"': ["", None, "x\ny"],
        "yes": [True, False, None],
    }


def test_parquet_is_written_in_groups(tmp_path, monkeypatch):
    monkeypatch.setattr(parts, "_GROUP", 100)
    path = tmp_path / "a.parquet"
    writer = PartWriter(path, [Column("n", "int4"), Column("t", "text")], FileFormat("parquet"))
    for n in range(50):
        writer.write(f'{n},"{"long " * (n % 7 * 40)}"\n'.encode())
    writer.close(rows=50, seconds=0.0)
    assert pq.ParquetFile(path).num_row_groups > 5
    assert pq.read_table(path)["n"].to_pylist() == list(range(50))


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_what_is_abandoned_leaves_nothing(tmp_path, kind, capfd):
    writer = PartWriter(tmp_path / "a", COLUMNS, FileFormat(kind))
    writer.write(ROWS[:-3])
    writer.abandon()
    del writer
    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr().err == ""
