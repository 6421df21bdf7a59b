"""Emails to people about their accounts: written with what causes them, sent once, tried again, and
secret."""

import json
from datetime import timedelta

import pytest

from exports_app.domain.runs.states import DeliveryStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import AccountMessage, Tenant
from exports_app.services.identity.account_links import LinkKind
from exports_app.services.identity.account_messages import AccountEmail
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock, WatchedEmail
from tests.mailserver import MailServer, Received, mail_server
from tests.world import registered, side_by_side, sql, uuid_of

ANN = "ann@example.com"
SUBJECT = uuid_of(0x51)
KIND = LinkKind.INVITATION
EXPIRES = NOW + timedelta(hours=72)


@pytest.fixture(autouse=True)
def writer(services: Services, acme: Tenant) -> dict[str, AccountEmail | None]:
    """How messages of the kind read; a test may put another letter into it, or None."""
    letter = AccountEmail(
        title="Join Acme",
        lead="Max invites you to Acme.",
        button="Accept the invitation",
        expires_at=EXPIRES,
        why="If you do not know Acme, ignore this message.",
        facts=[("Role", "viewer")],
        tenant=acme,
    )
    says: dict[str, AccountEmail | None] = {"letter": letter}
    services.account_messages.register(KIND, lambda _tx, _message, _now: says["letter"])
    return says


def write(services: Services, generation: int = 1) -> None:
    with services.store.write() as tx:
        services.account_messages.send(tx, KIND, SUBJECT, ANN, generation)


def messages(services: Services) -> list[AccountMessage]:
    with services.store.read() as tx:
        return tx.account_messages.of_subject(SUBJECT)


def text(received: Received, kind: str = "plain") -> str:
    body = received.message.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def link_in(received: Received) -> str:
    (line,) = [line for line in text(received).splitlines() if "://" in line]
    return line.removeprefix("Accept the invitation: ")


