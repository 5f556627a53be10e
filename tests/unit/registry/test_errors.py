import pytest

from evforecast.errors import TerminalError
from evforecast.registry import ConflictError, DamagedError, RegistryError, UnknownVersionError


def test_a_damaged_folder_is_named_with_its_file_and_what_to_do():
    error = DamagedError("models/driver/versions/2", "model.evf", "has changed")
    assert error.file == "model.evf"
    assert str(error).startswith("models/driver/versions/2: model.evf has changed. Nothing in this")
    assert "roll the alias back" in str(error)
    assert "publish the model again" in str(error)


def test_a_conflict_keeps_what_was_found():
    assert ConflictError("moved", 3).found == 3


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (UnknownVersionError("x"), LookupError),
        (DamagedError("x", "y", "z"), ValueError),
        (ConflictError("x", 1), RuntimeError),
    ],
)
def test_each_is_a_builtin_error_and_never_retried(error, builtin):
    assert isinstance(error, builtin)
    assert isinstance(error, RegistryError)
    assert isinstance(error, TerminalError)
