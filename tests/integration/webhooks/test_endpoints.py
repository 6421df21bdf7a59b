"""Endpoints: who may, what is valid, the secret."""

import threading
from typing import Any

import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    Forbidden,
    Invalid,
    LimitReached,
    NotFound,
    TooManyRequests,
    VersionConflict,
)
from exports_app.services.audit import audit_log
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page, Tenant
from exports_app.wiring import Services
from tests.conftest import SECRET_KEY
from tests.doubles import FakeClock
from tests.e2e.client import wait_until
from tests.integration.webhooks.conftest import Make, deliveries, now_of, send_all
from tests.receiver import Receiver
from tests.world import DEADLINE, make_schedule, sql


def pointers(error: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [one.pointer for one in error.value.errors]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"name": ""}, "/name"),
        ({"name": "a\nb"}, "/name"),
        ({"url": "http://example.com/"}, None),
        ({"url": "ftp://example.com/"}, "/url"),
        ({"url": "https://10.0.0.1/"}, "/url"),
        ({"url": "https://u:p@example.com/"}, "/url"),
        ({"url": "https://example.com/#x"}, "/url"),
        ({"url": "https://example.com/" + "a" * bounds.URL}, "/url"),
        ({"events": []}, "/events"),
        ({"events": ["export.run.completed", "ping"]}, "/events/1"),
        ({"schedule_ids": []}, "/scheduledExportIds"),
        ({"schedule_ids": ["x"]}, "/scheduledExportIds/0"),
        ({"schedule_ids": ["00000000-0000-4000-8000-000000000001"]}, "/scheduledExportIds/0"),
    ],
)
@pytest.mark.one_database
def test_fields(make: Make, changes: dict[str, Any], pointer: str | None) -> None:
    if pointer is None:  # its name is looked up when it is sent to
        assert make(**changes)
        return
    with pytest.raises(Invalid) as error:
        make(**changes)
    assert pointers(error) == [pointer]


@pytest.mark.one_database
def test_a_scheduled_export_of_another_tenant_is_none(
    services: Services, make: Make, outsider: Principal
) -> None:
    foreign = make_schedule(services, outsider)
    with pytest.raises(Invalid) as error:
        make(schedule_ids=[foreign.id])
    assert pointers(error) == ["/scheduledExportIds/0"]


def test_who_may(
    services: Services,
    make: Make,
    acme: Tenant,
    admin: Principal,
    viewer: Principal,
    outsider: Principal,
) -> None:
    webhook, _ = make()
    hooks = services.webhooks
    for act in (
        lambda who: hooks.get(who, webhook.id),
        lambda who: hooks.update(who, webhook.id, {"name": "x"}),
        lambda who: hooks.remove(who, webhook.id),
        lambda who: hooks.rotate_secret(who, webhook.id),
        lambda who: hooks.send_test(who, webhook.id),
        lambda who: services.webhook_deliveries.page(who, webhook.id, Page()),
        lambda who: services.webhook_deliveries.replay(who, webhook.id, services.clock()),
        lambda who: hooks.find(who, acme.id),
    ):
        with pytest.raises(Forbidden):
            act(viewer)
        with pytest.raises(NotFound):
            act(outsider)
    assert [known.webhook.id for known in hooks.find(admin, None)] == [webhook.id]
    assert hooks.find(outsider, None) == []
    for missing in ("x", "00000000-0000-4000-8000-000000000001"):
        with pytest.raises(NotFound):
            hooks.get(admin, missing)


def test_changes(services: Services, make: Make, admin: Principal, listener: Receiver) -> None:
    webhook, _ = make()
    hooks = services.webhooks
    changed = hooks.update(admin, webhook.id, {"name": "New", "url": listener.url + "/new"}, 1)
    assert (changed.webhook.name, changed.webhook.version) == ("New", 2)
    assert hooks.update(admin, webhook.id, {"name": "New"}).webhook.version == 2
    for act in (hooks.update, hooks.rotate_secret, hooks.remove):
        more = ({"name": "Late"},) if act == hooks.update else ()
        with pytest.raises(VersionConflict):
            act(admin, webhook.id, *more, version=1)
    hooks.remove(admin, webhook.id, 2)
    with pytest.raises(NotFound):
        hooks.get(admin, webhook.id)


@pytest.mark.one_database
def test_the_audit_names_each_change_and_no_secret(
    services: Services,
    make: Make,
    admin: Principal,
    acme: Tenant,
    listener: Receiver,
    clock: FakeClock,
) -> None:
    webhook, secret = make("/token-of-the-address", name="Old")
    hooks = services.webhooks
    clock.advance(seconds=1)
    hooks.update(admin, webhook.id, {"url": listener.url + "/other-token", "name": "New"})
    clock.advance(seconds=1)
    _, new_secret = hooks.rotate_secret(admin, webhook.id)
    clock.advance(seconds=1)
    hooks.send_test(admin, webhook.id)
    clock.advance(seconds=1)
    hooks.remove(admin, webhook.id)
    entries, _ = services.audit.find(admin, acme.id, AuditFilter(area="webhook"), Page())
    assert [entry.action for entry in entries] == [
        "webhook.deleted",
        "webhook.tested",
        "webhook.secret_rotated",
        "webhook.updated",
        "webhook.created",
    ]
    assert entries[3].detail["changed"]["name"] == ["Old", "New"]
    told = repr([entry.detail for entry in entries])
    for hidden in ("token-of", "other-token", secret, new_secret):
        assert hidden not in told


