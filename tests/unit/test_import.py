"""What `import evforecast` loads, and what it does not, each in a fresh interpreter."""

import subprocess
import sys

import pytest

# pandas 3 loads pyarrow by itself: not ours to prevent
HEAVY = (
    *("sktime", "skpro", "matplotlib", "requests", "duckdb"),
    # Snowpark tells every interpreter of the empty package around them
    *("snowflake.connector", "snowflake.snowpark"),
)


def modules_after(code):
    listing = f"{code}; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", listing], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


def test_import_loads_nothing_but_itself():
    loaded = modules_after("import evforecast")
    assert not loaded & {*HEAVY, "pandas", "numpy", "sklearn", "scipy"}


@pytest.mark.parametrize(
    "name",
    [
        *("StatusPanel", "simulate", "SemiMarkovForecaster", "DirectForecaster", "usecases"),
        *("sources", "migrate", "connect"),
    ],
)
def test_using_a_name_loads_no_heavy_library(name):
    assert not modules_after(f"import evforecast; evforecast.{name}") & set(HEAVY)


def test_the_panel_needs_no_scipy():
    assert "scipy.signal" not in modules_after("import evforecast; evforecast.StatusPanel")


def test_every_public_name_is_there():
    import evforecast

    assert {name for name in evforecast.__all__ if not hasattr(evforecast, name)} == set()
    assert set(evforecast.__all__) <= set(dir(evforecast))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = evforecast.nonsense
