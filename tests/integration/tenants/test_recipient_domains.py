"""The domains that a tenant sends to: checked at save, at send and at download."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, Invalid, NotFound
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.records import Campaign, Tenant
from exports_app.services.tenants import recipient_domains
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.world import Cast, claim, deliveries_of, execute, make_schedule

ANN, BOB = "ann@example.com", "bob@partner.example"


def allow(services: Services, cast: Cast, *domains: str) -> Tenant:
    return services.tenants.update(
        cast.admin.who, cast.acme.id, {"recipient_domains": list(domains)}
    )


@pytest.mark.parametrize(
    ("allowed", "address", "is_allowed"),
    [
        ((), "ann@anywhere.example", True),
        (("example.com",), "ann@example.com", True),
        (("example.com",), "ann@EXAMPLE.com", True),
        (("example.com",), "ann@mail.example.com", False),
        (("example.com",), "ann@notexample.com", False),
        (("example.com",), "ann@example.com.attacker.example", False),
        (("example.com",), '"x@example.com"@attacker.example', False),
        (("*.example.com",), "ann@mail.example.com", True),
        (("*.example.com",), "ann@a.b.example.com", True),
        (("*.example.com",), "ann@example.com", False),
        (("intranet", "*.local"), "ann@intranet", True),
        (("intranet", "*.local"), "ann@corp.local", True),
        (("[192.0.2.1]",), "ann@[192.0.2.1]", True),
        (("[192.0.2.1]",), "ann@[192.0.2.2]", False),
        (("[ipv6:2001:db8::1]",), "ann@[IPv6:2001:db8::1]", True),
        (("x.example",), '"a@b"@x.example', True),
        (("x.example",), '"b@x.example"@y.example', False),
        (("*.example.com",), "ann@evilexample.com", False),
        (("xn--bcher-kva.example",), "jörg@bücher.example", True),
        (("xn--bcher-kva.example",), "jörg@BÜCHER.example", True),
    ],
)
def test_which_addresses_a_list_allows(
    cast: Cast, allowed: tuple[str, ...], address: str, *, is_allowed: bool
) -> None:
    assert (
        recipient_domains.allows(replace(cast.acme, recipient_domains=allowed), address)
        is is_allowed
    )


def test_domains_are_kept_in_their_normal_form_and_each_once(
    services: Services, cast: Cast
) -> None:
    saved = allow(services, cast, " Example.COM ", "example.com", "*.Bücher.example")
    assert saved.recipient_domains == ("*.xn--bcher-kva.example", "example.com")
    assert (
        services.tenants.get(cast.admin.who, cast.acme.id).recipient_domains
        == saved.recipient_domains
    )
    assert allow(services, cast).recipient_domains == ()
    private = allow(services, cast, "Intranet", "*.local", "[IPv6:2001:DB8:0::1]")
    assert private.recipient_domains == ("*.local", "[ipv6:2001:db8::1]", "intranet")


@pytest.mark.parametrize(
    "wrong",
    [
        ["a b.example"],
        ["@example.com"],
        ["*"],
        ["*.*.com"],
        ["a@b.example"],
        ["*.[192.0.2.1]"],
        ["192.0.2.1"],
        [""],
        ["x" * 5000],
        ["e.com"] * 101,
    ],
)
def test_what_is_no_domain_is_refused_and_nothing_is_saved(
    services: Services, cast: Cast, wrong: Sequence[str]
) -> None:
    with pytest.raises(Invalid) as refused:
        allow(services, cast, *wrong)
    assert refused.value.errors[0].pointer.startswith("/recipientDomains")
    assert services.tenants.get(cast.admin.who, cast.acme.id).recipient_domains == ()


def test_a_wrong_domain_is_named(services: Services, cast: Cast) -> None:
    with pytest.raises(Invalid) as refused:
        allow(services, cast, "example.com", "a b.example", "x" * 5000)
    details = [error.detail for error in refused.value.errors]
    assert details[0].startswith("“a b.example” is not a domain: ")
    assert details[1].startswith(f"“{'x' * 60}…” is not a domain: ")


class TestAtSave:
    def test_a_recipient_elsewhere_is_refused_with_the_domains(
        self, services: Services, cast: Cast
    ) -> None:
        allow(services, cast, "example.com")
        with pytest.raises(Invalid) as refused:
            make_schedule(services, cast.admin.who, recipients=(ANN, BOB))
        (error,) = refused.value.errors
        assert error.pointer == "/recipients/1"
        assert "outside the domains that Acme sends to (example.com)" in error.detail
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN,))
        with pytest.raises(Invalid):
            services.schedules.update(cast.admin.who, schedule.id, {"recipients": (ANN, BOB)})

    def test_a_list_that_came_later_hinders_no_other_change(
        self, services: Services, cast: Cast
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN, BOB))
        allow(services, cast, "example.com")
        assert services.schedules.update(cast.admin.who, schedule.id, {"is_active": False})

    def test_a_test_to_oneself_is_refused_where_ones_own_domain_is_not_allowed(
        self, services: Services, cast: Cast
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(BOB,))
        allow(services, cast, "partner.example")
        with pytest.raises(Conflict, match="Your own address"):
            services.schedules.trigger(cast.admin.who, schedule.id, SendTo.CALLER)


class TestAtSendAndAtDownload:
    @pytest.fixture(autouse=True)
    def data(self, campaigns: dict[str, Campaign]) -> None:
        assert campaigns

    def test_nothing_is_sent_to_a_domain_that_is_not_allowed_any_more(
        self, services: Services, cast: Cast, mail: MailServer
    ) -> None:
        schedule = make_schedule(services, cast.admin.who, recipients=(ANN, BOB))
        services.schedules.trigger(cast.admin.who, schedule.id)
        allow(services, cast, "example.com")
        done = execute(services, claim(services))
        assert done.status is RunStatus.PARTIAL
        by_target = {d.target: d for d in deliveries_of(services, done)}
        assert by_target[ANN].status is DeliveryStatus.ACCEPTED
        assert by_target[BOB].status is DeliveryStatus.FAILED
        assert "outside the domains" in (by_target[BOB].error or "")
        assert [message.rcpt_tos for message in mail.wait_for(1)] == [[ANN]]

    def test_a_link_ends_with_its_domain(
        self, services: Services, admin: Principal, cast: Cast, mail: MailServer
    ) -> None:
        schedule = make_schedule(services, admin, recipients=(BOB,), delivery="link")
        services.schedules.trigger(admin, schedule.id)
        done = execute(services, claim(services))
        assert mail.wait_for(1)
        (delivery,) = deliveries_of(services, done)
        assert done.link_expires_at
        url = services.download_links.url(done, delivery, done.link_expires_at)
        link = (delivery.id, int(done.link_expires_at.timestamp()), url.rpartition("signature=")[2])
        assert services.download_links.file(*link)
        allow(services, cast, "example.com")
        with pytest.raises(NotFound):
            services.download_links.file(*link)
