import inspect
import io
import json
import os
import pickle
import signal
import subprocess
import sys
import zipfile
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

import evforecast
from evforecast import (
    Blend,
    Calibrated,
    Climatology,
    DirectForecaster,
    FailureRate,
    MarkovForecaster,
    OccupiedFeed,
    Persistence,
    RecursiveForecaster,
    SemiMarkovForecaster,
    forecasting,
    simulate,
)
from evforecast.errors import FileFormatError, InputError, NotFittedError
from evforecast.forecasting import StatusForecaster
from evforecast.forecasting.archive import open_archive, write_archive
from evforecast.forecasting.dependence import Dependence
from evforecast.forecasting.saving import ESTIMATORS, FORECASTERS, RECORDS, describe, load, save
from evforecast.forecasting.trees import TreeEnsemble
from evforecast.panel import StatusPanel

SMALL = {"max_rows": 2000, "random_state": 0}
CASES = {
    "persistence": Persistence(horizons=[1, 4]),
    "climatology": Climatology(horizons=(1, 96), unit_weight=3, hour_weight=np.float32(9.5)),
    "markov": MarkovForecaster(horizons=np.array([1, 4])),
    "semi-markov": SemiMarkovForecaster(horizons=[1, 96]),
    "semi-markov of a target": SemiMarkovForecaster(horizons=[1, 96], target="free"),
    "semi-markov within": SemiMarkovForecaster(horizons=[1, 96], target="down", within=True),
    "direct": DirectForecaster(horizons=[1, 96], **SMALL),
    "direct of a target": DirectForecaster(horizons=[4], target="charging", **SMALL),
    "direct of its own": DirectForecaster(
        horizons=range(1, 3),
        classifier=HistGradientBoostingClassifier(
            max_iter=3, max_leaf_nodes=90, min_samples_leaf=2
        ),
        semi_markov_weight=0,
        max_rows=3000,
        random_state=np.random.default_rng(0),
    ),
    "direct of what never occurs": DirectForecaster(horizons=[1], target="down", **SMALL),
    "failure rate": FailureRate(horizons=[96], target="down"),
    "blend": Blend(
        {"direct": DirectForecaster([4], **SMALL), "semi-markov": SemiMarkovForecaster([4])},
        weights={"direct": 2, "semi-markov": 1},
    ),
    "calibrated": Calibrated(SemiMarkovForecaster([4])),
    "occupied feed": OccupiedFeed(SemiMarkovForecaster([4])),
    "recursive": RecursiveForecaster(horizons=[1, 4], n_paths=5, **SMALL),
    "recursive within": RecursiveForecaster([4], target="free", within=True, n_paths=5, **SMALL),
}


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=12, days=10, random_state=0)


@pytest.fixture(scope="module")
def fitted(panel):
    """Return the fitted cases; in the training of the last one no charger is ever down."""
    codes = np.where(panel.codes == 4, 3, panel.codes).astype(np.int8)
    never_down = StatusPanel(codes, panel.grid, panel.evse, tz=panel.tz)
    return {
        name: clone(model).fit(never_down if "never" in name else panel)
        for name, model in CASES.items()
    }


def contexts(panel):
    """Return a context as in training, and one with gaps and with chargers never seen."""
    codes = panel.codes.copy()
    codes[-5:, 1] = -1
    codes[:, 2] = -1
    names = [*panel.evse_ids[:8], *(f"new {place}" for place in range(4))]
    return panel, StatusPanel(codes, panel.grid, names, tz=panel.tz)


def saved(model, folder, name="model.evf"):
    save(model, folder / name)
    return folder / name


def forged(model, folder, change):
    """Save a model, let `change` at its document, and write it again with right sums."""
    with open_archive(saved(model, folder, "honest")) as archive:
        names = list(archive.waiting)
        document, arrays = archive.document, [archive.array(name) for name in names]
    document = {key: document[key] for key in ("about", "model")}
    change(document)
    write_archive(folder / "forged", document, arrays)
    return folder / "forged"


