import json

import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.scenarios.judging import looked, monitor
from evforecast.scenarios.tables import stamp, watermark


def forget(work):
    """Let this time be one at which nobody looked."""
    for table in ("look", "checks", "decision"):
        work.warehouse.run(
            f'DELETE FROM "{table}" WHERE "as_of" = CAST(? AS TIMESTAMP)', [stamp(work.now)]
        )
    before = work.now - np.timedelta64(1, "D")
    work.warehouse.run(
        'UPDATE "watermark" SET "until" = CAST(? AS TIMESTAMP) WHERE "step" IN (\'monitor\', \'report\')',
        [stamp(before)],
    )


def rows(work):
    return {
        table: work.warehouse.run(f'SELECT CAST(t AS TEXT) FROM "{table}" AS t ORDER BY 1')
        for table in ("look", "checks", "decision")
    }


def test_what_was_seen_is_kept(played_once, played, at_work):
    work = at_work(played)
    [said] = [result for result in played_once.results[-1] if result.step == "monitor"]
    found = work.warehouse.run(
        'SELECT "status", COUNT(*) FROM "checks" WHERE "as_of" = CAST(? AS TIMESTAMP) GROUP BY 1',
        [stamp(work.now)],
    )
    counts = dict(found)
    assert sum(counts.values()) > 20
    worst = next(name for name in ("ERROR", "WARNING", "EMPTY", "OK") if name in counts)
    [(champion, status)] = work.warehouse.run(
        'SELECT "champion", "status" FROM "look" WHERE "as_of" = CAST(? AS TIMESTAMP)',
        [stamp(work.now)],
    )
    assert champion.startswith("driver-")
    if counts.get("ERROR") or counts.get("WARNING"):
        assert worst == status == said.status
    records = work.warehouse.run('SELECT "kind", "record" FROM "decision"')
    assert {kind for kind, _ in records} == {"retraining", "promotion"}
    assert all(json.loads(record)["reasons"] for _, record in records)


def test_looking_again_says_the_same_and_writes_nothing(played_once, played, at_work):
    work = at_work(played)
    before = rows(work)
    [said] = [result for result in played_once.results[-1] if result.step == "monitor"]
    again = monitor(work)
    assert (again.rows, again.status) == (0, said.status if said.exit_code else "nothing")
    assert rows(work) == before


def test_what_was_seen_can_be_seen_again(played, at_work):
    work = at_work(played)
    before = rows(work)
    seen, panel = looked(work, played.models[0])
    assert seen.now == panel.cutoff == work.now
    checks = {(check.check, check.subject): check.status for check in seen.checks}
    kept = work.warehouse.run(
        'SELECT "check", "subject", "status" FROM "checks" WHERE "as_of" = CAST(? AS TIMESTAMP)',
        [stamp(work.now)],
    )
    assert checks == {(check, subject): status for check, subject, status in kept}
    assert rows(work) == before


def test_where_nobody_looked_nothing_is_to_be_seen(played, small, at_work):
    work = at_work(played)
    forget(work)
    assert looked(work, played.models[0]) is None
    assert looked(at_work(small()), played.models[0]) is None


def test_without_a_champion_there_is_nothing_to_judge(small, at_work):
    assert monitor(at_work(small())).status == "nothing"


def test_a_dry_run(played, at_work):
    work = at_work(played, dry_run=True)
    forget(work)
    before = rows(work)
    assert monitor(work).status == "planned"
    assert rows(work) == before
    assert watermark(work.warehouse, "monitor") < work.now


def test_what_does_not_fit_is_said_before(played, at_work):
    work = at_work(played, memory=10**6)
    forget(work)
    with pytest.raises(InputError, match=r"monitor: [\d,]+ forecasts needs about .* score fewer"):
        monitor(work)
