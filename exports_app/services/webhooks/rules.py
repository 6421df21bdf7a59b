"""What the fields of a webhook may be."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

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


def check(draft: WebhookDraft, guard: Guard, old: WebhookDraft | None = None) -> WebhookDraft:
    """The draft, with each event and scheduled export once. old: what it changes; values that stay
    are not checked again, since rules may have changed. Raises Invalid with all errors."""
    errors, values = list[FieldError](), dict[str, Any]()
    changed = {
        name for name, value in vars(draft).items() if old is None or value != vars(old)[name]
    }
    if "name" in changed:
        try:
            values["name"] = line_of(draft.name, bounds.WEBHOOK_NAME)
        except Invalid as e:
            errors += e.errors
    if "url" in changed and (why := _wrong_url(draft.url, guard)):
        errors.append(FieldError("/url", why))
    if "events" in changed:
        errors += _wrong_events(draft.events)
        values["events"] = [str(kind) for kind in CHOICES if kind in draft.events]
    if "schedule_ids" in changed and draft.schedule_ids is not None:
        values["schedule_ids"] = list(dict.fromkeys(draft.schedule_ids))
        errors += _wrong_ids(values["schedule_ids"])
    if errors:
        raise Invalid(errors)
    return replace(draft, **values)


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


def _wrong_events(sent: Sequence[str]) -> list[FieldError]:
    if not sent:
        return [FieldError("/events", "choose at least one event")]
    return [
        FieldError(f"/events/{n}", one_of(CHOICES))
        for n, kind in enumerate(sent)
        if kind not in CHOICES
    ]


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
