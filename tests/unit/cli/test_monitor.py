import dataclasses
import json
import re

import numpy as np
import pytest

import evforecast as ev
from evforecast.cli import main
from evforecast.monitoring import ForecastStore, monitor

FIRST = 24 * 96


@pytest.fixture(scope="module")
def city():
    """The same week of 40 chargers four times over, without a gap of the feed: nothing ever drifts."""
    week = ev.simulate(n_evse=40, days=7, start="2020-06-01", random_state=0)
    codes = week.codes.copy()
    for row in range(1, len(codes)):
        codes[row] = np.where(codes[row] < 0, codes[row - 1], codes[row])
    month = np.tile(np.maximum(codes, 0), (4, 1))
    return ev.StatusPanel(
        month, dataclasses.replace(week.grid, n=len(month)), week.evse, tz=week.tz
    )


@pytest.fixture(scope="module")
def folder(city, tmp_path_factory):
    """A folder with the panel, the panel with a status gone, and forecasts of four days."""
    root = tmp_path_factory.mktemp("monitor")
    city.save(root / "status.parquet")
    codes = city.codes.copy()
    passive = city.scheme.code("passive")
    codes[-96:][codes[-96:] == passive] = city.scheme.code("charging")
    ev.StatusPanel(codes, city.grid, city.evse, tz=city.tz).save(root / "gone.parquet")
    store = ForecastStore(root / "given")
    for name, model in (
        ("champion", ev.Climatology([4])),
        ("shadow", ev.MarkovForecaster([4])),
        ("persistence", ev.Persistence([4])),
    ):
        fitted = model.fit(city.head(FIRST))
        for n in range(FIRST, city.n_time + 1, 32):
            store.add(name, fitted.predict_proba(city.head(n)))
    return root


def options(folder, panel="status.parquet", *more):
    return ["monitor", "--panel", str(folder / panel), *more]


def with_forecasts(folder, *more):
    given = ["--forecasts", str(folder / "given"), "--champion", "champion"]
    return options(folder, "status.parquet", *given, "--baseline", "persistence", *more)


def test_code_0_where_all_is_well(folder, city, capsys):
    assert main(options(folder)) == 0
    said = capsys.readouterr()
    assert "OK" in said.out.splitlines()[0]
    assert not said.err
    assert monitor(city).exit_code == 0


def test_code_10_and_a_line_for_what_is_late(folder, city, capsys):
    later = city.cutoff + np.timedelta64(75, "m")
    assert main(options(folder, "status.parquet", "--now", str(later))) == 10
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].split() == ["status", "group", "what", "value", "threshold", "found"]
    assert lines[2].split()[:6] == ["WARNING", "feed", "age,", "network", "5", "3"]
    assert len(lines) == 3


def test_code_20_and_a_report_as_html_and_as_markdown(folder, tmp_path, capsys):
    html, markdown = tmp_path / "new" / "report.html", tmp_path / "report.txt"
    asked = options(folder, "gone.parquet", "--report", str(html), "--markdown", str(markdown))
    assert main(asked) == 20
    lines = capsys.readouterr().out.splitlines()
    assert any("Not seen any more: passive" in line for line in lines)
    assert lines[-2].startswith(f"Report: {html} (")
    assert lines[-1].startswith(f"Report: {markdown} (")
    assert html.read_text("utf-8").startswith("<!doctype html>")
    assert markdown.read_text("utf-8").startswith("# Monitoring of the chargers")


def test_the_decisions_are_printed(folder, city, capsys):
    trained = str(city.times[FIRST - 1])
    main(with_forecasts(folder, "--challenger", "shadow", "--trained-until", trained))
    said = capsys.readouterr().out.splitlines()
    assert said[-2].startswith("Wait until")  # four days are too few to learn from
    assert said[-1].startswith("Keep champion, do not promote shadow")


def test_json_is_json_and_nothing_else(folder, city, capsys):
    trained = str(city.times[FIRST - 1])
    more = ["--challenger", "shadow", "--trained-until", trained, "--json"]
    code = main(with_forecasts(folder, *more))
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert not said.err
    assert found["exit_code"] == code
    assert found["now"] == str(city.cutoff)
    assert {check["group"] for check in found["checks"]} == {"feed", "chargers", "drift", "skill"}
    assert found["retraining"]["trained_until"] == trained
    assert [one["challenger"] for one in found["promotions"]] == ["shadow"]


