from contextlib import ExitStack

import pytest

from evforecast.cli.collect_asking import Asking, asking
from evforecast.errors import InputError, TransientError
from evforecast.sources.http import Client
from evforecast.sources.http_errors import TerminalHttpError
from evforecast.sources.kinds import feed_of


class Down:
    """Raises what a test wants it to."""

    def __init__(self, error):
        self.error = error

    def get(self, url, **_):  # noqa: ARG002 - it never gets so far
        raise self.error


def asked(name="my-city", url="https://u:p@a.org:444/l"):
    note = {"feed": "ocpi", "url": url, "name": name}
    return [(feed_of(note), note), (feed_of({"feed": "belib"}), {"feed": "belib"})]


def test_what_may_pass_is_counted():
    one = Asking(Down(TransientError("down")))
    for _ in range(2):
        with pytest.raises(TransientError):
            one.get("https://a.org")
    assert one.passing == 2


@pytest.mark.parametrize(("status", "is_said"), [(401, True), (403, True), (404, False)])
def test_a_wish_follows_on_a_refusal_alone(status, is_said):
    error = TerminalHttpError("https://a.org", f"status {status}", "No.", status=status)
    one = Asking(Down(error), "Set X.")
    with pytest.raises(TerminalHttpError) as told:
        one.get("https://a.org")
    assert str(told.value).endswith("Set X.") == is_said
    assert one.passing == 0


def test_a_login_is_of_the_feed_that_it_is_named_for_and_of_its_host():
    environ = {"EVFORECAST_LOGIN_MY_CITY": "Token 1", "EVFORECAST_LOGIN_BELIB_STATUS": "x"}
    with Client() as client, ExitStack() as closing:
        found = asking(client, asked(), environ, closing)
        told = found["my-city"]._fetch._logins
        assert told.headers("https://a.org:444/other") == {"Authorization": "Token 1"}
        assert told.headers("https://a.org/l") == {}
        assert found["belib-status"]._fetch is client
        nobody = asking(client, asked(), {}, closing)["my-city"]
        assert nobody._fetch._logins.headers("https://a.org:444/l") == {}


def test_a_login_that_cannot_be_used_is_said_by_its_variable():
    environ = {"EVFORECAST_LOGIN_MY_CITY": "Authorization: Token s3cret"}
    told = pytest.raises(InputError, match="EVFORECAST_LOGIN_MY_CITY: the login")
    with Client() as client, ExitStack() as closing, told as told:
        asking(client, asked(), environ, closing)
    assert "s3cret" not in str(told.value)
