"""The notebooks: each is written as text, and its ``.ipynb`` is made from it.

Usage: ``python tools/notebooks.py [--run] [NAME …]``. Writes ``notebooks/NAME.ipynb`` from
``notebooks/NAME.py`` (percent format, the one that jupytext reads and writes), without outputs; all of them
by default. With ``--run`` each is also run from top to bottom, and the seconds it took are printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).parents[1] / "notebooks"


class Cell(NamedTuple):
    """A cell: ``markdown`` or ``code``, and its text."""

    kind: str
    source: str


def cells_of_text(text: str) -> list[Cell]:
    """Return the cells of a text in percent format; what stands before the first is its header."""
    parts = ("\n" + text).split("\n# %%")[1:]
    return [_cell(*part.partition("\n")[::2]) for part in parts]


def _cell(title: str, body: str) -> Cell:
    if title.strip() == "[markdown]":
        lines = [line.removeprefix("#").removeprefix(" ") for line in body.strip().splitlines()]
        return Cell("markdown", "\n".join(lines))
    return Cell("code", body.strip("\n"))


def cells_of_notebook(text: str) -> list[Cell]:
    """Return the cells of an ``.ipynb`` file."""
    return [Cell(c["cell_type"], "".join(c["source"])) for c in json.loads(text)["cells"]]


def notebook(text: str, stem: str) -> str:
    """Return the ``.ipynb`` file of a text: always the same for the same text."""
    name = stem.partition("_")[2] or stem
    cells = [
        _json_cell(cell, f"{name}-{place:02d}") for place, cell in enumerate(cells_of_text(text))
    ]
    metadata = {
        "jupytext": {"formats": "ipynb,py:percent"},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    book = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(book, indent=1, ensure_ascii=False) + "\n"


def _json_cell(cell: Cell, name: str) -> dict[str, Any]:
    lines = cell.source.splitlines(keepends=True)
    common = {"cell_type": cell.kind, "id": name, "metadata": {}, "source": lines}
    if cell.kind == "code":
        return {**common, "execution_count": None, "outputs": []}
    return common


def run(path: Path) -> None:
    """Run the code cells of an ``.ipynb`` file in order, and draw every picture, into memory."""
    import matplotlib as mpl
    import matplotlib.pyplot as plt

    scope: dict[str, Any] = {"__name__": "__main__"}
    with mpl.rc_context({"backend": "Agg", "figure.max_open_warning": 0}):
        code = [cell for cell in cells_of_notebook(path.read_text("utf-8")) if cell.kind == "code"]
        for place, cell in enumerate(code):
            name = f"{path.name}, code cell {place}"
            exec(compile(cell.source, name, "exec"), scope)  # noqa: S102 - our own text
            for number in plt.get_fignums():
                plt.figure(number).canvas.draw()
            plt.close("all")


def texts(names: Sequence[str] = ()) -> list[Path]:
    """Return the texts, in the order of the story; those of `names` alone if there are any."""
    return [path for path in sorted(FOLDER.glob("*.py")) if not names or path.stem in names]


def main(arguments: list[str]) -> int:
    """Write the notebooks, and run them if asked to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="which; all by default")
    parser.add_argument("--run", action="store_true", help="run them too")
    asked = parser.parse_args(arguments)
    if strangers := set(asked.names) - {path.stem for path in texts()}:
        parser.error(f"no notebook {', '.join(sorted(strangers))} in {FOLDER}")
    total = 0.0
    for text in texts(asked.names):
        book = text.with_suffix(".ipynb")
        book.write_text(notebook(text.read_text("utf-8"), text.stem), "utf-8")
        if asked.run:
            started = time.perf_counter()
            run(book)
            took = time.perf_counter() - started
            total += took
            print(f"{text.stem:24}{took:8.1f} s", flush=True)
    if asked.run:
        print(f"{'all':24}{total:8.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
