import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from evforecast.errors import EmptyInputError, InputError, MissingColumnsError
from evforecast.plotting import skill


def drawn(ax):
    """Return the lines with a marker, by the name in the legend."""
    return {line.get_label(): line for line in ax.get_lines() if line.get_marker() != "None"}


def test_a_line_a_model_with_its_scores(result, ax):
    skill(result, ax=ax)
    lines = drawn(ax)
    assert list(lines) == ["markov", "persistence", "climatology"]
    scores = result.scores()
    own = scores[scores["model"] == "markov"]
    np.testing.assert_array_equal(lines["markov"].get_xdata(), own["horizon"])
    np.testing.assert_allclose(lines["markov"].get_ydata(), own["log_loss"])
    assert len({line.get_color() for line in lines.values()}) == 3
    assert len({line.get_marker() for line in lines.values()}) == 3


def test_the_axes_say_what_they_show(result, ax):
    skill(result, "brier", ax=ax)
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.get_xticklabels()] == ["15 min", "1 h", "4 h", "24 h"]
    assert ax.get_ylabel() == "Brier score"
    assert [text.get_text() for text in ax.get_legend().get_texts()] == result.models


def test_skill_against_a_reference(result, ax):
    skill(result, reference="climatology", ax=ax)
    lines = drawn(ax)
    assert "climatology" not in lines
    scores = result.scores(reference="climatology")
    own = scores[scores["model"] == "persistence"]
    np.testing.assert_allclose(lines["persistence"].get_ydata(), own["skill"])
    assert ax.get_ylabel() == "skill against climatology"


def test_a_frame_says_its_own_step(ax):
    table = pd.DataFrame({"model": "a", "horizon": [1, 12], "log_loss": [0.1, 0.2]})
    skill(table, step="5min", ax=ax)
    assert [text.get_text() for text in ax.get_xticklabels()] == ["5 min", "1 h"]


def test_many_horizons_do_not_write_over_each_other(ax):
    table = pd.DataFrame({"model": "a", "horizon": range(1, 97), "log_loss": 0.1})
    skill(table, ax=ax)
    assert 4 <= len(ax.get_xticks()) <= 16
    assert len(ax.get_lines()[0].get_xdata()) == 96


def test_the_order_of_the_rows_does_not_matter(result, ax):
    skill(result.scores().sample(frac=1, random_state=0), ax=ax)
    assert (np.diff(ax.get_lines()[0].get_xdata()) > 0).all()


def test_without_axes_a_notebook_gets_a_figure(result):
    assert skill(result).figure.number in plt.get_fignums()


def test_what_cannot_be_drawn_is_said(result):
    with pytest.raises(MissingColumnsError, match="horizon"):
        skill(pd.DataFrame({"model": ["a"], "log_loss": [1.0]}))
    with pytest.raises(MissingColumnsError, match="crps"):
        skill(result, "crps")
    with pytest.raises(EmptyInputError, match="no row"):
        skill(pd.DataFrame({"model": [], "horizon": [], "log_loss": []}))
    with pytest.raises(InputError, match=r"'oracle'.*markov"):
        skill(result, reference="oracle")
    with pytest.raises(InputError, match="accuracy"):
        skill(result, "accuracy", reference="markov")
    assert not plt.get_fignums()
