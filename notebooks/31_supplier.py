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
# # The energy supplier: how much charging, where and when?
#
# From four to forty-eight hours ahead: how many chargers will be charging in each area, how much
# power that is, and how sure that is. The city is simulated; a history of your own takes the place
# of the first line.

# %%
import pandas as pd

import evforecast as ev

ev.plotting.set_theme()
panel = ev.simulate(n_evse=60, days=28, random_state=0)
case = ev.usecases.USE_CASES["supplier"]
case

# %% [markdown]
# ## Two ways
#
# **Direct**: for each horizon one classifier of *charging or not*. **Recursive**: a semi-Markov
# process, which can draw joint futures too. That is what the supplier's intervals need, and why it
# is the default here.

# %%
cutoff = panel.cutoff - 7 * 96 * panel.step
past = panel.until(cutoff)
direct = case.direct(random_state=0).set_params(max_rows=30_000).fit(past)
recursive = case.recursive().fit(past)
type(case.default()).__name__

# %% [markdown]
# ## How many, where and when
#
# The sum of the chances is the expected number, whether or not chargers depend on each other. The
# interval is another matter: here chargers are taken as independent.

# %%
now = panel.until(cutoff + 36 * panel.step)
ev.usecases.supplier.charging(direct.predict_proba(now), by="area").head(8)

# %% [markdown]
# And here counted in joint futures, in which chargers move together as they did in the past: rain
# and rush hours come to all.

# %%
paths = recursive.sample_paths(now, n_paths=300, random_state=0)
joint = ev.usecases.supplier.charging(paths, by=None)
alone = ev.usecases.supplier.charging(recursive.predict_proba(now), by=None)
joint.join(alone[["low", "high"]], rsuffix=" if independent")

# %%
together, single = ((table["high"] - table["low"]).mean() for table in (joint, alone))
print(
    f"The interval is {together:.1f} chargers wide on average; if they were independent, {single:.1f}."
)

# %% [markdown]
# The next two days of the whole network, every hour, with the interval of nine in ten, and what
# came.

# %%
hours = recursive.sample_paths(now, range(4, 193, 4), n_paths=200, random_state=0)
band = ev.usecases.supplier.charging(hours, by=None)
truth = panel.to_counts(by=None, status="charging")["all"]
came = truth.reindex(band["time"])
ax = ev.plotting.counts({"expected": band}, came, tz=panel.tz)

# %%
held = came.between(*(band[end].set_axis(came.index) for end in ("low", "high")))
print(
    f"{held.sum()} of {came.notna().sum()} hours lie inside: these two days, which share one weather."
)

# %% [markdown]
# ## Power and energy
#
# With the power of each charger: one number, a column of the table of chargers, or a Series by
# `evse_id`. A rated power is the most that can be; a mean while charging is better where it is
# known. The chargers of the simulated city name their power in their model: AC 22 kW, say.

# %%
power = panel.evse["model"].str.extract(r"([\d.]+) kW", expand=False).astype(float)
ev.usecases.supplier.energy(paths, power, by="area").head(8)

# %% [markdown]
# ## Do the intervals hold?
#
# From sixteen moments of the last week: the share of true counts inside the interval, with
# chargers moving together (`joint`) and with the same ones taken as independent. Whole numbers
# cover a little more than they should; `claimed` says how much the interval holds by its own
# account. `pit` is 0.5 where counts are forecast neither too low nor too high. Sixteen moments of
# one week are few, and share its weather: a year says more.

# %%
origins = panel.times[past.n_time - 1 : -96 : 36][:16]
network = ev.usecases.supplier.coverage(
    recursive, panel, origins, by=None, horizons=[16, 48, 96], n_paths=100
)
network.round(2)

# %%
ev.usecases.supplier.coverage(
    recursive, panel, origins, by="area", horizons=[16, 96], n_paths=100
).round(2)

# %% [markdown]
# ## Is it any good, charger by charger?
#
# Against persistence and climatology, from every six hours of the last week.

# %%
models = {
    "direct": direct,
    "recursive": recursive,
    "persistence": ev.Persistence(case.horizons),
    "climatology": ev.Climatology(case.horizons),
}
result = ev.backtest(
    models, panel, every="6h", first_origin=cutoff, target="charging", progress=False
)
ev.evaluation.ranking_scores(result).pivot_table(
    index="horizon", columns="model", values=["log_loss", "auc"]
).round(3)

# %%
ax = ev.plotting.skill(result, reference="climatology")

# %% [markdown]
# One way against the other, horizon by horizon. Forecasts of up to two days overlap for two days, so
# blocks of two days are drawn anew for the intervals; a week has few of them.

# %%
ax = ev.plotting.versus(result, "recursive", "direct", block="2D")

# %% [markdown]
# ## Where are the errors?
#
# At which hours of the day the recursive way loses half a day ahead, and how the chances go with what
# came. Nobody can tell which charger it will be: most of the loss is in chargers that then charged.
# The supplier does not need to know which, only how many.

# %%
ax = ev.plotting.losses(result, "recursive", horizon=48)

# %%
ax = ev.plotting.confusion(result, "recursive", horizon=48)

# %% [markdown]
# ## And as counts?
#
# The mean absolute error of the expected number in the whole network, and of an area, by how far
# ahead.

# %%
rows = []
for name in result.models:
    gap = (result.proba[name][..., 1] - result.truth) * (result.truth >= 0)
    area = pd.concat(
        [pd.DataFrame(part.T).groupby(panel.evse["area"].to_numpy()).sum() for part in gap]
    )
    rows.append(
        {"model": name, "network": abs(gap.sum(axis=-1)).mean(), "area": abs(area).mean().mean()}
    )
pd.DataFrame(rows).round(2)

# %% [markdown]
# **What to do with it.** The further ahead, the less the status of now helps and the more is habit:
# climatology comes close. What is worth having is the interval: bought energy is bought for the upper
# end of it, and one that takes chargers as independent is too narrow just when all of them move.
