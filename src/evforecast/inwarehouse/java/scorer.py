"""The source of a scorer: one Java class that holds the model as text."""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import dataclass
from importlib.resources import files

from evforecast._version import __version__
from evforecast.errors import InputError
from evforecast.forecasting import DirectForecaster, StatusForecaster
from evforecast.forecasting.base import check_horizons
from evforecast.inwarehouse.java.packing import pack, scorer_features
from evforecast.inwarehouse.java.reasons import can_score_in_java

__all__ = ["JavaScorer"]

# Letters of base64 in a constant: under the 65,535 bytes that Java allows, and whole groups of four.
_CONSTANT = 60_000


@dataclass(frozen=True)
class JavaScorer:
    """A Java class that gives a direct forecaster's probabilities from a row of features.

    Attributes
    ----------
    class_name : str
        Made of the model: another model is another class.
    source : str
        The Java source, for Java 11 and later, without any dependency. The same model gives the same.
    features : tuple of str
        What it is handed, in this order: an ARRAY of numbers, NULL where unknown (see
        `evforecast.features.feature_names`).
    statuses : tuple of str
        The keys of the OBJECT that it returns, and the order of the partner's law.
    horizons : tuple of int
        The steps ahead that it was fitted for.
    takes_partner : bool
        Whether it is handed the law of the model's semi-Markov partner too: an ARRAY in the order of
        `statuses`.

    Examples
    --------
    >>> import evforecast as ev
    >>> panel = ev.simulate(n_evse=6, days=4, random_state=0)
    >>> model = ev.DirectForecaster(horizons=[1, 4], target="free", random_state=0).fit(panel)
    >>> scorer = JavaScorer.of(model)
    >>> len(scorer.features), scorer.statuses, scorer.horizons, scorer.takes_partner
    (74, ('not free', 'free'), (1, 4), True)
    """

    class_name: str
    source: str
    features: tuple[str, ...]
    statuses: tuple[str, ...]
    horizons: tuple[int, ...]
    takes_partner: bool

    @classmethod
    def of(cls, model: StatusForecaster) -> JavaScorer:
        """Return the scorer of a fitted forecaster.

        Parameters
        ----------
        model : StatusForecaster
            A fitted `DirectForecaster` of boosted trees.

        Raises
        ------
        InputError
            If it cannot be scored in Java; the message is what `can_score_in_java` returns.
        """
        if reason := can_score_in_java(model):
            raise InputError(reason)
        assert isinstance(model, DirectForecaster)  # noqa: S101 - for mypy: another has a reason
        packed = pack(model)
        takes_partner = model.semi_markov_ is not None
        name = f"Scorer_{hashlib.sha256(packed).hexdigest()[:12]}"
        return cls(
            name,
            _source(name, packed, takes_partner=takes_partner),
            scorer_features(model),
            model.target_scheme_.names,
            tuple(check_horizons(model.horizons).tolist()),
            takes_partner,
        )


def _source(name: str, packed: bytes, *, takes_partner: bool) -> str:
    text = base64.b64encode(zlib.compress(packed, 9)).decode()
    parts = [text[start : start + _CONSTANT] for start in range(0, len(text), _CONSTANT)]
    filled = {
        "__VERSION__": __version__,
        "__CLASS__": name,
        "__PACKED__": ",\n".join(f'        "{part}"' for part in parts),
        "__PARAMETER__": ", String[] semiMarkov" if takes_partner else "",
        "__PARTNER__": 'numbers(semiMarkov, "semi_markov", MODEL.keys.length)'
        if takes_partner
        else "null",
    }
    source = files("evforecast.inwarehouse.java").joinpath("Scorer.java").read_text("utf-8")
    for word, meaning in filled.items():
        source = source.replace(word, meaning)
    return source
