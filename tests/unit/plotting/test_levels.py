import numpy as np

from evforecast.plotting.levels import LEVELS, NAMES, level_of


def test_each_share_has_the_word_that_it_deserves():
    had = np.array([[96.0, 95, 87, 86, 48, 47, 1, 0]])
    words = [NAMES[place] for place in level_of(np.full(had.shape, 96.0), had)[0]]
    assert words == [
        "all",
        "90% or more",
        "90% or more",
        "half or more",
        "half or more",
        "less",
        "less",
        "nothing",
    ]


def test_nothing_due_is_no_level():
    assert level_of(np.zeros(2), np.array([0.0, 1.0])).tolist() == [-1, -1]


def test_words_and_colours_stand_in_the_same_order():
    assert (*(name for name, _, _ in LEVELS), "nothing") == NAMES
    least = [share for _, share, _ in LEVELS]
    assert least == sorted(least, reverse=True)
