"""Webhooks of a tenant: endpoints, and their deliveries."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from exports_app.api import pages, parameters
from exports_app.api.access import Srv, Who, Writer
from exports_app.api.conditions import expected_version
from exports_app.api.repeating import Repeatable
from exports_app.api.request_body import json_body, merges, takes
from exports_app.api.schemas import webhooks as schemas
from exports_app.services.core.records import Page, Webhook, WebhookDelivery, WebhookStatus
from exports_app.services.events import examples
from exports_app.services.events.kinds import MEANINGS, EventType
from exports_app.services.webhooks.deliveries import DeliveryDetail
from exports_app.services.webhooks.service import KnownWebhook

BASE = "/api/webhooks"
router = APIRouter(
    prefix=BASE, tags=["webhooks"], dependencies=[parameters.CHECKED], route_class=Repeatable
)

OfTenant = Annotated[
    UUID | None,
    Query(alias="tenantId", description="May be left out by members of a single tenant"),
]


def known(srv: Srv, who: Who, webhook_id: str) -> Webhook:
    """The path's object before the body: 404, then 403."""
    return srv.webhooks.get(who, webhook_id).webhook


Known = Annotated[Webhook, Depends(known)]


@router.get("/events", response_model=schemas.EventTypesOut, summary="List event types")
def events(who: Writer) -> Any:  # noqa: ARG001 (for those who may have webhooks)
    """With an example of each. The examples are those of docs/webhooks.md."""
    return {
        "items": [
            {
                "type": kind,
                "label": MEANINGS[kind].label,
                "description": MEANINGS[kind].when,
                "example_body": examples.of(kind),
            }
            for kind in EventType
        ]
    }


@router.get("", response_model=schemas.WebhooksOut, summary="List webhooks")
def find(srv: Srv, who: Writer, tenant_id: OfTenant = None) -> Any:
    """Of a tenant, sorted by name. Their secrets are not included."""
    found = srv.webhooks.find(who, str(tenant_id) if tenant_id else None)
    return {"items": [_out(one) for one in found]}


@router.post(
    "",
    status_code=201,
    response_model=schemas.NewSecretOut,
    openapi_extra=takes(schemas.WebhookIn),
    summary="Create a webhook",
)
def create(
    srv: Srv,
    who: Writer,
    body: Annotated[schemas.WebhookIn, Depends(json_body(schemas.WebhookIn))],
    response: Response,
) -> Any:
    """Messages are signed as Standard Webhooks 1.0 says. 409 if the tenant already has the maximum
    of 20."""
    tenant_id = str(body.tenant_id) if body.tenant_id else None
    made, secret = srv.webhooks.create(who, tenant_id, body.draft())
    response.headers["Location"] = f"{BASE}/{made.webhook.id}"
    return _out(made) | {"secret": secret}


@router.get("/{webhook_id}", response_model=schemas.WebhookOut, summary="Get a webhook")
def get(srv: Srv, who: Who, request: Request, webhook_id: str) -> Any:
    """Its secret is not included: it is shown when it is created or rotated."""
    return _sent(request, srv.webhooks.get(who, webhook_id))


@router.put(
    "/{webhook_id}",
    response_model=schemas.WebhookOut,
    openapi_extra=takes(schemas.WebhookChange),
    summary="Update a webhook",
)
def update(
    srv: Srv,
    who: Who,
    request: Request,
    webhook: Known,
    body: Annotated[schemas.WebhookChange, Depends(json_body(schemas.WebhookChange))],
) -> Any:
    """Activating it clears disabledReason."""
    return _change(srv, who, request, webhook, body)


@router.patch(
    "/{webhook_id}",
    response_model=schemas.WebhookOut,
    openapi_extra=merges(schemas.WebhookPatch),
    summary="Change fields of a webhook",
)
def patch(
    srv: Srv,
    who: Who,
    request: Request,
    webhook: Known,
    body: Annotated[schemas.WebhookChange, Depends(json_body(schemas.WebhookPatch))],
) -> Any:
    """JSON Merge Patch (RFC 7396)."""
    return _change(srv, who, request, webhook, body)


@router.delete("/{webhook_id}", status_code=204, summary="Delete a webhook")
def delete(srv: Srv, who: Who, request: Request, webhook: Known) -> None:
    """With its deliveries. Messages that wait are not sent."""
    srv.webhooks.remove(who, webhook.id, expected_version(request, webhook.version))


