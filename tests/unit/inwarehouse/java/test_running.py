"""What Java gives is what Python gives: whole models, and random trees on awkward cases."""

import json
import subprocess

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

import evforecast as ev
from evforecast.errors import InputError
from evforecast.forecasting.learning import Learnt
from evforecast.forecasting.pooling import logarithmic_pool
from evforecast.forecasting.trees import TreeEnsemble
from evforecast.inwarehouse.java import (
    Cases,
    JavaScorer,
    compile_scorer,
    java_difference,
    score_locally,
    scorer_cases,
)

pytestmark = pytest.mark.usefixtures("needs_java")
GROUPS = ("state", "calendar")  # nine columns
N_COLUMN = 9


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"semi_markov_weight": 0},
        {"semi_markov_weight": 0.2, "pooled": True},
        {"target": "down", "within": True},
        {"classifier": HistGradientBoostingClassifier(max_iter=3, max_leaf_nodes=90)},
    ],
    ids=["pool", "alone", "any horizon", "within", "large trees"],
)
def test_the_jar_gives_what_predict_proba_gives(fitted, compiled, city, parameters):
    model = fitted(**parameters)
    differences = java_difference(model, compiled(**parameters), city)
    assert set(differences) == {1, 4}
    assert max(differences.values()) < 1e-7  # probabilities of a forecast are float32


def test_chargers_never_seen_and_gaps(fitted, compiled):
    other = ev.simulate(n_evse=7, days=3, random_state=9)
    assert (other.codes == -1).any()
    assert max(java_difference(fitted(), compiled(), other).values()) < 1e-7


def test_a_pooled_model_serves_horizons_between(fitted, compiled, city):
    model = fitted(semi_markov_weight=0.2, pooled=True)
    done = compiled(semi_markov_weight=0.2, pooled=True)
    laws = score_locally(done, scorer_cases(model, city, [2, 3]))
    ours = model.predict_proba(city, [2, 3])
    for horizon, law in laws.items():
        np.testing.assert_allclose(law, ours.horizon(horizon), rtol=0, atol=1e-7)
    assert np.abs(laws[2] - laws[3]).max() > 1e-5


def test_a_loaded_model_gives_the_same_class(fitted, tmp_path):
    fitted().save(tmp_path / "model.evf")
    assert JavaScorer.of(ev.load(tmp_path / "model.evf")) == JavaScorer.of(fitted())


def some_trees(rng):
    """Return a random fitted classifier, the columns that it looks at, and the cases of its training."""
    columns = rng.random(N_COLUMN) < 0.7
    columns[rng.integers(N_COLUMN)] = True
    size, values = int(columns.sum()), int(rng.choice([3, 9, 70, 10_000]))
    # scikit-learn looks only at categories that ten cases have.
    n = 2000 if values == 70 else int(rng.integers(20, 200))
    X = (rng.integers(values, size=(n, size)) / 4).astype(np.float32)
    X[rng.random(X.shape) < rng.choice([0, 0.3, 0.8])] = np.nan
    X[0], X[1] = -1, 2
    labels = rng.choice(5, size=int(rng.integers(2, 6)), replace=False)
    of_value = rng.choice(labels, size=values)  # so that categories tell something
    y = of_value[np.nan_to_num(X[:, 0] * 4).astype(int) % values]
    y = np.where(rng.random(n) < 0.3, rng.choice(labels, size=n), y)
    y[: len(labels)] = labels
    few = [place for place in range(size) if len(np.unique(X[:, place])) < 100]
    chosen = [place for place in few if rng.random() < 0.5] or None
    model = HistGradientBoostingClassifier(
        max_iter=int(rng.integers(1, 5)),
        max_leaf_nodes=rng.choice([2, 3, 9, 31, 100]),
        min_samples_leaf=1,
        categorical_features=chosen,
        early_stopping=False,
        random_state=0,
    )
    with threadpool_limits(1):
        return Learnt(model.fit(X, y), columns), X, chosen or []


def awkward(rng, learnt, X, categories):
    """Return cases: known ones, values never seen, infinities, NaN, thresholds hit exactly and beside."""
    n, size = 60, int(learnt.columns.sum())
    asked = X[rng.integers(len(X), size=n)].copy()
    strange = np.array([np.nan, -0.0, -7, 0.125, 3e9], np.float32)
    change = rng.random(asked.shape) < 0.3
    asked[change] = rng.choice(strange, size=change.sum())
    for iteration in learnt.model._predictors:
        for node in np.concatenate([tree.nodes for tree in iteration]):
            column = int(node["feature_idx"])
            if node["is_leaf"] or node["is_categorical"] or not np.isfinite(node["num_threshold"]):
                continue
            order = [*categories, *(c for c in range(size) if c not in categories)]
            near = np.float32(node["num_threshold"])
            beside = np.nextafter(near, np.float32(rng.choice([-np.inf, np.inf])))
            asked[rng.integers(n), order[column]] = rng.choice([near, beside])
    numbers = [c for c in range(size) if c not in categories]
    if numbers:  # scikit-learn refuses an infinite category
        asked[0, numbers], asked[1, numbers] = np.inf, -np.inf
    whole = rng.normal(size=(n, N_COLUMN)).astype(np.float32)
    whole[:, learnt.columns] = asked
    return whole


