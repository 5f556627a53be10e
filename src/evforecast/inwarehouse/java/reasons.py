"""Which models a Java scorer can be made of."""

from __future__ import annotations

from evforecast.errors import InputError
from evforecast.forecasting import (
    DirectForecaster,
    RecursiveForecaster,
    SemiMarkovForecaster,
    StatusForecaster,
)
from evforecast.forecasting.around import Around
from evforecast.inwarehouse.java.splits import read_trees

__all__ = ["can_score_in_java"]

_ELSEWHERE = "Run it in the warehouse by the Python handler instead."


def can_score_in_java(model: StatusForecaster) -> str | None:
    """Return why a model cannot be scored in Java, None if it can.

    What can is a fitted `DirectForecaster` of boosted trees: scikit-learn's histogram gradient boosting, with
    or without splits on categories. Where it has a semi-Markov partner (it has by default), the scorer takes
    the partner's law of the charger as one more argument and pools the two; with ``semi_markov_weight=0``
    the trees alone are the model.

    Parameters
    ----------
    model : StatusForecaster
        Any.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> can_score_in_java(ev.DirectForecaster(horizons=[4], random_state=0).fit(panel))
    >>> can_score_in_java(ev.Persistence().fit(panel)).split(".")[0]
    'Persistence: it has no trees'
    """
    name = type(model).__name__
    if type(model) is not DirectForecaster:
        if isinstance(model, RecursiveForecaster | SemiMarkovForecaster):
            why = "it goes step by step from its own forecasts, and Java is handed one row"
        elif isinstance(model, Around):
            why = (
                "it works on the forecasts of others; the direct forecaster inside it can be scored"
            )
        elif isinstance(model, DirectForecaster):
            why = "a class made from DirectForecaster may forecast in another way"
        else:
            why = "it has no trees"
        return f"{name}: {why}. {_ELSEWHERE}"
    if not hasattr(model, "learnt_"):
        return f"{name}: it is not fitted. Call fit(panel) first."
    for horizon, learnt in model.learnt_.items():
        try:
            read_trees(learnt)
        except InputError as error:
            where = f"the classifier of {horizon} steps ahead" if horizon else "the classifier"
            return f"{name}: {where} cannot be written as trees ({error}) {_ELSEWHERE}"
    return None
