"""The link to a file."""

import hashlib
from contextlib import nullcontext

import pytest
from pydantic import SecretStr

from exports_app import wiring
from exports_app.domain.access import Principal
from exports_app.domain.errors import Gone, NotFound
from exports_app.services.core.records import Run
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.integration.delivery.delivery_modes.messages import URL, link_in, ran, text
from tests.mailserver import MailServer
from tests.world import deliveries_of

pytestmark = pytest.mark.one_database


class TestLink:
    @pytest.fixture
    def run(self, services: Services, admin: Principal, mail: MailServer) -> Run:
        assert mail
        return ran(services, admin, delivery="link")

    @pytest.fixture
    def link(self, run: Run, mail: MailServer) -> tuple[str, int, str]:
        assert run.sent_as == "link"
        return link_in(mail.wait_for(2)[0])

    def test_expires(
        self, services: Services, clock: FakeClock, link: tuple[str, int, str]
    ) -> None:
        clock.advance(days=7, seconds=-1)
        assert services.download_links.file(*link)
        clock.advance(seconds=1)
        with pytest.raises(Gone, match="expired"):
            services.download_links.file(*link)

    def test_is_good_for_nothing_else(
        self, services: Services, admin: Principal, run: Run, link: tuple[str, int, str]
    ) -> None:
        delivery, expires, signature = link
        (other,) = (d.id for d in deliveries_of(services, run) if d.id != delivery)
        newer = ran(services, admin, delivery="link")
        wrong = [
            (delivery, expires + 1, signature),
            (delivery, expires, signature[:-1] + ("0" if signature[-1] != "0" else "1")),
            (delivery, expires, ""),
            (delivery, expires, "ü"),
            (delivery, 10**30, signature),
            (delivery, -1, signature),
            (other, expires, signature),
            (run.id, expires, signature),
            (deliveries_of(services, newer)[0].id, expires, signature),
            ("../../secret_key", expires, signature),
        ]
        for one in wrong:
            with pytest.raises(NotFound):
                services.download_links.file(*one)

    def test_of_an_older_secret_key_opens_until_that_is_removed(
        self, services: Services, clock: FakeClock, link: tuple[str, int, str]
    ) -> None:
        new, old = SecretStr("the key that replaces the one before"), services.settings.secret_key
        for previous, opens in ((old, True), (SecretStr(""), False)):
            keys = {"secret_key": new, "secret_key_previous": previous}
            rotated = wiring.build(services.settings.model_copy(update=keys), clock)
            try:
                with nullcontext() if opens else pytest.raises(NotFound):
                    assert rotated.download_links.file(*link)
            finally:
                rotated.close()

    def test_ends_with_its_schedule(
        self, services: Services, admin: Principal, run: Run, link: tuple[str, int, str]
    ) -> None:
        services.schedules.delete(admin, run.scheduled_export_id)
        with pytest.raises(NotFound):
            services.download_links.file(*link)

    def test_says_that_the_file_was_removed(
        self, services: Services, run: Run, link: tuple[str, int, str]
    ) -> None:
        assert run.file_key
        services.files.remove(run.file_key)
        with pytest.raises(Gone):
            services.download_links.file(*link)

    def test_does_not_hold_the_address_nor_the_key(
        self, services: Services, mail: MailServer, run: Run
    ) -> None:
        for message in mail.wait_for(2):
            (url,) = set(URL.findall(text(message)))
            assert "ann" not in url
            assert hashlib.sha256(services.settings.signing_key()).hexdigest() not in url
        assert run
