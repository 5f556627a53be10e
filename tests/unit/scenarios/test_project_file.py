import numpy as np
import pytest

from evforecast.errors import InputError
from evforecast.scenarios import STEPS, Project, write_project
from evforecast.scenarios.work import feed_of

OCPI = '[feed.net]\nclass = "ocpi"\n{}\n[feed.city]'
WRONG = {
    "typo in a key": (
        "history = ",
        "histroy = ",
        "histroy: there is no such key. Did you mean 'history'",
    ),
    "typo in a table": (
        "[monitor]",
        "[moniter]",
        "moniter: there is no such key. Did you mean 'monitor'",
    ),
    "typo in a limit": (
        "min_days =",
        "min_day =",
        "[limits.promotion] min_day: there is no such key",
    ),
    "typo in a limit's table": (
        "[limits.promotion]",
        "[limits.promotoin]",
        "Did you mean 'promotion'",
    ),
    "typo in a step": ('all = "1GB"', 'al = "1GB"', "[memory] al: there is no such key"),
    "a number for a text": (
        'name = "city"',
        "name = 7",
        "it is a whole number, and a text is needed",
    ),
    "a text for horizons": ("[1, 4, 16]", '"16"', "[model.driver] horizons = '16': it is a text"),
    "no zone": ("Europe/Paris", "Europe/Pari", "[project] tz: tz: no such time zone"),
    "no step": ('step = "15min"', 'step = "7min"', "[project] step"),
    "no size": ('"1GB"', '"1 barrel"', "[memory] all: '1 barrel' is no size of memory"),
    "no span": ('"28D"', '"28 suns"', "[limits.retraining]: "),
    "no span of a model": ('first = "', 'first = "x', "first = 'x"),
    "no place": ('where = "here"', 'where = "there"', "where='there' is no choice"),
    "a secret": ("seed = 0", 'api_key = "x"', "no secret in a project file"),
    "a secret of a model": (
        "[monitor]",
        '[model.driver.parameters]\ntoken = "x"\n[monitor]',
        "no secret",
    ),
    "a secret in the address": ("duckdb:///city.duckdb", "snowflake://ann:pw@a/b/c", "no secret"),
    "a typo in a model's class": (
        'class = "SemiMarkovForecaster"',
        'class = "SemiMarkovForcaster"',
        "[model.driver] class = 'SemiMarkovForcaster': there is no such forecaster. Did you mean 'SemiMark",
    ),
    "a typo in a baseline": (
        '["Persistence"]',
        '["Persistance"]',
        "[model.driver] baselines: 'Persistance': there is no such forecaster. Did you mean 'Persistence'",
    ),
    "a baseline that needs another": ('["Persistence"]', '["Blend"]', "no such forecaster"),
    "a typo in a parameter": (
        "[monitor]",
        "[model.driver.parameters]\nwithn = true\n[monitor]",
        "[model.driver.parameters] withn: there is no such key. Did you mean 'within'",
    ),
    "a typo in a parameter within a line": (
        "baselines = ",
        "parameters = {withn = true}\nbaselines = ",
        "[model.driver] parameters: 'withn': SemiMarkovForecaster takes no such thing. Did you mean",
    ),
    "no name": ('name = "city"', 'name = ""', "[project] name = '': it is empty"),
    "no name of a feed": ("[feed.city]", '[feed.""]', "the name is empty"),
    "no name of a model": ("[model.driver]", '[model."a b"]', "name='a b': a model is called by"),
    "a typo in a feed's key": (
        "chargers = 273",
        "charger = 273",
        "[feed.city] charger: there is no such key. Did you mean 'chargers'? There are: class, every, ",
    ),
    "a typo in a feed's word": (
        '"evforecast.scenarios.SimulatedCity"',
        '"ocip"',
        "[feed.city] class = 'ocip': there is no such class. Did you mean 'ocpi'",
    ),
    "a feed that lacks something": ("[feed.city]", OCPI.format(""), "[feed.net]: 'url' is missing"),
    "a feed that is no class": (
        "evforecast.scenarios.SimulatedCity",
        "evforecast.scenarios.STEPS",
        "there is no such class (it is a tuple)",
    ),
    "a key in a feed's address": (
        "[feed.city]",
        OCPI.format('url = "https://example.org/list?apikey=pw"'),
        "[feed.net] url: no secret in a project file",
    ),
    "a password in a feed's address": (
        "[feed.city]",
        OCPI.format('url = "https://ann:pw@example.org/list"\nname = "my-net"'),
        "into the variable EVFORECAST_LOGIN_MY_NET of the environment",
    ),
    "a token of a feed": (
        "[feed.city]",
        OCPI.format('token = "pw"'),
        "into the variable EVFORECAST_LOGIN_NET of the environment",
    ),
    "no class": ('class = "SemiMarkovForecaster"', "", "[model.driver]: 'class' is missing"),
    "no model": ("[model.driver]", "[limits.drift]", "there is no table [model.NAME]"),
    "no TOML": ("[project]", "[project", "it is no TOML"),
    "a holdout that leaves nothing": (
        'holdout = "1D"',
        'holdout = "7D"',
        "leaves nothing of first",
    ),
    "limits that contradict": ("margin = 0.01", "margin = 2.0", "0 <= margin < 1"),
    "a size of no warehouse": (
        "[predict]",
        '[credits.size]\ntrain = "Huge"\n[predict]',
        "[credits.size] train",
    ),
    "a size of no step": (
        "[predict]",
        '[credits.size]\ntrian = "Small"\n[predict]',
        "Did you mean 'train'",
    ),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_what_is_wrong_is_named(tmp_path, name):
    old, new, said = WRONG[name]
    path = write_project(tmp_path)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(InputError) as error:
        Project.read(path)
    assert said in str(error.value)
    assert str(path) in str(error.value)
    assert "pw" not in str(error.value).replace(str(path), "")


def test_the_line_is_said(tmp_path):
    path = write_project(tmp_path)
    text = path.read_text().replace("baselines = ", "basslines = ")
    path.write_text(text)
    line = next(n for n, row in enumerate(text.splitlines(), 1) if row.startswith("basslines"))
    with pytest.raises(InputError, match=rf"project.toml:{line}: \[model.driver\] basslines"):
        Project.read(path)


def test_the_project_as_it_is_written(tmp_path):
    project = Project.read(write_project(tmp_path))
    assert project.step == np.timedelta64(900, "s")
    assert project.warehouse == f"duckdb:///{tmp_path / 'city.duckdb'}"
    assert project.registry == tmp_path / "models"
    assert set(project.memory) == set(STEPS)
    assert set(project.memory.values()) == {10**9}
    assert project.feeds[0].parameters["chargers"] == 273
    assert project.limits.promotion.min_days == 5
    assert project.models[0].baselines == ("Persistence",)
    assert (project.budget, dict(project.sizes), project.predict_in) == (None, {}, "here")


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("duckdb:///sub/ev.duckdb?threads=1", "duckdb:///{here}/sub/ev.duckdb?threads=1"),
        ("duckdb:////var/ev.duckdb", "duckdb:////var/ev.duckdb"),
        ("snowflake://a/b/c?warehouse=w", "snowflake://a/b/c?warehouse=w"),
    ],
)
def test_a_file_is_beside_the_project(tmp_path, given, found):
    path = write_project(tmp_path)
    path.write_text(path.read_text().replace("duckdb:///city.duckdb", given))
    assert Project.read(path).warehouse == found.format(here=tmp_path)


