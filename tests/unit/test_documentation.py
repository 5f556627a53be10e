"""The Python of the README and of the documentation runs as it is written."""

import re
import sys
from pathlib import Path
from types import ModuleType

import matplotlib as mpl
import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def snippets(path):
    return re.findall(r"```python\n(.*?)```", path.read_text("utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", [p for p in PAGES if snippets(p)], ids=lambda path: path.name)
def test_snippets_run(path, tmp_path, monkeypatch):
    import matplotlib.pyplot as plt

    monkeypatch.chdir(tmp_path)
    module = ModuleType("typed_in")  # a home for the classes: what has none cannot be pickled
    monkeypatch.setitem(sys.modules, module.__name__, module)
    scope = vars(module)
    with mpl.rc_context({"backend": "Agg"}):
        for source in snippets(path):
            exec(compile(source, path.name, "exec"), scope)  # noqa: S102 - our own text
        plt.close("all")
