"""Sending: signatures, retries, what switches an endpoint off, and sending again."""

import threading
from collections.abc import Collection
from datetime import UTC, timedelta
from email.utils import format_datetime
from ipaddress import ip_address

import pytest
import structlog

from exports_app.domain import webhook_retry
from exports_app.domain.access import Principal
from exports_app.domain.errors import WebhookBeingSent, WebhookInactive
from exports_app.services.core.records import Tenant, WebhookStatus
from exports_app.services.webhooks import posting, sending
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.e2e.client import wait_until
from tests.integration.webhooks.conftest import Make, deliveries, now_of, send_all
from tests.mailserver import MailServer
from tests.receiver import Answer, Receiver
from tests.world import DEADLINE, Cast, make_schedule, sql

CREATED = "export.schedule.created"


def test_a_message_is_signed_and_says_what_happened(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    webhook, secret = make("/hook?x=1")
    schedule = make_schedule(services, admin)
    assert send_all(services) == 1
    [received] = listener.received
    assert received.path == "/hook?x=1"
    assert received.headers["content-type"] == "application/json"
    event = received.verify(secret)
    assert event["type"] == CREATED
    assert event["data"]["scheduledExport"]["id"] == schedule.id
    [delivery] = deliveries(services, admin, webhook)
    assert (delivery.status, delivery.attempts, delivery.response_status) == ("delivered", 1, 200)
    detail = services.webhook_deliveries.get(admin, delivery.id)
    assert detail.body == event
    [attempt] = detail.attempts
    assert (attempt.response_status, attempt.response_body) == (200, "thank you")
    assert attempt.response_head is not None
    assert attempt.response_head.startswith("HTTP/1.0 200\n")


def test_a_failure_is_tried_again_with_the_same_id(
    services: Services, make: Make, admin: Principal, listener: Receiver, clock: FakeClock
) -> None:
    webhook, secret = make()
    listener.answers["/"] = Answer(500, body=b"\x00broken")
    make_schedule(services, admin)
    assert send_all(services) == 1
    [delivery] = deliveries(services, admin, webhook)
    assert (delivery.status, delivery.error) == ("pending", "the server answered 500")
    assert delivery.next_attempt_at is not None
    wait = delivery.next_attempt_at - clock()
    assert timedelta(seconds=4.5) <= wait <= timedelta(seconds=5.5)
    assert now_of(services, admin, webhook).failing_since == clock()
    clock.advance(seconds=6)
    listener.answers.clear()
    assert send_all(services) == 1
    first, second = listener.received
    assert first.id == second.id
    assert first.body == second.body
    assert second.verify(secret)
    assert int(second.headers["webhook-timestamp"]) > int(first.headers["webhook-timestamp"])
    [delivery] = deliveries(services, admin, webhook)
    assert (delivery.status, delivery.attempts, delivery.error) == ("delivered", 2, None)
    assert now_of(services, admin, webhook).failing_since is None


def test_retry_after_is_honoured_up_to_a_day(
    services: Services, make: Make, admin: Principal, listener: Receiver, clock: FakeClock
) -> None:
    webhook, _ = make()
    make_schedule(services, admin)
    at = clock() + timedelta(hours=2)
    for value, wait in (
        ("600", timedelta(minutes=10)),
        (format_datetime(at.astimezone(UTC), usegmt=True), timedelta(hours=2)),
        ("999999999999", timedelta(hours=24)),
    ):
        listener.answers["/"] = Answer(503, {"Retry-After": value})
        services.webhook_deliveries.redeliver(admin, deliveries(services, admin, webhook)[0].id)
        send_all(services)
        assert deliveries(services, admin, webhook)[0].next_attempt_at == clock() + wait


@pytest.mark.parametrize(
    "value",
    ["Mon, 01 Jan 2026 00:00:00 +99999999999999", f"Mon, 01 Jan {'9' * 20} 00:00:00 GMT", "soon"],
)
def test_a_retry_after_that_cannot_be_read_is_passed_over(
    services: Services, make: Make, admin: Principal, listener: Receiver, value: str
) -> None:
    webhook, _ = make()
    make_schedule(services, admin)
    listener.answers["/"] = Answer(503, {"Retry-After": value})
    with structlog.testing.capture_logs() as logs:
        assert send_all(services) == 1
    assert [line["event"] for line in logs] == ["a webhook was not delivered"]
    [delivery] = deliveries(services, admin, webhook)
    assert (delivery.status, delivery.error) == ("pending", "the server answered 503")
    assert now_of(services, admin, webhook).failing_since is not None


def test_a_parser_that_breaks_on_an_answer_keeps_no_result_from_being_noted(
    services: Services,
    make: Make,
    admin: Principal,
    listener: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sending.webhook_retry, "retry_after", lambda *_: 1 / 0)
    webhook, _ = make()
    make_schedule(services, admin)
    listener.answers["/"] = Answer(503, {"Retry-After": "1"})
    assert send_all(services) == 1
    [delivery] = deliveries(services, admin, webhook)
    assert (delivery.status, delivery.attempts) == ("pending", 1)
    assert now_of(services, admin, webhook).failing_since is not None


@pytest.mark.one_database
def test_it_fails_after_ten_attempts_in_three_days(
    services: Services, make: Make, admin: Principal, listener: Receiver, clock: FakeClock
) -> None:
    webhook, _ = make()
    listener.answers["/"] = Answer(302, {"Location": "http://127.0.0.1:1/"})
    make_schedule(services, admin)
    began, attempts = clock(), 0
    while (at := deliveries(services, admin, webhook)[0].next_attempt_at) is not None:
        clock.set(max(at, clock()))
        attempts += send_all(services)
    assert attempts == 10
    assert timedelta(days=2.8) < clock() - began < timedelta(days=3.5)
    [delivery] = deliveries(services, admin, webhook)
    assert (delivery.status, delivery.response_status) == ("failed", 302)
    assert "redirects are not followed" in str(delivery.error)


def test_410_switches_the_endpoint_off(
    services: Services,
    make: Make,
    cast: Cast,
    admin: Principal,
    listener: Receiver,
    mail: MailServer,
) -> None:
    webhook, _ = make()
    listener.answers["/"] = Answer(410)
    for name in ("One", "Two"):
        make_schedule(services, admin, name=name)
    assert send_all(services) == 1
    off = now_of(services, admin, webhook)
    assert (off.is_active, off.version) == (False, 2)
    assert off.disabled_reason is not None
    first, second = deliveries(services, admin, webhook)
    assert (first.status, second.status) == ("failed", "cancelled")
    services.account_messages.send_due()
    [told] = mail.wait_for(1)
    assert told.rcpt_tos == [cast.admin.user.email]
    assert told.message["Subject"] == "A webhook was switched off"
    body = told.message.get_body(("plain",))
    assert body is not None
    assert "answered 410" in body.get_content()
    assert "Valid until" not in body.get_content()
    with pytest.raises(WebhookInactive):
        services.webhook_deliveries.redeliver(admin, first.id)
    services.webhooks.update(admin, webhook.id, {"is_active": True})
    listener.answers.clear()
    assert services.webhook_deliveries.replay(admin, webhook.id, first.created_at) == 2
    assert send_all(services) == 2
    assert [one.status for one in deliveries(services, admin, webhook)] == ["delivered"] * 2
    assert now_of(services, admin, webhook).disabled_reason is None


def test_five_days_of_failures_switch_it_off_with_a_warning_before(
    services: Services,
    make: Make,
    admin: Principal,
    listener: Receiver,
    clock: FakeClock,
    mail: MailServer,
) -> None:
    webhook, _ = make()
    listener.answers["/"] = Answer(500)
    for day in range(6):
        make_schedule(services, admin, name=f"Day {day}")
        clock.advance(microseconds=1)
        send_all(services)
        state = now_of(services, admin, webhook)
        assert (state.warned_at is not None, state.is_active) == (day >= 3, day < 5)
        clock.advance(days=1)
    services.account_messages.send_due()
    # The warning is not sent any more: it is about an endpoint that is off
    assert [one.message["Subject"] for one in mail.wait_for(1)] == ["A webhook was switched off"]
    statuses = {one.status for one in deliveries(services, admin, webhook)}
    assert statuses <= {WebhookStatus.CANCELLED, WebhookStatus.FAILED}


@pytest.mark.one_database
def test_another_address_begins_anew(
    services: Services, make: Make, admin: Principal, listener: Receiver, clock: FakeClock
) -> None:
    webhook, _ = make("/old")
    listener.answers["/old"] = listener.answers["/new"] = Answer(500)
    for _ in range(2):  # the second one after the warning
        make_schedule(services, admin)
        send_all(services)
        clock.advance(days=4)
    assert now_of(services, admin, webhook).warned_at is not None
    services.webhooks.update(admin, webhook.id, {"url": listener.url + "/new"})
    new = now_of(services, admin, webhook)
    assert (new.failing_since, new.warned_at) == (None, None)
    send_all(services)
    new = now_of(services, admin, webhook)
    assert (new.is_active, new.failing_since) == (True, clock())


@pytest.mark.one_database
def test_a_late_answer_of_the_old_address_says_nothing_about_the_new_one(
    services: Services,
    make: Make,
    admin: Principal,
    listener: Receiver,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webhook, _ = make()
    make_schedule(services, admin)

    def slow(*_: object) -> posting.Answer:
        services.webhooks.update(admin, webhook.id, {"url": listener.url + "/new"})
        return posting.Answer(1, 410, error="the server answered 410")

    monkeypatch.setattr(posting, "post", slow)
    send_all(services)
    new = now_of(services, admin, webhook)
    assert (new.is_active, new.failing_since) == (True, None)
    assert [one.status for one in deliveries(services, admin, webhook)] == ["failed"]


@pytest.mark.one_database
def test_http_goes_to_no_public_address(
    services: Services, make: Make, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services.guard, "_resolver", lambda *_: [ip_address("1.1.1.1")])
    webhook, _ = make(url="http://hooks.example.com/")
    make_schedule(services, admin)
    send_all(services)
    [delivery] = deliveries(services, admin, webhook)
    assert delivery.error == "the address must begin with https://"


def test_the_warning(
    services: Services,
    make: Make,
    admin: Principal,
    listener: Receiver,
    clock: FakeClock,
    mail: MailServer,
) -> None:
    make()
    listener.answers["/"] = Answer(500)
    for days in (3, 1, 0):
        make_schedule(services, admin, name=f"{days}")
        clock.advance(microseconds=1)
        send_all(services)
        clock.advance(days=days)
    services.account_messages.send_due()
    assert [one.message["Subject"] for one in mail.wait_for(1)] == ["A webhook is failing"]


def test_a_test_that_fails_is_not_tried_again_and_is_no_failure_of_the_endpoint(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    webhook, _ = make()
    listener.answers["/"] = Answer(500)
    services.webhooks.send_test(admin, webhook.id)
    assert send_all(services) == 1
    [delivery] = deliveries(services, admin, webhook)
    assert (delivery.status, delivery.next_attempt_at) == ("failed", None)
    assert now_of(services, admin, webhook).failing_since is None


def test_a_process_that_dies_after_the_answer_sends_it_again_with_the_same_id(
    services: Services,
    make: Make,
    admin: Principal,
    listener: Receiver,
    clock: FakeClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webhook, _ = make()
    make_schedule(services, admin)

    class Died(BaseException):
        pass

    def die(*_: object) -> bool:
        raise Died

    with monkeypatch.context() as dying:
        dying.setattr(sending.WebhookSending, "_note", die)
        with pytest.raises(Died):
            send_all(services)
    assert send_all(services) == 0  # it may be on its way
    [delivery] = deliveries(services, admin, webhook)
    with pytest.raises(WebhookBeingSent):
        services.webhook_deliveries.redeliver(admin, delivery.id)
    clock.advance(seconds=61)
    assert send_all(services) == 1
    first, second = listener.received
    assert first.id == second.id
    assert deliveries(services, admin, webhook)[0].status == "delivered"


def test_at_a_start_alone_it_is_sent_again_at_once(
    services: Services, make: Make, admin: Principal
) -> None:
    webhook, _ = make()
    make_schedule(services, admin)
    [delivery] = deliveries(services, admin, webhook)
    with services.store.write() as tx:
        later = services.clock() + timedelta(minutes=1)
        values = {"status": "sending", "attempts": 1, "next_attempt_at": later}
        tx.webhook_deliveries.change(delivery, values)
    services.webhook_sending.recover()
    assert send_all(services) == 1


def test_two_processes_send_each_message_once(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    """The second one looks while the first waits for the answer."""
    webhook, _ = make()
    make_schedule(services, admin)
    [delivery] = deliveries(services, admin, webhook)
    others: list[int] = []

    def look_too(_: object) -> None:
        others.append(len(services.webhook_sending.due((), ())))
        services.webhook_sending._send(delivery)  # it saw the delivery before it was claimed

    listener.before = look_too
    assert send_all(services) == 1
    assert others == [0]
    assert len(listener.received) == 1


def test_another_tenants_and_a_busy_endpoint_are_left_out(
    services: Services, make: Make, admin: Principal, outsider: Principal, acme: Tenant
) -> None:
    mine, _ = make()
    theirs, _ = make("/theirs", who=outsider)
    make_schedule(services, admin)
    make_schedule(services, outsider)

    def due(busy: Collection[str], full: Collection[str]) -> list[str]:
        return [one.webhook_id for one in services.webhook_sending.due(busy, full)]

    assert sorted(due((), ())) == sorted([mine.id, theirs.id])
    assert due({mine.id}, ()) == [theirs.id]
    assert due((), {acme.id}) == [theirs.id]


def test_a_long_backlog_keeps_no_other_endpoint_waiting(
    services: Services,
    make: Make,
    admin: Principal,
    outsider: Principal,
    listener: Receiver,
    clock: FakeClock,
) -> None:
    slow, _ = make("/slow")
    listener.answers["/slow"] = Answer(500)
    for n in range(3):
        make_schedule(services, admin, name=f"Export {n}")
    quick, _ = make("/quick", who=outsider)
    make_schedule(services, outsider)
    services.webhook_sending.send_due(slow.id)  # up to the first that fails
    clock.advance(seconds=10)
    found = services.webhook_sending.due((), ())
    assert [(one.webhook_id, one.is_failing) for one in found] == [
        (quick.id, False),
        (slow.id, True),
    ]


def test_a_test_whose_process_died_is_sent_again(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    webhook, _ = make()
    made = services.webhooks.send_test(admin, webhook.id)
    sql(services, f"UPDATE webhook_deliveries SET status = 'sending' WHERE id = '{made.id}'")
    services.webhook_sending.recover()
    assert send_all(services) == 1
    [delivery] = deliveries(services, admin, webhook)
    assert delivery.status is WebhookStatus.DELIVERED


def test_an_endpoint_that_fails_rests_and_a_person_ends_it(
    services: Services, make: Make, admin: Principal, listener: Receiver, clock: FakeClock
) -> None:
    webhook, _ = make()
    listener.answers["/"] = Answer(503, {"Retry-After": "3600"})
    for n in range(3):
        make_schedule(services, admin, name=f"Export {n}")
    assert send_all(services) == 1
    clock.advance(minutes=59)
    assert send_all(services) == 0
    clock.advance(minutes=2)
    assert send_all(services) == 1
    listener.answers["/"] = Answer(200)
    services.webhooks.send_test(admin, webhook.id)
    assert send_all(services) == 3  # all but the message that has to wait for its own hour
    assert now_of(services, admin, webhook).rest_until is None


@pytest.mark.parametrize(
    ("failing", "asked", "rest"),
    [
        (timedelta(), None, timedelta(seconds=4.5)),
        (timedelta(minutes=20), None, timedelta(minutes=2)),
        (timedelta(days=2), None, timedelta(minutes=4.5)),
        (timedelta(), timedelta(hours=1), timedelta(hours=1)),
        (timedelta(), timedelta(days=9), timedelta(hours=24)),
        (timedelta(minutes=20), timedelta(seconds=1), timedelta(minutes=2)),
    ],
)
def test_an_endpoint_rests_longer_the_longer_it_fails(
    failing: timedelta, asked: timedelta | None, rest: timedelta
) -> None:
    assert webhook_retry.rest(failing, asked) == rest


def test_what_waits_for_an_endpoint_that_is_switched_off_is_cancelled(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    webhook, _ = make()
    make_schedule(services, admin, name="One")
    services.webhooks.update(admin, webhook.id, {"is_active": False})
    make_schedule(services, admin, name="Two")
    assert send_all(services) == 0
    assert [one.status for one in deliveries(services, admin, webhook)] == ["cancelled"]
    assert listener.received == []


@pytest.mark.one_database
def test_an_answer_is_kept_to_4_kb_and_a_long_one_is_a_success(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    webhook, _ = make()
    listener.answers["/"] = Answer(200, {"X-Long": "y" * 5000}, b"x" * 100_000)
    make_schedule(services, admin)
    send_all(services)
    [delivery] = deliveries(services, admin, webhook)
    assert delivery.status == "delivered"
    [attempt] = services.webhook_deliveries.get(admin, delivery.id).attempts
    assert len(attempt.response_body or "") <= posting.SHOWN
    assert len(attempt.response_head or "") <= posting.SHOWN_HEAD


@pytest.mark.one_database
def test_an_address_that_is_not_allowed_any_more(
    services: Services, make: Make, admin: Principal
) -> None:
    webhook, _ = make(url="https://localhost.example.invalid/")
    make_schedule(services, admin)
    send_all(services)
    [delivery] = deliveries(services, admin, webhook)
    assert delivery.status == "pending"
    assert "not found" in str(delivery.error)


@pytest.mark.one_database
def test_logs_name_neither_the_address_nor_the_secret(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    _, secret = make("/token-of-the-address")
    listener.answers["/token-of-the-address"] = Answer(410)
    with structlog.testing.capture_logs() as logs:
        make_schedule(services, admin)
        send_all(services)
    assert {"a webhook was not delivered", "a webhook was switched off"} <= {
        line["event"] for line in logs
    }
    assert "token-of" not in repr(logs)
    assert secret not in repr(logs)


@pytest.mark.one_database
def test_a_bug_is_a_failure_like_others(
    services: Services, make: Make, admin: Principal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would be sent each minute, for ever."""
    webhook, _ = make()
    make_schedule(services, admin)
    monkeypatch.setattr(posting, "post", lambda *_: 1 / 0)
    assert send_all(services) == 1
    [delivery] = deliveries(services, admin, webhook)
    assert (delivery.status, delivery.attempts) == ("pending", 1)
    assert "unexpected" in str(delivery.error)


@pytest.mark.about_postgresql
def test_an_answer_and_a_switch_off_at_the_same_time_wait_for_each_other(
    services: Services, make: Make, admin: Principal, listener: Receiver
) -> None:
    """And do not lock each other out: both take the webhook first, then its deliveries."""
    webhook, _ = make()
    make_schedule(services, admin)
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    sender = threading.Thread(target=send_all, args=(services,))
    with services.store.write() as tx:
        tx.webhooks.get(webhook.id, lock=True)
        sender.start()
        wait_until("the note waits", lambda: sql(services, waits) > [(0,)], DEADLINE)
        assert tx.webhook_deliveries.cancel(webhook.id, "off", services.clock()) == 1
    sender.join(DEADLINE)
    assert len(listener.received) == 1
    assert [one.status for one in deliveries(services, admin, webhook)] == ["cancelled"]