def test_every_forecaster_there_is_can_be_saved_and_is_tested_here():
    classes = {getattr(forecasting, name) for name in forecasting.__all__}
    concrete = {c for c in classes if inspect.isclass(c) and not inspect.isabstract(c)}
    assert len(concrete) >= 5
    assert concrete <= set(FORECASTERS.values())
    assert concrete <= {type(model) for model in CASES.values()}


# -------------------------------------------------------------------------------------- there and back


@pytest.mark.parametrize("name", CASES)
def test_a_loaded_forecaster_forecasts_as_the_saved_one(name, fitted, panel, tmp_path):
    model = fitted[name]
    found = load(saved(model, tmp_path))
    assert type(found) is type(model)
    for context in contexts(panel):
        expected, forecast = model.predict_proba(context), found.predict_proba(context)
        assert forecast.scheme == expected.scheme
        assert forecast.horizons.tolist() == expected.horizons.tolist()
        assert forecast.evse_ids == expected.evse_ids
        if isinstance(model, DirectForecaster | RecursiveForecaster):
            np.testing.assert_allclose(forecast.proba, expected.proba, rtol=0, atol=1e-6)
        else:
            np.testing.assert_array_equal(forecast.proba, expected.proba)


@pytest.mark.parametrize("name", CASES)
def test_parameters_and_facts_come_back_as_they_were(name, fitted, tmp_path):
    model = fitted[name]
    found = load(saved(model, tmp_path))
    assert vars(found).keys() == vars(model).keys()
    for key, value in model.get_params(deep=False).items():
        other = getattr(found, key)
        assert type(other) is type(value)
        assert repr(other) == repr(value) or key == "random_state"
    assert found.scheme_ == model.scheme_
    assert found.scheme_.coarsenings == model.scheme_.coarsenings
    assert found.lookback == model.lookback
    pd.testing.assert_index_equal(found.evse_ids_, model.evse_ids_, exact="equiv")
    for key in ("step_", "trained_from_", "trained_until_"):
        assert getattr(found, key) == getattr(model, key)
        assert getattr(found, key).dtype == getattr(model, key).dtype


@pytest.mark.parametrize("name", CASES)
def test_the_same_model_gives_the_same_bytes(name, fitted, panel, tmp_path):
    first = saved(fitted[name], tmp_path).read_bytes()
    assert saved(fitted[name], tmp_path, "again").read_bytes() == first
    through = load(tmp_path / "again")
    assert saved(through, tmp_path, "through").read_bytes() == first
    if "never" not in name and "its own" not in name:
        afresh = clone(CASES[name]).fit(panel)
        assert saved(afresh, tmp_path, "afresh").read_bytes() == first


def test_the_order_in_which_attributes_were_set_is_no_matter(fitted, tmp_path):
    other = clone(fitted["markov"])
    vars(other).update(reversed(vars(fitted["markov"]).items()))
    assert list(vars(other)) != list(vars(fitted["markov"]))
    one, two = saved(fitted["markov"], tmp_path), saved(other, tmp_path, "other")
    assert two.read_bytes() == one.read_bytes()


def test_the_parts_that_no_forecast_shows_come_back_too(fitted, panel, tmp_path):
    model = fitted["semi-markov"]
    found = load(saved(model, tmp_path))
    one, other = (m.sample_paths(panel, [4], n_paths=9, random_state=0) for m in (model, found))
    np.testing.assert_array_equal(one.codes, other.codes)
    np.testing.assert_array_equal(found.remaining_steps(panel), model.remaining_steps(panel))
    assert found.dependence_ == model.dependence_
    assert found.dependence_ != Dependence()


def test_boosted_classifiers_come_back_as_trees(fitted, tmp_path):
    found = load(saved(fitted["direct"], tmp_path))
    assert list(found.learnt_) == [1, 96]
    assert {type(learnt.model) for learnt in found.learnt_.values()} == {TreeEnsemble}
    large = load(saved(fitted["direct of its own"], tmp_path)).learnt_[1].model
    assert large.leaves.max() == 90
    constant = load(saved(fitted["direct of what never occurs"], tmp_path)).learnt_[1].model
    assert constant.classes_.tolist() == [0]


