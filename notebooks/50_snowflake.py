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
# # In Snowflake: load, prepare, forecast, count the credits
#
# No account is needed here. Snowflake's own connector speaks to an emulator in this process, which
# runs on DuckDB; the code that runs inside Snowflake is driven here with real rows; the Java is
# compiled and run. What none of that can show is said in its place. `pip install
# 'evforecast[emulator,snowpark]'` brings the emulator and Snowpark, and Java wants a JDK of 11 or
# later. What is missing is left out, and says so.

# %%
import contextlib
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pandas as pd

import evforecast as ev
from evforecast.errors import EvForecastError, InputError, MissingExtraError
from evforecast.testing import emulated_snowflake
from evforecast.warehouse import SNOWFLAKE, Column, FileFormat, TableName
from evforecast.warehouse.snowflake import (
    SnowflakeSettings,
    SnowflakeWarehouse,
    migration_script,
)

ev.plotting.set_theme()
folder, open_now = Path(tempfile.mkdtemp()), contextlib.ExitStack()
try:
    settings = open_now.enter_context(emulated_snowflake())
    warehouse = open_now.enter_context(SnowflakeWarehouse.connect(settings))
except MissingExtraError as error:
    print(error, "\nDuckDB takes its place: other SQL, the same tables.")
    warehouse = open_now.enter_context(ev.connect(f"duckdb:///{folder}/ev.duckdb"))
warehouse.url

# %% [markdown]
# ## A table on its way
#
# The log of a simulated city, as a collector writes it: a row for each status that was seen. It
# leaves as two compressed files of CSV.

# %%
panel = ev.simulate(n_evse=45, days=24, random_state=0)
log = panel.to_long().dropna()[["time", "evse_id", "status"]]
log = log.rename(columns={"time": "observed_at"})
log["collected_at"] = log["observed_at"] + pd.Timedelta("1min")
for month, part in log.groupby(log["observed_at"].dt.strftime("%Y-%m")):
    name = folder / f"{month}.csv.gz"
    part.to_csv(name, index=False, header=False, date_format="%Y-%m-%d %H:%M:%S")
files = {path: FileFormat("csv", "gzip") for path in sorted(folder.glob("*.csv.gz"))}
{path.name: f"{path.stat().st_size:,} bytes" for path in files}

# %% [markdown]
# PUT brings them into a folder of a stage. Snowflake encrypts what it stages, so a file is a few
# bytes longer there.

# %%
columns = [
    Column("observed_at", "timestamp"),
    Column("evse_id", "text"),
    Column("status", "text"),
    Column("collected_at", "timestamp"),
]
table = TableName.parse("status")
formats = {path.name: kind for path, kind in files.items()}
warehouse.put(list(files), "run-1")
warehouse.staged("run-1")

# %% [markdown]
# COPY loads them, all or none. Asked again, it loads nothing twice.

# %%
warehouse.create(table, columns, transient=False)
first = warehouse.copy_into(table, columns, "run-1", formats)
again = warehouse.copy_into(table, columns, "run-1", formats)
pd.DataFrame([*first, *again])[["name", "status", "rows"]]

# %% [markdown]
# Is it all there? The fingerprint of the table against that of the same files in DuckDB: counts,
# nulls, ends, and a sum over the hash of every value.

# %%
with ev.connect(f"duckdb:///{folder}/other.duckdb") as other:
    other.create(table, columns, transient=False)
    other.put(list(files), "run-1")
    other.copy_into(table, columns, "run-1", formats)
    theirs = other.fingerprint(table, columns)[0]
ours = warehouse.fingerprint(table, columns)[0]
print(f"{ours.rows:,} rows;", ours.differences(theirs) or "no difference")

# %% [markdown]
# A file with a value that is no time stops the load, with the file named, and leaves no row behind.

# %%
broken = folder / "broken.csv"
broken.write_text("2020-10-30 08:00:00,S1-T1,available,2020-10-30 08:01:00\nnoon,S1-T1,down,\n")
warehouse.put([broken], "run-2")
try:
    warehouse.copy_into(table, columns, "run-2", {broken.name: FileFormat("csv", "none")})
except EvForecastError as error:
    print(error)
