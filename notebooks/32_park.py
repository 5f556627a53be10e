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
# # The park manager: which charger will fail?
#
# Which chargers will go down within a day, or two; and when will those that are down be back? The
# city is simulated; a history of your own takes the place of the first line.
#
# Beside every forecast stands each charger's **own past failure rate**, and every score is also
# given for the chargers that **did not fail lately**. A few chargers that fail all the time are
# easily named, and a list that names them looks good whatever it knows of the others.

# %%
import numpy as np
import pandas as pd

import evforecast as ev

ev.plotting.set_theme()
panel = ev.simulate(n_evse=150, days=35, random_state=0)
case = ev.usecases.USE_CASES["park"]
park = ev.usecases.park
case

# %% [markdown]
# ## Two ways, and what they have to beat
#
# **Direct**: for each horizon one classifier of *goes down within it*, from what is known now.
# **Recursive**: a semi-Markov process whose paths end when they go down, computed exactly. **Own
# rate**: each charger fails at its own past rate, shrunk to the network's where it has little
# history of its own; nothing else is looked at.

# %%
cutoff = panel.cutoff - 10 * 96 * panel.step
past = panel.until(cutoff)
direct = case.direct(random_state=0).set_params(max_rows=60_000).fit(past)
recursive = case.recursive().fit(past)
own = ev.FailureRate(case.horizons).fit(past)
type(case.default()).__name__

# %% [markdown]
# How much chargers differ: how many of them failed so many times in the training time, and the
# mean rate in failures a day. The fitted shape is large where chargers are alike, and small where
# few fail all the time.

# %%
failures = pd.Series(own.failures_)
print(f"{own.rate_ * 96:.3f} failures a charger and day, shape {own.shape_:.2f}.")
print(f"{(failures == 0).sum()} of {len(failures)} chargers never failed,")
print(f"{(failures >= 3).sum()} failed three times or more.")
failures.value_counts().sort_index().rename_axis("failures").rename("chargers")

# %% [markdown]
# When those that lost the most time were out. A charger with many short bars is another case than one
# with a single long one: the first can be forecast, the second has to be repaired.

# %%
ax = ev.plotting.outages(past, 15, statuses=["down"])

# %% [markdown]
# ## The list
#
# The likeliest to go down within two days, without those that are down already.
# `failures_per_day`, `failed_lately` (down in the last seven days) and `p_own_rate` say what the
# charger's own record says: where they tell the same story, the forecast adds little.

# %%
now = panel.until(cutoff + 36 * panel.step)
forecast = direct.predict_proba(now)
park.worklist(forecast, history=now, n=8).round(3)

# %%
listed = park.worklist(recursive.predict_proba(now), history=now, n=now.n_evse)
listed[~listed["failed_lately"]].head(8).round(3)

# %%
likely = ev.usecases.probability_of(forecast, "down within")[-1]
ax = ev.plotting.map_chargers(panel.evse, likely, label="P(down within two days)")

# %% [markdown]
# ## Repairs
#
# Those that are down now: for how long already, and the hours to go that are expected of them, the
# longest first. It learns from repairs as they were made, not from the fault.

# %%
park.expected_repair(recursive, now)

# %% [markdown]
# ## Is it any good?
#
# From every six hours of the last ten days. `chargers` says which count: all; those that are not
# down at the moment of the forecast, for whom there is something to forecast; and those that were
# not down in the seven days before. `average_precision` is the precision down the list, likeliest
# first; a list in random order comes to the `base_rate`.

# %%
models = {"direct": direct, "recursive": recursive, "own rate": own}
result = ev.backtest(
    models,
    panel,
    every="6h",
    first_origin=cutoff,
    target=case.target,
    within=case.within,
    progress=False,
)
scores = park.failure_scores(result, panel)
scores.query("horizon == 96").round(3)

# %% [markdown]
# The lift is how many times more failures the list holds, on average down from its top, than one
# in random order.

# %%
scores["lift"] = scores["average_precision"] / scores["base_rate"]
scores.pivot_table(index=["chargers", "horizon"], columns="model", values="lift").round(2)

# %% [markdown]
# The same as skill, of all chargers together; and one way against what it has to beat, with intervals
# (blocks of two days, as forecasts overlap for two).

# %%
ax = ev.plotting.skill(result, reference="own rate")

# %%
ax = ev.plotting.versus(result, "direct", "own rate", block="2D")

# %%
ax = ev.plotting.versus(result, "recursive", "direct", block="2D")

# %% [markdown]
# ## Does what is said come true?
#
# Of those that were up at the moment of the forecast:

# %%
up = [
    ~panel.evse.index.isin(park.expected_repair(recursive, panel.until(origin))["evse_id"])
    for origin in result.origins
]
fresh = [panel.evse.index.isin(park.not_failed_lately(panel, origin)) for origin in result.origins]
ax = ev.plotting.reliability(
    result.where(np.array(up)), "down within", ["direct", "own rate"], horizon=96
)

# %% [markdown]
# And of those that did not fail lately; the larger a point, the more cases:

# %%
ax = ev.plotting.reliability(
    result.where(np.array(fresh)), "down within", ["direct", "own rate"], horizon=96
)

# %% [markdown]
# **What to do with it.** In this simulated city a charger that fails much always will, so that a long
# record tells much even of those that did not fail lately. A real network need not be so: of the Irish
# chargers of `20_exploration`, those that fail again and again are easily named, and of the others hardly
# anything can be told in ten days. Only your own history can tell. Until it does, send people to the
# repairs that are overdue, not to the head of a list that the charger's own rate would also give.
