import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evforecast.errors import InputError
from evforecast.inwarehouse.pushdown.log import LogTable, Span
from evforecast.panel import MISSING, STATUS, VOCABULARIES
from evforecast.timegrid import as_time
from evforecast.warehouse import DUCKDB

TIME = np.datetime64("2020-10-25T00:00", "s")


def frame(**columns):
    n = max(len(values) for values in columns.values())
    rows = {
        "evse_id": ["a"] * n,
        "status": ["down"] * n,
        "observed_at": [pd.Timestamp(TIME)] * n,
        "collected_at": [pd.Timestamp(TIME)] * n,
        **columns,
    }
    return pd.DataFrame(rows).assign(n=range(n))


def reasons(duck, log=None, span=None):
    log = LogTable("status") if log is None else log
    return sorted(row[-1] for row in duck.run(log.set_apart(DUCKDB, span or Span())))


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"evse_id": [None, "a"]}, "no charger"),
        ({"observed_at": [pd.NaT, pd.Timestamp(TIME)]}, "no time"),
        ({"collected_at": [pd.NaT, pd.Timestamp(TIME)]}, "no time"),
        ({"observed_at": [pd.Timestamp("1900-01-01"), pd.Timestamp(TIME)]}, "no such time"),
        ({"collected_at": [pd.Timestamp("2250-01-01"), pd.Timestamp(TIME)]}, "no such time"),
        ({"status": ["on fire", "down"]}, "unknown word"),
        ({"status": ["Down", "down"]}, "unknown word"),
    ],
)
def test_a_row_that_cannot_be_used_is_set_apart_with_its_reason(duck, fill, columns, reason):
    fill("status", frame(**columns))
    assert reasons(duck) == [reason]
    assert len(duck.run(LogTable("status").read(DUCKDB, Span()))) == 1


def test_no_status_is_an_observation_of_nothing_and_no_error(duck, fill):
    fill("status", frame(status=[None, "down"]))
    assert reasons(duck) == []
    codes = {row[-1] for row in duck.run(LogTable("status").read(DUCKDB, Span()))}
    assert codes == {None, STATUS.code("down")}


@pytest.mark.parametrize("name", sorted(VOCABULARIES))
def test_the_words_of_a_feed_are_mapped_as_its_vocabulary_does(duck, fill, name):
    vocabulary = VOCABULARIES[name]
    words = [*vocabulary.words, "", " ", "no such word", None]
    words += [f"\t{word}\u00a0 " for word in vocabulary.words]
    fill("status", frame(status=words))
    log = LogTable("status", words=vocabulary)
    apart = duck.run(log.set_apart(DUCKDB, Span()))
    assert [row[-2:] for row in apart] == [("no such word", "unknown word")]
    rows = duck.run(f'SELECT "n", {log.code(DUCKDB)} FROM "status" ORDER BY "n"')
    want = vocabulary.decode(words, unknown="missing").codes.tolist()
    assert [MISSING if code is None else code for _, code in rows] == want


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=3), min_size=1)
)
def test_any_word_is_unknown_or_blank_as_the_vocabulary_says(duck, fill, words):
    fill("status", frame(status=words))
    log = LogTable("status", words=VOCABULARIES["belib"])
    found = len(duck.run(log.set_apart(DUCKDB, Span())))
    assert found == sum(VOCABULARIES["belib"].decode(words, unknown="missing").unknown.values())


@pytest.mark.parametrize(("duplicates", "status"), [("first", "down"), ("last", "charging")])
def test_of_rows_with_one_key_the_order_decides(duck, fill, duplicates, status):
    fill("status", frame(status=["down", "charging"]))
    log = LogTable("status", duplicates=duplicates, order="n")
    assert [row[-1] for row in duck.run(log.read(DUCKDB, Span()))] == [STATUS.code(status)]
    assert duck.run(log.repeats(DUCKDB, Span())) == [("a", TIME.astype(int), 1)]


def test_first_and_last_need_an_order():
    with pytest.raises(InputError, match="order="):
        LogTable("status", duplicates="last")
    with pytest.raises(InputError, match="duplicates"):
        LogTable("status", duplicates="any")


def test_a_span_is_open_at_its_beginning_and_cut_to_the_second(duck, fill):
    stamps = [pd.Timestamp(TIME) + pd.Timedelta(seconds=s) for s in (0, 0.9, 1, 10, 10.9, 11)]
    fill("status", frame(observed_at=stamps))
    log, span = LogTable("status"), Span(TIME, TIME + np.timedelta64(10, "s"))
    rows = duck.run(log.read(DUCKDB, span))
    assert sorted(row[1] - TIME.astype(int) for row in rows) == [1, 10, 10]


def test_as_of_leaves_out_what_was_collected_later(duck, fill):
    later = [
        pd.Timestamp(TIME),
        pd.Timestamp("2020-10-25T00:00:00.7"),
        pd.Timestamp("2020-10-25T01:00"),
    ]
    fill("status", frame(collected_at=later))
    assert len(duck.run(LogTable("status").read(DUCKDB, Span(as_of=TIME)))) == 2


def test_what_was_never_collected_belongs_to_every_span(duck, fill):
    known = [pd.Timestamp(TIME), pd.NaT, pd.Timestamp(TIME)]
    fill("status", frame(status=["on fire", "down", "down"], collected_at=known))
    day = as_time("2021-01-01")
    assert reasons(duck, span=Span(collected_after=day)) == ["no time"]
    assert reasons(duck, span=Span(as_of=TIME)) == ["no time", "unknown word"]
    assert reasons(duck, span=Span(collected_after=TIME, as_of=day)) == ["no time"]


def test_the_collection_may_be_the_time_of_the_observation(duck, fill):
    fill("status", frame(observed_at=[pd.NaT]).astype({"observed_at": "datetime64[us]"}))
    log = LogTable("status", observed_at="collected_at")
    assert log.columns == ("evse_id", "collected_at", "status")
    assert reasons(duck, log) == []
    assert duck.run(log.read(DUCKDB, Span()))[0][1:3] == (TIME.astype(int),) * 2
