"""SECRET_KEY is replaced: what the older key signed counts until it is removed from the
settings."""

from pathlib import Path

import jwt
import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.domain.errors import Unauthenticated
from exports_app.services.keys import secret_keys
from exports_app.services.keys.derived_keys import ACCESS_TOKENS, Keys, key_id
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.doubles import FakeClock
from tests.world import Cast

NEW = "the key that replaces the one before"


def with_keys(services: Services, clock: FakeClock, **keys: str) -> Services:
    """Another server over the same database and files."""
    values = {name: SecretStr(key) for name, key in keys.items()}
    return wiring.build(services.settings.model_copy(update=values), clock)


class TestTokens:
    def test_name_the_key_that_signed_them(self, services: Services, cast: Cast) -> None:
        token = services.auth.token_for(cast.admin.user).access_token
        kid = jwt.get_unverified_header(token)["kid"]
        assert kid == key_id(Keys([SECRET_KEY.encode()]).current(ACCESS_TOKENS))

    def test_of_the_older_key_count_until_it_is_removed(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        old = services.auth.token_for(cast.admin.user).access_token
        rotated = with_keys(services, clock, secret_key=NEW, secret_key_previous=SECRET_KEY)
        try:
            assert rotated.auth.principal(old) == cast.admin.who
            new = rotated.auth.token_for(cast.admin.user).access_token
            assert rotated.auth.principal(new) == cast.admin.who
        finally:
            rotated.close()
        with pytest.raises(Unauthenticated):
            services.auth.principal(new)
        alone = with_keys(services, clock, secret_key=NEW)
        try:
            assert alone.auth.principal(new) == cast.admin.who
            with pytest.raises(Unauthenticated):
                alone.auth.principal(old)
        finally:
            alone.close()

    def test_that_name_no_key_are_tried_with_all(
        self, services: Services, cast: Cast, clock: FakeClock
    ) -> None:
        old = services.auth.token_for(cast.admin.user).access_token
        claims = jwt.decode(old, options={"verify_signature": False})
        unnamed = jwt.encode(claims, Keys([SECRET_KEY.encode()]).current(ACCESS_TOKENS), "HS256")
        rotated = with_keys(services, clock, secret_key=NEW, secret_key_previous=SECRET_KEY)
        try:
            assert rotated.auth.principal(unnamed) == cast.admin.who
        finally:
            rotated.close()


def test_a_server_that_runs_follows_the_rotation_of_a_generated_key(
    services: Services, cast: Cast, clock: FakeClock, tmp_path: Path
) -> None:
    settings = services.settings.model_copy(
        update={"secret_key": SecretStr(""), "data_dir": tmp_path / "own"}
    )
    if services.settings.embedded:
        settings = settings.model_copy(update={"database_url": SecretStr(services.settings.url)})
    running = wiring.build(settings, clock)
    try:
        old = running.auth.token_for(cast.admin.user).access_token
        secret_keys.rotate(settings)
        new = running.auth.token_for(cast.admin.user).access_token
        kids = [jwt.get_unverified_header(token)["kid"] for token in (old, new)]
        assert kids[0] != kids[1]
        assert running.auth.principal(old) == running.auth.principal(new) == cast.admin.who
        secret_keys.forget_previous(settings)
        with pytest.raises(Unauthenticated):
            running.auth.principal(old)
        assert running.auth.principal(new) == cast.admin.who
    finally:
        running.close()
