import numpy as np
import pytest

from evforecast import Climatology, simulate
from evforecast.errors import InputError, LeakageError
from evforecast.evaluation.asking import Question
from evforecast.evaluation.refitting import fit_places, pieces, window_rows
from evforecast.evaluation.stored import InMemory

STEP = np.timedelta64(900, "s")


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=3, days=4, random_state=0)


@pytest.fixture
def question(panel):
    rows = np.arange(100, 300, 25)
    return Question(panel, rows, np.array([1]), panel.scheme, None, None)


class Kept(InMemory):
    """Some forecasts are there already."""

    def __init__(self, waiting):
        super().__init__(waiting, (8, 1, 3, 5))
        self._waiting = waiting

    def waiting(self, name):
        return self._waiting[name]


def test_a_fit_as_soon_as_the_time_has_passed():
    times = np.datetime64("2020-10-01", "s") + np.array([0, 5, 10, 11, 30, 33, 40, 41]) * 3600
    places = fit_places(times, "10h")
    assert places == [0, 2, 4, 6]
    assert fit_places(times, None) == [0]
    assert fit_places(times, "1s") == list(range(8))


@pytest.mark.parametrize("refit", ["never", "0D", "-1h", "NaT"])
def test_a_length_of_time_is_needed(refit):
    with pytest.raises(InputError, match=f"refit='{refit}'"):
        fit_places(np.array(["2020-10-01"], "M8[s]"), refit)


def test_rows_of_a_window():
    assert window_rows(None, STEP) is None
    assert window_rows("56D", STEP) == 56 * 96
    assert window_rows("40min", STEP) == 2
    with pytest.raises(InputError, match="window='29min' is shorter than two steps of 0:15:00"):
        window_rows("29min", STEP)


def test_pieces_between_fits_hold_what_is_waiting_each_once(question):
    kept = Kept({"a": [0, 1, 2, 3, 4, 5, 6, 7], "b": [2, 7], "c": []})
    models = {name: Climatology([1]) for name in "abc"}
    found = pieces(models, question, kept, fits=[0, 3, 6], n_jobs=1)
    assert [(p.name, p.fit_place, p.places) for p in found] == [
        ("a", 0, [0, 1, 2]),
        ("a", 3, [3, 4, 5]),
        ("a", 6, [6, 7]),
        ("b", 0, [2]),
        ("b", 6, [7]),
    ]


def test_frozen_models_are_ready_and_split_between_processes(panel, question):
    kept = Kept({"new": [0, 1, 2, 3, 4], "old": [6], "done": []})
    old = Climatology([1]).fit(panel.head(50))
    models = {"new": Climatology([1]), "old": old, "done": Climatology([1])}
    found = pieces(models, question, kept, fits=None, n_jobs=2)
    assert [(p.name, p.fit_place, p.places) for p in found] == [
        ("new", None, [0, 1, 2]),
        ("new", None, [3, 4]),
        ("old", None, [6]),
    ]
    assert found[0].model is found[1].model
    assert found[0].model.trained_until_ == panel.times[100]
    assert found[2].model is old
    assert not hasattr(models["new"], "trained_until_")
    with pytest.raises(LeakageError):
        pieces({"old": Climatology().fit(panel)}, question, kept, fits=None, n_jobs=1)


def test_a_piece_asks_a_fitted_copy(panel, question):
    pattern = Climatology([1]).fit(panel)
    kept = Kept({"m": [3, 4]})
    (piece,) = pieces({"m": pattern}, question, kept, fits=[0, 3], n_jobs=1)
    assert list(piece.work(question, kept)) == [3, 4]
    expected = Climatology([1]).fit(panel.head(176)).predict_proba(panel.head(201))
    assert (kept.proba()["m"][4] == expected.proba).all()
    assert pattern.trained_until_ == panel.cutoff
