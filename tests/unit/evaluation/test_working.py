import io
from contextlib import redirect_stderr

import numpy as np
import pytest

from evforecast import Climatology, Persistence, simulate
from evforecast.errors import SchemeMismatchError
from evforecast.evaluation.asking import Question
from evforecast.evaluation.refitting import pieces
from evforecast.evaluation.stored import InMemory, Stored
from evforecast.evaluation.working import work_through


@pytest.fixture(scope="module")
def panel():
    return simulate(n_evse=3, days=3, random_state=0)


def asked(panel, **changes):
    scheme = changes.get("scheme", panel.scheme)
    return Question(panel, np.arange(100, 200, 20), np.array([1, 4]), scheme, None, None)


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_everything_waiting_is_done_and_shown(panel, tmp_path, n_jobs):
    question = asked(panel)
    models = {"c": Climatology([1, 4]), "p": Persistence([1, 4])}
    shape = (5, 2, 3, 5)
    kept = Stored(tmp_path / "store", {"models": dict.fromkeys(models)}, shape)
    kept.put("p", 2, np.full(shape[1:], 0.2, np.float32))
    todo = pieces(models, question, kept, fits=None, n_jobs=n_jobs)
    shown = io.StringIO()
    with redirect_stderr(shown):
        work_through(todo, question, kept, n_jobs=n_jobs, progress=True)
    assert "9/9" in shown.getvalue()
    expected = InMemory(models, shape)
    for piece in pieces(models, question, expected, fits=None, n_jobs=1):
        list(piece.work(question, expected))
    for name, proba in kept.proba().items():
        assert kept.waiting(name) == []
        known = np.arange(5) != (2 if name == "p" else -1)
        assert (proba[known] == expected.proba()[name][known]).all()
    assert (kept.proba()["p"][2] == np.float32(0.2)).all()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_an_error_comes_as_it_was_from_any_process(panel, tmp_path, n_jobs):
    question = asked(panel, scheme=panel.scheme.coarsen("free"))
    models = {"c": Climatology([1, 4])}
    kept = Stored(tmp_path / "store", {"models": dict.fromkeys(models)}, (5, 2, 3, 2))
    todo = pieces(models, question, kept, fits=None, n_jobs=n_jobs)
    with pytest.raises(SchemeMismatchError, match="model 'c' forecasts"):
        work_through(todo, question, kept, n_jobs=n_jobs, progress=False)
    assert kept.waiting("c") == [0, 1, 2, 3, 4]
