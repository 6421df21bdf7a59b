"""What the fields of a webhook may be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid
from exports_app.outbound.errors import Refused
from exports_app.outbound.guard import Guard
from exports_app.services.core.field_rules import is_uuid, line_of, one_of
from exports_app.services.core.interfaces import Transaction
from exports_app.services.core.records import Webhook
from exports_app.services.events.kinds import CHOICES


@dataclass(frozen=True)
class WebhookDraft:
    """schedule_ids: None: all scheduled exports, also those to come."""

    name: str
    url: str
    events: Sequence[str]
    schedule_ids: Sequence[str] | None = None
    is_active: bool = True


def draft_of(webhook: Webhook) -> WebhookDraft:
    return WebhookDraft(
        webhook.name, webhook.url, webhook.events, webhook.schedule_ids, webhook.is_active
    )


def check(draft: WebhookDraft, guard: Guard) -> WebhookDraft:
    """The draft, with each event and scheduled export once. Raises Invalid with all errors."""
    errors = list[FieldError]()
    name = draft.name
    try:
        name = line_of(draft.name, bounds.WEBHOOK_NAME)
    except Invalid as e:
        errors += e.errors
    if why := _wrong_url(draft.url, guard):
        errors.append(FieldError("/url", why))
    events = [kind for kind in CHOICES if kind in draft.events]
    for n, sent in enumerate(draft.events):
        if sent not in CHOICES:
            errors.append(FieldError(f"/events/{n}", one_of(CHOICES)))
    if not draft.events:
        errors.append(FieldError("/events", "choose at least one event"))
    ids = draft.schedule_ids
    if ids is not None:
        ids = list(dict.fromkeys(ids))
        errors += _wrong_ids(ids)
    if errors:
        raise Invalid(errors)
    return replace(draft, name=name, events=[str(kind) for kind in events], schedule_ids=ids)


def check_schedules(tx: Transaction, tenant_id: str, ids: Sequence[str] | None) -> None:
    """Raises Invalid for those that are not of the tenant."""
    of_tenant = {one.id for one in tx.schedules.of_ids(ids or ()) if one.tenant_id == tenant_id}
    errors = [
        FieldError(f"/scheduledExportIds/{n}", "is no scheduled export of this tenant")
        for n, schedule_id in enumerate(ids or ())
        if schedule_id not in of_tenant
    ]
    if errors:
        raise Invalid(errors)


def _wrong_url(url: str, guard: Guard) -> str | None:
    if bounds.too_long(url, bounds.URL):
        return bounds.at_most(bounds.URL)
    if "#" in url:
        return "leave out the part behind #, which is not sent"
    try:
        guard.check_url(url)
    except Refused as e:
        return e.message
    return None


def _wrong_ids(ids: Sequence[str]) -> list[FieldError]:
    if not ids:
        return [FieldError("/scheduledExportIds", "choose at least one, or null for all")]
    if len(ids) > bounds.WEBHOOK_SCHEDULES:
        why = f"choose at most {bounds.WEBHOOK_SCHEDULES}, or null for all"
        return [FieldError("/scheduledExportIds", why)]
    return [
        FieldError(f"/scheduledExportIds/{n}", "is no scheduled export of this tenant")
        for n, schedule_id in enumerate(ids)
        if not is_uuid(schedule_id)
    ]


def host_of(url: str) -> str:
    """For logs and mails: the rest may hold a secret."""
    return url.partition("://")[2].partition("/")[0].partition("?")[0]
