"""The recipes: a few lines for each step, to be pasted into a code recipe of DSS."""

from __future__ import annotations

from importlib import resources

from evforecast.errors import require_choice
from evforecast.scenarios import STEPS

__all__ = ["RECIPES", "recipe"]

RECIPES = STEPS
"""The steps, in their order."""


def recipe(step: str) -> str:
    """Return the code of a recipe.

    Parameters
    ----------
    step : str
        One of `RECIPES`.

    Raises
    ------
    InputError
        If there is no such step.

    Examples
    --------
    >>> print(recipe("promote").splitlines()[-1])
    promote(found, registry=open_registry("models"), name="city")
    """
    require_choice(step, RECIPES, "step")
    folder = resources.files("evforecast.dataiku") / "recipes"
    return (folder / f"{step}.txt").read_text("utf-8")
