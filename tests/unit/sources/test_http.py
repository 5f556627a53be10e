"""The client, before a server that misbehaves; clock and sleep are the test's own."""

import gzip
import json
import socket
import threading
import time
import traceback

import numpy as np
import pytest
from werkzeug import Response

from evforecast._version import __version__
from evforecast.errors import InputError
from evforecast.sources.http import Answer, Client
from evforecast.sources.http_errors import (
    CircuitOpenError,
    HttpError,
    RateLimitError,
    TerminalHttpError,
    TransientHttpError,
)

START = np.datetime64("2026-11-28T08:00:00", "s")
EPOCH = int(START.astype(np.int64))
PORTAL = {
    "errorcode": 10005,
    "reset_time": "2026-11-29T00:00:00Z",
    "limit_time_unit": "day",
    "call_limit": 1000,
    "error": "You have exceeded the requests limit for anonymous users.",
}
BODY = b'[{"id_pdc": "FR*V75*E9001*01*1"}]'


class Time:
    """A clock that moves when something waits, and a little with every look at it if it is to."""

    def __init__(self, tick=0.0):
        self.now, self.tick, self.waits = 0.0, tick, []

    def clock(self):
        self.now += self.tick
        return START + np.timedelta64(int(self.now * 1000), "ms")

    def sleep(self, wait):
        self.waits.append(wait)
        self.now += wait


@pytest.fixture
def make():
    """Return what makes a client whose time is the test's own, and that time."""
    clients = []

    def build(tick=0.0, **options):
        course = Time(tick)
        options = {"spacing": 0.0, "random_state": 0, "timeout": (2.0, 2.0)} | options
        clients.append(Client(clock=course.clock, sleep=course.sleep, **options))
        return clients[-1], course

    yield build
    for client in clients:
        client.close()


@pytest.fixture
def serve(httpserver):
    """Return what answers requests to /status one after the other; each is (status, body, headers)."""
    asked = []

    def build(*answers, path="/status"):
        left = list(answers)

        def handle(request):
            asked.append(request)
            answer = left.pop(0) if len(left) > 1 else left[0]
            if callable(answer):
                return answer(request)
            status, body, *headers = answer
            body = json.dumps(body).encode() if isinstance(body, dict) else body
            return Response(body, status, dict(*headers))

        httpserver.expect_request(path).respond_with_handler(handle)
        return httpserver.url_for(path)

    build.asked = asked
    return build


@pytest.fixture
def raw():
    """Return what answers connections with these very bytes, one after the other, and hangs up."""
    opened = []

    def build(*answers):
        listener = socket.create_server(("127.0.0.1", 0))

        def answer():
            for each in answers:
                connection = listener.accept()[0]
                connection.recv(65_536)
                connection.sendall(each)
                connection.close()

        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        opened.append((listener, thread))
        return f"127.0.0.1:{listener.getsockname()[1]}/status"

    yield build
    for listener, thread in opened:
        thread.join(5)
        listener.close()
        assert not thread.is_alive(), "an answer was not asked for"