@pytest.mark.one_database
def test_the_secret_is_encrypted_and_shown_once(
    services: Services, make: Make, admin: Principal
) -> None:
    webhook, secret = make()
    assert secret.startswith("whsec_")
    assert secret not in repr(webhook)
    assert secret[6:] not in webhook.secret
    assert services.webhooks.get(admin, webhook.id).webhook.secret != secret


@pytest.mark.one_database
def test_the_most_webhooks_of_a_tenant(
    services: Services, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "WEBHOOKS", 1)
    make()
    with pytest.raises(LimitReached):
        make()


def test_a_test_is_sent_also_to_one_that_is_switched_off(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    webhook, secret = make(is_active=False)
    services.webhooks.send_test(admin, webhook.id)
    assert send_all(services) == 1
    [received] = listener.received
    assert received.verify(secret)["type"] == "ping"
    assert received.event["data"]["webhook"] == {"id": webhook.id, "name": "To /"}
    assert now_of(services, admin, webhook).last_success_at == services.clock()


@pytest.mark.one_database
def test_tests_are_limited(services: Services, make: Make, admin: Principal) -> None:
    webhook, _ = make()
    for _ in range(10):
        services.webhooks.send_test(admin, webhook.id)
    with pytest.raises(TooManyRequests):
        services.webhooks.send_test(admin, webhook.id)


def test_a_rotated_secret_signs_beside_the_old_one_for_a_day(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    webhook, old = make()
    _, new = services.webhooks.rotate_secret(admin, webhook.id)
    services.webhooks.send_test(admin, webhook.id)
    send_all(services)
    assert listener.received[0].verify(old) == listener.received[0].verify(new)
    services.clock.advance(hours=24)
    services.webhooks.send_test(admin, webhook.id)
    send_all(services)
    assert len(listener.received[1].headers["webhook-signature"].split()) == 1


@pytest.mark.one_database
def test_a_rotation_of_the_keys_encrypts_secrets_anew(
    services: Services, make: Make, admin: Principal, clock: FakeClock, listener: Receiver
) -> None:
    webhook, old = make()
    _, secret = services.webhooks.rotate_secret(admin, webhook.id)
    new_key = SecretStr("the key that replaces the one before")
    both = {"secret_key": new_key, "secret_key_previous": SecretStr(SECRET_KEY)}
    rotated = wiring.build(services.settings.model_copy(update=both), clock)
    try:
        found = rotated.key_rotation.renew("keys")
        assert (found.renewed, found.unreadable) == (1, 0)
        assert rotated.key_rotation.renew("keys").renewed == 0
    finally:
        rotated.close()
    alone = wiring.build(services.settings.model_copy(update={"secret_key": new_key}), clock)
    try:
        alone.webhooks.send_test(admin, webhook.id)
        assert send_all(alone) == 1
    finally:
        alone.close()
    [received] = listener.received
    assert received.verify(secret) == received.verify(old)


def test_a_restored_database_does_not_send_again(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    webhook, _ = make()
    make_schedule(services, admin)
    assert services.restored.hold("a backup").messages == 1
    assert send_all(services) == 0
    [delivery] = deliveries(services, admin, webhook)
    assert delivery.status == "cancelled"
    assert "restored from a backup" in str(delivery.error)
    assert services.webhook_deliveries.replay(admin, webhook.id, delivery.created_at) == 1


def test_old_messages_are_removed(
    services: Services, make: Make, admin: Principal, clock: FakeClock
) -> None:
    webhook, _ = make()
    make_schedule(services, admin, name="Sent")
    send_all(services)
    make_schedule(services, admin, name="Waits")
    clock.advance(days=29)
    assert services.record_retention.sweep()["webhook_messages"] == 0
    clock.advance(days=2)
    assert services.record_retention.sweep()["webhook_messages"] == 1
    [left] = deliveries(services, admin, webhook)
    assert left.status == "pending"


@pytest.mark.one_database
def test_values_that_stay_are_not_checked_again(
    services: Services, make: Make, admin: Principal
) -> None:
    """The scheduled export is gone, and the operator has taken back a network."""
    schedule = make_schedule(services, admin)
    webhook, _ = make(schedule_ids=[schedule.id])
    services.schedules.delete(admin, schedule.id)
    same = {"url": webhook.url, "schedule_ids": webhook.schedule_ids}
    services.guard._allowed = ()
    off = services.webhooks.update(admin, webhook.id, {**same, "is_active": False}).webhook
    assert not off.is_active
    with pytest.raises(Invalid) as error:
        services.webhooks.update(admin, webhook.id, {"url": webhook.url + "other"})
    assert pointers(error) == ["/url"]


@pytest.mark.about_postgresql
def test_an_endpoint_that_is_deleted_meanwhile_stops_no_event(
    services: Services, make: Make, admin: Principal, acme: Tenant
) -> None:
    """The deletion waits for the transaction of the event, and takes its delivery along."""
    schedule = make_schedule(services, admin)
    webhook, _ = make()
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    deletion = threading.Thread(target=services.webhooks.remove, args=(admin, webhook.id))
    with services.store.write() as tx:
        assert [one.id for one in tx.webhooks.active(acme.id)] == [webhook.id]
        deletion.start()
        wait_until("the deletion waits", lambda: sql(services, waits) > [(0,)], DEADLINE)
        audit_log.note_schedule(tx, "a test", Action.SCHEDULE_DELETED, schedule, services.clock())
    deletion.join(DEADLINE)
    assert sql(services, "SELECT count(*) FROM webhook_deliveries") == [(0,)]
