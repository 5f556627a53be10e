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
# # Counts with sktime
#
# How many chargers of each area are charging is an ordinary numeric series, which any forecaster
# of sktime takes. Two of them are set beside a forecaster of ours, which knows the chargers one by
# one and speaks sktime through an adapter. `pip install 'evforecast[skpro]'` brings what is
# needed; a history of your own takes the place of the simulated city.

# %%
import warnings

import pandas as pd
from sklearn.linear_model import Ridge
from sktime.forecasting.compose import make_reduction
from sktime.forecasting.naive import NaiveForecaster
from sktime.split import ExpandingWindowSplitter

import evforecast as ev
from evforecast.interop.sktime import StatusForecaster, splitter_origins

ev.plotting.set_theme()
panel = ev.simulate(n_evse=60, days=28, random_state=0)
counts = panel.to_counts(by="area", status="charging").asfreq("15min")
counts.tail()

# %% [markdown]
# A splitter of sktime says where the forecasts start, and how far they reach: 15 minutes, an hour,
# four hours and a day, from several moments of the last eight days.

# %%
cv = ExpandingWindowSplitter(fh=[1, 4, 16, 96], initial_window=20 * 96, step_length=126)
origins, horizons = splitter_origins(cv, panel)
origins, horizons

# %% [markdown]
# ## Two forecasters of sktime
#
# The same time yesterday, and a ridge regression on the last day. Both are fitted to each area by
# itself. They take no gaps, so the last count known stands in for one that is missing.
#
# sktime 1.2 announces a change of its next version each time that a forecaster is made. What it
# says is caught and shown once.

# %%
start, tomorrow = origins[0], list(range(1, 97))
past = counts[:start].ffill().bfill()
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    stock = {
        "yesterday": NaiveForecaster(sp=96),
        "ridge": make_reduction(Ridge(), window_length=96),
    }
    ahead = {name: model.fit(past, fh=tomorrow).predict() for name, model in stock.items()}
{str(warning.message).split(" in sktime")[0] for warning in said}

# %% [markdown]
# ## A forecaster of ours, in sktime
#
# The adapter takes sktime's panel, with the levels charger and time and one column of codes. All
# chargers are learnt together. `predict` gives the most likely status of each.

# %%
chargers = StatusForecaster(ev.SemiMarkovForecaster(), tz=panel.tz)
chargers.fit(panel.until(start).to_multiindex())
chargers.predict(fh=[4]).head()

# %% [markdown]
# `predict_state_proba` has a column for each status; `predict_proba` is the same as a distribution
# of skpro.

# %%
proba = chargers.predict_state_proba(fh=tomorrow)
proba.head()

# %%
law = chargers.predict_proba(fh=[4])
law.pmf(chargers.predict(fh=[4])).head()

# %% [markdown]
# The sum of the probabilities is the expected count, whether or not the chargers depend on each
# other. The picture shows all areas together.


# %%
def by_area(proba):
    table = proba["charging"].reset_index()
    table["area"] = table["evse_id"].map(panel.evse["area"])
    return table.pivot_table("charging", "time", "area", aggfunc="sum")


ahead["semi-Markov"] = by_area(proba)
sums = {name: frame.sum(axis=1).rename("expected") for name, frame in ahead.items()}
drawn = {name: expected.rename_axis("time").reset_index() for name, expected in sums.items()}
came = counts.loc[start:].head(97).sum(axis=1, min_count=1)
ax = ev.plotting.counts(drawn, came, tz=panel.tz)

# %% [markdown]
# ## Which is nearer?
#
# From every origin of the splitter. The forecasters of counts are fitted again each time; ours
# learnt before the first origin, and is only told what happened since.

# %%
errors = []
for origin in origins:
    known = counts[:origin].ffill().bfill()
    with warnings.catch_warnings(record=True):
        found = {name: model.fit(known, fh=cv.fh).predict() for name, model in stock.items()}
    chargers.update(panel.until(origin).to_multiindex(), update_params=False)
    found["semi-Markov"] = by_area(chargers.predict_state_proba(fh=cv.fh))
    truth = counts.loc[pd.DatetimeIndex(origin + horizons * panel.step)].set_axis(horizons)
    for name, frame in found.items():
        gap = (frame[counts.columns].set_axis(horizons) - truth).abs().mean(axis=1)
        errors.append(gap.rename(name))
table = pd.concat(errors, axis=1).rename_axis("horizon").T.groupby(level=0, sort=False).mean().T
table.round(3)

# %% [markdown]
# The mean absolute error, in chargers of an area, by how far ahead.

# %%
error = "error (chargers of an area)"
long = table.reset_index().melt("horizon", var_name="model", value_name=error)
ax = ev.plotting.skill(long, error, step=panel.step)

# %%
for horizon, row in table.iterrows():
    ahead_of_now = ev.plotting.duration(horizon * panel.step)
    print(f"{ahead_of_now:>7} ahead: {row.idxmin()} is nearest, off by {row.min():.2f} on average")

# %% [markdown]
# **What to do with it.** On simulated data this shows how the parts fit together, not which forecaster to
# choose: that takes your own history, and `ev.backtest`, whose scores are those of a distribution. A
# single series of counts is sktime's home ground, and its forecasters are the ones to beat there; what it
# cannot tell is which charger.