def test_a_loaded_forecaster_can_be_fitted_again_and_cloned(fitted, panel, tmp_path):
    found = load(saved(fitted["direct of a target"], tmp_path))
    expected = fitted["direct of a target"].predict_proba(panel).proba
    for again in (clone(found).fit(panel), found.fit(panel)):
        np.testing.assert_array_equal(again.predict_proba(panel).proba, expected)


def test_a_random_state_goes_on_where_it_stood(fitted, tmp_path):
    model = fitted["direct of its own"]
    found = load(saved(model, tmp_path))
    drawn = pickle.loads(pickle.dumps(model.random_state)).integers(10**6, size=5)  # noqa: S301
    assert found.random_state.integers(10**6, size=5).tolist() == drawn.tolist()


def test_a_fitted_pattern_is_kept_as_a_pattern(panel, tmp_path):
    X = np.arange(60.0)[:, None]
    pattern = HistGradientBoostingClassifier(max_iter=2).fit(X, X[:, 0] > 9)
    model = DirectForecaster(horizons=[1], classifier=pattern, **SMALL).fit(panel)
    found = load(saved(model, tmp_path))
    assert not hasattr(found.classifier, "classes_")
    assert hasattr(pattern, "classes_")
    assert found.classifier.get_params() == pattern.get_params()


def test_another_process_loads_it(fitted, panel, tmp_path):
    expected = fitted["semi-markov"].predict_proba(panel).proba
    code = (
        "import sys, numpy as np\n"
        "from evforecast import simulate\n"
        "from evforecast.forecasting.saving import load\n"
        "panel = simulate(n_evse=12, days=10, random_state=0)\n"
        "np.save(sys.argv[2], load(sys.argv[1]).predict_proba(panel).proba)\n"
    )
    path = saved(fitted["semi-markov"], tmp_path)
    subprocess.run([sys.executable, "-c", code, path, tmp_path / "p.npy"], check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "p.npy"), expected)


# ----------------------------------------------------------------------------------------- what it holds


def test_models_hold_no_data(tmp_path):
    panel = simulate(n_evse=273, days=10, random_state=0)
    semi_markov = saved(SemiMarkovForecaster().fit(panel), tmp_path)
    assert semi_markov.stat().st_size < 600_000
    longer = simulate(n_evse=273, days=30, random_state=0)
    assert saved(SemiMarkovForecaster().fit(longer), tmp_path, "b").stat().st_size < 600_000
    boosted = DirectForecaster(semi_markov_weight=0, max_rows=20_000, random_state=0).fit(panel)
    assert saved(boosted, tmp_path, "c").stat().st_size < 6 * 60_000


def test_describe_reads_no_array(fitted, tmp_path):
    path = saved(fitted["semi-markov within"], tmp_path)
    content = describe(path)
    assert content.pop("versions").keys() == {"evforecast", "numpy", "scikit-learn", "python"}
    assert len(content.pop("sha256")) == 64
    assert content == {
        "class": "SemiMarkovForecaster",
        "parameters": {"horizons": [1, 96], "target": "down", "within": True},
        "statuses": ["available", "charging", "passive", "offline", "down"],
        "step": "0:15:00",
        "chargers": 12,
        "trained_from": str(fitted["semi-markov within"].trained_from_),
        "trained_until": str(fitted["semi-markov within"].trained_until_),
    }
    with zipfile.ZipFile(path) as file:
        entry = file.getinfo("0000.npy")
    damaged = bytearray(path.read_bytes())
    damaged[entry.header_offset + 60] ^= 255
    path.write_bytes(damaged)
    assert describe(path)["chargers"] == 12
    with pytest.raises(FileFormatError):
        load(path)


def test_describe_tells_models_apart(fitted, tmp_path):
    sums = {describe(saved(model, tmp_path))["sha256"] for model in fitted.values()}
    assert len(sums) == len(fitted)