print("rows of it in the table:", warehouse.run('SELECT COUNT(*) FROM "status"')[0][0] - len(log))

# %% [markdown]
# The same load as a script, to be read before anything runs, or to be run by hand with `snow sql`.

# %%
print(migration_script(table, columns, files, "run-1", key=["observed_at", "evse_id"]))

# %% [markdown]
# **What only an account can show.** The emulator is taught a part of this: folders of a stage, REMOVE,
# COPY of named files; of an error it knows the file, Snowflake the line and the column too. How
# Snowflake itself reads a file, `ON_ERROR = CONTINUE`, external stages, and any login but one by
# password were not tried.
#
# ## Prepared where it lies
#
# The log becomes the grid by SQL: at each quarter of an hour, the last status of each charger.
# Snowflake gets one statement to remove what is no longer so, one to insert what is new.

# %%
from evforecast.inwarehouse import store_panel
from evforecast.inwarehouse.pushdown import GridRows, LogTable, Resampling, grid_query, to_grid

done = to_grid(warehouse, Resampling(LogTable("status")))
print(f"{done.written:,} cells from {done.first} to {done.last}, {done.set_apart} rows set apart")
rows = GridRows(panel.times[0], panel.times[-1], panel.step, panel.step)
print(grid_query(SNOWFLAKE, LogTable("status"), rows)[:700], "…")

# %% [markdown]
# Is it the panel? `store_panel` merges the panel's own cells into the same table, beside the table of
# chargers. It finds nothing to insert and nothing to update.

# %%
store_panel(warehouse, panel)

# %% [markdown]
# ## Forecast where it lies
#
# A model is a file. A zip of those modules that the handler needs goes with it into the stage; same
# sources, same bytes.

# %%
from evforecast.inwarehouse import Deployment, ForecastJob, deployment_script, make_bundle

cutoff = panel.times[21 * 96 + 40]
model = ev.SemiMarkovForecaster(horizons=range(1, 25)).fit(panel.until(panel.times[14 * 96]))
model.save(folder / "champion.evf")
bundle = make_bundle(folder)
print(f"{bundle.path.name}: {bundle.size:,} bytes, {len(bundle.modules)} modules")
print(f"champion.evf: {(folder / 'champion.evf').stat().st_size:,} bytes")

# %% [markdown]
# One script puts all of it there. Its statements, by their first lines, and the function whole:

# %%
job = ForecastJob.of(folder / "champion.evf", name="champion", tz=panel.tz)
script = deployment_script(Deployment(job, warehouse="FORECASTS", role="READER"), folder)
words = ("PUT", "CREATE", "GRANT", "ALTER")
print("\n".join(line[:110] for line in script.splitlines() if line.startswith(words)))

# %%
print("CREATE OR REPLACE FUNCTION" + script.split("CREATE OR REPLACE FUNCTION")[1].split("$$;")[0])

# %% [markdown]
# The emulator takes `CREATE FUNCTION` for done and answers a call with the function's own text, so it
# proves nothing here. The query for the rows is another matter: it runs there, and its rows, a batch
# a partition, are handed to the handler as Snowflake hands them. A partition is whole locations; so
# small a network would be one, and is cut here to have several.

# %%
from evforecast.inwarehouse.handler import INPUT

query = replace(job.query(warehouse.dialect), per_partition=12)
found = warehouse.run(query.sql(f"CAST('{cutoff}' AS TIMESTAMP)"))
rows = pd.DataFrame(found, columns=["partition", *INPUT])
batches = [batch[list(INPUT)] for _, batch in rows.groupby("partition")]
given = [frame for batch in batches for frame in job.handler().end_partition(batch)]
answer = pd.concat(given, ignore_index=True)
print(f"{len(rows):,} rows in {len(batches)} batches gave {len(answer):,} rows")
answer.head()

# %% [markdown]
# Is it the forecast? The largest difference to `predict_proba` in this process, over all chargers,
# horizons and statuses:

# %%
here = model.predict_proba(panel.until(cutoff))
keys = here.to_long()[["horizon", "evse_id"]].astype({"evse_id": str})
laws = keys.merge(answer.astype({"evse_id": str}), how="left").filter(like="p_").to_numpy()
there = ev.StatusForecast(
    laws.reshape(here.proba.shape),
    cutoff=here.cutoff,
    step=here.step,
    horizons=here.horizons.tolist(),
    evse=here.evse,
    scheme=here.scheme,
)
float(abs(there.proba - here.proba).max())

