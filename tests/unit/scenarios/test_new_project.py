import pytest

from evforecast.errors import InputError
from evforecast.scenarios import Project, write_project


def test_a_project_is_never_written_over(tmp_path):
    path = write_project(tmp_path / "new", chargers=12, days=9)
    assert Project.read(path).feeds[0].parameters["days"] == 9
    with pytest.raises(InputError, match="there is a project already"):
        write_project(tmp_path / "new")
    assert "chargers = 12" in path.read_text()


def test_every_line_is_explained(tmp_path):
    lines = write_project(tmp_path).read_text().splitlines()
    settings = [line for line in lines if " = " in line and not line.startswith("#")]
    told = [line for line in settings if "#" in line]
    assert len(told) > len(settings) / 2
