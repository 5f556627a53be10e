from typing import get_type_hints

from evforecast.collect.fetching import Answer, Fetch
from evforecast.sources import http


def test_the_client_of_the_sources_is_one_that_fetches():
    asked = get_type_hints(Fetch.get)
    given = get_type_hints(http.Client.get)
    assert asked.keys() - {"return"} <= given.keys()
    names = {name for name in vars(Answer) if isinstance(vars(Answer)[name], property)}
    assert names <= set(http.Answer.__dataclass_fields__)
