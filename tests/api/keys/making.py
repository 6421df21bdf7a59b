"""Keys to call with."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from exports_app.domain.access import SCOPES, Principal
from exports_app.services.accounts.api_key_rules import KeyDraft
from exports_app.wiring import Services
from tests.api.client import Api
from tests.api.conftest import Clients
from tests.world import Cast, Person


def own(services: Services, api: Clients, person: Person, *scopes: str, **limits: Any) -> Api:
    """A caller with a new key of the person. Without scopes: with all."""
    draft = KeyDraft("Mine", scopes or sorted(SCOPES), **limits)
    return api.anonymous.using(services.api_keys.create(_now(person), None, draft)[1])


def of_acme(services: Services, api: Clients, cast: Cast, *scopes: str, **limits: Any) -> Api:
    """A caller with a new key of the tenant."""
    draft = KeyDraft("Nightly", scopes or sorted(SCOPES), **limits)
    key = services.api_keys.create(_now(cast.admin), cast.acme.id, draft)[1]
    return api.anonymous.using(key)


def _now(person: Person) -> Principal:
    """Who signed in just now, however far the clock of the test went on."""
    return replace(person.who, signed_in_at=datetime.now(UTC) + timedelta(days=36_500))
