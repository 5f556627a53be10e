import pytest

from evforecast.errors import InputError
from evforecast.warehouse.snowflake.settings import SESSION, SnowflakeSettings

SECRETS = {
    "EVFORECAST_SNOWFLAKE_PASSWORD": "pass-word",
    "EVFORECAST_SNOWFLAKE_TOKEN": "to-ken",
    "EVFORECAST_SNOWFLAKE_PRIVATE_KEY_FILE_PWD": "key-pwd",
}
WHERE = {
    "EVFORECAST_SNOWFLAKE_ACCOUNT": "org-ev",
    "EVFORECAST_SNOWFLAKE_USER": "ann",
    "EVFORECAST_SNOWFLAKE_DATABASE": "ev",
    "EVFORECAST_SNOWFLAKE_SCHEMA": "raw",
}


def test_the_environment_names_everything():
    more = {
        "EVFORECAST_SNOWFLAKE_ROLE": "loader",
        "EVFORECAST_SNOWFLAKE_WAREHOUSE": "load",
        "EVFORECAST_SNOWFLAKE_AUTHENTICATOR": "oauth",
    }
    settings = SnowflakeSettings.from_environment({**WHERE, **more, **SECRETS})
    arguments = settings.arguments()
    assert arguments.pop("session_parameters") == SESSION
    assert arguments == {
        "account": "org-ev",
        "user": "ann",
        "password": "pass-word",
        "authenticator": "OAUTH",
        "token": "to-ken",
        "private_key_file_pwd": "key-pwd",
        "role": "loader",
        "warehouse": "load",
        "database": "ev",
        "schema": "raw",
        "application": "evforecast",
        "autocommit": True,
        "login_timeout": 60,
        "network_timeout": 600,
        "paramstyle": "qmark",
    }


def test_the_environment_is_that_of_the_process(monkeypatch):
    monkeypatch.setenv("EVFORECAST_SNOWFLAKE_ACCOUNT", "org-ev")
    assert SnowflakeSettings.from_environment().account == "org-ev"


def test_an_empty_variable_says_nothing():
    assert SnowflakeSettings.from_environment({"EVFORECAST_SNOWFLAKE_ROLE": ""}).role is None


def test_no_secret_is_shown():
    settings = SnowflakeSettings.from_environment({**WHERE, **SECRETS})
    shown = f"{settings!r} {settings} {settings.url}"
    assert "org-ev" in shown
    assert not any(secret in shown for secret in SECRETS.values())
    assert sorted(settings.secrets) == sorted(SECRETS.values())


def test_secrets_among_the_options_are_known_too():
    settings = SnowflakeSettings("org-ev", options={"passcode": "123456"})
    assert settings.secrets == ["123456"]
    assert "123456" not in repr(settings)


@pytest.mark.parametrize(
    ("given", "method"),
    [
        ({"password": "x"}, "SNOWFLAKE"),
        ({"token": "x"}, "OAUTH"),
        ({"authenticator": "ExternalBrowser"}, "EXTERNALBROWSER"),
        ({"authenticator": "programmatic_access_token", "token": "x"}, "PROGRAMMATIC_ACCESS_TOKEN"),
        ({"authenticator": "username_password_mfa", "password": "x"}, "USERNAME_PASSWORD_MFA"),
    ],
)
def test_the_secret_that_is_there_says_how_to_log_in(given, method):
    settings = SnowflakeSettings("org-ev", "ann", database="ev", schema="raw", **given)
    assert settings.arguments()["authenticator"] == method


def test_a_key_pair(tmp_path):
    key = tmp_path / "key.p8"
    settings = SnowflakeSettings(
        "org-ev",
        "ann",
        database="ev",
        schema="raw",
        private_key_file=str(key),
        private_key_file_pwd="x",
    )
    with pytest.raises(InputError, match=r"no private key at .*key\.p8"):
        settings.arguments()
    key.write_text("…")
    arguments = settings.arguments()
    assert arguments["authenticator"] == "SNOWFLAKE_JWT"
    assert arguments["private_key_file"] == str(key)
    assert arguments["private_key_file_pwd"] == "x"


