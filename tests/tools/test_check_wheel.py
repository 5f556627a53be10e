"""What tools/check_wheel.py finds missing in a wheel."""

import zipfile

import pytest

import check_wheel

FACTS = """Metadata-Version: 2.4
Name: evforecast
Version: 0.1
Summary: Forecasts.
License-Expression: Apache-2.0
Requires-Python: >=3.11
Keywords: charging

Long text.
"""


def make(path, names, facts=FACTS):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("evforecast-0.1.dist-info/METADATA", facts)
        for name in names:
            archive.writestr(name, "")
    return path


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    package = tmp_path / "src" / "evforecast"
    (package / "__pycache__").mkdir(parents=True)
    for name in ("__init__.py", "py.typed", "page.css", "__pycache__/a.pyc"):
        (package / name).write_text("")
    monkeypatch.setattr(check_wheel, "ROOT", tmp_path)
    return [f"evforecast/{name}" for name in ("__init__.py", "py.typed", "page.css")]


def test_a_whole_wheel_lacks_nothing(checkout, tmp_path):
    assert check_wheel.lacking(make(tmp_path / "a.whl", checkout)) == []


def test_what_is_missing_is_named(checkout, tmp_path):
    facts = FACTS.replace("Summary: Forecasts.\n", "").replace("Long text.\n", "")
    wheel = make(tmp_path / "a.whl", checkout[:-1], facts)
    assert check_wheel.lacking(wheel) == [
        "file evforecast/page.css",
        "metadata Summary",
        "metadata Description",
    ]
