"""The text of a key."""

import re
import zlib

import pytest

from exports_app.domain import api_keys

BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def test_its_checksum_is_the_crc32_of_its_random_characters() -> None:
    key = api_keys.new()
    random, digits = key[4:36], key[36:]
    assert sum(BASE62.index(d) * 62**i for i, d in enumerate(reversed(digits))) == zlib.crc32(
        random.encode()
    )
    assert api_keys.is_whole(key)
    assert re.search(api_keys.PATTERN, f"KEY={key} # nightly")


def test_the_documented_example_stays_whole() -> None:
    assert api_keys.checksum("0" * 32) == "2wjyrI"
    assert api_keys.is_whole("exa_" + "0" * 32 + "2wjyrI")


@pytest.mark.parametrize("at", [4, 20, 35, 36, 41])
def test_one_other_character_is_noticed(at: int) -> None:
    key = api_keys.new()
    other = "a" if key[at] != "a" else "b"
    assert not api_keys.is_whole(key[:at] + other + key[at + 1 :])


@pytest.mark.parametrize("text", ["", "exa_", "exa_é", "exa_" + "0" * 39, " exa_" + "0" * 38])
def test_what_is_no_key_is_not_whole(text: str) -> None:
    assert not api_keys.is_whole(text)


def test_logs_have_it_masked() -> None:
    key = api_keys.new()
    assert api_keys.masked(f"/api/{key}/x?k={key}") == "/api/exa_…/x?k=exa_…"
    assert api_keys.masked("/api/exa_mple") == "/api/exa_mple"


def test_no_two_are_the_same() -> None:
    assert len({api_keys.new() for _ in range(1000)}) == 1000
