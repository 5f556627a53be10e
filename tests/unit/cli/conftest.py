"""One thread: the models here are tiny, and threads that wait for a busy processor cost more than they do."""

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Fit with one thread."""
    # scikit-learn loads the library whose threads are to be limited
    import sklearn.ensemble  # noqa: F401

    with threadpool_limits(limits=1):
        yield