def said(status, body=b"", **headers):
    """Return an answer as it goes over the wire."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([f"HTTP/1.1 {status} .", *lines, "\r\n"]).encode() + body


def error_of(client, url, kind=HttpError, **options):
    with pytest.raises(kind) as caught:
        client.get(url, **options)
    assert "\n" not in str(caught.value)
    return caught.value


# ------------------------------------------------------------------------------------------- answers


def test_an_answer(make, serve):
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "ETag": 'W/"abc"',
        "Last-Modified": "Sat, 28 Nov 2026 07:59:00 GMT",
        "Link": '</status?offset=100&limit=100>; rel="next"',
    }
    url = serve((200, BODY, headers))
    client, course = make()
    answer = client.get(f"{url}?apikey=S3CRET")
    assert (answer.status, answer.body, answer.attempts) == (200, BODY, 1)
    assert answer.content_type == "application/json; charset=utf-8"
    assert answer.etag == 'W/"abc"'
    assert answer.modified == "Sat, 28 Nov 2026 07:59:00 GMT"
    assert answer.collected_at == START
    assert answer.next_url == f"{url}?offset=100&limit=100"
    assert answer.url.endswith("?apikey=***")
    assert "S3CRET" not in repr(answer)
    assert course.waits == []
    (request,) = serve.asked
    assert request.args["apikey"] == "S3CRET"
    assert request.headers["User-Agent"].startswith(f"evforecast/{__version__} ")
    assert "gzip" in request.headers["Accept-Encoding"]
    assert "If-None-Match" not in request.headers


def test_the_clock_of_the_server(make, raw):
    url = raw(said(200, BODY, Date="Sat, 28 Nov 2026 08:00:07 GMT"), said(200, BODY, Date="now"))
    client, _ = make()
    answer = client.get(f"http://{url}")
    assert str(answer.date - answer.collected_at) == "7 seconds"
    assert client.get(f"http://{url}").date is None


def test_an_answer_that_says_little(make, serve):
    answer = make()[0].get(serve((200, b"")))
    assert (answer.body, answer.etag, answer.modified, answer.next_url) == (b"", None, None, "")


def test_nothing_new(make, serve):
    url = serve((304, b"", {"ETag": "abc"}))
    client, _ = make()
    answer = client.get(url, etag="abc", modified="Sat, 28 Nov 2026 07:59:00 GMT")
    assert (answer.status, answer.body, answer.etag) == (304, b"", "abc")
    assert serve.asked[0].headers["If-None-Match"] == "abc"
    assert serve.asked[0].headers["If-Modified-Since"] == "Sat, 28 Nov 2026 07:59:00 GMT"
    assert error_of(client, url, TerminalHttpError).status == 304, "nobody asked what is new"


def test_a_packed_body_is_unpacked(make, serve):
    big = BODY * 20_000
    packed = (200, gzip.compress(big), {"Content-Encoding": "gzip"})
    assert make()[0].get(serve(packed)).body == big


def test_html_where_json_was_due_is_the_readers_matter(make, serve):
    page = b"<html><title>Maintenance</title></html>"
    assert make()[0].get(serve((200, page, {"Content-Type": "text/html"}))).body == page


def test_truncated_json_without_a_length_is_the_readers_matter(make, serve):
    assert make()[0].get(serve((200, BODY[:-5]))).body == BODY[:-5]


# ------------------------------------------------------------------------------------------- passing


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429])
def test_what_passes_is_tried_again(make, serve, status):
    url = serve((status, b"sorry"), (status, b"sorry"), (200, BODY))
    client, course = make()
    answer = client.get(url)
    assert (answer.body, answer.attempts) == (BODY, 3)
    assert len(serve.asked) == 3
    first, second = course.waits
    assert 0 < first <= 1
    assert 0 < second <= 2


def test_waits_differ_from_client_to_client_but_not_with_a_seed(make, serve):
    url = serve((500, b""))
    waits = []
    for seed in (1, 1, 2):
        client, course = make(random_state=seed)
        error_of(client, url, TransientHttpError)
        waits.append(course.waits)
    assert waits[0] == waits[1] != waits[2]
    assert len(waits[0]) == 3


def test_it_gives_up_after_the_last_attempt(make, serve):
    url = serve((503, b"down for\n maintenance"))
    client, _ = make(attempts=3)
    error = error_of(client, f"{url}?apikey=S3CRET", TransientHttpError)
    assert str(error).endswith(
        "/status?apikey=***: status 503, 'down for maintenance' (asked 3 times). Ask again later."
    )
    assert (error.status, error.attempts, error.retry_at) == (503, 3, None)
    assert len(serve.asked) == 3


@pytest.mark.parametrize("status", [204, 206, 400, 401, 403, 404, 405, 410, 501, 505])
def test_what_does_not_pass_is_not_tried_again(make, serve, status):
    url = serve((status, {"error_code": "ODSQLError", "message": "no field S3CRET"}))
    client, course = make()
    error = error_of(client, f"{url}?token=S3CRET", TerminalHttpError)
    assert (error.status, error.attempts, course.waits) == (status, 1, [])
    assert f"status {status}" in str(error)
    assert "S3CRET" not in str(error)
    assert len(serve.asked) == 1


def test_retry_after_seconds(make, serve):
    url = serve((503, b"", {"Retry-After": "17"}), (200, BODY))
    client, course = make()
    assert client.get(url).attempts == 2
    assert course.waits == [17]


def test_retry_after_a_date_by_the_clock_of_the_server(make, raw):
    date, then = "Sat, 28 Nov 2026 07:00:00 GMT", "Sat, 28 Nov 2026 07:00:20 GMT"
    url = raw(said(429, Date=date, Retry_After=then), said(200, BODY))
    client, course = make()
    assert client.get(f"http://{url}").attempts == 2
    assert course.waits == [20]


def test_a_wait_past_the_deadline_is_not_waited(make, serve):
    url = serve((503, b"", {"Retry-After": "120"}))
    client, course = make(deadline=60.0)
    error = error_of(client, url, TransientHttpError)
    assert error.retry_at == START + np.timedelta64(120, "s")
    assert "(asked 1 time). Ask again from 2026-11-28T08:02:00 UTC on." in str(error)
    assert course.waits == []


def test_the_quota_of_the_portal(make, serve):
    url = serve((429, PORTAL, {"Content-Type": "application/json"}), (200, BODY))
    client, course = make()
    error = error_of(client, url, RateLimitError)
    midnight = np.datetime64("2026-11-29T00:00:00")
    assert (error.status, error.retry_at) == (429, midnight)
    assert "exceeded the requests limit for anonymous users" in str(error)
    again = error_of(client, url, RateLimitError)
    assert (again.retry_at, again.attempts) == (midnight, 0)
    assert len(serve.asked) == 1, "the host is left alone until then"
    course.now = 16 * 3600
    assert client.get(url).body == BODY


def test_a_quota_that_is_used_up_is_respected_before_it_is_refused(make, serve):
    used_up = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(EPOCH + 90)}
    url = serve((200, BODY, used_up), (200, BODY, {"X-RateLimit-Remaining": "999"}))
    client, course = make()
    assert client.get(url).body == BODY
    assert error_of(client, url, RateLimitError).retry_at == START + np.timedelta64(90, "s")
    course.now = 90
    assert client.get(url).body == client.get(url).body == BODY


# ----------------------------------------------------------------------------------------- the wire


def test_no_answer_in_time(make, serve):
    gate = threading.Event()

    def hang(_):
        gate.wait(5)
        return Response(BODY)

    url = serve(hang)
    client, _ = make(timeout=(2.0, 0.1), attempts=1)
    error = error_of(client, url, TransientHttpError)
    gate.set()
    assert "no answer within 0.1 s" in str(error)


def test_a_body_that_stops_coming(make, serve):
    gate = threading.Event()

    def stop(_):
        def body():
            yield BODY
            gate.wait(5)
            yield BODY

        return Response(body())

    client, _ = make(timeout=(2.0, 0.1), attempts=1)
    error = error_of(client, serve(stop), TransientHttpError)
    gate.set()
    assert f"stopped coming after {len(BODY)} bytes" in str(error)


def test_a_slow_drip_is_cut_at_the_deadline(make, serve):
    sent = []

    def drip(_):
        def body():
            for place in range(400):
                sent.append(place)
                yield b"."
                time.sleep(0.005)

        return Response(body(), headers={"Content-Length": "400"})

    client, course = make(tick=1.0, deadline=30.0)
    started = time.monotonic()
    error = error_of(client, serve(drip), TransientHttpError)
    assert time.monotonic() - started < 1.5, "not all drops were waited for"
    assert "still coming after 30 s" in str(error)
    assert error.attempts == 1
    assert course.waits == []


SHORT = said(200, BODY, Content_Length=len(BODY) + 10)
CHUNKS = said(200, b"%x\r\n%s\r\n" % (len(BODY), BODY), Transfer_Encoding="chunked")


@pytest.mark.parametrize("short", [SHORT, CHUNKS], ids=["length", "chunks"])
def test_fewer_bytes_than_were_promised(make, raw, short):
    client, _ = make(attempts=2)
    answer = client.get(f"http://{raw(short, said(200, BODY))}")
    assert (answer.body, answer.attempts) == (BODY, 2)
    error = error_of(client, f"http://{raw(short, short)}", TransientHttpError)
    assert f"cut short after {len(BODY)} bytes (" in str(error)
    assert error.attempts == 2


def test_packed_bytes_that_are_damaged(make, serve):
    packed = gzip.compress(BODY * 100)
    damaged = packed[:20] + bytes(40) + packed[60:]
    client, _ = make()
    answer = client.get(serve((200, damaged, {"Content-Encoding": "gzip"}), (200, BODY)))
    assert (answer.body, answer.attempts) == (BODY, 2)


def test_a_body_that_is_too_large(make, serve):
    bomb = (200, gzip.compress(bytes(2_000_000)), {"Content-Encoding": "gzip"})
    client, _ = make(max_body=1_000_000)
    error = error_of(client, serve(bomb), TerminalHttpError)
    assert "more than 1,000,000 bytes. Ask for less, or raise max_body." in str(error)
    assert len(serve.asked) == 1


def test_nobody_listens(make):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    client, course = make()
    error = error_of(client, f"http://127.0.0.1:{port}/?apikey=S3CRET", TransientHttpError)
    assert "no connection (ConnectionRefusedError)" in str(error) or (
        "no connection (NewConnectionError)" in str(error)
    )
    assert (error.attempts, len(course.waits)) == (4, 3)
    trace = "".join(traceback.format_exception(error))
    assert "S3CRET" not in trace, "what requests says holds the whole address"


@pytest.mark.parametrize("words", [b"", b"HTTP/1.1 200", b"220 mail.example.org ESMTP\r\n"])
def test_a_server_that_hangs_up_or_speaks_of_something_else(make, raw, words):
    client, _ = make(attempts=2)
    answer = client.get(f"http://{raw(words, said(200, BODY))}")
    assert (answer.body, answer.attempts) == (BODY, 2)


def test_a_certificate_that_is_none(make, raw):
    client, course = make()
    error = error_of(client, f"https://{raw(said(200, BODY))}", TerminalHttpError)
    assert "no valid certificate" in str(error)
    assert course.waits == []


# ---------------------------------------------------------------------------------------- redirects


def test_a_redirect_on_the_same_host(make, serve, httpserver):
    url = serve((301, b"", {"Location": "/moved?x=1"}))
    httpserver.expect_request("/moved").respond_with_data(BODY)
    answer = make()[0].get(url)
    assert (answer.body, answer.attempts) == (BODY, 1)
    assert answer.url.endswith("/moved?x=1")


def test_a_redirect_to_a_login(make, serve, httpserver):
    url = serve((302, b"", {"Location": "/login/?next=/status"}))
    httpserver.expect_request("/login/").respond_with_data("<html>Who are you?</html>")
    client, course = make()
    error = error_of(client, url, TerminalHttpError)
    assert "status 302, a redirect to " in str(error)
    assert "a page for a login" in str(error)
    assert course.waits == []


def test_a_redirect_to_another_host(make, serve, httpserver):
    other = f"http://127.0.0.1:{httpserver.port}/other?token=S3CRET"
    url = serve((302, b"", {"Location": other}))
    asked = []
    httpserver.expect_request("/other").respond_with_handler(asked.append)
    error = error_of(make()[0], url, TerminalHttpError)
    assert "another host" in str(error)
    assert "token=***" in str(error)
    assert asked == []


def test_redirects_without_end(make, serve):
    error = error_of(make()[0], serve((307, b"", {"Location": "/status"})), TerminalHttpError)
    assert "5 redirects in a row" in str(error)
    assert len(serve.asked) == 5


# ------------------------------------------------------------------------------ distance and circuit


def test_requests_keep_their_distance(make, serve):
    url = serve((200, BODY))
    client, course = make(spacing=5.0)
    client.get(url)
    client.get(url)
    assert course.waits == [5]
    course.now += 3
    client.get(url)
    assert course.waits == [5, 2]
    course.now += 60
    client.get(url)
    assert course.waits == [5, 2]


def test_attempts_keep_their_distance_too(make, serve):
    client, course = make(spacing=10.0)
    assert client.get(serve((500, b""), (200, BODY))).attempts == 2
    backoff, distance = course.waits
    assert backoff + distance == pytest.approx(10, abs=0.01)


def test_a_distance_past_the_deadline_is_not_waited(make, serve):
    url = serve((200, BODY))
    client, course = make(spacing=60.0, deadline=30.0)
    client.get(url)
    error = error_of(client, url, TransientHttpError)
    assert "the deadline of 30 s has come" in str(error)
    assert (course.waits, len(serve.asked)) == ([], 1)


def test_the_circuit_of_a_host(make, serve):
    down, well = (500, b""), (200, BODY)
    url = serve(*[down] * 6, well)
    client, course = make(attempts=3)
    assert error_of(client, url, TransientHttpError).attempts == 3
    opened = error_of(client, url, TransientHttpError)
    assert (opened.attempts, len(serve.asked)) == (2, 5), "the fifth failure opens it, in mid-call"
    until = opened.retry_at
    assert until > START + np.timedelta64(299, "s")
    left_alone = error_of(client, url, CircuitOpenError)
    assert (left_alone.retry_at, left_alone.attempts) == (until, 0)
    assert "failed 5 times in a row" in str(left_alone)
    assert len(serve.asked) == 5
    course.now += 301
    again = error_of(client, url, TransientHttpError)
    assert (again.attempts, len(serve.asked)) == (1, 6), "one request decides"
    assert error_of(client, url, CircuitOpenError).retry_at > until
    course.now += 301
    assert client.get(url).body == BODY
    assert client.get(url).body == BODY


def test_one_host_does_not_pay_for_another(make, serve, httpserver):
    url = serve((500, b""))
    other = url.replace("localhost", "127.0.0.1")
    client, _ = make(attempts=9)
    error_of(client, url, TransientHttpError)
    error_of(client, url, CircuitOpenError)
    before = len(serve.asked)
    assert error_of(client, other, TransientHttpError).status == 500
    assert len(serve.asked) > before


def test_a_host_that_refuses_is_well(make, serve):
    answers = [(500, b""), (404, b"")] * 4
    client, _ = make(attempts=2)
    url = serve(*answers, (200, BODY))
    for _ in range(4):
        assert error_of(client, url, TerminalHttpError).attempts == 2
    assert client.get(url).body == BODY


# ------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    "url", ["", "status.json", "file:///etc/passwd", "http://", "http://[::1", "ftp://example.org/"]
)
def test_no_address(make, url):
    with pytest.raises(InputError, match="no address of the web"):
        make()[0].get(url)


def test_no_address_keeps_secrets_too(make):
    with pytest.raises(InputError) as caught:
        make()[0].get("htp://me:S3CRET@example.org/?key=S3CRET")
    assert "S3CRET" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://exa mple.org/", "http://-.example.org:99999/"])
def test_an_address_that_cannot_be_asked(make, url):
    error = error_of(make()[0], url, TerminalHttpError)
    assert "cannot be asked (InvalidURL)" in str(error)


@pytest.mark.parametrize(
    "wrong",
    [
        {"deadline": 0},
        {"attempts": 0},
        {"timeout": (5.0, 0)},
        {"spacing": -1},
        {"max_body": 0},
        {"deadline": float("nan")},
        {"user_agent": " "},
        {"user_agent": "a\nb"},
    ],
)
def test_bad_options(wrong):
    with pytest.raises(InputError, match=f"Client: {next(iter(wrong))}"):
        Client(**wrong)


def test_it_is_what_collecting_asks_for():
    from evforecast.collect.fetching import Answer as Due

    due = [name for name in vars(Due) if not name.startswith("_")]
    assert set(due) <= set(Answer.__dataclass_fields__)


def test_a_login_is_sent_and_not_told(make, httpserver):
    client, _ = make(logins={f"{httpserver.host}:{httpserver.port}": "Token s3cret"})
    headers = {"Authorization": "Token s3cret"}
    httpserver.expect_request("/good", headers=headers).respond_with_data(BODY)
    httpserver.expect_request("/bad", headers=headers).respond_with_data(
        "no: Token s3cret", status=403
    )
    assert client.get(httpserver.url_for("/good")).body == BODY
    with pytest.raises(TerminalHttpError, match=r"no: Token \*\*\*"):
        client.get(httpserver.url_for("/bad"))


def test_two_views_of_a_client_ask_as_two_and_keep_the_distance_of_one(make, httpserver):
    client, _ = make()
    place = f"{httpserver.host}:{httpserver.port}"
    seen = []

    def answer(request):
        seen.append((request.headers.get("Authorization"), request.headers.get("Cookie")))
        return Response(BODY, headers={"Set-Cookie": f"who={len(seen)}"})

    httpserver.expect_request("/l").respond_with_handler(answer)
    url = httpserver.url_for("/l")
    with client.as_told({place: "Token 1"}) as one, client.as_told({place: "Token 2"}) as two:
        for each in (one, two, client, one):
            each.get(url)
    assert seen == [("Token 1", None), ("Token 2", None), (None, None), ("Token 1", "who=1")]
    assert client._hosts is one._hosts is two._hosts
