import io
import struct
import zipfile
from dataclasses import replace

import pytest

from evforecast.inwarehouse.java import JavaScorer, compile_scorer


@pytest.mark.usefixtures("needs_java")
class TestWithJavac:
    def test_the_same_model_gives_the_same_jar(self, fitted, compiled):
        first = compiled(semi_markov_weight=0)
        again = compile_scorer(JavaScorer.of(fitted(semi_markov_weight=0)))
        assert first.jar == again.jar

    def test_the_jar_holds_classes_for_java_11_and_no_date(self, compiled):
        done = compiled(semi_markov_weight=0)
        with zipfile.ZipFile(io.BytesIO(done.jar)) as jar:
            entries = jar.infolist()
            assert entries[0].filename == "META-INF/MANIFEST.MF"
            assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
            classes = [entry for entry in entries if entry.filename.endswith(".class")]
            assert f"{done.scorer.class_name}.class" in {entry.filename for entry in classes}
            for entry in classes:
                magic, _, major = struct.unpack(">IHH", jar.read(entry)[:8])
                assert magic == 0xCAFEBABE
                assert major == 55
        assert done.jar_name == f"{done.scorer.class_name.lower()}.jar"
        assert f"{len(done.jar):,} bytes" in done.message

    def test_what_javac_refuses_is_told(self, compiled):
        scorer = replace(compiled(semi_markov_weight=0).scorer, source="public class {")
        done = compile_scorer(scorer)
        assert done.jar is None
        assert "<identifier> expected" in done.message
        assert "Install a JDK of 11 or later" in done.message


def test_without_javac_there_is_the_source_and_what_to_do(fitted, monkeypatch, tmp_path):
    scorer = JavaScorer.of(fitted(semi_markov_weight=0))
    monkeypatch.setenv("PATH", str(tmp_path))
    done = compile_scorer(scorer)
    assert done.jar is None
    assert done.scorer.source.startswith("import ")
    assert "javac: there is no such program here" in done.message
    assert f"javac --release 11 {done.scorer.class_name}.java" in done.message
