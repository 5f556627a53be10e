import re

import pytest

import evforecast as ev
from evforecast.errors import InputError
from evforecast.inwarehouse.java import JavaScorer
from evforecast.inwarehouse.java import scorer as module


def test_it_says_what_it_takes_and_gives(fitted):
    scorer = JavaScorer.of(fitted(target="free"))
    assert scorer.statuses == ("not free", "free")
    assert scorer.horizons == (1, 4)
    assert scorer.takes_partner
    assert scorer.features[:2] == ("status", "age")
    assert f"public class {scorer.class_name} " in scorer.source
    assert "Integer horizon, String[] features, String[] semiMarkov)" in scorer.source


def test_without_a_partner_it_takes_none(fitted):
    scorer = JavaScorer.of(fitted(semi_markov_weight=0))
    assert not scorer.takes_partner
    assert "Integer horizon, String[] features)" in scorer.source


def test_a_model_is_a_class_and_another_is_another(fitted):
    one, again = JavaScorer.of(fitted()), JavaScorer.of(fitted())
    assert one == again
    assert JavaScorer.of(fitted(semi_markov_weight=0)).class_name != one.class_name


def test_nothing_is_left_to_fill_in_and_the_source_is_ascii(fitted):
    source = JavaScorer.of(fitted()).source
    assert not re.search(r"__[A-Z]+__", source)
    assert source.isascii()
    assert "$" not in source


def test_constants_are_as_short_as_java_needs_them(fitted, monkeypatch):
    whole = JavaScorer.of(fitted())
    parts = re.findall(r'^        "([A-Za-z0-9+/=]+)",?$', whole.source, flags=re.MULTILINE)
    assert max(map(len, parts)) <= 60_000
    monkeypatch.setattr(module, "_CONSTANT", 400)
    short = re.findall(
        r'^        "([A-Za-z0-9+/=]+)",?$', JavaScorer.of(fitted()).source, flags=re.MULTILINE
    )
    assert len(short) > 20
    assert "".join(short) == "".join(parts)


def test_another_model_is_refused_with_its_reason(city):
    with pytest.raises(InputError, match="Persistence: it has no trees"):
        JavaScorer.of(ev.Persistence().fit(city))
