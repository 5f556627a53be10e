import numpy as np

from evforecast.scenarios.showing import report
from evforecast.scenarios.tables import stamp, watermark


def again(work):
    before = work.now - np.timedelta64(1, "D")
    work.warehouse.run(
        'UPDATE "watermark" SET "until" = CAST(? AS TIMESTAMP) WHERE "step" = \'report\'',
        [stamp(before)],
    )


def test_a_page_of_each_day_that_was_judged(played_once, played):
    pages = sorted(path.name for path in (played.reports / "driver").iterdir())
    assert pages == [f"2026-01-{day:02}T000000.html" for day in range(7, 11)]
    text = (played.reports / "driver" / pages[-1]).read_text(encoding="utf-8")
    assert "city: driver" in text


def test_it_is_the_same_when_it_is_written_again(played, at_work):
    path = played.reports / "driver" / "2026-01-10T000000.html"
    was = path.read_bytes()
    path.unlink()
    work = at_work(played)
    assert report(work).status == "nothing"  # it was written; who wants it again says so
    again(work)
    done = report(work)
    assert done.artefacts == {"driver": str(path)}
    assert path.read_bytes() == was
    assert watermark(work.warehouse, "report") == work.now


def test_without_a_look_there_is_no_page(small, at_work):
    assert report(at_work(small())).status == "nothing"


def test_a_dry_run(played, at_work):
    work = at_work(played, dry_run=True)
    again(work)
    assert report(work).status == "planned"
    assert watermark(work.warehouse, "report") < work.now