@router.post(
    "/{webhook_id}/rotate-secret",
    response_model=schemas.NewSecretOut,
    summary="Rotate the secret of a webhook",
)
def rotate_secret(srv: Srv, who: Who, request: Request, webhook: Known) -> Any:
    """For 24 hours, messages are signed with the old secret, too."""
    version = expected_version(request, webhook.version)
    rotated, secret = srv.webhooks.rotate_secret(who, webhook.id, version)
    return _out(rotated) | {"secret": secret}


@router.post(
    "/{webhook_id}/test",
    status_code=202,
    response_model=schemas.WebhookDeliveryOut,
    summary="Send a test to a webhook",
)
def send_test(srv: Srv, who: Who, webhook_id: str) -> Any:
    """A ping, which is sent once. Get the delivery to see its result. 10 a minute."""
    return _delivery(srv.webhooks.send_test(who, webhook_id))


@router.get(
    "/{webhook_id}/deliveries",
    response_model=schemas.WebhookDeliveriesOut,
    summary="List deliveries of a webhook",
)
def find_deliveries(
    request: Request,
    srv: Srv,
    who: Who,
    webhook: Known,
    status: Annotated[list[WebhookStatus] | None, Query(max_length=len(WebhookStatus))] = None,
    event: Annotated[EventType | None, Query()] = None,
    page: pages.Number = 1,
    size: pages.Size = 50,
    cursor: pages.Cursor = None,
) -> Any:
    """Newest first."""
    statuses = sorted({str(one) for one in status or ()})
    of = ("webhook deliveries", webhook.id, statuses, event or "")
    asked = srv.cursors.page(cursor, of, Page(page, size))
    found = srv.webhook_deliveries.page(who, webhook.id, asked, statuses, event or "")
    answer = pages.answer(srv.cursors, of, asked, found, lambda one: (one.created_at, one.id))
    items = [_delivery(one) for one in answer["items"]]
    return pages.sent(request, schemas.WebhookDeliveriesOut, answer | {"items": items})


@router.post(
    "/{webhook_id}/replay",
    status_code=202,
    response_model=schemas.ReplayedOut,
    openapi_extra=takes(schemas.ReplayIn),
    summary="Replay failed deliveries of a webhook",
)
def replay(
    srv: Srv,
    who: Who,
    webhook: Known,
    body: Annotated[schemas.ReplayIn, Depends(json_body(schemas.ReplayIn))],
) -> Any:
    """With the same webhook-id. Tests are left out."""
    return {"deliveries": srv.webhook_deliveries.replay(who, webhook.id, body.since)}


@router.get(
    "/deliveries/{delivery_id}",
    response_model=schemas.WebhookDeliveryDetailOut,
    summary="Get a delivery of a webhook",
)
def get_delivery(srv: Srv, who: Who, delivery_id: str) -> Any:
    """With what is sent, and each attempt with the server's answer."""
    return _detail(srv.webhook_deliveries.get(who, delivery_id))


@router.post(
    "/deliveries/{delivery_id}/redeliver",
    status_code=202,
    response_model=schemas.WebhookDeliveryOut,
    summary="Send a delivery of a webhook again",
)
def redeliver(srv: Srv, who: Who, delivery_id: str) -> Any:
    """At once, with the same webhook-id. If it fails, it is tried again as a new one."""
    return _delivery(srv.webhook_deliveries.redeliver(who, delivery_id))


def _change(
    srv: Srv, who: Who, request: Request, webhook: Webhook, body: schemas.WebhookChange
) -> dict[str, Any]:
    body.check_fixed(schemas.WebhookOut.model_validate(_fields(webhook)))
    version = expected_version(request, webhook.version, body.version)
    return _sent(request, srv.webhooks.update(who, webhook.id, body.changes(), version))


def _sent(request: Request, known: KnownWebhook) -> dict[str, Any]:
    request.state.version = known.webhook.version
    return _out(known)


def _out(known: KnownWebhook) -> dict[str, Any]:
    return _fields(known.webhook)


def _fields(webhook: Webhook) -> dict[str, Any]:
    more = {
        "scheduled_export_ids": webhook.schedule_ids,
        "previous_secret_until": webhook.previous_until,
    }
    hidden = {"secret", "previous_secret"}
    return {name: value for name, value in vars(webhook).items() if name not in hidden} | more


def _delivery(delivery: WebhookDelivery) -> dict[str, Any]:
    return {**vars(delivery), "event": delivery.type}


def _detail(detail: DeliveryDetail) -> dict[str, Any]:
    log = [{**vars(one), "duration_ms": one.milliseconds} for one in detail.attempts]
    return _delivery(detail.delivery) | {"body": detail.body, "attempt_log": log}
