"""The step `predict`: what each version in use says from each time of the grid."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from evforecast.errors import EmptyInputError, InputError
from evforecast.forecasting import StatusForecaster
from evforecast.panel import STATUS, StatusForecast, StatusPanel
from evforecast.scenarios.learning import require_kept
from evforecast.scenarios.memory import require_room
from evforecast.scenarios.reading import at, read_evse, read_panel
from evforecast.scenarios.roles import Role, roles
from evforecast.scenarios.tables import PROBABILITIES, TABLES, Change, commit, make, stamp
from evforecast.scenarios.work import Done, Work

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

__all__ = ["predict"]

Cutoffs = npt.NDArray[np.datetime64]

# Measured: a row of the table on its way there, and a charger in a forecast of trees, which takes the most.
_BYTES_A_ROW = 400
_BYTES_A_CHARGER = 35_000
_CHARGERS_AT_ONCE = 5_000


def predict(work: Work) -> Done:
    """Forecast from every time of the grid that has none yet, with every version in use.

    The champion, the challenger in the shadow and the baselines; each begins where what it learnt from ends,
    and has a watermark of its own. In blocks of cutoffs, which a day ends, and of whole locations.
    """
    for model in work.project.models:
        require_kept(work, model)
    until = work.data_until
    if until is None:
        return Done(status="nothing")
    rows = 0
    told: dict[str, str] = {}
    for model in work.project.models:
        for one in roles(work, model).values():
            before = work.begun(f"predict:{one.id}", often=True)
            begin = one.trained_until if before is None else before
            cutoffs = np.arange(begin + work.project.step, until + 1, work.project.step)
            if not len(cutoffs) or one.id in told:
                continue
            told[one.id] = f"{len(cutoffs)} cutoffs"
            if not work.dry_run:
                make(work.warehouse, "watermark", "forecast")
                rows += _predict(work, one, cutoffs, before)
    status = "nothing" if not told else "planned" if work.dry_run else "done"
    return Done(rows, until, status, told)


def _predict(work: Work, one: Role, cutoffs: Cutoffs, before: np.datetime64 | None) -> int:
    model = work.registry.load(one.version.name, one.version.number)
    if model.target_scheme_ != STATUS or model.step_ != work.project.step:
        msg = (
            f"predict: {one.id} forecasts {model.target_scheme_.names} every {model.step_}, where the table "
            f"'forecast' holds {STATUS.names} and the project's step is {work.project.step}. It is of "
            "another project: point the alias 'champion' at a version of this one, or train anew."
        )
        raise InputError(msg)
    evse = read_evse(work.warehouse)
    if work.project.predict_in == "warehouse":
        return _inside(work, one, cutoffs, before)
    rows = 0
    where = f'"model" = ? AND "cutoff" > {at(work.warehouse)} AND "cutoff" <= {at(work.warehouse)}'
    for block in _blocks(work, model, cutoffs, len(evse)):
        step = work.project.step
        since = block[0] - (model.lookback - 1) * step
        context = read_panel(
            work.warehouse, since=since, until=block[-1], step=step, tz=work.project.tz
        )
        values = [one.id, stamp(block[0] - step), stamp(block[-1])]
        made = _rows(one.id, _forecasts(model, context, block))
        change = Change(TABLES["forecast"], made, where, values)
        rows += commit(
            work.warehouse, f"predict:{one.id}", [change], before=before, until=block[-1]
        )
        before = block[-1]
    return rows


def _blocks(
    work: Work, model: StatusForecaster, cutoffs: Cutoffs, n_evse: int
) -> Iterator[Cutoffs]:
    """Yield cutoffs, so many at a time as memory allows and a day holds.

    Raises
    ------
    InputError
        If not even one does.
    """
    rows, farthest = n_evse * len(model.horizons), max(model.horizons)
    at_once = min(n_evse, _CHARGERS_AT_ONCE)
    fixed = model.lookback * n_evse * 2 + at_once * _BYTES_A_CHARGER
    require_room(
        fixed + rows * _BYTES_A_ROW,
        work.memory,
        f"predict: one forecast of {n_evse:,} chargers, {farthest} steps ahead",
        "forecast fewer horizons",
        begun=work.held_before,
    )
    most = max(int((work.memory // 4) // (rows * _BYTES_A_ROW)), 1)
    # The cutoff at midnight ends a day, as it does where data is put on the grid.
    days = (cutoffs - work.project.step).astype("datetime64[D]")
    for day in np.unique(days):
        today = cutoffs[days == day]
        for begin in range(0, len(today), most):
            yield today[begin : begin + most]


def _forecasts(
    model: StatusForecaster, context: StatusPanel, cutoffs: Cutoffs
) -> Iterator[StatusForecast]:
    """Yield the forecasts from each cutoff, of so many chargers at a time as the model allows."""
    parts = [context]
    if context.n_evse > _CHARGERS_AT_ONCE:
        from evforecast.inwarehouse import reach_of

        if reach_of(model) != "network":
            parts = [context.select(ids) for ids in _by_location(context.evse)]
    for cutoff in cutoffs:
        for part in parts:
            yield model.predict_proba(part.until(cutoff))


def _by_location(evse: pd.DataFrame) -> Iterator[list[str]]:
    """Yield the chargers of whole locations, some thousands at a time."""
    held: list[str] = []
    for _, place in evse.groupby("location_id", sort=True):
        if held and len(held) + len(place) > _CHARGERS_AT_ONCE:
            yield held
            held = []
        held = held + list(place.index)
    if held:
        yield held


def _rows(model: str, found: Iterator[StatusForecast]) -> pa.Table:
    import pyarrow as pa

    parts = []
    for forecast in found:
        n_horizon, n_evse, _ = forecast.proba.shape
        n = n_horizon * n_evse
        places = pa.array(np.tile(np.arange(n_evse, dtype=np.int32), n_horizon))
        proba = forecast.proba.reshape(n, -1).astype(np.float64)
        parts.append(
            pa.table(
                {
                    "model": pa.repeat(pa.scalar(model), n),
                    "cutoff": pa.array(np.repeat(forecast.cutoff, n)),
                    "horizon": pa.array(np.repeat(forecast.horizons, n_evse).astype(np.int32)),
                    "evse_id": pa.array(forecast.evse_ids, pa.string()).take(places),
                    **{name: pa.array(proba[:, k]) for k, name in enumerate(PROBABILITIES)},
                }
            )
        )
    return pa.concat_tables(parts)


def _inside(work: Work, one: Role, cutoffs: Cutoffs, before: np.datetime64 | None) -> int:
    """Forecast inside the warehouse, a cutoff at a time; what is done again there changes nothing."""
    from evforecast.inwarehouse import forecast_in_warehouse
    from evforecast.registry.version import MODEL

    one.version.require_intact()
    rows = 0
    for cutoff in cutoffs:
        try:
            done = forecast_in_warehouse(
                work.warehouse,
                Path(one.version.path, MODEL),
                cutoff=cutoff,
                name=one.id,
                tz=work.project.tz,
            )
            rows += done.inserted + done.updated
        except EmptyInputError:  # nothing was seen in all the time that it looks at
            pass
        commit(work.warehouse, f"predict:{one.id}", [], before=before, until=cutoff)
        before = cutoff
    return rows
