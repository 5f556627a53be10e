import io
import sys

import numpy as np
import pytest

import evforecast as ev
from evforecast.cli import main
from evforecast.cli.demo import _Progress


@pytest.fixture
def challenge_file(tmp_path):
    """Write five days of a city as a challenge file: wide, naive local times, the feed's words."""
    panel = ev.simulate(n_evse=9, days=5, start="2020-02-03", random_state=0)
    words = np.array(["Available", "Charging", "Passive", "Offline", "Down", ""], dtype=object)
    local = np.asarray(panel.times) + np.timedelta64(1, "h")
    path = tmp_path / "status.csv"
    with path.open("w", encoding="utf-8") as file:
        file.write("timestamp," + ",".join(panel.evse_ids) + "\n")
        for time, row in zip(local, panel.codes, strict=True):
            file.write(str(time).replace("T", " ") + "," + ",".join(words[row]) + "\n")
    return path


def test_a_simulated_city_ends_in_a_report(tmp_path, capsys):
    out = tmp_path / "demo"
    assert main(["demo", "--evse", "12", "--days", "5", "--out", str(out)]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    for name, ahead in (
        ("driver", "15 min"),
        ("driver", "4 h"),
        ("supplier", "24 h"),
        ("park", "24 h"),
    ):
        row = next(line for line in lines if line.startswith(f"{name:<10}{ahead:<10}"))
        assert len(row.removeprefix(f"{name:<10}{ahead:<10}").split()) == 6
    assert lines[-1].startswith(f"Report: {out / 'report.html'}")
    assert said.err.count("\n") == 15
    assert [entry.name for entry in out.iterdir()] == ["report.html"]
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "These chargers are simulated." in text
    assert f"evforecast demo --out {out} --days 5 --seed 0 --evse 12" in text


def test_a_challenge_file_of_local_times(challenge_file, tmp_path, capsys):
    out = tmp_path / "demo"
    assert main(["demo", "--data", str(challenge_file), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "status.csv (challenge)" in said
    assert "Europe/Paris is assumed" in said
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "2020-02-03 00:00 (Europe/Paris)" in text
    assert "There is no map" in text


def test_quiet_says_nothing_and_uses_only_the_days_asked_for(challenge_file, tmp_path, capsys):
    out = tmp_path / "demo"
    options = ["--tz", "Europe/Paris", "--days", "4", "--quiet", "--out", str(out)]
    assert main(["demo", "--data", str(challenge_file), *options]) == 0
    said = capsys.readouterr()
    assert not said.out
    assert not said.err
    text = (out / "report.html").read_text(encoding="utf-8")
    assert "Only the last 4 days" in text
    assert "is assumed" not in text
    assert "2020-02-04 00:00 (Europe/Paris)" in text


def test_a_file_of_no_known_format(tmp_path, capsys):
    path = tmp_path / "notes.txt"
    path.write_text("hello\n", encoding="utf-8")
    assert main(["demo", "--data", str(path), "--quiet"]) == 2
    assert "no known format" in capsys.readouterr().err


def test_a_file_of_station_counts_is_refused(tmp_path, capsys):
    path = tmp_path / "train.csv"
    head = "date,Station,Available,Charging,Passive,Other,tod,dow,trend,Latitude,Longitude,Postcode,area"
    row = "2020-07-03 00:00:00,FR*V75*E9001*01,3,0,0,0,0,6,1,48.85,2.35,75001,south"
    path.write_text(f"{head}\n{row}\n", encoding="utf-8")
    assert main(["demo", "--data", str(path), "--quiet"]) == 2
    assert "hold no single chargers" in capsys.readouterr().err


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    blocked = tmp_path / "file"
    blocked.touch()
    argv = ["demo", "--evse", "3", "--days", "5", "--quiet", "--out", str(blocked / "demo")]
    assert main(argv) == 2
    assert "evforecast demo:" in capsys.readouterr().err


def test_one_bar_on_a_terminal_and_no_lines(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", Terminal())
    progress = _Progress(2, quiet=False)
    with progress.bar:
        progress.tell("one")
        progress.tell("two")
    text = sys.stderr.getvalue()
    assert "\n" not in text
    assert "two" in text
    assert "50%" in text


@pytest.mark.integration
@pytest.mark.slow
def test_the_real_files(data_dir, tmp_path, capsys):
    sample = data_dir / "planete_oui" / "ytrain_raw_sample_head105_tail105.csv"
    assert main(["demo", "--data", str(sample), "--quiet", "--out", str(tmp_path)]) == 2
    assert "needs at least 4 days" in capsys.readouterr().err
    ireland = data_dir / "ireland" / "cpinfo_2018-11-01_2018-11-11.txt.xz"
    assert main(["demo", "--data", str(ireland), "--out", str(tmp_path)]) == 0
    assert "652 chargers" in capsys.readouterr().out


@pytest.mark.parametrize("seed", ["-1", "x"])
def test_a_seed_that_is_none_is_refused_by_the_parser(seed, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["demo", "--seed", seed])
    assert caught.value.code == 2
    assert "whole number from 0 on" in capsys.readouterr().err


def test_a_folder_is_no_file(tmp_path, capsys):
    assert main(["demo", "--data", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err
