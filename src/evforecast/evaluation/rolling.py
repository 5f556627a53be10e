"""The rolling-origin backtest: each model is handed a panel that ends at the origin, and so cannot leak."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from os import PathLike
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from evforecast.errors import EmptyInputError, HorizonError, InputError
from evforecast.evaluation.asking import Forecaster, Question
from evforecast.evaluation.identity import model_identity
from evforecast.evaluation.origins import already_fitted, named_rows, origin_rows
from evforecast.evaluation.refitting import Keeper, fit_places, pieces, window_rows
from evforecast.evaluation.result import Backtest
from evforecast.evaluation.stored import InMemory, Stored
from evforecast.evaluation.working import work_through
from evforecast.forecasting.target import codes_after, target_scheme
from evforecast.panel import MISSING, Calendar, StatusPanel
from evforecast.panel.fingerprint import panel_fingerprint
from evforecast.timegrid import TimeLike

__all__ = ["Forecaster", "backtest"]

_FORMAT = 1


def backtest(
    models: Mapping[str, Forecaster],
    panel: StatusPanel,
    *,
    every: str = "3h",
    last: str | None = None,
    first_origin: TimeLike | None = None,
    last_origin: TimeLike | None = None,
    origins: Iterable[TimeLike] | None = None,
    horizons: Sequence[int] | None = None,
    target: str | None = None,
    within: bool = False,
    progress: bool | None = None,
    refit: str | None = None,
    window: str | None = None,
    n_jobs: int = 1,
    store: str | PathLike[str] | None = None,
    calendar: Calendar | None = None,
) -> Backtest:
    """Forecast from a series of origins and keep the truth beside the forecasts.

    Without `refit` models stay frozen: one that was fitted is used as it is, and refused if it has seen a
    row after the first origin; of one that was not, a copy is fitted on what was known at the first origin.
    With `refit` copies of all are fitted, at the first origin and again as time passes; what a model has
    learnt before is then of no account. The models given stay as they are in any case.

    The result is the same whatever `n_jobs`, and however often a store was continued, if a model forecasts
    the same from the same panel in whatever order it is asked, as those of this library do, and draws by a
    `random_state` where it draws while it is fitted.

    Parameters
    ----------
    models : mapping of str to forecaster
        By the name that the tables will show.
    panel : StatusPanel
        Past and truth.
    every : str
        The time between two origins, a multiple of the step.
    last : str, optional
        Origins over the last such stretch of the panel, ``"7D"`` say, as far as the shortest horizon
        has a truth. Either this, or `first_origin`, or `origins`.
    first_origin, last_origin : time, optional
        The first and the last origin.
    origins : iterable of times, optional
        The origins one by one, times of the panel (`evforecast.interop.splitter_origins` returns such);
        `every` is then of no account.
    horizons : sequence of int, optional
        Steps ahead; by default those of the first model.
    target : str, optional
        Score two statuses only, ``not target`` and `target`. Needed when a model forecasts only these.
    within : bool
        Score whether `target` occurs at any time up to the horizon, instead of at it. Every model must
        forecast that, ``SemiMarkovForecaster(target="down", within=True)`` say.
    progress : bool, optional
        Show a bar; by default on a terminal or in a notebook.
    refit : str, optional
        Fit anew at the first origin that lies so much later than the last fit, ``"7D"`` say; the models
        are their parameters. By default never.
    window : str, optional
        How much of the past a fit looks at: ``"56D"`` slides, the default expands. Models that are fitted
        already and stay frozen cannot have one.
    n_jobs : int
        Processes that share the work: of each model between its fits, or of frozen ones by origins. They
        take seconds to start, so they pay in runs of a minute and more, and least for direct forecasters,
        whose fits use all cores as it is. Forecasts pass through files, in `store` or else in a temporary
        folder.
    store : path-like, optional
        A folder, new or empty, where every forecast is written as it comes and from which the result is
        mapped, so that never more than one of them for each process is in memory. Called again with the
        same arguments, after whatever end, it goes on where it was, and fits again what the forecasts that
        are left need; finished, it returns at once.
    calendar : Calendar, optional
        Public holidays, for scores by ``day_type``.

    Returns
    -------
    Backtest

    Raises
    ------
    LeakageError
        If a model that stays frozen was trained on rows after the first origin.
    EmptyInputError
        If no origin, or no truth, lies in the panel.
    SchemeMismatchError
        If a model forecasts something else than what is scored.
    HorizonError
        If `horizons` are not positive.
    InputError
        If `every` is not a multiple of the step, an origin is no time of the panel, `within` comes
        without `target`, there is no model, `refit` or `window` is no length of time, a frozen model
        cannot have the `window`, or the `store` holds something else.
    FileFormatError
        If a file of the `store` is damaged.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> ev.backtest({"climatology": ev.Climatology()}, panel, every="6h", last="1D", horizons=[4])
    <Backtest of climatology: 4 origins x 1 horizons x 6 chargers>

    Fitted anew every day on the last two days, and kept in a folder:

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     result = ev.backtest(
    ...         {"climatology": ev.Climatology([4])},
    ...         panel,
    ...         every="6h",
    ...         last="2D",
    ...         refit="1D",
    ...         window="2D",
    ...         store=f"{folder}/climatology",
    ...     )
    ...     result.scores(by=["day_type"]).shape
    (1, 6)
    """
    if not models or not hasattr(models, "items"):
        msg = "backtest: models are given by name, like {'direct': model}; found "
        raise InputError(msg + (f"a {type(models).__name__}." if models else "no model."))
    if not np.issubdtype(type(n_jobs), np.integer) or n_jobs < 1:
        msg = f"backtest: n_jobs must be 1 or more processes, found {n_jobs!r}."
        raise InputError(msg)
    default = getattr(next(iter(models.values())), "horizons", None)
    steps = np.unique(np.asarray(horizons if horizons is not None else default, dtype=np.int64))
    if not len(steps) or steps[0] < 1:
        msg = f"backtest: horizons must be positive numbers of steps, found {horizons!r}."
        raise HorizonError(msg)
    scheme = target_scheme(panel.scheme, target, within=within)
    if origins is None:
        rows = origin_rows(
            panel,
            int(steps[0]),
            every=every,
            last=last,
            first_origin=first_origin,
            last_origin=last_origin,
        )
    elif last is None and first_origin is None and last_origin is None:
        rows = named_rows(panel, origins, "backtest")
    else:
        msg = "backtest: origins=... names them all; leave out last, first_origin and last_origin."
        raise InputError(msg)
    cutoffs = panel.times[rows]
    question = Question(panel, rows, steps, scheme, target, window_rows(window, panel.step))
    fits = None if refit is None else fit_places(cutoffs, refit)
    frozen = [] if fits is not None else _frozen(models, cutoffs[0], window)
    # Nothing before the first origin is a truth.
    later, first = panel.codes[rows[0] :], rows[0]
    truth = codes_after(later, panel.scheme, rows - first, steps, target, within=within)
    if not (truth != MISSING).any():
        msg = (
            f"backtest: no truth is known after the origins {cutoffs[0]} to {cutoffs[-1]}. "
            "Choose earlier ones."
        )
        raise EmptyInputError(msg)
    shape = (*truth.shape, len(scheme))
    with TemporaryDirectory() if store is None and n_jobs > 1 else nullcontext() as folder:
        kept: Keeper
        if store is not None:
            plan = _plan(models, question, within=within, fits=fits, frozen=frozen)
            kept = Stored(Path(store), plan, shape)
        elif folder is not None:
            kept = Stored(Path(folder), {"models": dict.fromkeys(models)}, shape)
        else:
            kept = InMemory(models, shape)
        todo = pieces(models, question, kept, fits=fits, n_jobs=n_jobs)
        work_through(todo, question, kept, n_jobs=n_jobs, progress=progress)
        held = kept.proba()
        # what is mapped from a temporary folder is taken into memory
        proba = {name: held[name] if folder is None else np.array(held[name]) for name in models}
    return Backtest(
        proba, truth, cutoffs, steps, panel.step, panel.evse, scheme, panel.tz, calendar
    )


def _frozen(
    models: Mapping[str, Forecaster], first: np.datetime64, window: str | None
) -> list[str]:
    """Return which models are fitted already; they must not have seen what came after `first`."""
    found = [name for name, model in models.items() if already_fitted(name, model, first)]
    if found and window is not None:
        msg = (
            f"backtest: model {found[0]!r} is fitted already and stays as it is, so window={window!r} "
            "cannot be kept. Leave out the window, give the model unfitted, or say refit=... too."
        )
        raise InputError(msg)
    return found


def _plan(
    models: Mapping[str, Forecaster],
    question: Question,
    *,
    within: bool,
    fits: list[int] | None,
    frozen: list[str],
) -> dict[str, Any]:
    """Return all that the forecasts depend on, for a later call to compare."""
    panel, target = question.panel, question.target
    times = panel.times[question.rows].astype(str)
    return {
        "format": _FORMAT,
        "models": {
            name: model_identity(name, model, learns=name not in frozen)
            for name, model in models.items()
        },
        "panel": {
            "times": panel.n_time,
            "chargers": panel.n_evse,
            "from": str(panel.grid.start),
            "sha256": panel_fingerprint(panel),
        },
        "origins": times.tolist(),
        "horizons": question.steps.tolist(),
        "target": target,
        "means": None if target is None else list(panel.scheme.coarsenings[target]),
        "within": within,
        "statuses": list(question.scheme.names),
        "fits": None if fits is None else times[fits].tolist(),
        "window_steps": question.window,
    }
