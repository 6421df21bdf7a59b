"""Whose link to a file still opens it, how links are revoked, and the list of who downloaded
what."""

from urllib.parse import parse_qs, urlsplit

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import Conflict, Forbidden, NotFound, Unavailable
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus
from exports_app.services.audit.audit_log import Audit
from exports_app.services.core import request_context
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Campaign, DownloadWay, Page, Run
from exports_app.services.core.request_context import RequestContext
from exports_app.services.runs.download_log import NOTED_APART
from exports_app.wiring import Services
from tests.doubles import FakeClock
from tests.mailserver import MailServer
from tests.world import Cast, claim, deliveries_of, execute, make_schedule, the_run

ANN, BOB = "ann@example.com", "bob@example.com"
PHONE = RequestContext("192.0.2.7", device="A phone")


@pytest.fixture
def run(
    services: Services, admin: Principal, campaigns: dict[str, Campaign], mail: MailServer
) -> Run:
    """Of a schedule that sends links to Ann and Bob."""
    assert campaigns
    made = make_schedule(services, admin, recipients=(ANN, BOB), delivery="link")
    services.schedules.trigger(admin, made.id)
    done = execute(services, claim(services))
    assert mail.wait_for(2)
    return done


def link_of(services: Services, run: Run, target: str) -> tuple[str, int, str]:
    """As the recipient got it."""
    run = the_run(services, run)
    (delivery,) = [d for d in deliveries_of(services, run) if d.target == target]
    assert run.link_expires_at
    url = urlsplit(services.download_links.url(run, delivery, run.link_expires_at))
    query = parse_qs(url.query)
    return delivery.id, int(query["expires"][0]), query["signature"][0]


def opens(services: Services, link: tuple[str, int, str]) -> bool:
    try:
        services.download_links.file(*link)
    except NotFound:
        return False
    return True


class TestWhoMayDownload:
    def test_a_removed_recipient_may_not_and_the_others_may(
        self, services: Services, admin: Principal, run: Run
    ) -> None:
        ann, bob = link_of(services, run, ANN), link_of(services, run, BOB)
        assert opens(services, ann)
        services.schedules.update(admin, run.scheduled_export_id, {"recipients": (BOB,)})
        assert (opens(services, ann), opens(services, bob)) == (False, True)

    def test_a_recipient_who_is_written_differently_still_may(
        self, services: Services, admin: Principal, run: Run
    ) -> None:
        services.schedules.update(
            admin, run.scheduled_export_id, {"recipients": ("Ann@Example.com", BOB)}
        )
        assert opens(services, link_of(services, run, ANN))

    def test_pausing_changes_nothing_and_deleting_ends_it(
        self, services: Services, admin: Principal, run: Run
    ) -> None:
        ann = link_of(services, run, ANN)
        services.schedules.update(admin, run.scheduled_export_id, {"is_active": False})
        assert opens(services, ann)
        services.schedules.delete(admin, run.scheduled_export_id)
        assert not opens(services, ann)

    def test_a_test_goes_to_people_of_its_own(
        self, services: Services, cast: Cast, run: Run, mail: MailServer
    ) -> None:
        who = cast.admin.who
        services.schedules.trigger(who, run.scheduled_export_id, SendTo.CALLER)
        test = execute(services, claim(services))
        assert mail.wait_for(3)
        own = link_of(services, test, cast.admin.user.email)
        assert opens(services, own)
        services.schedules.update(who, run.scheduled_export_id, {"recipients": (BOB,)})
        assert opens(services, own)


