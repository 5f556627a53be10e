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
# # In Dataiku: the recipes, against a stand-in for DSS
#
# Each step of the project's life is a Python recipe of five lines or fewer. Here all ten run one after
# the other, on a laptop: `fake_dss` installs a module `dataiku` that is as awkward as DSS where that
# matters. In DSS the first and the last lines of this notebook fall away; the recipes stay as they are.

# %%
import contextlib
import json
import tempfile

import numpy as np
import pandas as pd

import evforecast as ev
from evforecast.dataiku import (
    as_metrics,
    check,
    check_dataset,
    download,
    open_registry,
    paths_in,
    read_checks,
    read_forecasts,
    read_frame,
    read_frames,
    read_panel,
    recipe,
    set_variable,
    write_frame,
    write_panel,
)
from evforecast.sources import http
from evforecast.testing.fake_dataiku import fake_dss

open_now = contextlib.ExitStack()
dss = open_now.enter_context(
    fake_dss(
        tempfile.mkdtemp(),
        datasets=["status", "status_grid", "features", "forecast", "scores", "coverage", "checks"],
        folders=["fresh", "models", "reports"],
        evaluation_stores=["skill"],
        variables={"horizons": [1, 4]},
    )
)
import dataiku

dataiku.default_project_key()

# %% [markdown]
# ## Does this DSS understand us?
#
# The first thing to run in a new project; it needs a dataset and a folder that may be written over.

# %%
dss.add_dataset("evforecast_selftest")
dss.add_folder("evforecast_selftest")
check().to_frame()[["check", "subject", "status", "reason"]]

# %% [markdown]
# ## What DSS does to a table
#
# Everything goes over the wire as text. By default pandas guesses anew what a column is, for each chunk
# by itself, and a charger called `007` or `NA` is gone:

# %%
dss.add_dataset("evse")
write_frame("evse", pd.DataFrame({"evse_id": ["007", "NA", "S7-T1", "1e3"]}))
chunks = dataiku.Dataset("evse").iter_dataframes(chunksize=2)
[chunk.evse_id.to_list() for chunk in chunks]

# %% [markdown]
# The readers of the library ask for what the schema says.

# %%
[chunk.evse_id.to_list() for chunk in read_frames("evse", chunk_rows=2)]

# %% [markdown]
# A writer that nobody closes loses its rows without a word; `write_frame` closes it in every case.

# %%
dataiku.Dataset("evse").get_writer().write_dataframe(pd.DataFrame({"evse_id": ["lost"]}))
dss.writers.clear()
read_frame("evse").evse_id.to_list()

# %% [markdown]
# ## Collect and load: fresh data in a managed folder
#
# A folder on a bucket has no path. The days that are still open are brought to the disk, worked on there,
# and what has changed is sent up. Belib' is asked for its statuses by a server in this process.

# %%
words = ["Disponible", "Occupé (en charge)", "Disponible"]
rows = [{"id_pdc": f"FR*V75*EPX{n}0*21*1", "statut_pdc": word} for n, word in enumerate(words)]


class Paris(contextlib.AbstractContextManager):
    now = np.datetime64("2026-11-28T08:00:05", "s")

    def get(self, url, **_):
        return http.Answer(url, 200, json.dumps(rows).encode(), collected_at=self.now)

    def __exit__(self, *error):
        return None


real = http.Client
http.Client = Paris


# %%
def run(step, *, show=False):
    print(recipe(step) if show else f"{step} …")
    exec(recipe(step), {})


run("collect", show=True)
set_variable("as_of", "2100-01-01")
run("load", show=True)
http.Client = real
paths_in("fresh"), read_frame("status")

# %% [markdown]
# ## Features: the log on a grid
#
# One cycle makes one row; what a direct forecaster sees of it goes to a dataset for whoever wants to
# look.

# %%
run("features", show=True)
read_panel("status_grid"), read_frame("features").iloc[:, :8]

# %% [markdown]
# ## A city to go on with
#
# From here on the statuses are those of a simulated city, five weeks of them, so that there is something
# to learn. Time passes by the variable `as_of`, which in DSS the scenario sets: no recipe asks for the
# time.

# %%
city = ev.simulate(n_evse=6, days=37, random_state=3)
write_panel("status_grid", city, append=False)
set_variable("trained_until", city.times[7 * 96])
run("train", show=True)
open_registry("models").versions("city")[["number", "aliases", "class", "trained_until"]]

# %%
for day in (8, 14, 20, 26, 32):
    set_variable("as_of", city.times[day * 96 + 40])
    run("predict", show=day == 8)
{model: len(given) for model, given in read_forecasts("forecast").items()}

# %% [markdown]
# A recipe that is run again adds its rows again; the readers take them once.

# %%
run("predict")
{model: len(given) for model, given in read_forecasts("forecast").items()}

# %% [markdown]
# ## Truth, and a look at it all

# %%
set_variable("as_of", city.times[36 * 96])
run("join_truth", show=True)
read_frame("scores")

# %%
run("monitor", show=True)
read_frame("checks")[["group", "check", "subject", "status"]].head(12)

# %% [markdown]
# A custom check of the dataset `checks` tells the scenario how to go on; a custom metric keeps the
# values.

# %%
outcome, message = check_dataset("checks")
print(outcome, "|", message[:300])
pd.Series(as_metrics(read_checks("checks")), dtype=float).head(8)

# %% [markdown]
# And the scores are in the evaluation store of the project:

# %%
store = dataiku.api_client().get_default_project().get_model_evaluation_store("skill")
pd.DataFrame(store.list_evaluations()[-1]["metrics"])[["metricCode", "value"]].head(6)

# %% [markdown]
# ## A successor
#
# The champion is four weeks old: it is time. The new version runs in its shadow until it has shown that
# it is better.

# %%
run("retrain", show=True)
set_variable("as_of", city.times[36 * 96 + 1])
run("predict")
run("promote", show=True)
open_registry("models").history("city")[["at", "alias", "action", "version", "by", "reason"]]

# %% [markdown]
# ## Half an upload is never seen
#
# The connection breaks while a model is sent up. The card is sent last, so nobody finds the half of it,
# and the next try starts afresh.


# %%
def broken(*_):
    raise OSError("connection lost")


send, dataiku.Folder.upload_stream = dataiku.Folder.upload_stream, broken
past = city.head(2000)
with contextlib.suppress(OSError):
    open_registry("models").publish(ev.Persistence([1]).fit(past), name="city", data=past)
dataiku.Folder.upload_stream = send
len(open_registry("models").versions("city"))

# %% [markdown]
# ## The report

# %%
run("report", show=True)
size = len(download("reports", "monitoring.html"))
open_now.close()
print(f"{size:,} bytes")
