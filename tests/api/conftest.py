"""The API over the world of tests/conftest.py, and a client for each of the cast."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi import FastAPI

from exports_app.api.app import create
from exports_app.services.accounts.api_key_rules import KeyDraft
from exports_app.services.schedules.view_filters import ViewFilters
from exports_app.services.webhooks.rules import WebhookDraft
from exports_app.settings import Settings
from exports_app.wiring import Services
from tests.api.access.wait import Wait
from tests.api.client import ABSENT, CAMPAIGNS, SCHEDULES, Api, schedule_body, token_for
from tests.api.routes import Case
from tests.world import Cast, claim, execute

SECRET_KEY = (
    "a key for the tests of the API, long enough to sign with HS512 as well, "
    "so that it is the algorithm that counts"
)


class Engine:
    """Stands where health asks for the engine."""

    alive = True

    def __call__(self) -> bool:
        return self.alive


@dataclass(frozen=True)
class Clients:
    """Everyone who may call."""

    anonymous: Api
    admin: Api
    viewer: Api
    outsider: Api
    super_admin: Api


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Limits out of the way: tests of the limits set their own."""
    return Settings(
        data_dir=tmp_path / "data",
        secret_key=SECRET_KEY,
        demo=False,
        rate_limit_api="1000000/minute",
        rate_limit_login="1000000/minute",
    )


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture
def engine() -> Engine:
    return Engine()


_made: list[FastAPI] = []


def app_for(services: Services, engine: Callable[[], bool]) -> FastAPI:
    """The app, made once, since describing its routes takes longer than most tests; each test puts
    its services behind it."""
    if not _made:
        _made.append(create(services, engine))
    _made[0].state.services, _made[0].state.engine_alive = services, engine
    return _made[0]


@pytest.fixture
def api(services: Services, cast: Cast, runner: asyncio.Runner, engine: Engine) -> Clients:
    nobody = Api(app_for(services, engine), runner)

    def client(name: str) -> Api:
        return nobody.using(token_for(services.auth, getattr(cast, name).user))

    return Clients(
        nobody, client("admin"), client("viewer"), client("outsider"), client("super_admin")
    )


@pytest.fixture
def admin_api(api: Clients) -> Api:
    return api.admin


@pytest.fixture
def schedule(admin_api: Api) -> dict[str, Any]:
    """A scheduled export of Acme, as the API answered it."""
    answer = admin_api.post(SCHEDULES, schedule_body())
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def campaign(admin_api: Api) -> dict[str, Any]:
    """A campaign of Acme."""
    answer = admin_api.post(CAMPAIGNS, {"name": "Launch", "currency": "EUR"})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.fixture
def ids(
    services: Services,
    schedule: dict[str, Any],
    campaign: dict[str, Any],
    cast: Cast,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, str]:
    """Acme's objects. A finished run with its file, and an invitation, only where the test's case
    asks for one: they take long."""
    params: dict[str, Any] = getattr(getattr(request.node, "callspec", None), "params", {})
    case: Case | None = params.get("case")
    run_id = invitation_id = ABSENT
    if case is None or {"{history_id}", "{run_id}"} & set(case.path.split("/")):
        services.schedules.trigger(cast.admin.who, schedule["id"])
        run_id = execute(services, claim(services)).id
    if case is None or "invitation_id" in case.path:
        invitation_id = services.invitations.invite(
            cast.admin.who, cast.acme.id, "ann@example.com", "viewer"
        ).invitation.id
    if case is not None and case.path.endswith("/transfer"):
        with services.store.write() as tx:
            tx.schedules.change(schedule["id"], {"owner_id": cast.super_admin.user.id})
    key_id = ABSENT
    if case is None or "key_id" in case.path:
        of = None if case and case.path.startswith("/api/account") else cast.acme.id
        draft = KeyDraft("Nightly", ["exports.read"])
        key_id = services.api_keys.create(cast.admin.who, of, draft)[0].key.id
    feed_id = ABSENT
    if case is None or "feed_id" in case.path:
        feed_id = services.feeds.create(cast.admin.who, "Mine", cast.acme.id)[0].feed.id
    view_id = ABSENT
    if case is None or "view_id" in case.path:
        filters = ViewFilters(state="failing")
        of = (cast.admin.who, cast.acme.id, "Failing", filters)
        view_id = services.saved_views.create(*of, is_shared=True).id
    webhook_id = delivery_id = ABSENT
    if case is None or {"{webhook_id}", "{delivery_id}"} & set(case.path.split("/")):
        hook = WebhookDraft("Hook", "https://hooks.example.com/", ["export.run.completed"])
        webhook_id = services.webhooks.create(cast.admin.who, None, hook)[0].webhook.id
        delivery_id = services.webhooks.send_test(cast.admin.who, webhook_id).id
    monkeypatch.setenv("EXPORT_FOLDERS", str(tmp_path))
    destination_id = ABSENT
    if case is None or "destination_id" in case.path:
        of = (cast.admin.who, cast.acme.id, "folder", "Share", {})
        destination_id = services.destinations.create(*of).id
    return {
        "webhook_id": webhook_id,
        "delivery_id": delivery_id,
        "schedule_id": schedule["id"],
        "campaign_id": campaign["id"],
        "history_id": run_id,
        "run_id": run_id,
        "tenant_id": cast.acme.id,
        "user_id": cast.viewer.user.id,
        "session_id": ABSENT,
        "invitation_id": invitation_id,
        "view_id": view_id,
        "destination_id": destination_id,
        "key_id": key_id,
        "feed_id": feed_id,
    }


@pytest.fixture
def logs() -> Iterator[list[Any]]:
    """Every event that is logged, with its values."""
    with structlog.testing.capture_logs() as seen:
        yield seen


@pytest.fixture
def fast_bcrypt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bcrypt.checkpw", lambda *_: False)
    monkeypatch.setattr("bcrypt.hashpw", lambda *_: b"$2b$12$" + b"x" * 53)


@pytest.fixture
def wait(services: Services, monkeypatch: pytest.MonkeyPatch) -> Wait:
    return Wait(services, monkeypatch)
