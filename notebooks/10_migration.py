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
# # A migration: PostgreSQL to the warehouse
#
# The history of a simulated city lies in a PostgreSQL that this notebook starts for itself. It is
# imported from a file, planned, exported, loaded, proved equal and merged; then rows are lost on
# purpose, and found. `pip install 'evforecast[demo]'` brings the server; with your own, only the
# address differs. The questions: has everything arrived, how would anybody know if it had not, and
# which layout of files is the quickest?

# %%
import shutil
import tempfile
from pathlib import Path

import pandas as pd

import evforecast as ev
from evforecast.migration import Migration, MigrationPlan, compare_layouts, import_file
from evforecast.testing import postgres_server

ev.plotting.set_theme()

folder = Path(tempfile.mkdtemp())
running = postgres_server()
address = running.__enter__()  # stopped in the last cell
address

# %% [markdown]
# ## A file into PostgreSQL
#
# Types are inferred from every row, and never change a value: an id `007` stays text. The table
# and its rows come in one transaction; the same file is not loaded twice.

# %%
panel = ev.simulate(n_evse=60, days=60, random_state=0)
history = panel.to_long()[["time", "evse_id", "status"]].rename(columns={"time": "observed_at"})
history.to_csv(folder / "status.csv", index=False, date_format="%Y-%m-%d %H:%M:%S")
print(import_file(address, folder / "status.csv", "status", progress=False))
print(import_file(address, folder / "status.csv", "status", progress=False))

# %% [markdown]
# ## The plan, before anything is moved
#
# A dry run says which files there would be, how large, with which statements, and how long it
# would take.

# %%
warehouse = ev.connect(f"duckdb:///{folder}/ev.duckdb")
plan = MigrationPlan("status", key=["observed_at", "evse_id"], layout="month")
moving = Migration(address, warehouse, plan, folder / "work", progress=False)
print(moving.preview())

# %% [markdown]
# ## Phase by phase
#
# Each phase is a call, and each may be made twice. The export reads one snapshot; the load goes to
# a transient table; nothing is merged before that table has the fingerprint of the snapshot.

# %%
print(moving.export())
print()
print(moving.check())

# %%
report = moving.merge()
print(report)
report.to_frame()[["slice", "rows", "files", "mb", "rows_loaded", "keys", "checksum", "equal"]]

# %% [markdown]
# ## Rows that are lost are found
#
# The same call again compares slice by slice, and moves only those that differ.

# %%
warehouse.run("DELETE FROM status WHERE evse_id = 'S3-T1' AND observed_at < '2020-11-01'")
report = moving.merge()
print(report)
report.to_frame().loc[lambda slices: slices["moved"], ["slice", "rows", "equal"]]

# %% [markdown]
# ## Values that changed places
#
# Sums of columns cannot see two values that changed places between rows. The sum of the products
# of each row can.

# %%
table = ev.warehouse.TableName.parse("status")
columns = warehouse.columns(table)
before = warehouse.fingerprint(table, columns)[0]
ask = "SELECT evse_id, status FROM status WHERE observed_at = ? ORDER BY status, evse_id"
swap = "UPDATE status SET status = ? WHERE evse_id = ? AND observed_at = ?"
at = warehouse.run("SELECT max(observed_at) FROM status")[0][0]
(one, first), *_, (other, last) = warehouse.run(ask, [at])
warehouse.run(swap, [last, one, at])
warehouse.run(swap, [first, other, at])
warehouse.fingerprint(table, columns)[0].differences(before)

# %%
print(moving.merge())

# %% [markdown]
# ## Which layout?
#
# One file or many, compressed or not, CSV or Parquet: the same rows go through each, from the server to
# the warehouse. Many small files cost a round trip each, one large file cannot be loaded in parallel.

# %%
frame = compare_layouts(address, warehouse, plan, workdir=folder / "layouts", progress=False)
frame.round(3)

# %%
ax = ev.plotting.layouts(frame)

# %%
seconds = frame.set_index("layout")[["export_s", "stage_s", "load_s"]].sum(axis=1).sort_values()
print(f"The quickest here: {seconds.index[0]}, {seconds.iloc[0]:.1f} s.")
print(f"The slowest: {seconds.index[-1]}, {seconds.iloc[-1]:.1f} s.")
print(f"They hold from {frame['mean_mb'].min():.2f} to {frame['mean_mb'].max():.1f} MB a file.")

# %% [markdown]
# **What to do with it.** On a table as small as this the layouts lie close together, and their order may
# change from run to run. Run the same comparison on your own table, towards your own warehouse, before
# you choose.
#
# ## From the warehouse to a panel
#
# The history that arrived, day by day, as the rest of the story reads it. It is the panel that was
# written at the beginning, status for status.

# %%
rows = warehouse.run("SELECT observed_at, evse_id, status FROM status")
arrived = pd.DataFrame(rows, columns=["time", "evse_id", "status"])
back = ev.StatusPanel.from_long(arrived, tz="UTC", local_tz=panel.tz).select(panel.evse_ids)
ax = ev.plotting.shares(back, by="time")

# %%
same = panel.between(back.times[0], back.cutoff + back.step)
print(
    "equal" if (back.codes == same.codes).all() else "different", "in", f"{back.codes.size:,} cells"
)

# %% [markdown]
# ## A script for Snowflake
#
# For Snowflake, the same run can be written as a script for its command line, to be read or to be
# run by hand.

# %%
from evforecast.warehouse import FileFormat
from evforecast.warehouse.snowflake import migration_script

files = {Path("/data/2020-10.csv.zst"): FileFormat()}
print(migration_script("status", moving.report().made.columns, files, "run-1", key=plan.key))

# %%
warehouse.close()
running.__exit__(None, None, None)
shutil.rmtree(folder)
