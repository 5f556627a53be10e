"""What tools/check_reference.py finds, on a small package and a site made by hand."""

import sys

import pytest

import check_reference

FILES = {
    "__init__.py": "from small_city import maps, parts\n__all__ = ['maps', 'parts']\n",
    "maps.py": "def plain(): ...\ndef hidden(): ...\n__all__ = ['plain', 'hidden']\n",
    "parts/__init__.py": "from small_city.parts.turn import turn\n__all__ = ['turn']\n",
    "parts/turn.py": "def turn(): ...\n",
}


@pytest.fixture
def site(tmp_path, monkeypatch):
    for name, text in FILES.items():
        path = tmp_path / "small_city" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "reference").mkdir()
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("small_city")]:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("anchors", "lost"),
    [
        (["small_city.maps.plain"], ["small_city.maps.hidden", "small_city.parts.turn"]),
        (["small_city.maps.plain", "small_city.maps.hidden", "small_city.parts.turn.turn"], []),
    ],
)
def test_names_without_an_anchor_are_found(site, anchors, lost):
    page = "".join(f'<h2 id="{anchor}">x</h2>' for anchor in anchors)
    (site / "reference" / "all.html").write_text(page)
    assert check_reference.missing(site, "small_city") == (lost, 3)
