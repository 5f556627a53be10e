"""Check the rules of the house that no other tool checks.

Usage: ``python tools/check_house.py [ROOT]``. Prints one line per finding,
``file:line: what to do``, and exits with 1 when there is one. Nothing is imported: the sources
are read with `ast`. The rules are in CONTRIBUTING.md.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

PACKAGE = "evforecast"
MAX_LINES = 400
UNTESTED = {"__init__", "__main__", "_version"}
NOTE = re.compile(r"\b(TO[D]O|FIX[M]E)\b")  # so written that it does not find itself
CHECKED_FOR_NOTES = ("src", "tests", "tools", "benchmarks", "notebooks", "docs")

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@cache
def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def modules(root: Path) -> list[Path]:
    """Return the modules of the package."""
    return sorted(root.glob(f"src/{PACKAGE}/**/*.py"))


def check_sizes(root: Path) -> Iterator[str]:
    """Find modules that have grown too long."""
    for path in modules(root):
        lines = len(path.read_text(encoding="utf-8").splitlines())
        if lines > MAX_LINES:
            yield f"{path}:{MAX_LINES}: {lines} lines, at most {MAX_LINES}: split it"


def check_mirrors(root: Path) -> Iterator[str]:
    """Find modules without their test file."""
    for path in modules(root):
        if path.stem in UNTESTED:
            continue
        folder = root / "tests" / "unit" / path.parent.relative_to(root / "src" / PACKAGE)
        test = folder / f"test_{path.stem.removeprefix('_')}.py"
        if not test.exists():
            yield f"{path}:1: write its mirrored test, {test.relative_to(root)}"


def check_words(root: Path) -> Iterator[str]:
    """Find prints outside the command line, and notes left for later anywhere."""
    for path in modules(root):
        if path.relative_to(root / "src" / PACKAGE).parts[0].removesuffix(".py") == "cli":
            continue
        for node in ast.walk(parse(path)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
                yield f"{path}:{node.lineno}: log it, or return it: only the command line prints"
    for folder in CHECKED_FOR_NOTES:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in {".py", ".md"}:
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if NOTE.search(line):
                    yield f"{path}:{number}: do it now or file an issue; no notes in the sources"


def check_public_names(root: Path) -> Iterator[str]:
    """Find public names whose docstring is not complete."""
    done = set()
    for path in modules(root):
        if path.name != "__init__.py":
            continue
        package = ".".join(path.parent.relative_to(root / "src").parts)
        names = public_names(parse(path))
        if names is None:
            yield f'{path}:1: write __all__ as a plain list of names, __all__ = ["…"]'
            continue
        for name in names:
            found = find(root / "src", package, name)
            if found is None:
                yield f"{path}:1: define or import {name!r} of __all__ (if lazy: if TYPE_CHECKING)"
            elif isinstance(found[1], Definition) and found not in done:
                done.add(found)
                for line, message in check_definition(found[1]):
                    yield f"{found[0]}:{line}: {message}"


def public_names(tree: ast.Module) -> list[str] | None:
    """Return the names in ``__all__``: none without one, None when it is not a plain list."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            try:
                return list(ast.literal_eval(node.value))  # type: ignore[attr-defined]
            except ValueError:
                return None
    return []


def find(src: Path, module: str, name: str) -> tuple[Path, ast.AST] | None:
    """Find where `name` of `module` is defined, through imports between our own modules."""
    base = src.joinpath(*module.split("."))
    path = base / "__init__.py" if base.is_dir() else base.with_suffix(".py")
    for submodule in (base / f"{name}.py", base / name / "__init__.py"):
        if submodule.exists():
            return submodule, ast.Pass()
    body = parse(path).body if path.exists() else []
    for node in reversed(list(statements(body))):  # from the end: overloads come first
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if name in {getattr(item, "id", None) for item in targets} | {getattr(node, "name", None)}:
            return path, node
        names = {a.asname or a.name: a.name for a in getattr(node, "names", [])}
        if isinstance(node, ast.ImportFrom) and name in names:
            package = module.split(".")[: None if path.name == "__init__.py" else -1]
            parents = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join(filter(None, [*parents, node.module]))
            if source == module:  # `from . import name`, and there is no such file
                return None
            return find(src, source, names[name]) if source.startswith(PACKAGE) else (path, node)
    return None


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements of a module, those under if and try included."""
    for node in body:
        yield node
        if isinstance(node, ast.If | ast.Try | ast.ExceptHandler):
            for part in ("body", "handlers", "orelse"):
                yield from statements(getattr(node, part, []))


def check_definition(node: Definition) -> Iterator[tuple[int, str]]:
    """Find what the docstring of one public function or class lacks."""
    is_class, doc = isinstance(node, ast.ClassDef), ast.get_docstring(node) or ""
    methods = [item for item in node.body if isinstance(item, Function)] if is_class else []
    setup = [m for m in methods if m.name in {"__init__", "__post_init__"}] if is_class else [node]
    is_result = is_class and has_section(doc, "Attributes") and not has_section(doc, "Parameters")
    if takes_parameters(node, setup) and not (has_section(doc, "Parameters") or is_result):
        yield node.lineno, f"{node.name}: the docstring needs a Parameters section"
    if any(map(raises, setup)) and not has_section(doc, "Raises"):
        yield node.lineno, f"{node.name}: it raises, so the docstring needs a Raises section"
    for method in methods:
        method_doc = ast.get_docstring(method) or ""
        if method.name[0] != "_" and raises(method) and not has_section(method_doc, "Raises"):
            yield method.lineno, f"{node.name}.{method.name}: it raises: add a Raises section"
    docs = [doc, *(ast.get_docstring(method) or "" for method in methods)]
    bases = [ast.unparse(base) for base in node.bases] if is_class else []
    simple = node.name.endswith(("Error", "Warning")) or any("Protocol" in base for base in bases)
    if not (simple or is_result) and not any(
        has_section(text, "Examples") and ">>>" in text for text in docs
    ):
        yield node.lineno, f"{node.name}: the docstring needs Examples with a doctest (>>>)"


def has_section(doc: str, title: str) -> bool:
    """Return whether a numpydoc section stands in a docstring."""
    return f"{title}\n{'-' * len(title)}" in doc


def takes_parameters(node: Definition, setup: list[Function]) -> bool:
    """Return whether a function, or the making of an object, takes any argument."""
    for function in setup:
        a = function.args
        given = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, [a.vararg, a.kwarg])]
        if any(argument.arg not in {"self", "cls"} for argument in given):
            return True
    is_dataclass = any("dataclass" in ast.unparse(item) for item in node.decorator_list)
    fields = [item.target for item in node.body if isinstance(item, ast.AnnAssign)]
    return is_dataclass and any(not ast.unparse(field).startswith("_") for field in fields)


def raises(node: ast.AST) -> bool:
    """Return whether a function raises by itself, not through a function inside it."""
    inner = [child for child in ast.iter_child_nodes(node) if not isinstance(child, Definition)]
    return any((isinstance(child, ast.Raise) and child.exc) or raises(child) for child in inner)


def main(root: Path) -> int:
    """Print the findings; return the exit code."""
    checks = (check_sizes, check_mirrors, check_words, check_public_names)
    findings = [line.replace(f"{root}/", "") for check in checks for line in check(root)]
    print(*findings, sep="\n", end="\n" if findings else "")
    print(f"check_house: {len(findings)} finding(s) in {len(modules(root))} modules")
    return bool(findings)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[1]).resolve()))
