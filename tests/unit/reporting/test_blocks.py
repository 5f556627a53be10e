import numpy as np
import pandas as pd
import pytest

from evforecast.reporting.blocks import Table

FRAME = pd.DataFrame({"n": [1, 20, 300], "said": ["a" * 40, "b", "c"], "share": [0.5, np.nan, 1.0]})


def table(**options):
    return Table(FRAME, "c", {"share": "SHARE", "n": "N", "said": "SAID"}, {}, **options)


def test_rows_are_texts_in_the_order_of_the_columns():
    assert list(table().rows())[1] == ["–", "20", "b"]
    assert table().numeric == [True, True, False]


@pytest.mark.parametrize(("most", "shown", "cut"), [(None, 3, 0), (2, 2, 1), (3, 3, 0), (9, 3, 0)])
def test_what_is_not_shown_is_counted(most, shown, cut):
    found = table(most=most)
    assert len(list(found.rows())) == shown
    assert found.cut == cut


def test_only_long_texts_are_sentences():
    assert table().sentences == [False, False, False]
    longer = FRAME.assign(said="a" * 41)
    assert Table(longer, "c", {"n": "N", "said": "SAID"}, {}).sentences == [False, True]
    assert Table(FRAME.iloc[:0], "c", {"n": "N"}, {}).sentences == []