class TestRevoking:
    def test_all_links_of_the_run_end_and_those_of_other_runs_work(
        self, services: Services, admin: Principal, run: Run, mail: MailServer
    ) -> None:
        services.schedules.trigger(admin, run.scheduled_export_id)
        other = execute(services, claim(services))
        assert mail.wait_for(4)
        links = [link_of(services, run, target) for target in (ANN, BOB)]
        services.download_links.revoke(admin, run.scheduled_export_id, run.id)
        assert [opens(services, link) for link in links] == [False, False]
        assert opens(services, link_of(services, other, ANN))
        assert services.history.file(admin, run.scheduled_export_id, run.id)

    def test_links_that_are_sent_later_work(
        self, services: Services, admin: Principal, run: Run, clock: FakeClock
    ) -> None:
        old = link_of(services, run, ANN)
        services.download_links.revoke(admin, run.scheduled_export_id, run.id)
        new = link_of(services, run, ANN)
        assert (opens(services, old), opens(services, new)) == (False, True)
        clock.advance(seconds=1)
        services.download_links.revoke(admin, run.scheduled_export_id, run.id)
        assert not opens(services, new)

    def test_it_is_in_the_audit_and_in_the_history(
        self, services: Services, admin: Principal, run: Run, clock: FakeClock
    ) -> None:
        clock.advance(seconds=1)
        services.download_links.revoke(admin, run.scheduled_export_id, run.id)
        assert the_run(services, run).links_revoked_at == clock()
        audit: Audit = services.audit
        entries, _ = audit.find(admin, None, AuditFilter(), Page())
        assert (entries[0].action, entries[0].detail) == (Action.RUN_LINKS_REVOKED, {"run": run.id})

    def test_it_takes_the_right_to_write_and_a_run_with_links(
        self, services: Services, cast: Cast, run: Run
    ) -> None:
        revoke, of = services.download_links.revoke, run.scheduled_export_id
        with pytest.raises(Forbidden):
            revoke(cast.viewer.who, of, run.id)
        with pytest.raises(NotFound):
            revoke(cast.outsider.who, of, run.id)
        attached = make_schedule(services, cast.admin.who, recipients=(ANN,))
        services.schedules.trigger(cast.admin.who, attached.id)
        done = execute(services, claim(services))
        assert (done.status, done.sent_as) == (RunStatus.COMPLETED, "attach")
        with pytest.raises(Conflict, match="no download links"):
            revoke(cast.admin.who, attached.id, done.id)


class TestTheListOfDownloads:
    def test_names_way_person_and_place(
        self, services: Services, cast: Cast, run: Run, clock: FakeClock
    ) -> None:
        of, who = run.scheduled_export_id, cast.admin.who
        with request_context.use(PHONE):
            services.download_links.file(*link_of(services, run, ANN))
        clock.advance(seconds=5)
        services.download_log.fetch(cast.viewer.who, of, run.id)
        items, total = services.download_log.of_run(who, of, run.id, 50)
        by_api, by_link = items
        assert total == 2
        assert (by_api.way, by_api.user_id, by_api.target) == (
            DownloadWay.API,
            cast.viewer.user.id,
            None,
        )
        assert (by_link.way, by_link.user_id, by_link.target) == (DownloadWay.LINK, None, ANN)
        assert (by_link.address, by_link.device) == ("192.0.2.7", "A phone")

    def test_requests_of_one_minute_count_once_for_each_place(
        self, services: Services, admin: Principal, run: Run, clock: FakeClock
    ) -> None:
        link = link_of(services, run, ANN)
        for _ in range(3):
            services.download_links.file(*link)
        with request_context.use(PHONE):
            services.download_links.file(*link)
        clock.advance(seconds=NOTED_APART.total_seconds())
        services.download_links.file(*link)
        _, total = services.download_log.of_run(admin, run.scheduled_export_id, run.id, 1)
        assert total == 3

    def test_is_for_those_who_see_the_history(
        self, services: Services, cast: Cast, run: Run
    ) -> None:
        of = services.download_log.of_run
        assert of(cast.viewer.who, run.scheduled_export_id, run.id, 1) == ([], 0)
        with pytest.raises(NotFound):
            of(cast.outsider.who, run.scheduled_export_id, run.id, 1)

    def test_what_is_refused_is_not_listed(
        self, services: Services, admin: Principal, run: Run
    ) -> None:
        delivery, expires, signature = link_of(services, run, ANN)
        assert not opens(services, (delivery, expires, signature[:-1] + "x"))
        assert not opens(services, (delivery, expires + 1, signature))
        _, total = services.download_log.of_run(admin, run.scheduled_export_id, run.id, 1)
        assert total == 0

    def test_a_download_that_cannot_be_noted_is_refused(
        self, services: Services, run: Run, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = link_of(services, run, ANN)

        def refuse() -> None:
            raise Unavailable

        monkeypatch.setattr(services.store, "write", refuse)
        with pytest.raises(Unavailable):
            services.download_links.file(*link)
