"""Each notebook is made from a text, and says the same; how the two are read and written."""

import json

import pytest

import notebooks
from notebooks import FOLDER, Cell, cells_of_notebook, cells_of_text, main, notebook, run, texts

TEXT = """# ---
# jupyter:
# ---

# %% [markdown]
# # A title
#
# A paragraph.

# %%
x = 1


def double(y):
    return 2 * y


# %%
# a comment
print(double(x))
"""
CELLS = [
    Cell("markdown", "# A title\n\nA paragraph."),
    Cell("code", "x = 1\n\n\ndef double(y):\n    return 2 * y"),
    Cell("code", "# a comment\nprint(double(x))"),
]
each = pytest.mark.parametrize("text", texts(), ids=lambda path: path.stem)


def test_every_notebook_has_its_text_and_every_text_its_notebook():
    assert [path.stem for path in texts()] == sorted(path.stem for path in FOLDER.glob("*.ipynb"))


@each
def test_the_two_say_the_same(text):
    book = text.with_suffix(".ipynb").read_text("utf-8")
    assert cells_of_notebook(book) == cells_of_text(text.read_text("utf-8")), "run make notebooks"


@each
def test_jupytext_reads_the_same_cells(text):
    jupytext = pytest.importorskip("jupytext", reason="pip install jupytext")
    read = [Cell(cell.cell_type, cell.source) for cell in jupytext.read(text).cells]
    assert read == cells_of_text(text.read_text("utf-8"))


def test_cells_are_read_from_a_text():
    assert cells_of_text(TEXT) == CELLS


def test_a_notebook_holds_the_cells_of_its_text_and_nothing_else():
    book = notebook(TEXT, "00_tour")
    assert cells_of_notebook(book) == CELLS
    cells = json.loads(book)["cells"]
    assert [cell["id"] for cell in cells] == ["tour-00", "tour-01", "tour-02"]
    assert [cell.get("outputs") for cell in cells] == [None, [], []]
    assert book == notebook(TEXT, "00_tour")


def test_a_notebook_is_valid():
    nbformat = pytest.importorskip("nbformat", reason="pip install jupytext")
    nbformat.validate(nbformat.reads(notebook(TEXT, "00_tour"), as_version=4))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return a folder with one text, taken for that of the notebooks."""
    (tmp_path / "10_one.py").write_text(TEXT, "utf-8")
    monkeypatch.setattr(notebooks, "FOLDER", tmp_path)
    return tmp_path


def test_all_are_written_and_run_on_demand(folder, capsys):
    assert main([]) == 0
    assert cells_of_notebook((folder / "10_one.ipynb").read_text("utf-8")) == CELLS
    assert not capsys.readouterr().out
    assert main(["--run", "10_one"]) == 0
    said = capsys.readouterr().out.split()
    assert said[:2] == ["2", "10_one"]
    assert said[-1] == "s"


def test_a_name_that_is_none_is_said(folder, capsys):
    with pytest.raises(SystemExit):
        main(["20_two"])
    assert "no notebook 20_two" in capsys.readouterr().err
    assert not list(folder.glob("*.ipynb"))


def test_a_fault_names_the_notebook_and_the_cell(tmp_path):
    book = tmp_path / "10_one.ipynb"
    book.write_text(notebook("# %%\nx = 1\n\n# %%\n1 / 0\n", "10_one"), "utf-8")
    with pytest.raises(ZeroDivisionError) as caught:
        run(book)
    assert str(caught.traceback[-1].path).endswith("10_one.ipynb, code cell 1")
