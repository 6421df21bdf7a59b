"""User and password of a Redis URL, as the library itself reads them."""

import pytest
import redis
from redis.credentials import UsernamePasswordCredentialProvider

from exports_app.redis_credentials import CurrentCredentials


@pytest.mark.parametrize("url", ["redis://:p%40ss@h/0", "redis://me:p%2Fss@h/0", "redis://me@h/0"])
def test_they_are_those_of_the_library(url: str) -> None:
    read = redis.Redis.from_url(url).connection_pool.connection_kwargs
    expected = UsernamePasswordCredentialProvider(read.get("username"), read.get("password"))
    assert CurrentCredentials(lambda: url).get_credentials() == expected.get_credentials()


def test_a_url_without_both_signs_in_to_nothing() -> None:
    assert CurrentCredentials(lambda: "redis://h/0").get_credentials() == ()
