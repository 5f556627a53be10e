"""Check that the reference that was built names every public name.

Usage: ``python tools/check_reference.py SITE``. Public is what stands in ``__all__`` of a package that
``import evforecast as ev`` reaches, and of the modules named there. A name is in the reference when a page of
``SITE/reference`` has an anchor for it. Prints one line per name without, and exits with 1 when there is one.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

PACKAGE = "evforecast"
ANCHOR = re.compile(r'id="([\w.]+)"')


def anchors(site: Path) -> set[str]:
    """Return the names that the pages of the reference have an anchor for."""
    pages = sorted((site / "reference").glob("*.html"))
    return {name for page in pages for name in ANCHOR.findall(page.read_text(encoding="utf-8"))}


def public(module: ModuleType, seen: set[str]) -> Iterator[tuple[str, object]]:
    """Yield the public names of a module with what they stand for, and those of the modules among them."""
    seen.add(module.__name__)
    for name in module.__all__:
        value = getattr(module, name)
        if not isinstance(value, ModuleType):
            yield f"{module.__name__}.{name}", value
        elif value.__name__ not in seen:
            yield from public(value, seen)


def missing(site: Path, package: str = PACKAGE) -> tuple[list[str], int]:
    """Return the public names without an anchor, and how many public names there are."""
    found, seen, names = anchors(site), set(), {}
    top = importlib.import_module(package)
    for name in top.__all__:
        value = getattr(top, name)
        if isinstance(value, ModuleType) and value.__name__ not in seen:
            names.update(public(value, seen))
    lost = []
    for name, value in names.items():
        home, own = getattr(value, "__module__", ""), getattr(value, "__qualname__", "")
        module, _, last = name.rpartition(".")
        # A function that is called like its module is written with both.
        if not {name, f"{home}.{own}", f"{module}.{last}.{last}"} & found:
            lost.append(name)
    return lost, len(names)


def main(site: Path) -> int:
    """Print the names that are missing; return the exit code."""
    lost, total = missing(site)
    print(*[f"{name}: not in the reference: name it with ::: on a page" for name in lost], sep="\n")
    print(f"check_reference: {total - len(lost)} of {total} public names are in the reference")
    return bool(lost)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
