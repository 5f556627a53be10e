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


def test_the_comments_stand_below_each_other(tmp_path):
    lines = write_project(tmp_path).read_text().splitlines()
    columns = {line.index("  #") + 2 for line in lines if "  #" in line}
    assert len(columns) == 1


def test_the_feed_in_the_comment_stands_alone(tmp_path):
    path = write_project(tmp_path)
    text = path.read_text()
    begin = text.index("# [feed.mine]")
    block = text[begin : text.index("\n\n", begin)]
    old = text[text.index("[feed.city]") : begin]
    path.write_text(
        text.replace(old, "").replace(block, block.replace("# ", "", 1).replace("\n# ", "\n"))
    )
    [feed] = Project.read(path).feeds
    assert (feed.name, feed.kind) == ("mine", "ocpi")
    assert feed.parameters == {
        "url": "https://example.org/ocpi/2.2.1/locations",
        "name": "mine",
    }
