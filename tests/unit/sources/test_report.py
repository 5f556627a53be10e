"""The report of a reader."""

from evforecast.sources.report import ReadReport


def test_report_in_words_leaves_out_what_did_not_happen():
    assert (
        str(ReadReport("f.csv", rows_read=1234, rows_kept=1234))
        == "f.csv: 1,234 rows read, 1,234 kept"
    )


def test_report_in_words_says_all_that_happened():
    text = str(
        ReadReport(
            "f.csv",
            rows_read=10,
            rows_kept=6,
            repeats=2,
            conflicts=1,
            filler_rows=2,
            missing_slots=5,
            unknown_words={"Broken": 3},
            bad_cells={"rain_level": 4},
            notes=("something else",),
        )
    )
    for part in (
        "2 repeats",
        "1 of them",
        "2 filler",
        "5 missing",
        "'Broken' x 3",
        "4 bad",
        "else",
    ):
        assert part in text
