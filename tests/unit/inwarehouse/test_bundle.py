import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import evforecast
from evforecast.inwarehouse import make_bundle
from evforecast.inwarehouse.bundle import ENTRIES, closure

SOURCES = Path(evforecast.__file__).parent


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make_bundle(tmp_path_factory.mktemp("bundle"))


def loaded(code):
    listing = f"{code}; import sys; print(*[n for n in sys.modules if n.startswith('evforecast')])"
    done = subprocess.run(
        [sys.executable, "-c", listing], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_it_is_the_same_bytes_again_whatever_the_machine_does(made, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    old = os.umask(0o077)
    try:
        again = make_bundle(tmp_path)
    finally:
        os.umask(old)
    assert again.path.read_bytes() == made.path.read_bytes()
    assert again.path.name == made.path.name


def test_other_ends_of_lines_give_the_same_bytes(made, tmp_path, monkeypatch):
    real = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: real(path).replace(b"\n", b"\r\n"))
    assert make_bundle(tmp_path).sha256 == made.sha256


def test_what_is_inside(made):
    with zipfile.ZipFile(made.path) as file:
        entries = file.infolist()
        assert file.testzip() is None
        for entry in entries:
            assert file.read(entry) == (SOURCES.parent / entry.filename).read_bytes()
    assert list(made.modules) == sorted(made.modules)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o644}
    assert {entry.filename.partition("/")[0] for entry in entries} == {"evforecast"}
    assert len(entries) == len(made.modules)
    assert made.size == made.path.stat().st_size
    assert made.sha256[:8] in made.path.name


def test_it_holds_what_is_imported_and_little_else(made):
    needed = loaded("; ".join(f"import {entry}" for entry in ENTRIES))
    assert needed <= set(made.modules)
    # imports inside functions come on top
    later = set(made.modules) - needed
    assert len(later) < 12
    strange = {"cli", "collect", "migration", "plotting", "registry", "sources", "warehouse"}
    assert not {module.split(".")[1] for module in made.modules if "." in module} & strange


def test_imports_for_the_type_checker_do_not_count():
    # monitoring and so on stand in evforecast/__init__.py for it only
    assert closure(("evforecast",)) == ["evforecast", "evforecast._version"]


def test_imports_inside_functions_count():
    assert "evforecast.forecasting.saving" in closure(("evforecast.forecasting.base",))


def test_a_name_may_be_a_module():
    # `from evforecast.panel import convert` in panel.py
    assert "evforecast.panel.convert" in closure(("evforecast.panel.panel",))
