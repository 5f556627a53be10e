import pytest

from evforecast.errors import EmptyInputError, FileFormatError
from evforecast.migration.delimited import survey
from evforecast.migration.inference import infer


def types(tmp_path, text, null=""):
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    return infer(survey(path, lambda _: None), null)[1]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "75001", "-3"], "bigint"),
        (["007", "008"], "text"),
        (["+33", "+44"], "text"),
        (["1.5", "2"], "double precision"),
        (["1234567890.1234567890"], "numeric"),
        (["123456789012345678901234567890"], "numeric"),
        (["true", "false"], "boolean"),
        (["2020-01-01", "2020-12-31"], "date"),
        (["2020-01-01", "01/02/2020"], "text"),
        (["2020-01-01 00:15:00"], "timestamp"),
        (["2020-01-01T00:15:00+01:00"], "timestamptz"),
        (["12:30", "23:59:59"], "time"),
        (["", ""], "text"),
        (["", "5"], "bigint"),
        (["12E3", "1"], "text"),
        (["NaN", "1.0"], "text"),
    ],
)
def test_a_type_that_gives_every_value_back(tmp_path, values, kind):
    rows = "".join(f"x,{value}\n" for value in values)
    assert types(tmp_path, f"k,v\n{rows}")["v"] == kind


def test_all_rows_are_looked_at(tmp_path):
    rows = "".join(f"{n}\n" for n in range(50_000)) + "0050\n"
    assert types(tmp_path, f"v\n{rows}") == {"v": "text"}


def test_rows_of_another_length_are_named(tmp_path):
    with pytest.raises(FileFormatError, match="line 3"):
        types(tmp_path, "a,b\n1,2\n3\n4,5\n")
    with pytest.raises(FileFormatError, match=r"line 2.*in double quotes"):
        types(tmp_path, "a,b\n1,2,3\n4,5\n")


def test_no_rows_and_no_header(tmp_path):
    with pytest.raises(EmptyInputError, match="a header and no row"):
        types(tmp_path, "a,b\n")
    with pytest.raises(FileFormatError, match="the first line holds values, not names"):
        types(tmp_path, "1,2020-01-01\n2,2020-01-02\n")
