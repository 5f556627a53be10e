import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from evforecast.errors import EmptyInputError, MissingColumnsError
from evforecast.plotting.maps import as_map, placed


def test_only_those_with_both_coordinates_have_a_place():
    evse = pd.DataFrame({"lat": [48.8, np.nan, 48.9], "lon": [2.3, 2.4, np.nan]}, index=list("abc"))
    assert placed(evse, "here").index.tolist() == ["a"]
    with pytest.raises(EmptyInputError, match="here: none of the 2 chargers has coordinates"):
        placed(evse.iloc[1:], "here")
    with pytest.raises(MissingColumnsError, match="here"):
        placed(evse[["lat"]], "here")


def test_a_kilometre_is_as_long_either_way():
    ax = Figure().add_subplot()
    as_map(ax, pd.Series([59.0, 61.0]))
    assert ax.get_aspect() == pytest.approx(2)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("longitude (°)", "latitude (°)")
