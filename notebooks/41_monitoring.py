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
# # Watching over forecasts: a champion, a challenger, an alert and a retraining
#
# A city of chargers is forecast from April to November. A champion gives out forecasts at
# noon (UTC), a challenger does the same in the shadow, and every fortnight somebody looks: how
# good were they, has the world changed, who should be the champion? The city is simulated, and so
# is what happens to it in August: in the evening of the 15th, three fifths of the visits stay away.
#
# Nothing here knows the future. A forecast is scored when its own time has been observed, and
# every decision is made from what was known on its day.

# %%
import tempfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

import evforecast as ev
from evforecast.monitoring import ForecastStore, Limits, RetrainingPolicy, join_truth, monitor
from evforecast.testing import fewer_visits

ev.plotting.set_theme()
city = ev.simulate(n_evse=180, days=280, start="2020-02-03", random_state=0)
panel = fewer_visits(city, 0.6, since="2020-08-15 20:00", random_state=0)
horizons = [4, 96]  # an hour and a day
day = np.timedelta64(86_400, "s")
panel

# %% [markdown]
# ## A registry, and a store of what was given out
#
# The registry keeps models under numbers that never change; `champion` and `challenger` are names
# that point at one of them. The store keeps forecasts as they were given out. The clock is our
# own, since the months have to pass in a minute.

# %%
folder = Path(tempfile.mkdtemp())
now = np.datetime64("2020-04-13T00:00:00", "s")
registry = ev.Registry(folder / "models", clock=lambda: now)
store = ForecastStore(folder / "forecasts")


def publish(model, reason):
    past = panel.until(now).tail(56 * 96)
    return registry.publish(model.fit(past), name="city", data=past, notes=reason).number


first = publish(ev.MarkovForecaster(horizons), "the first model")
registry.set_alias("city", "champion", first, by="notebook", reason="there is no other")
second = publish(ev.SemiMarkovForecaster(horizons), "knows how long statuses last")
registry.set_alias("city", "challenger", second, by="notebook", reason="in the shadow")
past = panel.until(now).tail(56 * 96)
baselines = {
    "persistence": ev.Persistence(horizons).fit(past),
    "climatology": ev.Climatology(horizons).fit(past),
}
registry.versions("city")[["number", "aliases", "class", "trained_until", "chargers"]]

# %% [markdown]
# ## A fortnight
#
# Forecasts are given out by whoever is champion or challenger, and by two simple baselines. Then
# comes the look: `monitor` holds the last day against eight weeks before the champion's training
# ended, joins the forecasts of four weeks with what came, and says whether to train anew and
# whether to promote.
#
# A model is trained anew here when the city drifted or skill was lost, not for its age alone. A
# challenger has four weeks to show that it is better; then it makes place.

# %%
limits = Limits(retraining=RetrainingPolicy(max_age="364D", min_new_data="13D"))


def names():
    numbers = [registry.alias("city", alias) for alias in ("champion", "challenger")]
    return [f"v{number}" for number in numbers if number]


def forecasters():
    loaded = {name: registry.load("city", int(name[1:])) for name in names()}
    return loaded | baselines


def give_out(cutoff, models):
    context = panel.until(cutoff).tail(8 * 96)
    for name, model in models.items():
        store.add(name, model.predict_proba(context))


def recent():
    since = now - 28 * day
    return {name: store.read(name, since=since, until=now) for name in [*names(), *baselines]}


# %%
def look():
    champion, *challengers = names()
    trained = registry.get("city", "champion").card.model["trained_until"]
    who = {"champion": champion, "challengers": challengers, "baselines": list(baselines)}
    return monitor(panel, now=now, forecasts=recent(), trained_until=trained, limits=limits, **who)


def promote(decision):
    number = int(decision.challenger[1:])
    how = {"by": "the rule", "record": decision.to_dict()}
    registry.set_alias("city", "champion", number, reason="better in the shadow", **how)
    registry.clear_alias("city", "challenger", reason="promoted", **how)


def had_its_chance(found):
    since = registry.history("city").query("alias == 'challenger'")["at"].max()
    return not found.challengers or pd.Timestamp(now, tz="UTC") - since >= pd.Timedelta("28D")


def act(found):
    if any(decision.promote for decision in found.promotions.values()):
        promote(next(iter(found.promotions.values())))
    elif found.retraining.retrain and had_its_chance(found):
        retrain(found.retraining)


