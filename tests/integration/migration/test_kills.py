"""Killed at any point and run again, a migration ends with every row once."""

import random
import time

import pytest
from moving import fill, move, rows_in, rows_of

from evforecast.migration.journal import read_journal
from evforecast.warehouse import connect

pytestmark = [pytest.mark.integration, pytest.mark.slow]

OPTIONS = {"layout": "month", "workers": 1}
KILLS = 50


@pytest.fixture
def ready(sql, dsn, tmp_path):
    """Fill the source, and move it once without harm: what that took, and how many lines it wrote."""
    fill(sql)
    assert move(dsn, f"duckdb:///{tmp_path}/warm.duckdb", tmp_path / "warm", OPTIONS) == 0
    start = time.monotonic()
    assert move(dsn, f"duckdb:///{tmp_path}/clean.duckdb", tmp_path / "clean", OPTIONS) == 0
    return time.monotonic() - start, len(read_journal(tmp_path / "clean"))


def check(sql, url):
    with connect(url) as warehouse:
        assert rows_in(warehouse) == rows_of(sql)
        names = [
            name for (name,) in warehouse.run("SELECT table_name FROM information_schema.tables")
        ]
        assert not [name for name in names if name.startswith("status__")]
        assert warehouse.staged("status") == []


def test_killed_at_each_line_of_the_journal(sql, dsn, tmp_path, ready):
    _, lines = ready
    assert lines > 15
    for number in range(1, lines + 1):
        for when in ("before", "after"):
            url = f"duckdb:///{tmp_path}/{number}{when}.duckdb"
            folder = tmp_path / f"{number}{when}"
            code = move(dsn, url, folder, OPTIONS, kill_at=(number, when))
            assert code == -9, (number, when)
            assert move(dsn, url, folder, OPTIONS) == 0, (number, when)
            check(sql, url)


def test_killed_at_random_moments_again_and_again(sql, dsn, tmp_path, ready):
    duration, _ = ready
    rng = random.Random(0)
    kills = 0
    for run in range(KILLS):
        url, folder = f"duckdb:///{tmp_path}/r{run}.duckdb", tmp_path / f"r{run}"
        options = {**OPTIONS, "format": rng.choice(["csv", "parquet"])}
        # some are killed twice or thrice before they are let go
        while move(dsn, url, folder, options, kill_after=rng.uniform(0, 1.2 * duration)) != 0:
            kills += 1
        check(sql, url)
    assert kills > KILLS / 4


def test_killed_while_the_source_changes(sql, dsn, tmp_path, ready):
    duration, _ = ready
    rng = random.Random(1)
    for run in range(8):
        url, folder = f"duckdb:///{tmp_path}/s{run}.duckdb", tmp_path / f"s{run}"
        move(dsn, url, folder, OPTIONS, kill_after=rng.uniform(0.2, 0.9) * duration)
        sql(f"UPDATE status SET status = 'passive {run}' WHERE evse_id = 'S{run % 3}'")
        sql(
            "INSERT INTO status SELECT max(observed_at) + interval '1 hour', 'S0', 'down' FROM status"
        )
        # a run that was interrupted after its snapshot ends with that; the next brings the rest
        assert move(dsn, url, folder, OPTIONS) == 0
        assert move(dsn, url, folder, OPTIONS) == 0
        check(sql, url)


def test_without_a_key_rows_that_stand_twice_stand_twice(sql, dsn, tmp_path):
    fill(sql, key=False)
    sql("INSERT INTO status SELECT * FROM status WHERE evse_id = 'S1'")
    rng = random.Random(2)
    for run in range(10):
        url, folder = f"duckdb:///{tmp_path}/n{run}.duckdb", tmp_path / f"n{run}"
        while move(dsn, url, folder, {"layout": "halves"}, kill_after=rng.uniform(0, 1)) != 0:
            pass
        check(sql, url)
