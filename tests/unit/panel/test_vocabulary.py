import gzip
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evforecast.errors import InputError, UnknownStatusError
from evforecast.panel import STATUS, VOCABULARIES, Vocabulary

# The enums of the specifications, written out here a second time, from their texts.
OCPI = [
    "AVAILABLE",
    "BLOCKED",
    "CHARGING",
    "INOPERATIVE",
    "OUTOFORDER",
    "PLANNED",
    "REMOVED",
    "RESERVED",
    "UNKNOWN",
]
OCPP_16 = [
    "Available",
    "Preparing",
    "Charging",
    "SuspendedEVSE",
    "SuspendedEV",
    "Finishing",
    "Reserved",
    "Unavailable",
    "Faulted",
]
OCPP_201 = ["Available", "Occupied", "Reserved", "Unavailable", "Faulted"]


@pytest.mark.parametrize(
    ("name", "words"), [("ocpi", OCPI), ("ocpp-1.6", OCPP_16), ("ocpp-2.0.1", OCPP_201)]
)
def test_the_whole_enum_of_each_standard_is_known(name, words):
    assert set(VOCABULARIES[name].words) == set(words)


@pytest.mark.parametrize("vocabulary", VOCABULARIES.values(), ids=list(VOCABULARIES))
def test_each_word_decodes_to_its_own_status(vocabulary):
    words = list(vocabulary.words)
    decoded = vocabulary.decode(words)
    for word, code in zip(words, decoded.codes, strict=True):
        status = vocabulary.words[word]
        assert code == (-1 if status is None else STATUS.code(status))
    assert decoded.unknown == {}
    assert decoded.no_status == {w: 1 for w in words if vocabulary.words[w] is None}


def test_both_genders_of_belib():
    belib = VOCABULARIES["belib"]
    for masculine in [
        w for w in belib.words if w.split(" ")[0] + "e" in {v.split(" ")[0] for v in belib.words}
    ]:
        head, _, tail = masculine.partition(" ")
        feminine = f"{head}e {tail}".strip()
        assert belib.words[feminine] == belib.words[masculine]
    assert belib.words["Occupée (en charge)"] == "charging"
    assert belib.words["Inconnue"] == "offline"


def test_feeds_without_passive_say_so():
    without = {
        n for n, v in VOCABULARIES.items() if v.merged.get("charging") == ("charging", "passive")
    }
    assert without == {"belib", "ocpi", "ocpp-2.0.1", "irve"}


def test_unknown_words_raise_or_are_counted():
    words = ["Available", "Free", "Free", None, ""]
    with pytest.raises(UnknownStatusError, match=r"'Free' x 2"):
        VOCABULARIES["challenge"].decode(words)
    decoded = VOCABULARIES["challenge"].decode(words, unknown="missing")
    assert decoded.codes.tolist() == [0, -1, -1, -1, -1]
    assert decoded.unknown == {"Free": 2}


def test_case_matters_but_white_space_does_not():
    assert VOCABULARIES["challenge"].decode([" Down "]).codes.tolist() == [4]
    with pytest.raises(UnknownStatusError, match="perhaps 'Down'"):
        VOCABULARIES["challenge"].decode(["down"])


def test_a_table_may_not_point_at_an_unknown_status():
    with pytest.raises(UnknownStatusError):
        Vocabulary("mine", {"ok": "fine"})


def test_real_belib_words_are_all_known(data_dir):
    path = data_dir / "belib" / "belib_status_36snapshots_20230127_20230213.csv.gz"
    with gzip.open(path) as file:
        words = pd.read_csv(file)["statut_pdc"]
    decoded = VOCABULARIES["belib"].decode(words)
    assert (decoded.codes >= 0).sum() == 75_096
    assert decoded.no_status == {"Mise en service planifiée": 396}


def test_real_irve_enums_are_all_known(data_dir):
    schema = json.loads(Path(data_dir / "irve" / "schema-dynamique_v2.3.0.json").read_text("utf-8"))
    enums = {f["name"]: f["constraints"].get("enum") for f in schema["fields"]}
    pairs = {f"{a}/{b}" for a in enums["etat_pdc"] for b in enums["occupation_pdc"]}
    assert pairs == set(VOCABULARIES["irve"].words)


def test_decode_keeps_the_order_of_a_categorical():
    words = pd.Categorical(["Down", "Available"], categories=["Available", "Down"])
    assert np.array_equal(VOCABULARIES["challenge"].decode(words).codes, [4, 0])


def test_a_misspelt_option_does_not_switch_the_check_off():
    with pytest.raises(InputError, match="unknown='mising' is no choice"):
        VOCABULARIES["challenge"].decode(["Chargin"], unknown="mising")
