import pandas as pd
import pytest

from evforecast.errors import InputError
from evforecast.migration import LAYOUTS, MigrationPlan, compare_layouts, layouts_markdown


def test_the_layouts_of_the_original_project_and_parquet():
    assert len(LAYOUTS) == 5
    for options in LAYOUTS.values():
        MigrationPlan("t", **options)


def test_a_column_a_layout():
    frame = pd.DataFrame(
        {
            "layout": ["a", "b"],
            "files": [1, 13],
            "mean_mb": [50.94, 4.0],
            "rows": [9_149_868, 9_149_868],
            "equal": [True, False],
        }
    )
    lines = layouts_markdown(frame).splitlines()
    assert lines[0] == "|  | a | b |"
    assert "| mean size, MB | 50.9 | 4.0 |" in lines
    assert "| rows | 9,149,868 | 9,149,868 |" in lines
    assert lines[-1] == "| verified equal | yes | no |"


def test_a_folder_that_is_there_is_not_touched(tmp_path):
    with pytest.raises(InputError, match="is there already"):
        compare_layouts("postgresql://host/db", None, MigrationPlan("t"), workdir=tmp_path)