def test_describe_is_json_whatever_the_parameters(fitted, panel, tmp_path):
    model = Climatology(horizons=np.array([4])).fit(panel).set_params(hour_weight=np.inf)
    content = describe(saved(model, tmp_path))
    assert content["parameters"] == {"horizons": [4], "hour_weight": "inf", "unit_weight": 5.0}
    json.dumps(content, allow_nan=False)
    parameters = describe(saved(fitted["direct of its own"], tmp_path))["parameters"]
    assert parameters["classifier"] == "HistGradientBoostingClassifier"
    assert parameters["horizons"] == [1, 2]
    assert parameters["random_state"] == "Generator"


# ------------------------------------------------------------------------------------ what is not written


@pytest.mark.parametrize("model", [GaussianNB(), {"a": 1}, None, StatusForecaster])
def test_what_is_no_forecaster_is_refused(model, tmp_path):
    with pytest.raises(InputError, match=r"object to save.*cannot be saved.*So can Blend"):
        save(model, tmp_path / "a")


class _Own(Persistence):
    pass


def test_a_class_that_is_not_listed_is_refused(panel, tmp_path):
    with pytest.raises(InputError, match=r"_Own, which cannot be saved.*joins a table in forecast"):
        save(_Own(horizons=[1]).fit(panel), tmp_path / "a")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("model", CASES.values(), ids=CASES)
def test_an_unfitted_forecaster_is_refused(model, tmp_path):
    with pytest.raises(NotFittedError, match=r"is not fitted\. Call fit\(panel\) first"):
        save(clone(model), tmp_path / "a")


def test_another_classifier_is_refused_with_what_to_do(panel, tmp_path):
    learner = make_pipeline(SimpleImputer(), GaussianNB())
    model = DirectForecaster(horizons=[4], classifier=learner, max_rows=100, random_state=0)
    model.fit(panel.head(500))
    with pytest.raises(InputError) as caught:
        save(model, tmp_path / "a")
    message = str(caught.value)
    assert message.startswith("DirectForecaster.classifier is a sklearn.pipeline.Pipeline, which")
    assert "fit with the default classifier, or pickle the forecaster" in message
    model.classifier = None
    with pytest.raises(InputError, match=r"^DirectForecaster\.\w+_\[4\]\S* is a sklearn\.pipel"):
        save(model, tmp_path / "a")


def test_categories_are_refused_with_the_place(panel, tmp_path):
    X = np.arange(60)[:, None] % 3
    model = Persistence(horizons=[1]).fit(panel)
    trees = HistGradientBoostingClassifier(max_iter=2, categorical_features=[0]).fit(X, X[:, 0])
    model.classifiers_ = {4: trees}
    with pytest.raises(InputError, match=r"Persistence\.classifiers_\[4\]: .*as categories"):
        save(model, tmp_path / "a")


def test_an_attribute_that_is_neither_given_nor_learnt_is_refused(panel, tmp_path):
    model = Persistence(horizons=[1]).fit(panel)
    model.cache = {}
    with pytest.raises(InputError, match=r"Persistence\.cache is neither a parameter"):
        save(model, tmp_path / "a")


def test_a_refused_model_leaves_the_old_file(fitted, tmp_path):
    path = saved(fitted["markov"], tmp_path)
    before = path.read_bytes()
    with pytest.raises(NotFittedError):
        save(Persistence(), path)
    assert path.read_bytes() == before


def test_a_process_killed_while_it_writes_leaves_the_old_file(fitted, panel, tmp_path):
    path = saved(fitted["markov"], tmp_path)
    code = (
        "import os, signal, sys\n"
        "from evforecast import Persistence, simulate\n"
        "from evforecast.forecasting.saving import save\n"
        "os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)\n"
        "save(Persistence().fit(simulate(n_evse=3, days=3, random_state=0)), sys.argv[1])\n"
    )
    done = subprocess.run([sys.executable, "-c", code, path], check=False)
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.iterdir())) == 2  # the new one lies beside, unfinished
    np.testing.assert_array_equal(
        load(path).predict_proba(panel).proba, fitted["markov"].predict_proba(panel).proba
    )


# -------------------------------------------------------------------------------------- what is not read


