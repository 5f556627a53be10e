import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evforecast.registry import ModelCard, RegistryError
from evforecast.registry.card import cards_frame, utc_index

CARD = ModelCard(
    name="driver",
    number=3,
    published_at=np.datetime64("2020-11-09T06:30:15"),
    model={
        "class": "DirectForecaster",
        "parameters": {"horizons": [1, 4]},
        "statuses": ["available", "down"],
        "step": "0:15:00",
        "chargers": 1200,
        "trained_from": "2020-10-01T00:00:00",
        "trained_until": "2020-11-08T23:45:00",
        "sha256": "ab" * 32,
        "bytes": 663123,
    },
    data={
        "from": "2020-10-01T00:00:00",
        "until": "2020-11-08T23:45:00",
        "times": 3744,
        "chargers": 1200,
        "tz": "Europe/Paris",
        "exog": [],
        "observed": 0.97,
        "mix": {"available": 0.6, "down": 0.4},
        "sha256": "cd" * 32,
    },
    features=[{"part": "model", "groups": ["state"], "columns": ["status", "age"]}],
    scores=[
        {"model": "direct", "horizon": 1, "log_loss": 0.25, "skill": None, "n": 12345},
        {"model": "direct", "horizon": 4, "log_loss": 0.5, "skill": 0.125, "n": 12345},
    ],
    versions={"evforecast": "0.1.0", "numpy": "2.4"},
    notes="after the élan of spring",
)


def test_a_card_is_read_as_it_was_written():
    text = CARD.to_json()
    assert ModelCard.from_json(text, "x") == CARD
    assert json.loads(text)["published_at"] == "2020-11-09T06:30:15"
    assert ModelCard.from_json(text, "x").to_json() == text


def test_content_is_all_but_number_and_time():
    later = replace(CARD, number=4, published_at=np.datetime64("2021-01-01T00:00:00"))
    assert later.content() == CARD.content()
    left_out = {"number", "published_at", "schema"}
    assert set(CARD.content()) == set(json.loads(CARD.to_json())) - left_out
    assert replace(CARD, notes="").content() != CARD.content()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"{", "no card of a model"),
        (b"[1]", "no card of a model"),
        (b"{}", "no card of a model"),
        (b'{"schema": 1, "published_at": "2020-11-09"}', "no card of a model"),
        (b'{"schema": 1, "published_at": "x"}', "no card of a model"),
        (b'{"schema": 2}', "a card of schema 2, where 1 is known. Install the evforecast"),
    ],
)
def test_what_is_no_card_is_refused(text, reason):
    with pytest.raises(RegistryError, match=f"^here: {reason}"):
        ModelCard.from_json(text, "here")


def test_a_field_that_is_not_known_is_refused():
    fields = json.loads(CARD.to_json()) | {"colour": "red"}
    with pytest.raises(RegistryError, match="colour"):
        ModelCard.from_json(json.dumps(fields).encode(), "here")


def test_what_is_not_finite_cannot_be_written():
    with pytest.raises(ValueError, match="not JSON compliant"):
        replace(CARD, scores=[{"horizon": 1, "log_loss": float("nan")}]).to_json()


def test_markdown():
    assert (
        CARD.to_markdown()
        == f"""# driver, version 3

DirectForecaster, published 2020-11-09 06:30 UTC.

after the élan of spring

|  |  |
| --- | --- |
| learnt from | 2020-10-01 00:00 to 2020-11-08 23:45 UTC |
| step, chargers | 0:15:00, 1,200 |
| observed | 97.0 %, of it available 60.0 %, down 40.0 % |
| features of model | 2 columns in 1 groups: state |
| file | 663,123 bytes, SHA-256 {"ab" * 32} |
| data | SHA-256 {"cd" * 32} |
| made with | evforecast 0.1.0, numpy 2.4 |

| horizon | log_loss | skill | n |
| --- | --- | --- | --- |
| 1 | 0.2500 |  | 12,345 |
| 4 | 0.5000 | 0.1250 | 12,345 |
"""
    )


def test_markdown_without_notes_scores_features():
    text = replace(CARD, notes="", scores=[], features=[]).to_markdown()
    assert text.count("\n\n") == 2
    assert "features" not in text


def test_the_table_of_versions():
    frame = cards_frame({1: None, 3: CARD}, {"champion": 3, "challenger": 1, "best": 3})
    assert frame["number"].tolist() == [1, 3]
    assert frame["intact"].tolist() == [False, True]
    assert frame["aliases"].tolist() == ["challenger", "best, champion"]
    assert frame["published_at"].isna().tolist() == [True, False]
    assert frame["published_at"][1] == pd.Timestamp("2020-11-09 06:30:15", tz="UTC")
    assert frame["trained_until"][1] == pd.Timestamp("2020-11-08 23:45", tz="UTC")
    assert frame["class"].tolist()[1] == "DirectForecaster"
    assert pd.isna(frame["class"][0])
    assert (frame["chargers"][1], frame["bytes"].sum()) == (1200, 663123)
    kinds = {name: str(frame[name].dtype) for name in ("number", "intact", "chargers", "bytes")}
    assert kinds == {"number": "int64", "intact": "bool", "chargers": "Int64", "bytes": "Int64"}


def test_times_get_their_zone():
    index = utc_index(["2020-11-09", "NaT", np.datetime64("2020-11-09T01", "s")])
    assert str(index.dtype) == "datetime64[s, UTC]"
    assert index.isna().tolist() == [False, True, False]
    assert len(utc_index([])) == 0
