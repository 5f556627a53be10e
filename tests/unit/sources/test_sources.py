"""What the sources have in common."""

import gzip

import pytest

from evforecast import sources
from evforecast.errors import EmptyInputError, FileFormatError

LINES = {
    "challenge": "timestamp,S7-T1,S7-T2",
    "cpinfo": "20181101\t905\tCP:1\tCHAdeMO\tOOS\t-6.9,52.8\tAn Grianán\t-6.9\t52.8",
    "smarter_mobility": (
        "date,Station,Available,Charging,Passive,Other,tod,dow,trend,Latitude,Longitude,Postcode,area"
    ),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", LINES)
def test_detect(name, packed, tmp_path):
    path = tmp_path / "file"
    text = (LINES[name] + "\r\n").encode("latin-1")
    path.write_bytes(gzip.compress(text) if packed else text)
    assert sources.detect(path) == name


def test_detect_of_something_else_says_what_is_expected(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("a;b\n1;2\n")
    with pytest.raises(FileFormatError, match=r"'a;b'") as caught:
        sources.detect(path)
    assert all(f"{name}: " in str(caught.value) for name in LINES)
    path.write_text("")
    with pytest.raises(EmptyInputError):
        sources.detect(path)


@pytest.mark.parametrize("name", LINES)
def test_all_sources_offer_the_same_names(name):
    module = getattr(sources, name)
    assert {"FORMAT", "read", "read_with_report", "parse", "sniff"} <= set(module.__all__)
    assert set(module.__all__) <= set(dir(module))


def test_detect_real_files(data):
    assert sources.detect(data / "ireland" / "cpinfo_2018-11-01_2018-11-11.txt.xz") == "cpinfo"
    sample = data / "planete_oui" / "ytrain_raw_sample_head105_tail105.csv"
    assert sources.detect(sample) == "challenge"
