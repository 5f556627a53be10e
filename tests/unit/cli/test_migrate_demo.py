import pytest

import evforecast as ev
from evforecast.cli import main
from evforecast.cli.migrate_demo import write_history
from evforecast.warehouse import connect


def test_every_status_is_a_row(tmp_path):
    panel = ev.simulate(n_evse=3, days=1, random_state=0)
    assert write_history(panel, tmp_path / "a.csv") == 288
    lines = (tmp_path / "a.csv").read_text("utf-8").splitlines()
    assert len(lines) == 289
    assert lines[0] == "observed_at,evse_id,status"
    missing = int((panel.codes == -1).sum())
    assert sum(line.endswith(",") for line in lines) == missing


@pytest.mark.integration
def test_the_demonstration(tmp_path, capsys, server):
    out = tmp_path / "demo"
    assert main(["migrate", "--demo", "--evse", "20", "--days", "40", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "status: 76,880 rows in" in said
    assert "merged    76,880 inserted, 0 updated" in said
    assert "merged    1,000 inserted, 0 updated" in said
    assert "| verified equal | yes | yes | yes | yes | yes |" in said
    assert sorted(path.name for path in out.iterdir()) == [
        "ev.duckdb",
        "layouts.svg",
        "report.md",
        "work",
    ]
    with connect(f"duckdb:///{out / 'ev.duckdb'}") as warehouse:
        assert warehouse.run("SELECT count(*) FROM status") == [(76_880,)]