# %%
def retrain(decision):
    number = publish(ev.SemiMarkovForecaster(horizons), str(decision))
    how = {"by": "the rule", "record": decision.to_dict()}
    registry.set_alias("city", "challenger", number, reason="trained anew", **how)


# %% [markdown]
# ## From fortnight to fortnight

# %%
looks = {}
for fortnight in np.arange(now, panel.cutoff - 14 * day, 14 * day):
    models = forecasters()
    for cutoff in np.arange(fortnight + day // 2, fortnight + 14 * day, day):
        give_out(cutoff, models)
    now = fortnight + 14 * day
    looks[str(now)[:10]] = found = look()
    act(found)


def summary(found):
    worst = found.checks.to_frame().query("status == 'ERROR'")
    errors = "; ".join(f"{row.check}, {row.subject}" for row in worst.head(2).itertuples())
    return {"champion": found.champion, "status": found.checks.status, "errors": errors}


pd.DataFrame({at: summary(found) for at, found in looks.items()}).T

# %% [markdown]
# ## Who was champion, and why
#
# Each line was written when it happened, with the decision that it rests on.

# %%
history = registry.history("city")
history[["at", "alias", "action", "version", "previous", "by", "reason"]]

# %%
first_promotion = next(f for f in looks.values() if any(d.promote for d in f.promotions.values()))
for decision in first_promotion.promotions.values():
    print(decision)

# %% [markdown]
# ## The alert
#
# The first look after the change that asked for a retraining, and the errors it found: kinds of change
# that came less often than the same hours used to bring them. The scored forecasts need not show it yet:
# a forecaster that looks at the status of now is not wrong because fewer cars come.

# %%
changed = "2020-08-15"
alert_at = next(at for at, found in looks.items() if at > changed and found.retraining.retrain)
alert = looks[alert_at]
print(f"Changed on {changed}, seen on {alert_at}.")
columns = ["check", "subject", "value", "warning", "error", "reason"]
alert.checks.to_frame().query("status == 'ERROR'")[columns]

# %% [markdown]
# ## The retraining
#
# What the rules said from then on. A model that is trained anew right after a change has seen little of
# it; a later one has seen weeks.

# %%
for at, found in looks.items():
    if at >= alert_at:
        print(at, "|", found.retraining)
        print(*(f"           | {decision}" for decision in found.promotions.values()), sep="\n")

# %% [markdown]
# Without the change, what would have happened? The same day in the city where nothing happened:

# %%
quiet = monitor(city, now=alert_at, trained_until=alert.reference.cutoff)
quiet.checks

# %% [markdown]
# ## Skill over the months
#
# The log loss of whoever was champion, fortnight by fortnight, over that of a baseline on the same
# forecasts: an hour ahead over persistence, a day ahead over climatology. Below 1 the champion is worth
# its keep. The dotted line is where visits began to stay away.


# %%
def as_champion(at, found):
    since, until = pd.Timestamp(at) - pd.Timedelta("14D"), pd.Timestamp(at)
    return store.read(found.champion, since=since, until=until)


given = {name: list(store.read(name)) for name in baselines}
given["champion"] = [one for at, found in looks.items() for one in as_champion(at, found)]
scores = join_truth(given, panel, now=now).result.scores(("model", "horizon", "day"))

# %%
known = scores.query("model != 'climatology'")
ax = ev.plotting.over_time(known, reference="persistence", horizon=4, every="14D")
line = ax.axvline(np.datetime64(changed), linestyle=":", color="grey")

# %%
known = scores.query("model != 'persistence'")
ax = ev.plotting.over_time(known, reference="climatology", horizon=96, every="14D")
line = ax.axvline(np.datetime64(changed), linestyle=":", color="grey")

# %%
daily = scores.query("model == 'champion' and horizon == 96").set_index("day")["log_loss"]
before, after = daily[:changed].mean(), daily[changed:].mean()
print(
    f"A day ahead the champion's log loss was {before:.3f} before the change, {after:.3f} after it."
)

# %% [markdown]
# **What to do with it.** After the change the city is quieter and easier to forecast, so the log loss
# alone says that all is well; only the ratio to a baseline, and the drift of what comes in, say whether
# the model still knows the city. Watch all three.

# %% [markdown]
# ## The report
#
# What a manager reads in a minute, in one file.

# %%
card = registry.get("city", "champion").card
report = ev.reporting.monitoring_report(
    found, card=asdict(card), decisions=history, panel=panel.until(now)
)
report.save(folder / "report.html")
report.frames().keys()
