"""The email about an API key that expires soon."""

from datetime import timedelta

import pytest

from exports_app.services.accounts.api_key_rules import KeyDraft
from exports_app.services.core.records import AccountMessage, ApiKey
from exports_app.wiring import Services
from tests.doubles import NOW, FakeClock
from tests.mailserver import MailServer
from tests.world import Cast

WEEK = timedelta(days=7)
MONTH = timedelta(days=30)


def make(services: Services, cast: Cast, of: str | None, lasts: timedelta | None = MONTH) -> ApiKey:
    end = None if lasts is None else NOW + lasts
    draft = KeyDraft("Nightly", ["exports.read"], end)
    return services.api_keys.create(cast.admin.who, of, draft)[0].key


def messages(services: Services, key: ApiKey) -> list[AccountMessage]:
    with services.store.read() as tx:
        return tx.account_messages.of_subject(key.id)


def test_it_is_written_a_week_before_once(
    services: Services, cast: Cast, clock: FakeClock, mail: MailServer
) -> None:
    key = make(services, cast, None)
    make(services, cast, None, None)
    clock.advance(days=22, hours=23)
    assert services.key_expiry.mail() == 0
    clock.advance(hours=1)
    assert services.key_expiry.mail() == 1
    assert services.key_expiry.mail() == 0
    assert services.account_messages.send_due() == 1
    (received,) = mail.wait_for(1)
    assert received.rcpt_tos == [cast.admin.user.email]
    assert received.message["Subject"] == "An API key expires soon"
    body = received.message.get_body(("plain",))
    assert body is not None
    for part in ("Nightly", key.prefix, f"{services.settings.base_url}/settings/keys\r\n"):
        assert part in body.get_content()


def test_of_a_tenants_key_all_admins_get_it(
    services: Services, cast: Cast, clock: FakeClock, mail: MailServer
) -> None:
    key = make(services, cast, cast.acme.id)
    clock.advance(days=25)
    assert services.key_expiry.mail() == 1
    with services.store.read() as tx:
        admins = {user.email for user in tx.users.admins(cast.acme.id)}
    assert {message.target for message in messages(services, key)} == admins
    services.account_messages.send_due()
    body = mail.wait_for(len(admins))[0].message.get_body(("plain",))
    assert body is not None
    assert "/settings/tenant-keys\r\n" in body.get_content()


@pytest.mark.parametrize("lasts", [WEEK, timedelta(days=1)])
def test_who_makes_a_key_for_a_few_days_knows(
    services: Services, cast: Cast, mail: MailServer, lasts: timedelta
) -> None:
    key = make(services, cast, None, lasts)
    assert services.key_expiry.mail() == 0
    assert messages(services, key) == []


def test_it_is_not_sent_about_a_key_that_has_ended(
    services: Services, cast: Cast, clock: FakeClock, mail: MailServer
) -> None:
    key = make(services, cast, None)
    clock.advance(days=25)
    services.key_expiry.mail()
    services.api_keys.revoke(cast.admin.who, None, key.id)
    services.account_messages.send_due()
    assert messages(services, key) == []


def test_without_a_mail_server_it_waits(services: Services, cast: Cast, clock: FakeClock) -> None:
    make(services, cast, None)
    clock.advance(days=25)
    assert services.key_expiry.mail() == 0
    with services.store.read() as tx:
        now = clock()
        assert len(tx.api_keys.expiring(now, now + WEEK, 5)) == 1
