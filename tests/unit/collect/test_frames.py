import numpy as np
import pandas as pd
import pyarrow as pa

from evforecast.collect.frames import as_frame, latest


def test_times_are_in_seconds_and_codes_are_words_again():
    times = pa.array(np.array(["2026-11-28"], "datetime64[s]")).cast(pa.timestamp("ms"))
    words = pa.array(["x"]).dictionary_encode()
    frame = as_frame([pa.table({"at": times, "word": words}), pa.table({"at": times})])
    assert frame["at"].dtype == "datetime64[s]"
    assert not isinstance(frame["word"].dtype, pd.CategoricalDtype)
    assert frame["word"].isna().tolist() == [False, True]


def test_no_tables_make_an_empty_frame():
    assert as_frame([]).empty


def test_of_rows_with_the_same_key_the_last_counts():
    frame = pd.DataFrame({"a": [1, 2, 1, 2], "b": [0, 0, 0, 1], "n": [1, 2, 3, 4]})
    assert latest(frame, ("a", "b"))["n"].tolist() == [2, 3, 4]
