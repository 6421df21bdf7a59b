"""Keys derived from SECRET_KEY."""

import pytest

from exports_app.services.keys import ACCESS_TOKENS, DOWNLOAD_LINKS, Keys

NEW, OLD = b"the secret of today, long enough", b"the secret of before, long enough"


def test_each_purpose_and_each_secret_has_a_key_of_its_own() -> None:
    keys = {Keys([secret]).current(purpose) for secret in (NEW, OLD) for purpose in (ACCESS_TOKENS, DOWNLOAD_LINKS)}
    assert len(keys) == 4
    assert NEW not in keys


def test_what_an_older_secret_signed_still_counts() -> None:
    keys = Keys([NEW, OLD])
    assert keys.accepted(ACCESS_TOKENS) == [Keys([NEW]).current(ACCESS_TOKENS), Keys([OLD]).current(ACCESS_TOKENS)]
    assert keys.current(ACCESS_TOKENS) == keys.accepted(ACCESS_TOKENS)[0]


def test_without_a_secret_there_are_no_keys() -> None:
    with pytest.raises(ValueError, match="at least one secret"):
        Keys([])
