import json

import numpy as np
import pytest

import evforecast as ev
from evforecast.errors import InputError
from evforecast.inwarehouse.training import fit_rows, make_forecaster, train

QUARTER = np.timedelta64(900, "s")
SEMI = {"semi-markov": {"horizons": [1, 4]}}


class Session:
    """A session of Snowpark, as far as the procedure asks it."""

    def __init__(self, frame):
        self.frame, self.queries, self.puts = frame, [], {}
        self.file = self

    def sql(self, query):
        self.queries.append(query)
        return self

    def to_pandas(self):
        return self.frame

    def put(self, path, location, *, auto_compress, overwrite):
        assert overwrite
        assert not auto_compress
        with open(path, "rb") as file:  # noqa: PTH123 - Snowpark takes a text
            self.puts[location + path.rpartition("/")[2]] = file.read()


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (SEMI, ev.SemiMarkovForecaster([1, 4])),
        ({"climatology": {}}, ev.Climatology()),
        ({"direct": {"horizons": [4], "target": "free"}}, ev.DirectForecaster([4], target="free")),
        (
            {"blend": {"members": {"a": SEMI, "b": {"markov": {}}}, "weights": {"a": 1, "b": 2}}},
            ev.Blend(
                {"a": ev.SemiMarkovForecaster([1, 4]), "b": ev.MarkovForecaster()},
                weights={"a": 1, "b": 2},
            ),
        ),
        ({"calibrated": {"forecaster": SEMI}}, ev.Calibrated(ev.SemiMarkovForecaster([1, 4]))),
    ],
    ids=["semi-markov", "defaults", "direct", "blend", "calibrated"],
)
def test_a_forecaster_from_json(spec, expected):
    found = make_forecaster(json.loads(json.dumps(spec)))
    assert type(found) is type(expected)
    assert repr(found) == repr(expected)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"semi-markow": {}}, "Did you mean 'semi-markov'"),
        ({"semi-markov": {"horizon": [1]}}, "unexpected keyword argument 'horizon'"),
        ({}, "is no forecaster"),
        ({"climatology": {}, "markov": {}}, "is no forecaster"),
        ("climatology", "is no forecaster"),
    ],
)
def test_what_is_no_forecaster_is_told(spec, words):
    with pytest.raises(InputError, match=words):
        make_forecaster(spec)


def test_fitted_on_rows_it_is_fitted_on_the_panel(past, rows_of):
    rows = rows_of(past, past.n_time)
    found = fit_rows(rows, SEMI, step=QUARTER, tz="Europe/Paris")
    ordered = past.select(sorted(past.evse_ids))
    expected = ev.SemiMarkovForecaster([1, 4]).fit(ordered)
    assert np.array_equal(found.predict_proba(ordered).proba, expected.predict_proba(ordered).proba)


def test_the_procedure_puts_the_model_into_the_stage(past, rows_of, tmp_path):
    rows = rows_of(past, past.n_time)
    rows.columns = rows.columns.str.upper()
    rows["CODE"] = rows["CODE"].astype("Int32")
    session = Session(rows)
    options = {
        "step": "900s",
        "tz": "Europe/Paris",
        "location": "@s/evforecast/",
        "name": "champion",
    }
    told = json.loads(train(session, rows="SELECT 1", spec=json.dumps(SEMI), **options))
    assert session.queries == ["SELECT 1"]
    ((file, data),) = session.puts.items()
    assert told["file"] == file == f"@s/evforecast/champion-{told['sha256'][:8]}.evf"
    assert (told["class"], told["chargers"]) == ("SemiMarkovForecaster", 12)
    (tmp_path / "model.evf").write_bytes(data)
    assert ev.load(tmp_path / "model.evf").horizons == [1, 4]


def test_a_mistake_is_told_before_any_row_is_read():
    session = Session(None)
    options = {"step": "900s", "tz": "UTC", "location": "@s/", "name": "a"}
    with pytest.raises(InputError, match="no choice"):
        train(session, rows="SELECT 1", spec='{"nothing": {}}', **options)
    assert session.queries == []
