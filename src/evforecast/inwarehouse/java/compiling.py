"""javac, where there is one, and a jar that is the same whenever it is made."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from evforecast.inwarehouse.java.scorer import JavaScorer

__all__ = ["SHORT_RUN", "CompiledScorer", "compile_scorer"]

_RELEASE = "11"  # the oldest Java of the warehouse; every later one runs it
# A Java that runs for a second takes half of the processor's time without its best optimiser.
SHORT_RUN = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
_MANIFEST = "META-INF/MANIFEST.MF"


@dataclass(frozen=True)
class CompiledScorer:
    """A scorer and, where there is a javac, its jar.

    Attributes
    ----------
    scorer : JavaScorer
        Its source among it.
    jar : bytes or None
        None where it could not be compiled here.
    message : str
        What was done, or what to do to get the jar.
    """

    scorer: JavaScorer
    jar: bytes | None
    message: str

    @property
    def jar_name(self) -> str:
        """The name of the file: another model has another, so that none is overwritten in a stage."""
        return f"{self.scorer.class_name.lower()}.jar"


def compile_scorer(scorer: JavaScorer, *, javac: str = "javac") -> CompiledScorer:
    """Compile a scorer for Java 11 and later.

    Parameters
    ----------
    scorer : JavaScorer
    javac : str
        The compiler, of a JDK 11 or later: a name on the PATH, or a file.

    Returns
    -------
    CompiledScorer
        The same model, javac and zlib give the same jar, byte for byte. Without a javac that does it, the
        jar is None and the message says what to do.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.DirectForecaster(horizons=[4], target="free", random_state=0).fit(panel)
    >>> compiled = compile_scorer(JavaScorer.of(model), javac="no-such-javac")
    >>> compiled.jar is None, compiled.message.split(".")[0]
    (True, 'no-such-javac: there is no such program here')
    """
    name = scorer.class_name
    by_hand = (
        f"Install a JDK of 11 or later and call again; or write the source to {name}.java, run "
        f"javac --release {_RELEASE} {name}.java where there is one, and pack what comes into a jar; or "
        "create the function inline, which the warehouse compiles."
    )
    program = shutil.which(javac)
    if program is None:
        return CompiledScorer(scorer, None, f"{javac}: there is no such program here. {by_hand}")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"{name}.java")
        path.write_text(scorer.source, encoding="utf-8")
        command = [program, *(f"-J{option}" for option in SHORT_RUN)]
        command += ["--release", _RELEASE, "-encoding", "UTF-8", "-proc:none", path.name]
        done = subprocess.run(  # noqa: S603 - a list, and the source is ours
            command, cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            said = (done.stderr or done.stdout).strip()[-500:]
            return CompiledScorer(scorer, None, f"{program} failed: {said}. {by_hand}")
        classes = {found.name: found.read_bytes() for found in Path(folder).glob("*.class")}
    jar = _jar(classes)
    said = f"{len(classes)} classes for Java {_RELEASE} and later, {len(jar):,} bytes."
    return CompiledScorer(scorer, jar, said)


def _jar(classes: dict[str, bytes]) -> bytes:
    """Return a zip with no trace of when, where and by whom it was made."""
    members = {_MANIFEST: b"Manifest-Version: 1.0\r\n\r\n", **dict(sorted(classes.items()))}
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        for name, data in members.items():
            entry = zipfile.ZipInfo(name)  # its date is 1980, whatever the day
            entry.create_system = 3
            entry.external_attr = 0o644 << 16
            file.writestr(entry, data, zipfile.ZIP_DEFLATED, compresslevel=9)
    return packed.getvalue()
