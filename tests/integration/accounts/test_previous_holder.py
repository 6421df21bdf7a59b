"""What someone set up with an account ends when the person who reads its mailbox takes it over."""

from collections.abc import Callable

import pytest

from exports_app.db.repositories import InvitationRepository
from exports_app.domain.access import Permission, Role
from exports_app.domain.errors import InvalidToken, NotFound, Unauthenticated
from exports_app.domain.runs.states import AttemptOutcome, RunStatus
from exports_app.services.accounts import previous_holder
from exports_app.services.accounts.api_key_rules import KeyDraft
from exports_app.services.core.change_events import Change, Topic
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, NotificationKind, Page, Schedule
from exports_app.wiring import Services
from tests.doubles import FakeClock, Watch
from tests.invited import mailed_token
from tests.mailserver import MailServer
from tests.world import (
    Cast,
    claim,
    execute,
    make_schedule,
    pause,
    runs_of,
    set_role,
    stored,
    the_run,
)

THEIRS = "the password of the real owner"
ACCOMPLICE = "accomplice@evil.example"

TakeOver = Callable[[], None]


@pytest.fixture(params=["an invitation", "a reset"])
def take_over(
    request: pytest.FixtureRequest, services: Services, cast: Cast, mail: MailServer
) -> TakeOver:
    """The person who reads the mailbox of Globex's admin takes the account over."""
    email = cast.outsider.user.email

    def by_invitation() -> None:
        services.invitations.invite(cast.admin.who, cast.acme.id, email, "viewer")
        services.invitation_acceptance.accept(
            mailed_token(services, mail, email), None, "The owner", THEIRS
        )

    def by_reset() -> None:
        services.password_resets.request(email)
        services.password_resets.reset(
            mailed_token(services, mail, email, "reset-password"), THEIRS
        )

    return by_invitation if request.param == "an invitation" else by_reset


@pytest.fixture
def hourly(services: Services, cast: Cast, campaigns: object) -> Schedule:
    """Of Globex's admin, to an accomplice."""
    return make_schedule(
        services,
        cast.outsider.who,
        name="Numbers",
        schedule="0 * * * *",
        timezone="UTC",
        recipients=(ACCOMPLICE,),
    )


def test_a_call_of_theirs_that_is_under_way_makes_nothing_any_more(
    services: Services, cast: Cast, take_over: TakeOver
) -> None:
    with services.store.read() as tx:
        user = tx.users.get(cast.outsider.user.id)
        assert user is not None
        who = services.auth.signed_in(tx, user)
    take_over()
    with pytest.raises(Unauthenticated):
        make_schedule(services, who, name="Numbers", recipients=(ACCOMPLICE,))


def test_its_keys_and_those_that_it_created_for_its_tenant_are_revoked(
    services: Services, cast: Cast, take_over: TakeOver
) -> None:
    draft = KeyDraft("Theirs", ["exports.read"])
    made = [
        services.api_keys.create(cast.outsider.who, tenant_id, draft)[1]
        for tenant_id in (None, cast.globex.id)
    ]
    _, others = services.api_keys.create(cast.super_admin.who, cast.globex.id, draft)
    take_over()
    for key in made:
        with pytest.raises(InvalidToken):
            services.auth.principal(key)
    assert services.auth.principal(others).can(Permission.READ, cast.globex.id)
    found, _ = services.audit.find(cast.super_admin.who, None, AuditFilter(area="key"), Page())
    revoked = [one for one in found if one.action is Action.KEY_REVOKED]
    assert {(one.actor_name, one.tenant_id) for one in revoked} == {
        ("the app", None),
        ("the app", cast.globex.id),
    }


def test_its_feeds_are_revoked(services: Services, cast: Cast, take_over: TakeOver) -> None:
    feed, token = services.feeds.create(cast.outsider.who, "Theirs", None)
    assert services.feed_reading.runs(token).feed == feed
    take_over()
    with pytest.raises(NotFound):
        services.feed_reading.runs(token)
    where = AuditFilter(area="feed")
    newest, _ = services.audit.find(cast.outsider.who, cast.globex.id, where, Page())
    assert ("the app", Action.FEED_REVOKED) in {(one.actor_name, one.action) for one in newest}


