import pytest

from evforecast.errors import InputError
from evforecast.warehouse.snowflake.stages import Stage, check_file_name


@pytest.mark.parametrize(
    ("text", "location"),
    [
        ("named", "@evforecast_stage/run-1/p/"),
        ("named:ev.raw.MY_STAGE", "@ev.raw.MY_STAGE/run-1/p/"),
        ('named:"my stage"', '@"my stage"/run-1/p/'),
        ("user", "@~/run-1/p/"),
        ("table:status", '@%"status"/run-1/p/'),
        ('table:ev."Raw".status', '@"ev"."Raw".%"status"/run-1/p/'),
        ("external:lake", "@lake/run-1/p/"),
        ("external:@ev.raw.lake/in/ev/", "@ev.raw.lake/in/ev/run-1/p/"),
    ],
)
def test_a_folder_of_each_kind_of_stage(text, location):
    assert Stage.parse(text).location("run-1/p") == location


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "named:",
        "named:a b",
        "named:a;b",
        "named:'a'",
        "table:",
        "external:",
        "external:a/b c",
    ],
)
def test_what_names_no_stage_is_refused(text):
    with pytest.raises(InputError, match="names no stage"):
        Stage.parse(text)


@pytest.mark.parametrize("prefix", ["", "/", "a//b", "a/", "/a", "..", "a/../b", "a'b", "a b", "é"])
def test_a_prefix_needs_no_quoting(prefix):
    with pytest.raises(InputError, match="folders of a stage"):
        Stage.parse("named").location(prefix)


@pytest.mark.parametrize(
    "name", ["", "a'b.csv", "a b.csv", "a/b.csv", "é.csv", "..", "*.csv", "a\n"]
)
def test_a_file_name_needs_no_quoting(name):
    with pytest.raises(InputError, match="Rename it"):
        check_file_name(name)
