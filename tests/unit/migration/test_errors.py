from evforecast.errors import EvForecastError, TerminalError, TransientError
from evforecast.migration import LostConnectionError, MigrationError, PartError, UnfitColumnError


def test_what_is_retried_and_what_is_not():
    assert issubclass(LostConnectionError, TransientError)
    assert issubclass(MigrationError, TerminalError)
    assert issubclass(PartError, MigrationError)
    assert issubclass(MigrationError, EvForecastError)


def test_unfit_columns_are_named_with_their_reasons_and_what_to_do():
    error = UnfitColumnError("table t", {"a": "NaN among numbers", "b": "an infinite date"})
    assert error.columns == {"a": "NaN among numbers", "b": "an infinite date"}
    text = str(error)
    assert "table t: 2 column(s)" in text
    assert "'a': NaN among numbers; 'b': an infinite date" in text
    assert "--as-text a,b" in text
