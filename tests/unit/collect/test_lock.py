import os
import signal
import threading
import time

import pytest

from evforecast.collect.lock import StoreBusyError, held
from evforecast.errors import TransientError

forks = pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked on this system")


def in_a_fork(path):
    """Start a process that holds a lock until it is killed; return its id once it does."""
    pipe, says = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            with held(path, "collecting"):
                os.write(says, b"held")
                time.sleep(60)
        finally:
            os._exit(1)
    os.read(pipe, 4)
    return pid


@forks
def test_another_process_is_named_and_a_kill_lets_go(tmp_path):
    path = tmp_path / "feed" / "lock"
    pid = in_a_fork(path)
    try:
        said = f"process {pid} on .* is collecting"
        with pytest.raises(StoreBusyError, match=said) as caught, held(path, "reading again"):
            pass
        assert str(path.parent) in str(caught.value)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    with held(path, "reading again"):
        assert b"reading again" in path.read_bytes()


def test_it_waits_for_who_lets_go_in_time(tmp_path):
    first, second = threading.Event(), []

    def hold():
        with held(tmp_path / "lock", "collecting"):
            first.set()
            time.sleep(0.2)

    thread = threading.Thread(target=hold)
    thread.start()
    first.wait()
    with pytest.raises(StoreBusyError), held(tmp_path / "lock", "reading"):
        pass
    with held(tmp_path / "lock", "reading", wait=30):
        second.append(1)
    thread.join()
    assert second == [1]


def test_an_error_inside_lets_go(tmp_path):
    with pytest.raises(ZeroDivisionError), held(tmp_path / "lock", "collecting"):
        1 / 0  # noqa: B018
    with held(tmp_path / "lock", "collecting"):
        pass


def test_who_waits_may_try_again_later():
    assert issubclass(StoreBusyError, TransientError)
