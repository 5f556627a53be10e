"""Build what a user would install, install it in an empty environment, and run the quick start there.

Usage: ``python tools/check_wheel.py [FOLDER]``; the wheel and the source distribution are left in FOLDER
(default ``dist``). The wheel is built from the source distribution, so that one is shown to be whole.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import venv
import zipfile
from email.message import Message
from email.parser import BytesParser
from pathlib import Path

ROOT = Path(__file__).parents[1]
WANTED = ("Name", "Version", "Summary", "License-Expression", "Requires-Python", "Keywords")
SNIPPET = re.compile(r"```python\n(.*?)```", re.DOTALL)


def built(folder: Path) -> Path:
    """Build the source distribution and from it the wheel; return the wheel."""
    for old in [*folder.glob("evforecast-*.whl"), *folder.glob("evforecast-*.tar.gz")]:
        old.unlink()
    run([sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)])
    (wheel,) = folder.glob("evforecast-*.whl")
    return wheel


def lacking(wheel: Path) -> list[str]:
    """Return what the wheel lacks: modules of the checkout, and facts about it."""
    package = ROOT / "src"
    ours = {
        path.relative_to(package).as_posix()
        for path in package.glob("evforecast/**/*")
        if path.is_file() and path.suffix != ".pyc"
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (about,) = [name for name in names if name.endswith(".dist-info/METADATA")]
        facts: Message = BytesParser().parsebytes(archive.read(about))
    absent = [f"file {name}" for name in sorted(ours - names)]
    absent += [f"metadata {name}" for name in WANTED if not facts.get(name)]
    absent += ["metadata Description"] if not facts.get_payload() else []
    return absent


def run(command: list[str], folder: Path = ROOT) -> None:
    """Run a command; end with its code where it fails."""
    done = subprocess.run(command, cwd=folder, check=False)
    if done.returncode:
        sys.exit(f"check_wheel: {' '.join(command)} ended with {done.returncode}")


def main(folder: Path) -> int:
    """Build, install, run; return the exit code."""
    wheel = built(folder)
    if absent := lacking(wheel):
        print(*[f"{wheel.name} lacks {one}" for one in absent], sep="\n")
        return 1
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        venv.create(place / "env", with_pip=True)
        python = str(place / "env" / ("Scripts" if sys.platform == "win32" else "bin") / "python")
        pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run([python, *pip, "-c", str(ROOT / "constraints.txt"), str(wheel)])
        for number, text in enumerate(SNIPPET.findall((ROOT / "README.md").read_text("utf-8"))):
            script = place / f"quick_start_{number}.py"
            script.write_text(text, encoding="utf-8")
            run([python, "-I", str(script)], place)
        run([python, "-I", "-m", "evforecast", "--version"], place)
    print(f"check_wheel: {wheel.name} installs in an empty environment and runs the quick start")
    return 0


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist"
    sys.exit(main(target.resolve()))
