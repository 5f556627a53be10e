"""Each notebook runs from top to bottom, and keeps no outputs and no long functions."""

import ast
import json
from pathlib import Path

import matplotlib as mpl
import pytest

NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("*.ipynb"))


def code_cells(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.notebook
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(path):
    import matplotlib.pyplot as plt

    scope = {"__name__": "__main__"}
    with mpl.rc_context({"backend": "Agg", "figure.max_open_warning": 0}):
        for place, cell in enumerate(code_cells(path)):
            source = "".join(cell["source"])
            exec(compile(source, f"{path.name}, code cell {place}", "exec"), scope)  # noqa: S102 - our own text
        plt.close("all")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_has_no_outputs_and_no_long_function(path):
    for cell in code_cells(path):
        assert not cell["outputs"]
        for node in ast.walk(ast.parse("".join(cell["source"]))):
            if isinstance(node, ast.FunctionDef):
                assert node.end_lineno - node.lineno < 5