class TestAMessage:
    def test_says_what_to_do_until_when_and_what_if_one_did_not_ask(
        self, services: Services, mail: MailServer
    ) -> None:
        write(services)
        assert services.account_messages.due()
        assert services.account_messages.send_due() == 1
        (received,) = mail.wait_for(1)
        assert received.rcpt_tos == [ANN]
        assert received.message["Subject"] == "Join Acme"
        link = link_in(received)
        assert link.startswith(f"{services.settings.base_url}/invitation#")
        for body in (text(received), text(received, "html")):
            assert "Max invites you to Acme." in body
            assert "If you do not know Acme, ignore this message." in body
            assert "7 Mar 2026, 11:30 (Europe/Berlin)" in body
            assert link in body
        assert "Valid until: 7 Mar 2026" in text(received)
        read = services.account_links.read(KIND, link.partition("#")[2])
        assert (read.subject_id, read.generation, read.expires_at, read.mailed) == (
            SUBJECT,
            1,
            EXPIRES,
            True,
        )

    def test_is_sent_only_when_what_causes_it_is_committed(
        self, services: Services, mail: MailServer
    ) -> None:
        class Undone(Exception):
            pass

        def fail(tx: Transaction) -> None:
            services.account_messages.send(tx, KIND, SUBJECT, ANN)
            raise Undone

        with pytest.raises(Undone), services.store.write() as tx:
            fail(tx)
        assert not services.account_messages.due()
        assert services.account_messages.send_due() == 0
        assert mail.messages == []

    def test_leaves_no_secret_in_the_database(self, services: Services, mail: MailServer) -> None:
        write(services)
        services.account_messages.send_due()
        token = link_in(mail.wait_for(1)[0]).partition("#")[2]
        rows = sql(services, "SELECT * FROM account_messages")
        assert len(rows) == 1
        assert token.rpartition(".")[2] not in json.dumps([str(value) for value in rows[0]])

    def test_one_whose_process_died_is_sent_again_after_the_start(
        self, services: Services, mail: MailServer
    ) -> None:
        class Dies(WatchedEmail):
            def notify(self, *_: object) -> None:
                raise KeyboardInterrupt

        write(services)
        with registered(CHANNELS, Dies(mail)), pytest.raises(KeyboardInterrupt):
            services.account_messages.send_due()
        assert services.account_messages.send_due() == 0
        services.account_messages.recover()
        assert services.account_messages.send_due() == 1
        assert [message.status for message in messages(services)] == [DeliveryStatus.ACCEPTED]

    def test_one_that_may_have_arrived_is_sent_again_once(
        self, services: Services, clock: FakeClock
    ) -> None:
        """However often it was put off before."""
        rules = {ANN: "451 come back later"}

        def attempt() -> DeliveryStatus:
            services.account_messages.send_due()
            (message,) = messages(services)
            if message.next_attempt_at is not None:
                clock.set(max(clock(), message.next_attempt_at))
            return message.status

        with (
            mail_server(refuse=rules, vanish=frozenset({ANN})) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            write(services)
            assert attempt() is DeliveryStatus.PENDING
            rules.clear()
            assert attempt() is DeliveryStatus.UNKNOWN
            assert attempt() is DeliveryStatus.FAILED
            first, second = server.messages
        assert first.message["Message-ID"] == second.message["Message-ID"]

    def test_one_that_is_put_off_is_sent_again_with_the_same_link_and_id(
        self, services: Services, clock: FakeClock
    ) -> None:
        rules = {ANN: "451 come back later"}
        seen: list[str] = []
        with (
            mail_server(refuse_content=rules) as server,
            registered(CHANNELS, WatchedEmail(server)),
        ):
            write(services)
            services.account_messages.send_due()
            (waiting,) = messages(services)
            assert (waiting.status, waiting.attempts) == (DeliveryStatus.PENDING, 1)
            assert waiting.next_attempt_at is not None
            rules.clear()
            clock.set(max(clock(), waiting.next_attempt_at))
            services.account_messages.send_due()
            (sent,) = messages(services)
            assert (sent.status, sent.attempts, sent.sent_at) == (
                DeliveryStatus.ACCEPTED,
                2,
                clock(),
            )
            for received in server.messages:
                assert waiting.id in received.message["Message-ID"]
                seen.append(link_in(received))
        assert len(set(seen)) == 1
        assert not services.account_messages.due()

    def test_several_processes_send_it_once(self, services: Services, mail: MailServer) -> None:
        write(services)
        side_by_side(4, lambda _: services.account_messages.send_due())
        assert len(mail.wait_for(1)) == 1
        assert [message.attempts for message in messages(services)] == [1]

    def test_one_whose_link_is_not_valid_any_more_is_not_sent(
        self,
        services: Services,
        mail: MailServer,
        clock: FakeClock,
        writer: dict[str, AccountEmail | None],
    ) -> None:
        write(services)
        clock.set(EXPIRES)
        services.account_messages.send_due()
        assert messages(services) == []
        clock.set(NOW)
        write(services)
        writer["letter"] = None
        services.account_messages.send_due()
        assert (messages(services), mail.messages) == ([], [])

    def test_one_that_cannot_be_written_has_its_end_and_holds_up_no_other(
        self, services: Services, mail: MailServer, writer: dict[str, AccountEmail | None]
    ) -> None:
        with services.store.write() as tx:
            services.account_messages.send(tx, LinkKind.PASSWORD_RESET, SUBJECT, "max@example.com")
        services.account_messages._writers.pop(LinkKind.PASSWORD_RESET, None)
        write(services)
        services.account_messages.send_due()
        assert [message.rcpt_tos for message in mail.wait_for(1)] == [[ANN]]
        assert {message.target: message.status for message in messages(services)} == {
            ANN: DeliveryStatus.ACCEPTED,
            "max@example.com": DeliveryStatus.FAILED,
        }


def test_without_a_mail_server_the_caller_knows_it(services: Services) -> None:
    assert not services.account_messages.available()


def test_with_one_it_is_available(services: Services, mail: MailServer) -> None:
    assert services.account_messages.available()