@pytest.mark.parametrize("missing", [*WHERE, "EVFORECAST_SNOWFLAKE_PASSWORD"])
def test_what_is_missing_is_named(missing):
    environment = {**WHERE, "EVFORECAST_SNOWFLAKE_PASSWORD": "x"}
    del environment[missing]
    with pytest.raises(InputError, match=f"not set: {missing}\\.") as caught:
        SnowflakeSettings.from_environment(environment).arguments()
    assert "EVFORECAST_SNOWFLAKE_CONNECTION" in str(caught.value)


def test_other_ways_to_log_in_are_told():
    with pytest.raises(InputError, match="AUTHENTICATOR=externalbrowser"):
        SnowflakeSettings.from_environment(WHERE).arguments()


def test_a_misspelt_way_to_log_in():
    with pytest.raises(InputError, match="Did you mean 'externalbrowser'"):
        SnowflakeSettings(authenticator="external_browser")


def test_a_connection_of_the_connector_has_the_rest():
    settings = SnowflakeSettings.from_url("snowflake://?connection=work&role=loader", {})
    arguments = settings.arguments()
    assert arguments["connection_name"] == "work"
    assert arguments["role"] == "loader"
    assert not {"account", "user", "authenticator", "database"} & arguments.keys()


def test_an_address():
    url = "snowflake://org-ev/ev/my%20raw?warehouse=load&role=loader&user=ann&stage=user&put_threads=8"
    settings = SnowflakeSettings.from_url(url, SECRETS)
    assert settings == SnowflakeSettings(
        "org-ev",
        "ann",
        password="pass-word",
        token="to-ken",
        private_key_file_pwd="key-pwd",
        role="loader",
        warehouse="load",
        database="ev",
        schema="my raw",
        stage="user",
        put_threads=8,
    )
    assert settings.url == "snowflake://org-ev/ev/my%20raw?warehouse=load&role=loader&user=ann"


def test_an_address_goes_before_the_environment():
    settings = SnowflakeSettings.from_url("snowflake://bob@other/db", WHERE)
    assert (settings.account, settings.user) == ("other", "bob")
    assert (settings.database, settings.schema) == ("db", "raw")


@pytest.mark.parametrize(
    ("url", "variable"),
    [
        ("snowflake://a/b/c?password=hush", "PASSWORD"),
        ("snowflake://ann:hush@a/b/c", "PASSWORD"),
        ("snowflake://a/b/c?token=hush", "TOKEN"),
        ("snowflake://a/b/c?private_key=hush", "PRIVATE_KEY_FILE"),
        ("snowflake://a/b/c?PRIVATE_KEY_FILE_PWD=hush", "PRIVATE_KEY_FILE_PWD"),
    ],
)
def test_no_secret_in_an_address(url, variable):
    with pytest.raises(InputError, match=f"EVFORECAST_SNOWFLAKE_{variable} ") as caught:
        SnowflakeSettings.from_url(url, {})
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "match"),
    [
        ("snowflake://a/b/c/d", "no Snowflake address"),
        ("https://a/b/c", "no Snowflake address"),
        ("snowflake://a/b/c?warehous=x", "does not know 'warehous'"),
        ("snowflake://a/b/c?put_threads=many", "no whole number"),
        ("snowflake://a/b/c?put_threads=0", "at least 1"),
    ],
)
def test_what_is_no_address(url, match):
    with pytest.raises(InputError, match=match):
        SnowflakeSettings.from_url(url, {})


def test_options_go_to_the_connector():
    settings = SnowflakeSettings(
        "a",
        "b",
        password="c",
        database="d",
        schema="e",
        options={"port": 1, "session_parameters": {"QUERY_TAG": "mine"}},
    )
    arguments = settings.arguments()
    assert arguments["port"] == 1
    assert arguments["session_parameters"] == {**SESSION, "QUERY_TAG": "mine"}


def test_the_connector_knows_the_arguments():
    connection = pytest.importorskip("snowflake.connector.connection")
    known = {*connection.DEFAULT_CONFIGURATION, "connection_name"}
    settings = SnowflakeSettings.from_environment(
        {**WHERE, **SECRETS, "EVFORECAST_SNOWFLAKE_AUTHENTICATOR": "oauth"}
    )
    assert settings.arguments().keys() <= known
