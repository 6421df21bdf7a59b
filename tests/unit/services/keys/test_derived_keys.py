"""Keys derived from SECRET_KEY."""

import pytest

from exports_app.services.keys.derived_keys import ACCESS_TOKENS, DOWNLOAD_LINKS, Keys, key_id

NEW, OLD = b"the secret of today, long enough", b"the secret of before, long enough"


def test_each_purpose_and_each_secret_has_a_key_of_its_own() -> None:
    keys = {
        Keys([secret]).current(purpose)
        for secret in (NEW, OLD)
        for purpose in (ACCESS_TOKENS, DOWNLOAD_LINKS)
    }
    assert len(keys) == 4
    assert NEW not in keys


def test_what_an_older_secret_signed_still_counts() -> None:
    keys = Keys([NEW, OLD])
    assert keys.accepted(ACCESS_TOKENS) == [
        Keys([NEW]).current(ACCESS_TOKENS),
        Keys([OLD]).current(ACCESS_TOKENS),
    ]
    assert keys.current(ACCESS_TOKENS) == keys.accepted(ACCESS_TOKENS)[0]


def test_without_a_secret_there_are_no_keys() -> None:
    with pytest.raises(ValueError, match="at least one secret"):
        Keys([])


def test_secrets_that_are_read_anew_are_followed() -> None:
    secrets = [OLD]
    keys = Keys(lambda: secrets)
    before = keys.current(ACCESS_TOKENS)
    secrets.insert(0, NEW)
    assert keys.current(ACCESS_TOKENS) == Keys([NEW]).current(ACCESS_TOKENS)
    assert keys.accepted(ACCESS_TOKENS)[1] == before


def test_the_id_of_a_key_is_short_and_tells_keys_apart() -> None:
    ids = {key_id(key) for key in Keys([NEW, OLD]).accepted(ACCESS_TOKENS)}
    assert len(ids) == 2
    assert {len(one) for one in ids} == {16}
