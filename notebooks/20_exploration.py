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
# # Exploration: what do the chargers of a network do?
#
# Before anything is forecast: how complete is the record, when is the network busy, where, for how
# long does a status last and what follows it, which chargers are out, and does the weather matter?
# Each question is one picture, and each picture says something about the model that comes later.
#
# Where the environment names a folder of real data (`EVFORECAST_DATA`), the chargers are those of
# Ireland, eleven days of November 2018 (cpinfo.ie). Without it they are a simulated city. A history of
# your own takes the place of `panel`, and everything below holds for it.

# %%
import os
from pathlib import Path

import pandas as pd

import evforecast as ev

ev.plotting.set_theme()  # dark=True for a dark notebook

city = ev.simulate(n_evse=273, days=28, random_state=0)
folder = os.environ.get("EVFORECAST_DATA")
files = sorted(Path(folder).glob("ireland/cpinfo_*.txt.xz")) if folder else []
panel = ev.sources.cpinfo.read(files[0]) if files else city
print("real chargers of Ireland:" if files else "a simulated city:", panel)

# %% [markdown]
# ## Can the record be trusted?
#
# What was not observed is missing, never a status. Each line is a charger, each column a day. Vertical
# stripes are days on which the collector failed; a line that is blank at first is a charger that came
# later; a line that is blank at its end may be gone.

# %%
ax = ev.plotting.observed(panel)

# %%
record = panel.coverage()
seen = record["observed"]
days = (panel.cutoff - record["last"]) / pd.Timedelta("1D")
out = record[["offline", "down"]].sum(axis=1)
print(f"{seen.mean():.1%} of all was observed, {seen.min():.1%} of the worst charger.")
print(f"{(days > 1).sum()} of {panel.n_evse} chargers have been silent for more than a day.")
print(f"{(out == 1).sum()} were never seen in service.")
print(f"{(record['charging'] == 0).sum()} were never seen charging.")

# %% [markdown]
# **What to do with it.** Chargers that are always out, or never used, are easy to forecast, and flatter
# every score. They stay in, since a user asks for them too, but scores are also read without them, or
# against persistence, which is as good on them. A gap stays a gap: no model here fills one.

# %% [markdown]
# ## The day, and the week
#
# The share of each status by the hour on the wall, all days together.

# %%
ax = ev.plotting.shares(panel)

# %%
ax = ev.plotting.shares(panel, by="week")

# %%
charging = panel.to_counts(by=None, status="charging")["all"]
charging = charging.tz_localize("UTC").tz_convert(panel.tz)
by_hour = charging.groupby(charging.index.hour).mean()
weekend = charging.groupby(charging.index.weekday >= 5).mean()
print(f"Most charge at {by_hour.idxmax()} h: {by_hour.max():.1f} on average.")
print(f"Fewest charge at {by_hour.idxmin()} h: {by_hour.min():.1f} on average.")
print(f"On a working day {weekend[False]:.1f} charge on average, on a weekend {weekend[True]:.1f}.")

# %% [markdown]
# **What to do with it.** Day and night differ, so the hour of the local day is a feature, and *the same
# hour on other days* (climatology) is what a model of the next day has to beat. The hours are those of
# the wall: on the day of a clock change, one of them comes twice or not at all.

# %% [markdown]
# ## Where?
#
# The share of its observed time that each charger was charging. Chargers at one point share a mark.

# %%
ax = ev.plotting.map_chargers(panel.evse, record["charging"], label="share of time charging")

# %%
areas = record["charging"].groupby(panel.evse["area"]).agg(["mean", "size"])
areas.sort_values("mean", ascending=False).head(5).round(3)

# %%
use = record["charging"].sort_values(ascending=False)
busiest = use.head(len(use) // 10).sum() / use.sum()
print(f"The busiest tenth of the chargers does {busiest:.0%} of the charging.")

# %% [markdown]
# **What to do with it.** Chargers differ more than hours do. A model needs each charger's own habits, and
# something to lean on for a charger that has no history yet: its location, its area, the network.

# %% [markdown]
# ## How long does a status last?
#
# The share of stays that still go on after a time. A stay that runs into a gap, or into the end of the
# record, counts as long as it was seen (Kaplan and Meier).

# %%
ax = ev.plotting.survival(panel)

# %% [markdown]
# **What to do with it.** If the chance to leave a status were always the same, whatever time was spent in
# it, each curve would fall like an exponential. Where it falls steeply first and slowly later (outages),
# or the other way round (charging), the time already spent is worth knowing. The semi-Markov forecaster
# knows it, the Markov forecaster does not.

# %% [markdown]
# ## What follows what?
#
# Of the changes out of a status, the share that leads to each other one.

# %%
ax = ev.plotting.transitions(panel)

# %% [markdown]
# **What to do with it.** Which way a charger leaves a status is far from even, so one model for all
# statuses knows more than one for each. A change that should not occur, or one that occurs at once for
# many chargers, is a question for the operator before it is one for a model.

# %% [markdown]
# ## Outages
#
# The chargers that lost the most time to outages, of those that were in service at least once; the thin
# line is where they were observed.

# %%
ax = ev.plotting.outages(panel, 20)

# %%
lost = (out * seen).sort_values(ascending=False)
worst = lost.head(panel.n_evse // 10).sum() / lost.sum()
print(f"{(out > 0).mean():.0%} of the chargers were out at least once.")
print(f"A tenth of all chargers has {worst:.0%} of the lost time.")

# %% [markdown]
# **What to do with it.** Bars that begin together at one location are one fault, not several: chargers of
# a location are not independent, and a count over them is less sure than it seems. Where a few chargers
# have most of the lost time, a list of those likely to fail must be held against each charger's own past
# (notebook `32_park`).

# %% [markdown]
# ## Weather and traffic
#
# The Irish record has neither, so these are of the simulated city in any case; there cold, rain and
# traffic are known to change demand, and only a little. The temperature goes with the hour, and so does
# use: the dashed line is the share at the same hours of the week on other days. Only what lies between
# the two lines is more than habit.

# %%
ax = ev.plotting.exogenous(city, "temperature")

# %%
ax = ev.plotting.exogenous(city, "traffic_state")

# %%
ax = ev.plotting.exogenous(city, "rain_level")

# %% [markdown]
# **What to do with it.** If the observed line stays within its intervals of the dashed one, the clock
# explains what the series explains, and the series will add little to a model that knows the clock. And
# a forecast may only use the weather *as it was known at the cutoff*: the weather that came is not known
# to anybody who forecasts.

# %% [markdown]
# ## What to take along
#
# | seen | in the model |
# | --- | --- |
# | gaps and silent chargers | missing stays missing; scores only where the truth is known |
# | a daily and a weekly shape | hour and day type of the local clock; climatology to beat |
# | chargers that differ | each charger's own shares, leaning on its location and the network |
# | stays that are not exponential | time in the status; the semi-Markov forecaster |
# | uneven changes | all statuses in one model |
# | outages in common | joint futures for counts; a charger's own past to beat for failures |
# | weather and traffic | only as known at the cutoff, and only what habit does not tell |
