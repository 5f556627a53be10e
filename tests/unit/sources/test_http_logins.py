import pytest

from evforecast.errors import InputError
from evforecast.sources.http_logins import Logins, login_variable, logins_of

LOGINS = Logins({"Example.org": "Token s3cret", "127.0.0.1:8000": "Bearer other"})


@pytest.mark.parametrize(
    ("url", "login"),
    [
        ("https://example.org/a?b=1", "Token s3cret"),
        ("https://EXAMPLE.org/", "Token s3cret"),
        ("http://127.0.0.1:8000/status", "Bearer other"),
        ("https://example.org:444/", None),
        ("https://www.example.org/", None),
        ("https://example.org.evil.test/", None),
    ],
)
def test_a_login_is_told_to_its_host_alone(url, login):
    assert LOGINS.headers(url).get("Authorization") == login


def test_a_login_is_not_sent_in_the_clear():
    with pytest.raises(InputError, match=r"example\.org would be sent in the clear.*https") as told:
        LOGINS.headers("http://example.org/")
    assert "s3cret" not in str(told.value)


def test_what_a_server_echoes_is_masked():
    assert LOGINS.masked_in("bad token s3cret, other") == "bad token ***, ***"
    assert "s3cret" not in repr(LOGINS)


@pytest.mark.parametrize("name", ["Authorization:", "authorization: ", " AUTHORIZATION:"])
def test_the_name_of_the_header_is_no_part_of_it(name):
    with pytest.raises(InputError, match=r"example\.org begins with the name") as told:
        Logins({"example.org": f"{name}Token s3cret"})
    assert "s3cret" not in str(told.value)


@pytest.mark.parametrize("login", ["", "  ", "Token a\nX-Other: b"])
def test_a_login_is_one_line(login):
    with pytest.raises(InputError, match="one line"):
        Logins({"example.org": login})


def test_the_environment_says_it_by_feed():
    assert login_variable("a-b") == "EVFORECAST_LOGIN_A_B"
    urls = ["https://u:p@a.org:444/l", "https://b.org/", "https://a.org:444/m"]
    environ = {"EVFORECAST_LOGIN_A_B": "Token 1", "EVFORECAST_LOGIN_C": "Token 2"}
    assert logins_of("a-b", urls, environ) == {"a.org:444": "Token 1", "b.org": "Token 1"}
    assert logins_of("other", urls, environ) == {}
