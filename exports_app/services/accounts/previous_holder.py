"""What ends when an account's mailbox is proven for the first time.

Until then anyone may have held the account: whoever typed the address created it. What they set up
must not continue in the name of the person who reads the mailbox."""

from datetime import datetime

from exports_app.services.accounts import feeds
from exports_app.services.audit import audit_log
from exports_app.services.core.change_events import Change, Topic
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Action, ApiKey, User
from exports_app.services.identity import second_factor
from exports_app.services.runs import completion
from exports_app.services.runs.ending import cancel
from exports_app.services.tenants.invitation_rules import revoke_of_previous_holder

CANCELLED = "the account in whose name it ran was taken over by the person who reads its mailbox"
PAUSED = (
    "its owner's account was taken over by the person who reads its mailbox, and someone else may "
    "have set this up:"
    " check what it sends to whom, then resume it"
)


def end(tx: Transaction, user: User, now: datetime) -> list[Change]:
    """Remove the second factor, revoke API keys, feeds and open invitations, pause active
    schedules, cancel pending and processing runs. user: the account before the change, locked.
    Returns the changes to publish after the commit."""
    _revoke_keys(tx, user, now)
    for feed in tx.feeds.remove_all(user.id):
        feeds.note(tx, audit_log.APP, Action.FEED_REVOKED, feed, now)
    second_factor.remove_from_previous_holder(tx, user, now)
    revoke_of_previous_holder(tx, user, now)
    # Runs first, since the end of a run locks the run before its schedule. Runs that a tick adds
    # meanwhile are cancelled once the schedules are locked
    runs = _cancel_runs(tx, user, now)
    schedules = _pause(tx, user, now)
    runs |= _cancel_runs(tx, user, now)
    changes = [Change(Topic.SCHEDULES, tenant_id) for tenant_id in sorted(schedules)]
    return changes + [Change(Topic.RUNS, tenant_id) for tenant_id in sorted(runs)]


def _revoke_keys(tx: Transaction, user: User, now: datetime) -> None:
    """Their own, and those that they created for their tenants: they know them."""
    _note(tx, tx.api_keys.revoke_all(user.id, now), None, now)
    for tenant_id in tx.users.roles(user.id):
        if (service := tx.users.service_account(tenant_id)) is None:
            continue
        revoked = tx.api_keys.revoke_all(service.id, now, created_by=user.id)
        _note(tx, revoked, tenant_id, now)
        if revoked and not tx.api_keys.unrevoked(service.id):
            tx.users.update(service.id, {"is_active": False})


def _note(tx: Transaction, keys: list[ApiKey], tenant_id: str | None, now: datetime) -> None:
    for key in keys:
        audit_log.note(
            *(tx, audit_log.APP, Action.KEY_REVOKED, now),
            tenant_id=tenant_id,
            subject_id=key.id,
            subject_name=key.name,
        )


def _pause(tx: Transaction, user: User, now: datetime) -> set[str]:
    """The tenants' ids."""
    active = tx.schedules.active_of(user.id)
    for schedule in active:
        completion.pause(tx, schedule, PAUSED, now)
    return {schedule.tenant_id for schedule in active}


def _cancel_runs(tx: Transaction, user: User, now: datetime) -> set[str]:
    """The tenants' ids."""
    runs = tx.runs.unfinished_of(user.id)
    for run in runs:
        cancel(tx, run, CANCELLED, now, code="account_taken_over")
        audit_log.note_run(tx, audit_log.APP, Action.RUN_CANCELLED, run, now, reason=CANCELLED)
    return {run.tenant_id for run in runs}
