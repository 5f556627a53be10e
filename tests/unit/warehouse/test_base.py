import pytest

from evforecast.errors import InputError, TerminalError
from evforecast.warehouse import CopyError, FileFormat, WarehouseError
from evforecast.warehouse.base import check_on_error


@pytest.mark.parametrize(
    ("kind", "compression", "suffix"),
    [
        ("csv", "zstd", ".csv.zst"),
        ("csv", "gzip", ".csv.gz"),
        ("csv", "none", ".csv"),
        ("parquet", "zstd", ".parquet"),
    ],
)
def test_what_files_end_with(kind, compression, suffix):
    assert FileFormat(kind, compression).suffix == suffix


def test_formats_and_strategies_that_are_none():
    with pytest.raises(InputError, match="format='orc'"):
        FileFormat("orc")
    with pytest.raises(InputError, match="compression='bz2'"):
        FileFormat("csv", "bz2")
    check_on_error("continue")
    with pytest.raises(InputError, match="on_error='ignore'"):
        check_on_error("ignore")


def test_a_copy_error_names_its_file():
    error = CopyError("it is cut short", "a.csv")
    assert error.file == "a.csv"
    assert isinstance(error, WarehouseError | TerminalError)
