"""A file that is to be sent again after its recipients, its starter or its schedule are gone."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import Conflict, NotFound
from exports_app.domain.runs.send_to import SendTo
from exports_app.domain.runs.states import RunStatus
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.core.records import Membership, Run, Schedule
from exports_app.wiring import Services
from tests.doubles import WatchedEmail
from tests.integration.runs.run_actions.recipients import ANN, BOB, CY, DAN, SKIPPED, outcomes
from tests.mailserver import mail_server
from tests.world import Cast, claim, execute, registered, the_run


def test_a_replaced_address_gets_nothing_again(
    services: Services, admin: Principal, schedule: Schedule, partial: Run
) -> None:
    services.recipient_replacement.replace(admin, schedule.id, partial.id, BOB, DAN)
    with (
        mail_server(refuse={DAN: "550 no such user"}) as server,
        registered(CHANNELS, WatchedEmail(server)),
    ):
        assert execute(services, claim(services)).status is RunStatus.PARTIAL
    # Also where it is a recipient again by now: the file went to the one in its place
    services.schedules.update(admin, schedule.id, {"recipients": [ANN, BOB, CY, DAN]})
    assert services.mailings.of_resend(admin, schedule.id, partial.id).addresses == (DAN,)
    services.run_actions.resend(admin, schedule.id, partial.id)
    assert outcomes(services, partial)[BOB] is SKIPPED
    with mail_server() as server, registered(CHANNELS, WatchedEmail(server)):
        execute(services, claim(services))
        assert [m.rcpt_tos for m in server.wait_for(1)] == [[DAN]]


@pytest.mark.parametrize(
    ("to", "way_out"),
    [
        (SendTo.CALLER, "send yourself a test instead"),
        (SendTo.RECIPIENTS, "rerun it instead"),
    ],
)
def test_what_would_fail_since_its_starter_left_is_refused(
    services: Services, cast: Cast, schedule: Schedule, to: SendTo, way_out: str
) -> None:
    with services.store.write() as tx:
        tx.users.join(Membership(cast.outsider.user.id, cast.acme.id, Role.ADMIN))
    starter = replace(cast.outsider.who, roles={cast.acme.id: Role.ADMIN})
    services.schedules.trigger(starter, schedule.id, to)
    answers = dict.fromkeys((cast.outsider.user.email, ANN, BOB, CY), "550 no such user")
    with mail_server(refuse=answers) as server, registered(CHANNELS, WatchedEmail(server)):
        failed = execute(services, claim(services))
    services.members.remove(cast.admin.who, cast.acme.id, cast.outsider.user.id)
    with pytest.raises(Conflict, match=way_out):
        services.run_actions.resend(cast.admin.who, schedule.id, failed.id)
    assert the_run(services, failed) == failed


QUEUES: dict[str, Callable[[Services, Principal, Run], object]] = {
    "resend": lambda s, who, run: s.run_actions.resend(who, run.scheduled_export_id, run.id),
    "rerun": lambda s, who, run: s.run_actions.rerun(who, run.scheduled_export_id, run.id),
    "run now": lambda s, who, run: s.schedules.trigger(who, run.scheduled_export_id),
    "backfill": lambda s, who, run: s.backfill.run(
        who, run.scheduled_export_id, date(2026, 2, 2), date(2026, 2, 16)
    ),
}


@pytest.mark.about_postgresql
@pytest.mark.parametrize("queue", QUEUES.values(), ids=QUEUES)
def test_nothing_is_queued_of_a_schedule_that_is_deleted_meanwhile(
    services: Services,
    admin: Principal,
    schedule: Schedule,
    partial: Run,
    monkeypatch: pytest.MonkeyPatch,
    queue: Callable[[Services, Principal, Run], object],
) -> None:
    room = services.quotas.require_run

    def delete_first(*args: object, **kwargs: object) -> None:
        services.schedules.delete(admin, schedule.id)
        monkeypatch.setattr(services.quotas, "require_run", room)
        room(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(services.quotas, "require_run", delete_first)
    with pytest.raises(NotFound):
        queue(services, admin, partial)
    assert services.run_queue.claim() is None
    assert the_run(services, partial) == partial