# %%
ax = ev.plotting.fan(there, panel.evse_ids[43], history=panel)

# %% [markdown]
# On DuckDB one call does all of this, and the merge into the table `forecast`: with the address of an
# account, the same call runs the function there, in one statement. Done again, it changes nothing.

# %%
from evforecast.inwarehouse import forecast_in_warehouse

with ev.connect(f"duckdb:///{folder}/other.duckdb") as other:
    store_panel(other, panel)
    asked = {"cutoff": cutoff, "name": "champion", "tz": panel.tz}
    done = [forecast_in_warehouse(other, folder / "champion.evf", **asked) for _ in range(2)]
pd.DataFrame(done)[["cutoff", "chargers", "rows_in", "rows", "inserted", "updated"]]

# %% [markdown]
# **What only an account can show.** Memory and time limits of the function, the versions of its
# packages, how large the batches are, that tasks and grants are allowed.
#
# ## Does Snowpark take it?
#
# Snowpark's local session registers the handler with the types of its rows. It would call it once on
# all rows, whatever the partitions, so registering is all that it is asked to do.

# %%
from evforecast.inwarehouse import ForecastPartition
from evforecast.inwarehouse.rows import INPUT_COLUMNS


class Forecast(ForecastPartition):
    model_file = str(folder / "champion.evf")

    # Snowpark reads annotations, and knows its own only
    def end_partition(self, df):
        yield from super().end_partition(df)


Forecast.end_partition._sf_vectorized_input = pd.DataFrame  # noqa: SLF001 - so Snowflake reads it
try:
    from snowflake.snowpark import Session
    from snowflake.snowpark import types as of
except ImportError:
    print("Snowpark is not installed. Type: pip install 'evforecast[snowpark]'")
else:
    kinds = {"text": of.StringType(), "timestamp": of.TimestampType(), "float8": of.FloatType()}
    kinds |= dict.fromkeys(("int2", "int4"), of.IntegerType())
    names = [column.name for column in job.columns]
    local = open_now.enter_context(
        contextlib.closing(Session.builder.configs({"local_testing": True}).create())
    )
    function = local.udtf.register(
        Forecast,
        output_schema=of.PandasDataFrameType([kinds[c.kind] for c in job.columns], names),
        input_types=[of.PandasDataFrameType([kinds[c.kind] for c in INPUT_COLUMNS])],
        input_names=[f'"{column.name}"' for column in INPUT_COLUMNS],
        name="evforecast_champion",
    )
    print(function.name, "is registered:", function.handler is Forecast)

# %% [markdown]
# ## In Java: no package to install
#
# A direct forecaster's trees become one Java class. It is handed a row of features, and the law of the
# semi-Markov process that it is averaged with, and returns the chances.

# %%
from evforecast.inwarehouse.java import (
    JavaScorer,
    compile_scorer,
    create_function,
    java_difference,
)

direct = ev.DirectForecaster(horizons=[1, 4, 16], max_rows=5_000, random_state=0)
direct.fit(panel.until(panel.times[14 * 96]))
scorer = JavaScorer.of(direct)
compiled = compile_scorer(scorer)
print(f"{len(scorer.features)} features, a source of {len(scorer.source):,} characters")
print(compiled.message)

# %% [markdown]
# The jar runs in a Java on this machine, a row at a time as the warehouse does. The largest difference
# to `predict_proba`, by horizon: probabilities of a forecast are of single precision, so some 1e-8.

# %%
if compiled.jar is not None:
    differences = java_difference(direct, compiled, panel.until(cutoff))
    print({horizon: f"{value:.1e}" for horizon, value in differences.items()})
    statement = create_function(compiled, "score_direct")
    print("\n".join(line[:110] for line in statement.splitlines()))

# %% [markdown]
# **What only an account can show.** The JVM of the warehouse.
#
# ## What does it cost?
#
# Each step tags its queries. Snowflake records what each query took, and what each hour of a warehouse
# cost; the emulator records neither. So here are three weeks of such records, written down by hand,
# with the columns that Snowflake documents. On an account, `read_views` reads them.

