import io
import sys

from evforecast.migration.progress import Progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_a_terminal_with_rows_a_second(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    # Wide enough for a speed of any length: a bar cuts what does not fit.
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("LINES", "24")
    with Progress().phase("export", total=2e6, unit="B") as bar:
        bar.add(1e6)
        bar.rows(500, "2020-01.csv")
        bar.add(1e6)
    text = sys.stderr.getvalue()
    assert "export" in text
    assert "100%" in text
    assert "2020-01.csv" in text
    assert "rows/s" in text


def test_nothing_where_nobody_looks(capsys):
    for progress in (Progress(), Progress(shown=False)):
        with progress.phase("load", total=3, unit="B") as bar:
            bar.add(3)
            bar.rows(3, "a")
    assert capsys.readouterr().err == ""
