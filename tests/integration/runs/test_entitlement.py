"""Who is a recipient at the moment a message is sent: not when the run was made, nor when its
attempt began."""

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.runs.delivery_mode import DeliveryMode, MessageForm
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Campaign, Delivery, Run, Schedule
from exports_app.services.runs.entitlement import REMOVED
from exports_app.wiring import Services
from tests.doubles import FakeClock, WatchedEmail
from tests.mailserver import MailServer, mail_server
from tests.world import Cast, claim, deliveries_of, execute, make_schedule, registered, sql, the_run

BOB, CY = "bob@example.com", "cy@example.com"
ACCEPTED = DeliveryStatus.ACCEPTED
FAILED = DeliveryStatus.FAILED
SKIPPED = DeliveryStatus.SKIPPED

ATTACHED = MessageForm(DeliveryMode.ATTACH, 1_000)


@pytest.fixture(autouse=True)
def data(campaigns: dict[str, Campaign]) -> None:
    assert campaigns


@pytest.fixture
def theirs(cast: Cast) -> str:
    """The address of the member who is removed."""
    return cast.viewer.user.email


@pytest.fixture
def schedule(services: Services, admin: Principal, theirs: str) -> Schedule:
    return make_schedule(services, admin, recipients=(theirs, BOB))


def remove(services: Services, cast: Cast) -> None:
    services.members.remove(cast.admin.who, cast.acme.id, cast.viewer.user.id, drop_recipient=True)


def allow(services: Services, cast: Cast, *domains: str) -> None:
    services.tenants.update(cast.admin.who, cast.acme.id, {"recipient_domains": list(domains)})


def by_target(services: Services, run: Run) -> dict[str, Delivery]:
    return {delivery.target: delivery for delivery in deliveries_of(services, run)}


def statuses(services: Services, run: Run) -> dict[str, DeliveryStatus]:
    return {target: delivery.status for target, delivery in by_target(services, run).items()}


def sent_to(mail: MailServer, number: int) -> list[str]:
    return [address for message in mail.wait_for(number) for address in message.rcpt_tos]


