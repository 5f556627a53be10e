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
# # Fresh data against history: what has changed?
#
# The history knows 100 chargers and five statuses. The live feed knows 250, other ids, and no
# `passive`. Three days of it are collected here, from a portal that fails now and then; then the
# two are laid side by side, and joined. A model that was trained on the one meets the other: what is
# it going to see?
#
# The portal is simulated, in the exact form of the live Belib' dataset: nothing here needs a
# network. With one, `evforecast collect --store fresh --feed belib --every 15min` does the same
# for as long as it is left running. Where the environment names a folder of real data
# (`EVFORECAST_DATA`), the last part looks at the real history and the real feed of Paris; without it,
# once more at the simulated ones.

# %%
import json
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

import evforecast as ev
from evforecast.collect import Store, as_told_by, collect_loop, join_history, to_panel
from evforecast.errors import TransientError
from evforecast.monitoring import monitor

ev.plotting.set_theme()

city = ev.simulate(n_evse=250, days=24, random_state=0)
known = city.evse_ids[:100]
history = city.select(known).head(20 * 96)
history

# %% [markdown]
# ## A portal
#
# It answers with what the chargers say at the time of asking, in the words of the feed. Every
# tenth request fails, for half an hour nothing comes at all, on the second day somebody adds a
# word, and on the third a third of the chargers is gone.

# %%
words = {
    "available": "Disponible",
    "charging": "Occupé (en charge)",
    "passive": "Occupé (en charge)",
    "offline": "Inconnu",
    "down": "En maintenance",
}
started = city.times[20 * 96]
station = pd.factorize(city.evse["location_id"])[0]
plug = city.evse.groupby("location_id").cumcount() + 1
ids = [f"FR*V75*E{s + 1:04d}*1*{p}" for s, p in zip(station, plug, strict=True)]
where = city.evse[["lon", "lat"]].to_dict("records")


def record(place, status, time):
    word = "En pause" if place == 7 and time > started + 96 * city.step else words[status]
    fields = {"id_pdc": ids[place], "statut_pdc": word, "last_updated": f"{time}+00:00"}
    return fields | {"coordonneesxy": where[place], "adresse_station": "1 rue X 75001 Paris"}


def body(time):
    row = int((time - city.grid.start) // city.step)
    heard = city.n_evse if time < started + 2 * 96 * city.step else 165
    statuses = city.scheme.decode(city.codes[row, :heard])
    return [record(i, status, time) for i, status in enumerate(statuses) if status]


# %%
@dataclass
class Answer:
    body: bytes
    collected_at: np.datetime64
    status: int = 200
    content_type: str = "application/json"
    etag: str | None = None
    modified: str | None = None
    next_url: str = ""


class Clock:
    now = started
    asked = 0

    def sleep(self, seconds):
        self.now += np.timedelta64(max(int(np.ceil(seconds)), 1), "s")


clock = Clock()
outage = slice(started + 40 * city.step, started + 42 * city.step)


class Portal:
    def get(self, _url, **_conditions):
        clock.asked += 1
        if clock.asked % 10 == 0 or outage.start <= clock.now < outage.stop:
            raise TransientError("the portal does not answer")
        return Answer(json.dumps(body(clock.now)).encode(), clock.now)


# %% [markdown]
# ## Three days of collecting
#
# Each answer is archived before it is read. A cycle without an answer is a gap, and is known as
# one.

# %%
folder = tempfile.mkdtemp()
store = Store(folder, ev.sources.belib.BelibStatus())
cycles = []
collect_loop(
    [store],
    Portal(),
    clock=lambda: clock.now,
    sleep=clock.sleep,
    until=started + 3 * 96 * city.step,
    tell=cycles.append,
)
store.entries()["outcome"].value_counts()

# %%
store.gaps()

# %%
days = store.coverage_by_day()
days

# %% [markdown]
# The same as a picture: the share of the planned requests that were answered.

# %%
planned = days[["planned"]].set_axis([store.feed.name], axis="columns")
answered = days[["answered"]].set_axis([store.feed.name], axis="columns")
ax = ev.plotting.coverage(planned, answered)

# %% [markdown]
# What was noticed on the way, and what could not be taken, with its reason:

# %%
store.alerts()

# %%
rejected = store.rejected()
rejected["reason"].value_counts()

# %% [markdown]
# ## What has changed?
#
# First the words. The feed has no `passive`: what was passive counts as charging there. So the mix of
# the live feed is held against the history *as the feed would have told it*; anything else would call a
# change of words a change of the world. A model of five statuses serves such a feed through
# `OccupiedFeed`.

# %%
belib = ev.panel.VOCABULARIES["belib"]
live = to_panel(store, tz=city.tz)


def mix(panel):
    shares = panel.to_long()["status"].value_counts(normalize=True)
    return shares.reindex(
        [name for name in panel.scheme.names if name != "passive"], fill_value=0.0
    )


ax = ev.plotting.mix_change(mix(live), mix(as_told_by(history, belib)))

# %% [markdown]
# Then the chargers. The ids differ, so chargers are matched by where they stand: that a place is the
# same is certain, which of its chargers is which is not.

# %%
joined = join_history(history, live, vocabulary=belib)
print(f"{len(joined.matches)} matched by place, {len(joined.live_only)} only live,")
print(f"{len(joined.history_only)} only in the history.")
joined.matches.head()

# %%
words = pd.Series("new", index=joined.live_only).reindex(joined.panel.evse_ids).fillna("in both")
ax = ev.plotting.map_states(joined.panel.evse, words)

# %% [markdown]
# And what was heard of each, day by day. New chargers are blank until the feed begins; on the third day
# a third falls silent.

# %%
ax = ev.plotting.observed(joined.panel)

# %% [markdown]
# The monitor sees the same, and says what is a warning and what an error.

# %%
both = joined.panel
found = monitor(ev.StatusPanel(both.codes, both.grid, both.evse, tz=city.tz))  # without weather
found.checks.to_frame().query("status in ['WARNING', 'ERROR']")[
    ["check", "subject", "value", "status", "reason"]
]

# %% [markdown]
# ## And the real ones?
#
# A sample of the challenge's history (2019 and 2020) and snapshots of the live feed (January and February
# 2023) are not days apart but years, and have no ids in common.

# %%
folder = Path(os.environ.get("EVFORECAST_DATA", "nowhere"))
sample = folder / "planete_oui" / "ytrain_raw_sample_head105_tail105.csv"
snapshots = folder / "belib" / "belib_status_36snapshots_20230127_20230213.csv.gz"
real = sample.exists() and snapshots.exists()
was = ev.sources.challenge.read(sample, tz="Europe/Paris") if real else history
now = ev.sources.belib.read_snapshots(snapshots).to_panel("15min") if real else live
print("real:" if real else "simulated:", was, now, sep="\n")

# %%
usual, told = mix(as_told_by(was, belib)), mix(now)
ax = ev.plotting.mix_change(told, usual)

# %%
common = set(now.evse_ids) & set(was.evse_ids)
print(f"{now.n_evse:,} chargers where there were {was.n_evse:,}; {len(common)} ids in common.")
most = (told - usual).abs().idxmax()
print(
    f"The largest change: {most}, from {usual[most]:.0%} to {told[most]:.0%} of what was observed."
)

# %% [markdown]
# **What to do with it.** A model of the old network can be asked about the new one only through words,
# ids and chargers that were brought together on purpose, and its skill must be measured anew before
# anybody relies on it: `41_monitoring` does that, fortnight by fortnight.
