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
# # The driver: which charger will be free when I arrive?
#
# From a quarter of an hour to four hours ahead, every quarter of an hour. The question is answered
# twice, directly and recursively, and both answers are held against what happened. The city is
# simulated, so the figures show how the parts fit together, not how good a forecast of your city
# will be: a history of your own takes the place of the first line.

# %%
import pandas as pd

import evforecast as ev

ev.plotting.set_theme()
panel = ev.simulate(n_evse=60, days=21, random_state=0)
case = ev.usecases.USE_CASES["driver"]
case

# %%
ax = ev.plotting.shares(panel)

# %% [markdown]
# ## Two ways
#
# **Direct**: for each horizon one classifier of *free or not*, from what is known now.
# **Recursive**: a semi-Markov process that knows one step, and carries the chances of all statuses
# from step to step; one model serves every horizon. Both learn from all but the last five days.
# `case.default()` is the way to begin with.

# %%
cutoff = panel.cutoff - 5 * 96 * panel.step
past = panel.until(cutoff)
direct = case.direct(random_state=0).set_params(max_rows=8_000).fit(past)
recursive = case.recursive().fit(past)
type(case.default()).__name__

# %% [markdown]
# ## A charger near by
#
# It is the evening after the training ended. Somebody near the town hall wants to charge in an
# hour: the nearest chargers, with the chance that each is free then. Between two horizons, the
# later one counts.

# %%
now = panel.until(cutoff + 72 * panel.step)
here, arrive = (48.857, 2.352), now.cutoff + 4 * now.step
forecast = direct.predict_proba(now)
ev.usecases.driver.free(forecast, near=here, arrive=arrive)

# %%
ev.usecases.driver.free(recursive.predict_proba(now), near=here, arrive=arrive)

# %%
likely = ev.usecases.probability_of(forecast, "free")[forecast.place(arrive)]
ax = ev.plotting.map_chargers(panel.evse, likely, label="P(free) in an hour")

# %% [markdown]
# ## Any charger at that location
#
# One free charger is enough, whichever it is. The chances of the single chargers do not tell the
# chance of any: those of a location fill up together. So whole futures of all chargers are drawn,
# in which they move together as they did in the past, and the chance is the share of futures with
# at least one free charger. Beside it stands what independent chargers would have.

# %%
paths = recursive.sample_paths(now, n_paths=400, random_state=0)
ev.usecases.driver.any_free(paths, near=here, arrive=arrive).head(9)

# %% [markdown]
# The next four hours of the nearest charger, as the recursive way sees them.

# %%
nearest = ev.usecases.driver.free(forecast, near=here, arrive=arrive, n=1)["evse_id"].item()
ax = ev.plotting.fan(recursive.predict_proba(now), nearest, history=now)

# %% [markdown]
# ## Is it any good?
#
# From every three hours of the last five days, against two simple forecasters: persistence (it
# stays as it is, with the chance that it did so in training) and climatology (the habits of each
# charger by hour of the day). Each forecast is made from what was known at its time.

# %%
horizons = [1, 2, 4, 8, 12, 16]
models = {
    "direct": direct,
    "recursive": recursive,
    "persistence": ev.Persistence(horizons),
    "climatology": ev.Climatology(horizons),
}
result = ev.backtest(
    models, panel, every="3h", first_origin=cutoff, horizons=horizons, target="free", progress=False
)
result.scores(reference="persistence")

# %%
ax = ev.plotting.skill(result, reference="persistence")

# %% [markdown]
# ## Recursive against direct, horizon by horizon
#
# The same forecasts, one way against the other. The bars are intervals from drawing whole days anew; a
# full mark says that the difference is shown, an empty one that chance could do it, or that the days are
# too few to tell.

# %%
ax = ev.plotting.versus(result, "recursive", "direct")

# %%
duel = ev.evaluation.compare(result, "recursive", "direct")
for row in duel.itertuples():
    ahead = ev.plotting.duration(row.horizon * panel.step)
    print(
        f"{ahead:>7} ahead: ratio {row.ratio:.3f} ({row.low:.3f} to {row.high:.3f}), {row.verdict}"
    )

# %% [markdown]
# Log loss says how little was given to what happened. How well free chargers are told from others
# (`auc`, `average_precision`), and whether what is called 30 % happens 30 times in 100 (`ece`, the
# expected calibration error), are other questions.

# %%
ev.evaluation.ranking_scores(result).query("horizon in [4, 16]").round(3)

# %%
ax = ev.plotting.reliability(result, "free", ["direct", "recursive"], horizon=4)

# %% [markdown]
# How far off, on average, at every horizon. An interval that reaches 0 says that the forecast may well
# be calibrated.

# %%
ax = ev.plotting.calibration(result, "free", ["direct", "recursive"])

# %% [markdown]
# ## Where are the errors?
#
# The loss of the direct way an hour ahead, by the hour that was forecast: the height of a colour is what
# chargers add that then were free, or were not. Most is lost by day, when cars come and go, least at night.

# %%
ax = ev.plotting.losses(result, "direct", horizon=4)

# %% [markdown]
# And what was said, by what then came. A driver is hurt by the row of chargers that were not free: the
# probability there that was given to *free* is a promise that was not kept.

# %%
ax = ev.plotting.confusion(result, "direct", horizon=4)

# %% [markdown]
# ## Is *any of them* any good?
#
# The same for locations: the chance that at least one charger is free in an hour, from twelve
# moments, drawn together and taken as independent. The Brier score is the mean squared error of
# the chance. A location counts where all of its chargers were observed.

# %%
free = panel.coarsen("free").codes
errors = []
for origin in result.origins[:36:3]:
    drawn = recursive.sample_paths(panel.until(origin), [4], n_paths=200, random_state=0)
    table = ev.usecases.driver.any_free(drawn).set_index("location_id")
    truth = panel.evse.assign(free=free[panel.grid.position(origin, "after") + 3]).groupby(
        "location_id"
    )["free"]
    chances = table.loc[truth.min() >= 0, ["p_any_free", "p_if_independent"]]
    errors.append(chances.sub(truth.max()[chances.index], axis=0) ** 2)
pd.concat(errors).mean().round(4)

# %% [markdown]
# In which cases the two differ: where a location is nearly full. How far they differ depends on
# how much chargers of a location move together, which is learnt from the history.

# %%
recursive.dependence_

# %% [markdown]
# **What to do with it.** Up to an hour or so what a driver most needs to know is what the charger does now
# and for how long it has done so; both ways know it. Choose by the duel above on a history of your own,
# and where more than one charger of a location will do, ask for *any*.
