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
# # A tour in five minutes
#
# A city of chargers, its statuses, a forecast, and whether it is any good. The city is simulated, so that
# everything runs on this machine; a history of your own takes the place of the first line
# (`ev.sources.challenge.read`, `ev.sources.cpinfo.read`, `ev.StatusPanel.from_long`).

# %%
import evforecast as ev

ev.plotting.set_theme()  # dark=True for a dark notebook
panel = ev.simulate(n_evse=60, days=21, random_state=0)
panel

# %% [markdown]
# A panel has a row for every quarter of an hour, in UTC, and a column for every charger. What was not
# observed is missing, never a status.

# %%
record = panel.coverage()
print(f"Observed: {record['observed'].mean():.0%}. Of that:")
record[list(panel.scheme.names)].mean().round(3)

# %% [markdown]
# Is there a pattern? The mix of statuses by the hour of the local day: charging has its hours, outages
# have none.

# %%
ax = ev.plotting.shares(panel)

# %% [markdown]
# Two forecasters are fitted on what was known a week before the end. The **direct** one is a classifier
# for each horizon; the **semi-Markov** process knows one step and goes as far as it is asked, with the
# time already spent in a status.

# %%
cutoff = panel.cutoff - 7 * 96 * panel.step
past = panel.until(cutoff)
horizons = [1, 4, 16, 96]
direct = ev.DirectForecaster(horizons, random_state=0, max_rows=20_000).fit(past)
semi_markov = ev.SemiMarkovForecaster(horizons).fit(past)

# %% [markdown]
# What will the busiest charger do? What it did, and then the probability of each status for a day. The
# status of now is soon forgotten; what remains are the habits of the charger and of the hour.

# %%
now = panel.until(cutoff + 60 * panel.step)
ahead = semi_markov.predict_proba(now, range(1, 97))
ax = ev.plotting.fan(ahead, record["charging"].idxmax(), history=now)

# %% [markdown]
# Which charger will be free? A driver near the town hall, in an hour: the nearest ones, with the chance
# that each is free then.

# %%
forecast = direct.predict_proba(now)
ev.usecases.driver.free(forecast, near=(48.857, 2.352), arrive=forecast.times[1])

# %% [markdown]
# Is it any good? From many cutoffs of the days that the models have not seen, against persistence (it
# stays as it is) and climatology (what is usual at that hour). A backtest hands a model only what was
# known at the cutoff.

# %%
models = {
    "direct": direct,
    "semi-Markov": semi_markov,
    "persistence": ev.Persistence(horizons),
    "climatology": ev.Climatology(horizons),
}
result = ev.backtest(models, panel, every="6h", last="5D", horizons=horizons, progress=False)
scores = result.scores(reference="persistence")
scores.round(3)

# %% [markdown]
# The skill against climatology, by how far ahead: above 0 is better than the habits of each charger.

# %%
ax = ev.plotting.skill(result, reference="climatology")

# %%
best = scores.loc[scores.groupby("horizon")["log_loss"].idxmin()].set_index("horizon")
for horizon, row in best.iterrows():
    ahead = ev.plotting.duration(horizon * panel.step)
    print(f"{ahead:>7} ahead: {row['model']}, log loss {row['log_loss']:.3f}")

# %% [markdown]
# When it says 30 %, does it happen 30 % of the time? Points on the diagonal are right.

# %%
ax = ev.plotting.reliability(result, "available", ["direct", "semi-Markov"], horizon=4)

# %% [markdown]
# The rest of the story, in order: the record comes out of a database (`10_migration`), is looked at
# (`20_exploration`) and goes on in fresh data (`21_fresh_data`); three people ask of it (`30_driver`,
# `31_supplier`, `32_park`); it is run every day (`40_production`) and watched over (`41_monitoring`), in
# a warehouse (`50_snowflake`), beside sktime (`60_sktime`) and in Dataiku (`70_dataiku`).
