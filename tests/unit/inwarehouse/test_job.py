import dataclasses

import pytest

import evforecast as ev
from evforecast.errors import FileFormatError, HorizonError, InputError
from evforecast.inwarehouse import ForecastJob, forecast_columns
from evforecast.inwarehouse.job import KEY
from evforecast.warehouse import DUCKDB, TableName

FEW = {"random_state": 0, "max_rows": 1000}


def job_of(path, **options):
    return ForecastJob.of(path, **{"name": "champion", "tz": "Europe/Paris", **options})


def test_it_reads_the_model(job, model, model_file):
    assert (job.lookback, job.step, job.horizons) == (model.lookback, model.step_, (1, 4))
    assert (job.reach, job.series, job.exog) == ("charger", (), None)
    assert job.path == model_file.absolute()
    assert [column.name for column in job.columns][: len(KEY)] == list(KEY)
    assert job.grid == TableName(("status_grid",))


def test_another_model_name_zone_or_horizon_is_another_mark(model_file, past, tmp_path):
    ev.Persistence([1, 4]).fit(past).save(tmp_path / "other.evf")
    jobs = [
        job_of(model_file),
        job_of(tmp_path / "other.evf"),
        job_of(model_file, name="challenger"),
        job_of(model_file, tz="UTC"),
        job_of(model_file, horizons=[1]),
    ]
    assert len({one.mark for one in jobs}) == len(jobs)
    # where the rows come from and go to does not matter to what the function is
    assert job_of(model_file, grid="ev.other", into="x").mark == jobs[0].mark


def test_the_label_has_the_version_and_needs_no_quotes(model_file):
    label = job_of(model_file, name="Rue d'Alésia; DROP TABLE x").label
    assert label.isidentifier()
    assert f"_{ev.__version__.replace('.', '_')}_" in label
    assert job_of(model_file, name="→").slug == "model"


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"tz": "Mars"}, InputError, "Mars"),
        ({"name": ""}, InputError, "need a name"),
        ({"name": "a\nDROP TABLE x"}, InputError, "of one line"),
        ({"name": " x"}, InputError, "need a name"),
        ({"horizons": [0]}, HorizonError, "positive"),
    ],
)
def test_what_cannot_be_is_told(model_file, options, error, words):
    with pytest.raises(error, match=words):
        job_of(model_file, **options)


def test_a_file_that_is_no_model_is_told(tmp_path):
    (tmp_path / "model.evf").write_text("hello")
    with pytest.raises(FileFormatError, match="no model that evforecast"):
        job_of(tmp_path / "model.evf")


def test_series_need_a_table(past, tmp_path):
    ev.DirectForecaster([1], **FEW).fit(past).save(tmp_path / "direct.evf")
    with pytest.raises(InputError, match=r"looks at the series temperature, .* exog="):
        job_of(tmp_path / "direct.evf")
    assert job_of(tmp_path / "direct.evf", exog="weather").series[0] == "temperature"


def test_partitions_are_as_many_as_the_model_allows(job):
    assert job.query(DUCKDB).per_partition == 400_000 // job.lookback
    network = dataclasses.replace(job, reach="network")
    assert network.query(DUCKDB).per_partition == 0
    assert dataclasses.replace(job, lookback=10**6).query(DUCKDB).per_partition == 1


def test_columns_are_those_of_the_statuses():
    assert [(c.name, c.kind) for c in forecast_columns(ev.STATUS.within("down"))] == [
        ("model", "text"),
        ("cutoff", "timestamp"),
        ("horizon", "int4"),
        ("evse_id", "text"),
        ("p_not_down_within", "float8"),
        ("p_down_within", "float8"),
    ]


def test_the_handler_is_of_the_job(job):
    made = job.handler()
    facts = (made.model_file, made.sha256, made.name, made.tz, made.horizons)
    assert facts == (str(job.path), job.sha256, "champion", "Europe/Paris", (1, 4))
