"""The step `report`: a page for people, of each model."""

from __future__ import annotations

import dataclasses

from evforecast.scenarios.judging import looked, version_of
from evforecast.scenarios.tables import commit
from evforecast.scenarios.work import Done, Work

__all__ = ["report"]


def report(work: Work) -> Done:
    """Write what `monitor` saw as a page, ``reports/MODEL/TIME.html``, with what was decided since."""
    before = work.begun("report")
    if before == work.now:
        return Done(watermark=before, status="nothing")
    told = {}
    for model in work.project.models:
        found = looked(work, model)
        if found is None:
            continue
        name = str(work.now).replace(":", "")
        path = work.project.reports / model.name / f"{name}.html"
        told[model.name] = str(path)
        if not work.dry_run:
            from evforecast.reporting import monitoring_report

            seen, panel = found
            page = monitoring_report(
                seen,
                card=dataclasses.asdict(version_of(work, seen.champion).version.card),
                decisions=work.registry.history(model.name),
                panel=panel,
                title=f"{work.project.name}: {model.name}",
            )
            page.save(path)
    if work.dry_run or not told:
        return Done(watermark=before, status="planned" if told else "nothing", artefacts=told)
    commit(work.warehouse, "report", [], before=before, until=work.now)
    return Done(0, work.now, "done", told)