def test_json_without_a_question_for_decisions_and_with_a_report(folder, tmp_path, capsys):
    report = tmp_path / "report.md"
    assert main(options(folder, "status.parquet", "--json", "--markdown", str(report))) == 0
    assert report.exists()
    found = json.loads(capsys.readouterr().out)
    assert found["retraining"] is None
    assert found["promotions"] == []


def test_what_is_asked_of_an_earlier_time_is_what_was_known_then(folder, city, capsys):
    now = city.times[-97]
    main(with_forecasts(folder, "--now", str(now), "--json"))
    found = json.loads(capsys.readouterr().out)
    truth = next(check for check in found["checks"] if check["check"] == "truth")
    given = ForecastStore(folder / "given").cutoffs("champion")
    due = 40 * int((given + np.timedelta64(1, "h") <= now).sum())
    assert f"of {due:,} forecasts that are due" in truth["reason"]


def test_a_long_list_of_what_is_not_well_is_cut(folder, capsys, monkeypatch):
    monkeypatch.setattr("evforecast.cli.monitor._MOST_LINES", 1)
    assert main(options(folder, "gone.parquet")) == 20
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].startswith("and ")
    assert lines[-1].endswith("more: see --report or --json.")
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            ["--champion", "a", "--baseline", "b"],
            "--forecasts is missing: in which folder are .* a, b",
        ),
        (["--forecasts", "nowhere", "--champion", "a"], "no folder 'nowhere'"),
        (["--forecasts", "{given}"], r"--champion is missing: .*champion, persistence, shadow"),
        (["--forecasts", "{given}", "--champion", "champoin"], "no model 'champoin' .*champion"),
        (["--window", "soon"], "window='soon'"),
        (["--now", "yesterday"], "not a time: 'yesterday'"),
        (["--now", "1999-01-01"], "nothing was observed by 1999-01-01"),
    ],
)
def test_code_2_and_a_line_for_what_cannot_be_used(folder, more, said, capsys):
    given = [option.replace("{given}", str(folder / "given")) for option in more]
    assert main(options(folder, "status.parquet", *given)) == 2
    err = capsys.readouterr().err
    assert err.startswith("evforecast monitor: ")
    assert err.count("\n") == 1
    assert re.search(said, err)


def test_code_2_for_a_file_that_is_no_panel(folder, tmp_path, capsys):
    assert main(["monitor", "--panel", str(tmp_path / "none.parquet")]) == 2
    other = tmp_path / "other.parquet"
    other.write_bytes(b"no parquet")
    assert main(["monitor", "--panel", str(other)]) == 2
    assert capsys.readouterr().err.count("evforecast monitor: ") == 2


@pytest.mark.parametrize("part", ["", "status", "status/rows", "status/rows/status/day.parquet"])
def test_a_store_is_no_panel_and_how_to_make_one_is_said(tmp_path, capsys, part):
    (tmp_path / "status" / "journal").mkdir(parents=True)
    (tmp_path / "status" / "rows" / "status").mkdir(parents=True)
    (tmp_path / "status" / "rows" / "status" / "day.parquet").touch()
    assert main(["monitor", "--panel", str(tmp_path / part)]) == 2
    assert "is of a store of evforecast collect. Make a panel" in capsys.readouterr().err


def test_a_misspelt_option_is_said_with_the_one_that_was_meant(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["monitor", "--panle", "status.parquet"])
    assert stop.value.code == 2
    assert "there is no --panle; did you mean --panel?" in capsys.readouterr().err


def test_help_says_the_codes(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["monitor", "--help"])
    assert stop.value.code == 0
    assert "Exit codes: 0 all is well; 10 a WARNING" in capsys.readouterr().out


def test_without_a_panel_it_is_not_understood(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["monitor"])
    assert stop.value.code == 2
    assert "--panel" in capsys.readouterr().err