class TestARemovedRecipientGetsNothing:
    def test_of_a_run_that_waited(
        self, services: Services, cast: Cast, schedule: Schedule, theirs: str, mail: MailServer
    ) -> None:
        services.schedules.trigger(cast.admin.who, schedule.id)
        remove(services, cast)
        done = execute(services, claim(services))
        assert done.status is RunStatus.COMPLETED
        assert statuses(services, done) == {theirs: SKIPPED, BOB: ACCEPTED}
        skipped = by_target(services, done)[theirs]
        assert (skipped.error, skipped.attempts) == (REMOVED, 0)
        assert sent_to(mail, 1) == [BOB]
        assert sql(services, "SELECT messages FROM messages_of_day") == [(1,)]

    def test_of_a_run_that_is_sending(self, services: Services, cast: Cast, theirs: str) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(BOB, theirs))
        services.schedules.trigger(cast.admin.who, schedule.id)
        with (
            mail_server() as mail,
            registered(CHANNELS, WatchedEmail(mail, after=lambda _: remove(services, cast))),
        ):
            done = execute(services, claim(services))
            assert statuses(services, done) == {BOB: ACCEPTED, theirs: SKIPPED}
            assert sent_to(mail, 1) == [BOB]

    def test_of_a_run_that_is_tried_again(
        self, services: Services, cast: Cast, theirs: str, clock: FakeClock
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(theirs, BOB))
        services.schedules.trigger(cast.admin.who, schedule.id)
        busy = "451 4.3.0 come back later"
        with (
            mail_server(refuse={theirs: busy, BOB: busy}) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            waiting = execute(services, claim(services))
        assert waiting.status is RunStatus.PENDING
        remove(services, cast)
        clock.advance(days=1)
        with mail_server() as mail, registered(CHANNELS, WatchedEmail(mail)):
            done = execute(services, claim(services))
            assert statuses(services, done) == {theirs: SKIPPED, BOB: ACCEPTED}
            assert sent_to(mail, 1) == [BOB]

    def test_of_a_run_that_is_sent_again(
        self, services: Services, cast: Cast, schedule: Schedule, theirs: str
    ) -> None:
        services.schedules.trigger(cast.admin.who, schedule.id)
        gone = "550 5.1.1 no such user"
        with (
            mail_server(refuse={theirs: gone, BOB: gone}) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            failed = execute(services, claim(services))
        assert failed.status is RunStatus.FAILED
        remove(services, cast)
        services.run_actions.resend(cast.admin.who, schedule.id, failed.id)
        with mail_server() as mail, registered(CHANNELS, WatchedEmail(mail)):
            done = execute(services, claim(services))
            assert statuses(services, done) == {theirs: SKIPPED, BOB: ACCEPTED}
            assert sent_to(mail, 1) == [BOB]

    def test_of_a_message_whose_fate_is_unknown(
        self,
        services: Services,
        cast: Cast,
        schedule: Schedule,
        theirs: str,
        mail: MailServer,
        clock: FakeClock,
    ) -> None:
        services.schedules.trigger(cast.admin.who, schedule.id)
        run = claim(services)
        first = next(d for d in services.run_deliveries.plan(run, "email") if d.target == theirs)
        services.run_deliveries.begin(run, first, ATTACHED)
        clock.advance(seconds=services.leases.duration.total_seconds() + 1)
        services.run_endings.recover(everything=False)
        assert statuses(services, run)[theirs] is DeliveryStatus.UNKNOWN
        remove(services, cast)
        clock.advance(days=1)
        done = execute(services, claim(services))
        assert statuses(services, done) == {theirs: SKIPPED, BOB: ACCEPTED}
        assert sent_to(mail, 1) == [BOB]

    def test_when_nobody_is_left_nothing_is_sent(
        self,
        services: Services,
        admin: Principal,
        schedule: Schedule,
        theirs: str,
        mail: MailServer,
    ) -> None:
        services.schedules.trigger(admin, schedule.id)
        services.schedules.update(admin, schedule.id, {"recipients": [CY]})
        done = execute(services, claim(services))
        assert done.status is RunStatus.COMPLETED
        assert statuses(services, done) == {theirs: SKIPPED, BOB: SKIPPED}
        assert mail.messages == []

    def test_when_the_schedule_is_deleted_afterwards(
        self, services: Services, cast: Cast, theirs: str
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(BOB, CY, theirs))

        def remove_and_delete(target: str) -> None:
            if target == BOB:
                remove(services, cast)
                services.schedules.delete(cast.admin.who, schedule.id)

        services.schedules.trigger(cast.admin.who, schedule.id)
        with (
            mail_server() as mail,
            registered(CHANNELS, WatchedEmail(mail, after=remove_and_delete)),
        ):
            done = execute(services, claim(services))
            assert statuses(services, done) == {BOB: ACCEPTED, CY: ACCEPTED, theirs: SKIPPED}
            assert sent_to(mail, 2) == [BOB, CY]


class TestWhoStillGetsIt:
    def test_an_address_in_another_case(
        self, services: Services, admin: Principal, mail: MailServer
    ) -> None:
        schedule = make_schedule(services, admin, recipients=("Bob@example.com",))
        services.schedules.trigger(admin, schedule.id)
        services.schedules.update(admin, schedule.id, {"recipients": [BOB]})
        execute(services, claim(services))
        assert [address.lower() for address in sent_to(mail, 1)] == [BOB]

    def test_who_asked_for_a_test(
        self, services: Services, cast: Cast, schedule: Schedule, mail: MailServer
    ) -> None:
        services.schedules.trigger(cast.admin.who, schedule.id, SendTo.CALLER)
        done = execute(services, claim(services))
        assert done.status is RunStatus.COMPLETED
        assert sent_to(mail, 1) == [cast.admin.user.email]

    def test_the_recipients_of_a_schedule_that_is_deleted_while_it_is_sent(
        self, services: Services, cast: Cast, schedule: Schedule, theirs: str
    ) -> None:
        services.schedules.trigger(cast.admin.who, schedule.id)
        deleted = list[str]()

        def delete(target: str) -> None:
            if not deleted:
                services.schedules.delete(cast.admin.who, schedule.id)
            deleted.append(target)

        with mail_server() as mail, registered(CHANNELS, WatchedEmail(mail, after=delete)):
            done = execute(services, claim(services))
            assert statuses(services, done) == {theirs: ACCEPTED, BOB: ACCEPTED}
            assert sorted(sent_to(mail, 2)) == sorted([theirs, BOB])


class TestADomainThatIsNotAllowedAnyMore:
    def test_gets_nothing_from_that_moment_on(self, services: Services, cast: Cast) -> None:
        schedule = make_schedule(
            services, cast.admin.who, recipients=(BOB, CY, "dan@partner.example")
        )
        services.schedules.trigger(cast.admin.who, schedule.id)
        narrowed = lambda _: allow(services, cast, "partner.example")  # noqa: E731
        with mail_server() as mail, registered(CHANNELS, WatchedEmail(mail, after=narrowed)):
            done = execute(services, claim(services))
            assert statuses(services, done) == {
                BOB: ACCEPTED,
                CY: FAILED,
                "dan@partner.example": ACCEPTED,
            }
            assert sent_to(mail, 2) == [BOB, "dan@partner.example"]
        assert "outside the domains" in (by_target(services, done)[CY].error or "")
        assert done.status is RunStatus.PARTIAL
        assert the_run(services, done).next_attempt_at is None

    def test_uses_up_no_message(self, services: Services, cast: Cast, mail: MailServer) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(BOB, "dan@partner.example"))
        services.schedules.trigger(cast.admin.who, schedule.id)
        allow(services, cast, "example.com")
        execute(services, claim(services))
        assert sent_to(mail, 1) == [BOB]
        assert sql(services, "SELECT messages FROM messages_of_day") == [(1,)]