# A smaller seed is no simpler, so nothing is to be shrunk.
@settings(max_examples=3, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(st.integers(0, 2**32 - 1))
def test_random_trees_on_awkward_cases(fitted, seed):
    rng = np.random.default_rng(seed)
    model = ev.DirectForecaster(list(range(1, 31)), groups=GROUPS, semi_markov_weight=0.3)
    template = fitted(groups=GROUPS)
    for name in ("scheme_", "models_", "exog_", "semi_markov_"):
        setattr(model, name, getattr(template, name))
    model.learnt_, cases, expected = {}, {}, {}
    for horizon in model.horizons:
        learnt, X, categories = some_trees(rng)
        features = awkward(rng, learnt, X, categories)
        partner = rng.dirichlet(np.full(5, 0.3), size=len(features))
        with threadpool_limits(1):
            law = learnt.law(features, 5)
        if not categories and rng.random() < 0.5:
            learnt = Learnt(TreeEnsemble.from_classifier(learnt.model), learnt.columns)
        model.learnt_[horizon] = learnt
        # What SQL computes in double precision comes to the same float as in training.
        cases[horizon] = Cases(features.astype(np.float64) * (1 + 1e-12), partner)
        law = logarithmic_pool(law, partner, 0.3) + 1e-6
        expected[horizon] = law / law.sum(axis=1, keepdims=True)
    laws = score_locally(compile_scorer(JavaScorer.of(model)), cases)
    for horizon, law in laws.items():
        np.testing.assert_allclose(law, expected[horizon], rtol=0, atol=1e-9)


MAIN = """
import java.util.Arrays;

public class Main {
    public static void main(String[] arguments) {
        String[] known = new String[SIZE];
        Arrays.fill(known, "1.5");
        for (String text : new String[] {null, "", " null ", "undefined", "NaN", "nan"}) {
            show(4, with(known, text));
        }
        for (String text : new String[] {"inf", "Infinity", "1e999", "-inf", "-Infinity", "1.5000e+00"}) {
            show(4, with(known, text));
        }
        show(null, known);
        show(4, null);
        show(4, with(known, "abc"));
    }

    private static String[] with(String[] known, String text) {
        String[] changed = known.clone();
        Arrays.fill(changed, text);
        changed[0] = "2";
        return changed;
    }

    private static void show(Integer horizon, String[] features) {
        try {
            System.out.println(CLASS.score(horizon, features));
        } catch (IllegalArgumentException error) {
            System.out.println(error.getMessage());
        }
    }
}
"""


def test_every_way_to_write_an_element_and_what_is_none(compiled, tmp_path):
    done = compiled(semi_markov_weight=0)
    scorer = done.scorer
    size = len(scorer.features)
    (tmp_path / "scorer.jar").write_bytes(done.jar)
    main = MAIN.replace("SIZE", str(size)).replace("CLASS", scorer.class_name)
    (tmp_path / "Main.java").write_text(main)
    said = subprocess.run(
        ["java", "-cp", "scorer.jar", "Main.java"],
        cwd=tmp_path,
        capture_output=True,
        check=True,
        text=True,
    ).stdout.splitlines()
    features = np.full((4, size), [[np.nan], [np.inf], [-np.inf], [1.5]])
    features[:, 0] = 2
    missing, above, below, number = score_locally(done, {4: Cases(features)})[4].tolist()
    laws = [list(json.loads(line).values()) for line in said[:12]]
    assert laws == [missing] * 6 + [above] * 3 + [below] * 2 + [number]
    assert missing != number
    assert list(json.loads(said[0])) == list(scorer.statuses)
    name = f"{scorer.class_name}.score: "
    assert said[12:] == [
        f"{name}horizon is NULL. Give it the number of steps ahead.",
        f"{name}features is NULL. Give it an ARRAY of {size} numbers; one that is not known is NULL in it.",
        f"{name}features[1] is 'abc', which is no number. Convert it to FLOAT.",
    ]


def test_no_cases_are_no_laws(compiled):
    assert score_locally(compiled(semi_markov_weight=0), {}) == {}


@pytest.mark.parametrize(
    ("parameters", "cases", "message"),
    [
        (
            {"semi_markov_weight": 0},
            {4: Cases(np.zeros((1, 3)))},
            r"score: features has 3 elements, the model needs \d+",
        ),
        ({"semi_markov_weight": 0}, {5: None}, r"horizon is 5; the model was fitted for \[1, 4\]"),
        ({"semi_markov_weight": 0.2, "pooled": True}, {9: None}, "fitted for 1 to 4 steps ahead"),
        ({}, {4: "features alone"}, "takes the law of its partner"),
        ({}, {4: np.full((1, 5), np.nan)}, r"semi_markov\[0\] is NaN, no probability"),
        ({}, {4: np.full((1, 2), 0.5)}, "semi_markov has 2 elements, the model needs 5"),
    ],
    ids=["few features", "horizon", "too far", "no partner", "partner NaN", "partner short"],
)
def test_bad_input_is_refused_with_a_message(fitted, compiled, city, parameters, cases, message):
    ((horizon, block),) = cases.items()
    if not isinstance(block, Cases):
        known = scorer_cases(fitted(**parameters), city.select(city.evse.index[:1]), [4])[4]
        partner = block if isinstance(block, np.ndarray) else known.partner
        block = Cases(known.features, None if isinstance(block, str) else partner)
    with pytest.raises(InputError, match=message):
        score_locally(compiled(**parameters), {horizon: block})


def test_without_java_it_says_what_to_install(compiled):
    with pytest.raises(InputError, match=r"no-java: there is no such program here\. Install a JDK"):
        score_locally(compiled(semi_markov_weight=0), {}, java="no-java")
