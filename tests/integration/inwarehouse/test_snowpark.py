"""Snowpark takes the handler: registered in its local session.

Only that is shown: the local session calls a vectorised function once on all rows, whatever the partitions.
"""

import pandas as pd
import pytest

import evforecast as ev
from evforecast.inwarehouse import ForecastPartition, forecast_columns
from evforecast.inwarehouse.rows import INPUT_COLUMNS

pytestmark = pytest.mark.integration

snowpark = pytest.importorskip(
    "snowflake.snowpark", reason="Snowpark is not installed (extra 'snowpark')"
)


@pytest.fixture
def session():
    local = snowpark.Session.builder.config("local_testing", True).create()
    yield local
    local.close()


def types_of(columns):
    from snowflake.snowpark import types

    kinds = {
        "text": types.StringType(),
        "timestamp": types.TimestampType(),
        "int2": types.IntegerType(),
        "int4": types.IntegerType(),
        "float8": types.FloatType(),
    }
    return [kinds[column.kind] for column in columns]


def test_it_registers(session, context, tmp_path):
    from snowflake.snowpark.types import PandasDataFrameType

    path = tmp_path / "model.evf"
    ev.Climatology([1]).fit(context).save(path)
    columns = forecast_columns(ev.STATUS)

    class Forecast(ForecastPartition):
        model_file = str(path)

        # Snowpark reads annotations, and knows its own only
        def end_partition(self, df):
            yield from super().end_partition(df)

    Forecast.end_partition._sf_vectorized_input = pd.DataFrame
    function = session.udtf.register(
        Forecast,
        output_schema=PandasDataFrameType(types_of(columns), [c.name for c in columns]),
        input_types=[PandasDataFrameType(types_of(INPUT_COLUMNS))],
        input_names=[f'"{column.name}"' for column in INPUT_COLUMNS],
        name="evforecast_of_a_test",
    )
    assert function.handler is Forecast
