"""A compiled scorer run on this machine, as the warehouse runs it: to know before it is deployed."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import numpy.typing as npt

from evforecast.errors import InputError
from evforecast.features import FeatureTable
from evforecast.forecasting import DirectForecaster
from evforecast.inwarehouse.java.compiling import SHORT_RUN, CompiledScorer
from evforecast.panel import StatusPanel

__all__ = ["Cases", "java_difference", "score_locally", "scorer_cases"]

F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Cases:
    """What a scorer is handed for one horizon.

    Attributes
    ----------
    features : numpy.ndarray
        ``[case, feature]``, in the order of `JavaScorer.features`; NaN where unknown.
    partner : numpy.ndarray or None
        The law of the semi-Markov partner, ``[case, status]``, for a scorer that takes it.
    """

    features: npt.NDArray[np.floating]
    partner: npt.NDArray[np.floating] | None = None


def scorer_cases(
    model: DirectForecaster, context: StatusPanel, horizons: list[int] | None = None
) -> dict[int, Cases]:
    """Return what a scorer would be handed for every charger at the end of a panel.

    Parameters
    ----------
    model : DirectForecaster
        Fitted.
    context : StatusPanel
        The recent past; its last row is the cutoff.
    horizons : list of int, optional
        Steps ahead; by default all that it was fitted for.

    Returns
    -------
    dict of int to Cases
        By horizon, a case for each charger.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.DirectForecaster(horizons=[4], target="free", random_state=0).fit(panel)
    >>> cases = scorer_cases(model, panel)[4]
    >>> cases.features.shape, cases.partner.shape
    ((6, 74), (6, 2))
    """
    asked = sorted(set(horizons or model.horizons))
    recent = context.tail(model.lookback)
    table = FeatureTable(
        recent,
        groups=model.groups,
        calendar=model.calendar,
        models=model.models_,
        exog=model.exog_,
    )
    units = np.arange(recent.n_evse)
    rows = np.full(recent.n_evse, recent.n_time - 1)
    partner = None
    if model.semi_markov_ is not None:
        partner = model.semi_markov_.predict_proba(context, asked).proba
    return {
        horizon: Cases(table.at(rows, units, horizon), None if partner is None else partner[place])
        for place, horizon in enumerate(asked)
    }


def score_locally(
    compiled: CompiledScorer, cases: Mapping[int, Cases], *, java: str = "java"
) -> dict[int, F64]:
    """Score cases by the jar, in one Java that is started for it.

    Every number goes the way that it goes in the warehouse: an array of texts in, an object as text out.

    Parameters
    ----------
    compiled : CompiledScorer
    cases : mapping of int to Cases
        By horizon.
    java : str
        The Java of a JDK of 11 or later: a name on the PATH, or a file.

    Returns
    -------
    dict of int to numpy.ndarray
        By horizon, float64 ``[case, status]``.

    Raises
    ------
    InputError
        If there is no jar or no Java, or the scorer refuses a case: with its message.

    Examples
    --------
    >>> from evforecast.inwarehouse.java import CompiledScorer, JavaScorer
    >>> scorer = JavaScorer("Scorer_1", "", ("age",), ("free",), (4,), takes_partner=False)
    >>> score_locally(CompiledScorer(scorer, None, "Install a JDK."), {})
    Traceback (most recent call last):
    evforecast.errors.InputError: score_locally: there is no jar. Install a JDK.
    """
    if compiled.jar is None:
        msg = f"score_locally: there is no jar. {compiled.message}"
        raise InputError(msg)
    program = shutil.which(java)
    if program is None:
        msg = f"score_locally: {java}: there is no such program here. Install a JDK of 11 or later."
        raise InputError(msg)
    scorer = compiled.scorer
    handed = struct.pack(">i", len(cases)) + b"".join(
        _block(compiled, horizon, block) for horizon, block in cases.items()
    )
    driver = files("evforecast.inwarehouse.java").joinpath("Cases.java")
    with tempfile.TemporaryDirectory() as folder, as_file(driver) as source:
        jar = Path(folder, compiled.jar_name)
        jar.write_bytes(compiled.jar)
        command = [program, *SHORT_RUN, "-cp", os.fspath(jar), os.fspath(source)]
        done = subprocess.run(  # noqa: S603 - a list, of our own files
            [*command, scorer.class_name, *["partner"] * scorer.takes_partner],
            input=handed,
            capture_output=True,
            check=False,
        )
    if done.returncode:
        msg = f"score_locally: {done.stderr.decode(errors='replace').strip()[-1000:]}"
        raise InputError(msg)
    laws = np.array(
        [list(json.loads(line).values()) for line in done.stdout.decode().splitlines()], np.float64
    ).reshape(-1, len(scorer.statuses))
    ends = np.cumsum([len(block.features) for block in cases.values()])
    return dict(zip(cases, np.split(laws, ends[:-1]), strict=True)) if cases else {}


def java_difference(
    model: DirectForecaster, compiled: CompiledScorer, context: StatusPanel
) -> dict[int, float]:
    """Return how far the jar is from the model: the largest difference of a probability, by horizon.

    Parameters
    ----------
    model : DirectForecaster
        Fitted.
    compiled : CompiledScorer
        Made of it.
    context : StatusPanel
        The recent past.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.DirectForecaster(horizons=[4], target="free", random_state=0).fit(panel)
    >>> from evforecast.inwarehouse.java import JavaScorer, compile_scorer
    >>> compiled = compile_scorer(JavaScorer.of(model))
    >>> compiled.jar is None or java_difference(model, compiled, panel)[4] < 1e-6
    True
    """
    cases = scorer_cases(model, context)
    ours = model.predict_proba(context, sorted(cases))
    theirs = score_locally(compiled, cases)
    return {
        horizon: float(np.abs(law - ours.horizon(horizon)).max(initial=0))
        for horizon, law in theirs.items()
    }


def _block(compiled: CompiledScorer, horizon: int, cases: Cases) -> bytes:
    """Return the cases of one horizon as ``Cases.java`` reads them."""
    scorer = compiled.scorer
    parts = [np.asarray(cases.features)]
    if scorer.takes_partner:
        if cases.partner is None:
            msg = (
                f"score_locally: {scorer.class_name} takes the law of its partner, and the cases have none. "
                "Give Cases(features, partner)."
            )
            raise InputError(msg)
        parts.append(np.asarray(cases.partner))
    table = np.hstack(parts).astype(">f8")
    columns = parts[0].shape[1]
    head = struct.pack(">iiii", horizon, len(table), columns, table.shape[1] - columns)
    return head + table.tobytes()
