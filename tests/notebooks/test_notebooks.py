"""Each notebook runs from top to bottom, keeps no outputs, and calls the library instead of growing code."""

import ast
import json

import pytest

from notebooks import FOLDER, cells_of_notebook, run

BOOKS = sorted(FOLDER.glob("*.ipynb"))
each = pytest.mark.parametrize("path", BOOKS, ids=lambda path: path.stem)


def trees(path):
    """Return the syntax tree of each code cell."""
    cells = cells_of_notebook(path.read_text("utf-8"))
    return [ast.parse(cell.source) for cell in cells if cell.kind == "code"]


def test_there_are_notebooks():
    assert BOOKS


@pytest.mark.notebook
@each
def test_runs_from_top_to_bottom(path):
    run(path)


@each
def test_keeps_no_outputs(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)


@each
def test_has_no_long_function(path):
    for tree in trees(path):
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 5, node.name


@each
def test_leaves_pictures_to_the_library(path):
    for tree in trees(path):
        for node in ast.walk(tree):
            names = [alias.name for alias in getattr(node, "names", []) if hasattr(alias, "name")]
            assert not any(name.startswith("matplotlib") for name in names)
            # pandas draws through an attribute plot, and a frame is no picture of ours
            assert not (isinstance(node, ast.Attribute) and node.attr == "plot")


@each
def test_draws_in_the_look_of_the_library(path):
    calls = [ast.unparse(tree) for tree in trees(path)]
    drawn = [place for place, text in enumerate(calls) if "ax = ev.plotting." in text]
    themed = [place for place, text in enumerate(calls) if "ev.plotting.set_theme(" in text]
    assert not drawn or (themed and themed[0] <= drawn[0])