def test_a_file_cut_short_is_refused(fitted, tmp_path):
    path = saved(fitted["persistence"], tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    for read in (load, describe):
        with pytest.raises(
            FileFormatError, match="Copy the file again from its source, save it anew"
        ):
            read(path)


def test_a_pickle_is_never_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "run"),)

    for content in (pickle.dumps(Bomb()), _npy(Bomb())):
        (tmp_path / "a").write_bytes(content)
        with pytest.raises(FileFormatError):
            load(tmp_path / "a")
    assert not (tmp_path / "run").exists()


def _npy(value):
    data = io.BytesIO()
    np.save(data, np.array([value], object), allow_pickle=True)
    return data.getvalue()


def test_an_honest_file_written_again_is_read(fitted, panel, tmp_path):
    # or else the refusals below would prove nothing
    found = load(forged(fitted["semi-markov"], tmp_path, dict))
    expected = fitted["semi-markov"].predict_proba(panel).proba
    np.testing.assert_array_equal(found.predict_proba(panel).proba, expected)


def _rename(document):
    document["model"]["forecaster"][0] = "oracle"


def _rename_record(document):
    document["model"]["forecaster"][2]["hazards_"]["record"][0] = "os.system"


def _unknown_kind(document):
    document["model"]["forecaster"][2]["hazards_"] = {"pickle": "gASVAAAA"}


def _unknown_parameter(document):
    document["model"]["forecaster"][1]["colour"] = "red"


def _unknown_field(document):
    document["model"]["forecaster"][2]["hazards_"]["record"][1]["shape"] = 1


def _lost_field(document):
    del document["model"]["forecaster"][2]["hazards_"]["record"][1]["edges"]


def _unfitted(document):
    del document["model"]["forecaster"][2]["trained_until_"]


def _no_forecaster(document):
    document["model"] = document["model"]["forecaster"][2]["scheme_"]


def _nothing(document):
    document["model"] = None


def _lost(document):
    del document["model"]


def _unused_array(document):
    del document["model"]["forecaster"][2]["marginal_"]


def _no_statuses(document):
    document["model"]["forecaster"][2]["scheme_"]["record"][1]["names"] = {"tuple": []}


def _method(document):
    document["model"]["forecaster"][2]["predict_proba"] = 1


def _dunder(document):
    document["model"]["forecaster"][2]["__class__"] = 1


def _property(document):
    document["model"]["forecaster"][2]["target_scheme_"] = 1


def _no_classifier(document):
    document["model"]["forecaster"][1]["target"] = {"estimator": ["svm", {}]}


def _not_a_name(document):
    document["model"]["forecaster"][0] = ["semi-markov"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_rename, "it holds the forecaster 'oracle'; known are 'blend', 'calibrated', 'clim"),
        (
            _rename_record,
            "it holds the record 'os.system'; known are 'calendar', 'dependence', 'hazards'",
        ),
        (_unknown_kind, "it holds the kind of value 'pickle'; known are 'array'"),
        (_unknown_parameter, "unexpected keyword argument 'colour'"),
        (_unknown_field, "unexpected keyword argument 'shape'"),
        (_lost_field, "missing 1 required positional argument: 'edges'"),
        (_unfitted, "no fitted forecaster"),
        (_no_forecaster, "no fitted forecaster"),
        (_nothing, "no fitted forecaster"),
        (_lost, "KeyError: 'model'"),
        (_unused_array, "arrays that belong to none"),
        (_no_statuses, "1 to 127 different names"),
        (_method, "learns no 'predict_proba'"),
        (_dunder, "learns no '__class__'"),
        (_property, "target_scheme_"),
        (_no_classifier, "it holds the classifier 'svm'; known are 'dummy', 'hist-gradient"),
        (_not_a_name, "TypeError"),
    ],
)
def test_a_file_that_was_never_written_is_refused(change, message, fitted, tmp_path):
    path = forged(fitted["semi-markov"], tmp_path, change)
    with pytest.raises(FileFormatError) as caught:
        load(path)
    text = str(caught.value)
    assert text.startswith(f"{path}: no model that evforecast {evforecast.__version__} can read: ")
    assert message in text
    assert f"install the evforecast {evforecast.__version__} that wrote it" in text