# %%
from evforecast.inwarehouse.credits import Views, consumption
from evforecast.inwarehouse.credits.tags import Tag

print(Tag("predict", "daily-1102", "2026-11-02T06:00:00Z").text)

# %%
hour, seconds = pd.Timedelta("1h"), pd.Timedelta("90s")
steps = {"load": (6, 0.012), "predict": (6, 0.031), "report": (7, 0.006), "retrain": (7, 0.140)}
attribution = pd.DataFrame(
    [
        {
            "QUERY_ID": f"{step}-{day:%m%d}",
            "ROOT_QUERY_ID": None,
            "QUERY_TAG": Tag(step, f"daily-{day:%m%d}", day.isoformat()).text,
            "WAREHOUSE_NAME": "FORECASTS",
            "START_TIME": day + at * hour,
            "END_TIME": day + at * hour + seconds,
            "CREDITS_ATTRIBUTED_COMPUTE": usual * (1 + day.day / 50),
            "CREDITS_USED_QUERY_ACCELERATION": None,
        }
        for day in pd.date_range("2026-11-02", periods=21, tz="UTC")
        for step, (at, usual) in steps.items()
        if step != "retrain" or day.day_name() == "Sunday"
    ]
)
spent = attribution.groupby("START_TIME")["CREDITS_ATTRIBUTED_COMPUTE"].sum()
metering = pd.DataFrame(
    {
        "START_TIME": spent.index,
        "WAREHOUSE_NAME": "FORECASTS",
        "CREDITS_USED_COMPUTE": spent.to_numpy() + 0.02,
        "CREDITS_USED_CLOUD_SERVICES": 0.001,
        "CREDITS_ATTRIBUTED_COMPUTE_QUERIES": spent.to_numpy(),
    }
)
views = Views(attribution=attribution, metering=metering)
taken = consumption(views, now="2026-11-24", price="3.90", currency="EUR")
taken.by("step")[["step", "queries", "compute", "idle", "total", "cost"]].round(3)

# %% [markdown]
# Idle is the step's share of the time in which the warehouse ran for nobody. It is hatched below.

# %%
from evforecast.plotting import credits_by_day

daily = taken.by("day", "step")
daily["used"] = daily["total"] - daily["idle"]
used, idle = (daily.pivot_table(index="day", columns="step", values=v) for v in ("used", "idle"))
ax = credits_by_day(used, idle)

# %%
from evforecast.reporting.credits import credits_report

made = {f"daily-{day:%m%d}": 45 * 24 for day in daily["day"].unique()}
page = credits_report(taken, forecasts=made)
print(f"{taken.total:.3f} credits, {taken.cost:.2f} {taken.currency}; {taken.basis}.")
print(f"The page has {len(page.html()):,} bytes.")
taken.per_thousand(made).tail(3)

# %% [markdown]
# ## With an account
#
# The settings come from the environment, or from the connector's own `connections.toml`; an address
# holds no secret.
#
# ```
# export EVFORECAST_SNOWFLAKE_ACCOUNT=… EVFORECAST_SNOWFLAKE_USER=… EVFORECAST_SNOWFLAKE_PASSWORD=…
# export EVFORECAST_SNOWFLAKE_DATABASE=… EVFORECAST_SNOWFLAKE_SCHEMA=… EVFORECAST_SNOWFLAKE_WAREHOUSE=…
# evforecast snowflake check
# ```
#
# In this notebook one line changes: `settings = SnowflakeSettings.from_environment()`. It then makes the
# tables `status`, `status_grid` and `evse` in that schema, so give it one of its own. What is missing in
# the environment is said before anything is tried:

# %%
try:
    SnowflakeSettings.from_environment().check()
except InputError as error:
    print(error)

# %% [markdown]
# `evforecast snowflake check` tries each thing once, prints a line for it, and drops what it made. Three
# of its eleven checks can be tried on the emulator:

# %%
if isinstance(warehouse, SnowflakeWarehouse):
    from evforecast.inwarehouse import check_account

    print(pd.DataFrame(check_account(warehouse, only=["stage", "copy", "merge"])))

# %%
open_now.close()
shutil.rmtree(folder)