def test_its_active_exports_are_paused_until_an_admin_resumes_them(
    services: Services,
    cast: Cast,
    clock: FakeClock,
    mail: MailServer,
    watch: Watch,
    hourly: Schedule,
    take_over: TakeOver,
) -> None:
    set_role(services, cast.viewer.user.id, cast.globex.id, Role.ADMIN)
    take_over()
    paused = stored(services, hourly)
    assert (paused.is_active, paused.next_run_at, paused.paused_at) == (False, None, clock())
    assert paused.paused_reason == previous_holder.PAUSED
    assert paused.version == hourly.version + 1
    assert Change(Topic.SCHEDULES, cast.globex.id) in watch.seen
    clock.advance(hours=5)
    assert services.ticks.tick() == 0

    found, _ = services.audit.find(cast.outsider.who, cast.globex.id, AuditFilter(), Page())
    (entry,) = [one for one in found if one.action is Action.SCHEDULE_PAUSED]
    assert (entry.actor_name, entry.subject_id, entry.detail) == (
        "the app",
        hourly.id,
        {"reason": previous_holder.PAUSED},
    )
    listed = services.history.notifications(cast.outsider.who, hourly.id, 10)
    assert {(one.kind, one.target, one.history_id) for one in listed} == {
        (NotificationKind.PAUSED, cast.outsider.user.email, None),
        (NotificationKind.PAUSED, cast.viewer.user.email, None),
    }
    services.notifications.send_due()
    (told,) = [
        message.message for message in mail.messages if message.rcpt_tos == [cast.viewer.user.email]
    ]
    body = told.get_body(("plain",))
    assert body is not None
    text = " ".join(body.get_content().split())
    assert "taken over by the person who reads its mailbox" in text
    assert f"/scheduled-exports/{hourly.id} " in text

    services.schedules.update(cast.outsider.who, hourly.id, {"is_active": True})
    resumed = stored(services, hourly)
    assert (resumed.is_active, resumed.paused_reason) == (True, None)


def test_its_runs_that_wait_or_are_under_way_are_cancelled(
    services: Services,
    cast: Cast,
    clock: FakeClock,
    mail: MailServer,
    watch: Watch,
    hourly: Schedule,
    take_over: TakeOver,
) -> None:
    clock.advance(hours=1)
    assert services.ticks.tick() == 1
    under_way = claim(services)
    services.schedules.trigger(cast.outsider.who, hourly.id)
    stopped = make_schedule(services, cast.outsider.who, recipients=(ACCOMPLICE,))
    services.schedules.trigger(cast.outsider.who, stopped.id)
    pause(services, stopped, "5 runs failed in a row")
    take_over()
    ended = [*runs_of(services, hourly), *runs_of(services, stopped)]
    assert len(ended) == 3
    assert {(one.status, one.error, one.error_code, one.completed_at) for one in ended} == {
        (RunStatus.CANCELLED, previous_holder.CANCELLED, "account_taken_over", clock())
    }
    assert stored(services, stopped).paused_reason == "5 runs failed in a row"
    assert services.run_queue.claim() is None
    assert execute(services, under_way).status is RunStatus.CANCELLED
    assert [message.rcpt_tos for message in mail.messages if message.rcpt_tos == [ACCOMPLICE]] == []
    attempts = services.history.attempts(cast.outsider.who, hourly.id, under_way.id)
    assert [attempt.outcome for attempt in attempts] == [AttemptOutcome.CANCELLED]
    found, _ = services.audit.find(cast.outsider.who, cast.globex.id, AuditFilter(), Page())
    noted = [one.detail for one in found if one.action is Action.RUN_CANCELLED]
    assert sorted(one["run"] for one in noted) == sorted(run.id for run in ended)
    assert {one["reason"] for one in noted} == {previous_holder.CANCELLED}
    assert Change(Topic.RUNS, cast.globex.id) in watch.seen


def test_what_it_started_of_others_is_cancelled_and_the_rest_goes_on(
    services: Services, cast: Cast, campaigns: object, take_over: TakeOver
) -> None:
    others = make_schedule(services, cast.super_admin.who, cast.globex.id)
    foreign = make_schedule(services, cast.admin.who)
    started = services.schedules.trigger(cast.outsider.who, others.id)
    kept = [services.schedules.trigger(cast.super_admin.who, one.id) for one in (others, foreign)]
    take_over()
    assert the_run(services, started).error_code == "account_taken_over"
    assert [the_run(services, one).status for one in kept] == [RunStatus.PENDING] * 2
    for schedule in (others, foreign):
        assert stored(services, schedule) == schedule


def test_of_an_account_that_was_proven_before_all_goes_on(
    services: Services, cast: Cast, mail: MailServer, hourly: Schedule
) -> None:
    with services.store.write() as tx:
        tx.users.update(cast.outsider.user.id, {"email_proven_at": services.clock()})
    waiting = services.schedules.trigger(cast.outsider.who, hourly.id)
    services.password_resets.request(cast.outsider.user.email)
    services.password_resets.reset(
        mailed_token(services, mail, cast.outsider.user.email, "reset-password"), THEIRS
    )
    assert stored(services, hourly).is_active
    assert the_run(services, waiting).status is RunStatus.PENDING


def test_an_invitation_that_was_accepted_at_the_same_moment_is_not_called_revoked(
    services: Services, cast: Cast, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    invitation = services.invitations.invite(
        cast.outsider.who, cast.globex.id, "new@example.com", "viewer"
    ).invitation
    services.invitation_acceptance.accept(
        mailed_token(services, mail, "new@example.com"), None, "New", THEIRS
    )
    monkeypatch.setattr(
        InvitationRepository, "open_from", lambda *_: [invitation]
    )  # as it was read a moment before
    with services.store.write() as tx:
        previous_holder.end(tx, cast.outsider.user, services.clock())
        after = tx.invitations.get(invitation.id)
    assert after is not None
    assert (after.accepted_at, after.revoked_at) == (services.clock(), None)
    found, _ = services.audit.find(cast.outsider.who, cast.globex.id, AuditFilter(), Page())
    assert Action.INVITATION_REVOKED not in {one.action for one in found}