def test_trees_that_are_none_are_refused(fitted, tmp_path):
    def change(node):
        children = node.values() if isinstance(node, dict) else node
        for child in children if isinstance(node, dict | list) else ():
            if isinstance(child, list) and child[:1] == ["trees"]:
                child[1]["n_features_in_"] = 1
            change(child)

    path = forged(fitted["direct"], tmp_path, change)
    with pytest.raises(FileFormatError, match="the arrays are no trees: there must be nodes that"):
        load(path)


def test_a_missing_file_is_just_that(tmp_path):
    for read in (load, describe):
        with pytest.raises(FileNotFoundError):
            read(tmp_path / "nothing")


# ---------------------------------------------------------------------------------- classes of later days


@dataclass(frozen=True)
class _Curve:
    knots: np.ndarray
    label: str | None = None


class _Blend(StatusForecaster):
    def __init__(self, members=(), *, weights=None, options=None):
        self.members = members
        self.weights = weights
        self.options = options

    horizons = (1, 4)

    @property
    def lookback(self):
        return max(model.lookback for _, model in self.members_)

    def _fit(self, panel):
        self.members_ = [(name, clone(model).fit(panel)) for name, model in self.members]
        self.curves_ = {4: _Curve(np.arange(3.0), "late"), 1: _Curve(np.ones(2))}
        self.window_ = (np.timedelta64(1, "h"), np.datetime64("2020-11-08"), None, (1.5, True))

    def _predict(self, context, horizons):
        return np.mean(
            [m.predict_proba(context, horizons.tolist()).proba for _, m in self.members_], axis=0
        )


def test_a_new_class_needs_an_entry_only(panel, tmp_path, monkeypatch):
    members = [("a", SemiMarkovForecaster(target=None)), ("b", DirectForecaster([1, 4], **SMALL))]
    model = _Blend(members, weights={1: 0.5, 4: (1, 2)}, options={"deep": [None]}).fit(panel)
    with pytest.raises(InputError, match="_Blend, which cannot be saved"):
        save(model, tmp_path / "a")
    monkeypatch.setitem(FORECASTERS, "blend", _Blend)
    with pytest.raises(InputError, match=r"_Blend\.curves_\[4\] is a .*_Curve, which"):
        save(model, tmp_path / "a")
    monkeypatch.setitem(RECORDS, "curve", _Curve)
    found = load(saved(model, tmp_path))
    np.testing.assert_allclose(
        found.predict_proba(panel).proba, model.predict_proba(panel).proba, rtol=0, atol=1e-6
    )
    assert [name for name, _ in found.members_] == ["a", "b"]
    assert not hasattr(found.members[0][1], "trained_until_")  # a parameter is kept as it was given
    assert list(found.curves_) == [4, 1]
    assert found.curves_[4].knots.tolist() == [0, 1, 2]
    assert (found.curves_[4].label, found.curves_[1].label) == ("late", None)
    assert found.window_ == model.window_
    assert (found.weights, found.options) == (model.weights, model.options)


class _Ours(HistGradientBoostingClassifier):
    pass


def _trees_of_ours(model):
    plain = HistGradientBoostingClassifier()
    vars(plain).update(vars(model))
    return TreeEnsemble.from_classifier(plain)


def test_a_new_classifier_needs_an_entry_only(panel, tmp_path, monkeypatch):
    model = DirectForecaster([1], classifier=_Ours(max_iter=2), **SMALL).fit(panel)
    with pytest.raises(InputError, match=r"DirectForecaster\.classifier is a .*_Ours, which"):
        save(model, tmp_path / "a")
    monkeypatch.setitem(ESTIMATORS, "ours", (_Ours, _trees_of_ours))
    found = load(saved(model, tmp_path))
    assert type(found.classifier) is _Ours
    assert found.classifier.max_iter == 2
    np.testing.assert_allclose(
        found.predict_proba(panel).proba, model.predict_proba(panel).proba, rtol=0, atol=1e-6
    )
