from evforecast.migration.rejected import keep_rejected, read_rejected
from evforecast.warehouse import LoadedFile

ROW = {"line": 2, "column": "n", "reason": "not a number", "text": "x\u2028y,é"}


def test_rows_are_kept_with_their_reason(tmp_path):
    keep_rejected(tmp_path, LoadedFile("a.csv", "partly loaded", 1, [ROW, ROW]))
    assert read_rejected(tmp_path) == [{"file": "a.csv", **ROW}] * 2


def test_a_second_try_takes_the_place_of_the_first(tmp_path):
    for _ in range(2):
        keep_rejected(tmp_path, LoadedFile("a.csv", "partly loaded", 1, [ROW]))
    assert len(read_rejected(tmp_path)) == 1


def test_nothing_is_written_for_nothing(tmp_path):
    keep_rejected(tmp_path, LoadedFile("a.csv", "loaded", 1))
    assert list(tmp_path.iterdir()) == []
