import json

import numpy as np
import pytest

from evforecast.scenarios import StepResult, runs
from evforecast.scenarios.record import keep


def result(step="predict", status="done", at="2026-01-05T00:00:00", **more):
    return StepResult(step, "r1", np.datetime64(at), status, 3, 0.5, 10**6, **more)


def test_records_come_back_in_their_order(tmp_path):
    keep(result("load", at="2026-01-31T00:00:00"), tmp_path)
    keep(
        result("predict", at="2026-02-01T00:00:00", watermark=np.datetime64("2026-02-01", "s")),
        tmp_path,
    )
    keep(
        result("predict", at="2026-02-01T00:00:00", artefacts={"driver-1": "96 cutoffs"}), tmp_path
    )
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2026-01.jsonl", "2026-02.jsonl"]
    found = runs(tmp_path)
    assert found["step"].tolist() == ["load", "predict", "predict"]
    assert found["as_of"].dtype == "datetime64[s]"
    assert found["watermark"].isna().tolist() == [True, False, True]
    assert found["artefacts"].tolist()[-1] == {"driver-1": "96 cutoffs"}


def test_a_line_that_a_kill_cut_short_is_written_over(tmp_path):
    keep(result("load"), tmp_path)
    path = tmp_path / "2026-01.jsonl"
    path.write_bytes(path.read_bytes() + b'{"step": "pre')
    assert runs(tmp_path)["step"].tolist() == ["load"]
    keep(result("predict"), tmp_path)
    assert [json.loads(line)["step"] for line in path.read_text().splitlines()] == [
        "load",
        "predict",
    ]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("done", 0),
        ("nothing", 0),
        ("planned", 0),
        ("EMPTY", 10),
        ("WARNING", 10),
        ("ERROR", 20),
        ("failed", 1),
    ],
)
def test_exit_codes(status, code):
    assert result(status=status).exit_code == code


def test_without_a_run_there_is_a_table_without_rows(tmp_path):
    found = runs(tmp_path / "none")
    assert len(found) == 0
    assert "peak_memory" in found
