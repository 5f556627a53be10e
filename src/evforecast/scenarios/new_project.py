"""`write_project`: a project file to begin with, every line explained, that runs as it is."""

from __future__ import annotations

import os
from pathlib import Path

from evforecast.disk import write_whole
from evforecast.errors import InputError

__all__ = ["write_project"]

_FILE = "project.toml"
_TEXT = """\
# A project of evforecast: what is to be done on a schedule. `evforecast run daily` does it all.
# It runs as it is, on a simulated city:   evforecast run daily --config project.toml --as-of 2026-01-06
# Folders are beside this file. No secrets here: they come from the environment (see the docs on Snowflake).

[project]
name = "city"
tz = "Europe/Paris"                 # the clock on the chargers' wall
step = "15min"                      # of the grid that models read
warehouse = "duckdb:///city.duckdb" # or "snowflake://account/database/schema?warehouse=…&role=…"
store = "fresh"                     # what was collected
registry = "models"                 # versions of models, champion and challenger
reports = "reports"
runs = "runs"                       # a line for each run of a step

# What is collected. The first feed with a table "status" is the network's.
[feed.city]
class = "evforecast.scenarios.SimulatedCity"
chargers = {chargers}
days = {days}
start = "2026-01-05"
seed = 0
change = "passive"                  # from then on the feed says "charging" instead
change_at = "2026-01-15"            # when that begins, UTC
# Your own instead of it, in a new folder, so that nothing of the simulated city is in the way (the page
# "Run it every day" of the docs says more):
# [feed.mine]
# class = "ocpi"                    # or belib, irve, traffic, openmeteo-archive, openmeteo-forecast, …
# url = "https://example.org/ocpi/2.2.1/locations"
# name = "mine"                     # of its folder in the store; its login is EVFORECAST_LOGIN_MINE

# What forecasts, and how often it learns. One table a model.
[model.driver]
class = "SemiMarkovForecaster"      # of evforecast.forecasting
horizons = [1, 4, 16]               # steps ahead: 15 minutes, 1 hour, 4 hours
first = "7D"                        # what must have been seen before the first training
history = "14D"                     # how much of the past a training learns from
holdout = "1D"                      # the end of it on which a trial fit is scored, for the card
baselines = ["Persistence"]         # what it must beat
# [model.driver.parameters]         # of the class

[monitor]
window = "1D"                       # how much is looked at
every = "3h"                        # the time between the forecasts that are scored
scored = "14D"                      # how far back they are scored

# From where on something is a WARNING or an ERROR, and what the two decisions ask for. Also: [limits.drift],
# [limits.chargers], [limits.performance].
[limits.retraining]
max_age = "28D"
min_new_data = "7D"

[limits.promotion]
min_days = 5
margin = 0.01                       # by how much a challenger has to be better

# The most that a step may hold; it works in blocks, or says before it begins that it cannot.
[memory]
all = "1GB"
# monitor = "600MB"

[predict]
where = "here"                      # or "warehouse"

# [credits]
# budget = 5.0                      # a run stops before it costs more
# [credits.size]
# train = "Medium"                  # of the warehouse, by step
"""


def write_project(
    folder: str | os.PathLike[str],
    *,
    chargers: int = 273,
    days: int = 31,
) -> Path:
    """Write a project that plays a simulated city, with a change in the middle.

    Parameters
    ----------
    folder : path-like
        Made if it is not there.
    chargers, days : int
        Of the city.

    Returns
    -------
    Path
        The file, ``project.toml``.

    Raises
    ------
    InputError
        If there is one already.

    Examples
    --------
    >>> import tempfile
    >>> write_project(tempfile.mkdtemp()).name
    'project.toml'
    """
    path = Path(folder, _FILE)
    if path.exists():
        msg = f"{path}: there is a project already. Change that one, or name another folder."
        raise InputError(msg)
    text = _TEXT.format(chargers=chargers, days=days)
    write_whole(path, text.encode(), flush=False)
    return path