def test_memory_and_sizes_by_step(tmp_path):
    path = write_project(tmp_path)
    more = '\n[credits]\nbudget = 2\n[credits.size]\ntrain = "Medium"\n'
    path.write_text(path.read_text().replace('all = "1GB"', 'train = "3GB"') + more)
    project = Project.read(path)
    assert (project.memory["train"], project.memory["predict"]) == (3 * 10**9, 10**9)
    assert (project.budget, dict(project.sizes)) == (2.0, {"train": "Medium"})


def test_a_feed_by_its_short_word(tmp_path):
    path = write_project(tmp_path)
    net = OCPI.format('url = "https://example.org/locations?limit=9"\nevery = "5min"')
    path.write_text(path.read_text().replace("[feed.city]", net))
    project = Project.read(path)
    feed = feed_of(project.feeds[0], project)
    assert (feed.name, feed.every) == ("net", "5min")


def test_a_class_of_ones_own_need_not_be_there_to_read_a_project(tmp_path):
    path = write_project(tmp_path)
    own = OCPI.format("").replace("ocpi", "my_feeds.Mine")
    path.write_text(path.read_text().replace("[feed.city]", own))
    project = Project.read(path)
    with pytest.raises(InputError, match=r"\[feed.net\] class = 'my_feeds.Mine': there is no such"):
        feed_of(project.feeds[0], project)


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match="`evforecast init` writes one"):
        Project.read(tmp_path / "none.toml")
