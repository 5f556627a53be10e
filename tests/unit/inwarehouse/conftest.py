"""A small network, models of it, and both in a warehouse."""

import numpy as np
import pandas as pd
import pytest

import evforecast as ev
from evforecast.inwarehouse import ForecastJob, store_panel
from evforecast.inwarehouse.handler import INPUT, forecast_rows
from evforecast.warehouse import SNOWFLAKE, StagedFile
from evforecast.warehouse.snowflake.stages import Stage

CUTOFF = 900


@pytest.fixture(scope="session")
def network():
    """Ten days of twelve chargers with gaps."""
    return ev.simulate(n_evse=12, days=10, random_state=1)


@pytest.fixture(scope="session")
def past(network):
    """What models learn from."""
    return network.head(700)


@pytest.fixture(scope="session")
def context(network):
    """What a forecast may know."""
    return network.head(CUTOFF)


@pytest.fixture(scope="session")
def model(past):
    return ev.SemiMarkovForecaster([1, 4]).fit(past)


@pytest.fixture(scope="session")
def model_file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("models") / "semi-markov.evf"
    model.save(path)
    return path


@pytest.fixture(scope="session")
def job(model_file):
    return ForecastJob.of(model_file, name="champion", tz="Europe/Paris")


@pytest.fixture
def warehouse(context, tmp_path):
    """A DuckDB that holds the context, its chargers and its series."""
    with ev.connect(f"duckdb:///{tmp_path}/ev.duckdb") as opened:
        store_panel(opened, context, exog="weather")
        yield opened


@pytest.fixture(scope="session")
def rows_of():
    """Return what writes the rows that a handler is given, slowly and one by one."""
    return slow_rows


def slow_rows(panel, lookback, *, series=()):
    recent = panel.tail(lookback)
    rows = [{"time": recent.grid.start}]
    for unit, (evse_id, said) in enumerate(recent.evse.iterrows()):
        known = {name: said[name] for name in ("location_id", "area", "lat", "lon", "model")}
        rows.append({"evse_id": evse_id, "time": recent.cutoff, **known})
        rows += [
            {"evse_id": evse_id, "time": time, "code": int(code)}
            for time, code in zip(recent.times, recent.codes[:, unit], strict=True)
            if code >= 0
        ]
    for name in series:
        rows += [
            {"time": time, "series": name, "value": float(value)}
            for time, value in zip(recent.times, recent.exog[name], strict=True)
            if not np.isnan(value)
        ]
    return pd.DataFrame(rows, columns=list(INPUT))


@pytest.fixture(scope="session")
def expected_rows():
    """Return what gives the rows of the table ``forecast`` that a forecast in the process is."""

    def expected(model, panel, name, horizons=None):
        forecast = model.predict_proba(panel, horizons).select(sorted(panel.evse_ids))
        return [
            tuple(row)
            for frame in forecast_rows(forecast, name)
            for row in frame.drop(columns=["model", "cutoff"]).itertuples(index=False)
        ]

    return expected


class Recorder:
    """A warehouse that says it is Snowflake, keeps what it is asked, and answers as told.

    ``answers`` gives, by the first word of a statement, its rows or the error that it raises.
    """

    dialect = SNOWFLAKE

    def __init__(self, **answers):
        self.answers = {"MERGE": [(24, 0)], **answers}
        self.asked, self.made, self.put_files = [], [], {}
        self.stage = Stage.parse("named")

    def run(self, sql, _values=()):
        self.asked.append(sql)
        answer = self.answers.get(sql.split()[0])
        if isinstance(answer, Exception):
            raise answer
        if answer is None:
            answer = [(2, 2317, 12)] if "COUNT(DISTINCT" in sql[:30] else [(2000,)]
        return answer

    def columns(self, _table):
        return None

    def create(self, table, _columns, *, transient):
        assert not transient
        self.made.append(table.name)

    def purge(self, prefix):
        self.put_files.pop(prefix, None)

    def put(self, files, prefix, **_):
        self.put_files[prefix] = {path.name: path.read_bytes() for path in files}
        return [StagedFile(path.name, path.stat().st_size) for path in files]


@pytest.fixture(scope="session")
def recorder():
    """Return what makes a recorder."""
    return Recorder
