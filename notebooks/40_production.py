# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # Production: from a feed to a report, every day
#
# Ten steps make a day: collect, load, features, train, predict, join truth, monitor, retrain, promote,
# report. Each is done for a time, `as_of`, and what it makes depends on that time and on what was there,
# never on the clock: so it can be done again, and a scheduler can kill it anywhere.
#
# The city is simulated, its feed is played, and in the middle it gives up a status: `passive` becomes
# `charging`. The warehouse is a file of DuckDB; in Snowflake the same steps make the same tables.

# %%
import tempfile
from pathlib import Path

import pandas as pd

import evforecast as ev
from evforecast.errors import EvForecastError
from evforecast.scenarios import Project, daily, run, runs, schedule, write_project

# %% [markdown]
# ## A project
#
# `evforecast init` writes this file. Here it is made quicker: by the hour, and everything happens within
# days.

# %%
path = write_project(Path(tempfile.mkdtemp(), "city"), chargers=45, days=16)
quick = {
    'step = "15min"': 'step = "1h"',
    'change = "passive"': 'every = "1h"\nchange = "passive"',
    "[1, 4, 16]": "[1, 4]",
    'first = "7D"': 'first = "3D"',
    'history = "14D"': 'history = "5D"',
    'change_at = "2026-01-15"': 'change_at = "2026-01-10"',
    'min_new_data = "7D"': 'min_new_data = "3D"',
    "min_days = 5": "min_days = 3",
}
text = path.read_text()
for old, new in quick.items():
    text = text.replace(old, new)
path.write_text(text)
project = Project.read(path)
print(text[:1800])

# %% [markdown]
# ## The first days
#
# `daily` does all steps. Nothing is known yet, so there is little to do.

# %%
pd.DataFrame([result.to_dict() for result in daily(project, as_of="2026-01-06")])[
    ["step", "status", "rows", "seconds", "artefacts", "watermark"]
]

# %% [markdown]
# Twelve days more: a model is trained, forecasts from every hour, is scored, watched, retrained, replaced.

# %%
days = [daily(project, as_of=day) for day in pd.date_range("2026-01-07", "2026-01-18")]
told = [(str(r.as_of)[:10], r.step, r.status, r.artefacts) for day in days for r in day]
pd.DataFrame(
    [
        row
        for row in told
        if row[1] in ("train", "monitor", "retrain", "promote") and row[2] != "nothing"
    ],
    columns=["day", "step", "status", "told"],
)

# %% [markdown]
# ## What is there now
#
# The tables are in the warehouse, the models in a registry, the pages in a folder.


# %%
def table(sql):
    with ev.connect(project.warehouse) as warehouse:
        return pd.DataFrame(warehouse.run(sql))


table(
    """SELECT "model", COUNT(*), MIN("cutoff"), MAX("cutoff") FROM "forecast" GROUP BY 1 ORDER BY 1"""
)

# %%
table("""SELECT * FROM "score" WHERE "day" >= '2026-01-15' ORDER BY "day", "horizon", "model" """)

# %%
ev.Registry(project.registry).history("driver")[["at", "alias", "action", "version", "reason"]]

# %%
sorted(page.name for page in (project.reports / "driver").iterdir())

# %% [markdown]
# ## Again
#
# The same day once more changes nothing, whether the first time came to its end or was killed: each step
# begins at its watermark, and rows and watermark are one transaction.

# %%
table("""SELECT * FROM "watermark" ORDER BY 1""")

# %%
again = daily(project, as_of="2026-01-18")
sum(result.rows for result in again), {result.status for result in again}

# %% [markdown]
# ## What can go wrong
#
# A clock that was set back, a typo in the project: the message says what, where, and what to do.


# %%
def said(work):
    try:
        work()
    except EvForecastError as error:
        print(str(error).replace(str(path.parent), "…"), "\n")


said(lambda: run("monitor", project, as_of="2026-01-12"))
path.with_name("typo.toml").write_text(text.replace("min_days", "min_day"))
said(lambda: Project.read(path.with_name("typo.toml")))
path.with_name("small.toml").write_text(text.replace('all = "1GB"', 'all = "50MB"'))
said(lambda: daily(Project.read(path.with_name("small.toml")), as_of="2026-01-19"))

# %% [markdown]
# ## What it took
#
# A record of every run is kept: also of the two that failed just now.

# %%
found = runs(project.runs)
found.groupby("step", sort=False).agg(
    times=("step", "size"),
    rows=("rows", "sum"),
    seconds=("seconds", "sum"),
    peak=("peak_memory", "max"),
)

# %%
found[found["status"] == "failed"][["as_of", "step", "artefacts"]]

# %% [markdown]
# ## On a schedule
#
# The library owns no scheduler. It writes examples for five: cron, Snowflake Tasks, Airflow, Prefect and
# Dataiku.

# %%
print(schedule(project, "cron").replace(str(path.parent), "/srv/city"))
