"""API keys: one's own, and those of a tenant. No key can call these routes."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from exports_app.api import pages, parameters
from exports_app.api.access import Person, Srv, person
from exports_app.api.request_body import json_body, takes
from exports_app.api.schemas import api_keys as schemas
from exports_app.services.accounts.api_keys import KnownKey
from exports_app.services.core.records import Page

OWN = "/api/account/keys"
OF_TENANT = "/api/tenants/{tenant_id}/keys"
router = APIRouter(tags=["API keys"], dependencies=[Depends(person), parameters.CHECKED])

KEY_NAME = takes(schemas.KeyNameIn)
"""With two types of content, the function that openapi-python-client 0.29 makes is broken."""


def managed(srv: Srv, who: Person, tenant_id: str) -> str:
    """Before the body: 404, then 403."""
    srv.api_keys.check(who, tenant_id)
    return tenant_id


def recent(srv: Srv, who: Person) -> Person:
    """Refuses an old sign-in, before the body."""
    srv.api_keys.check_recent(who)
    return who


def own_key(srv: Srv, who: Person, key_id: str) -> str:
    """The path's object before the body."""
    return srv.api_keys.get(who, None, key_id).key.id


def tenants_key(srv: Srv, who: Person, tenant_id: str, key_id: str) -> str:
    """The path's object before the body."""
    return srv.api_keys.get(who, tenant_id, key_id).key.id


Managed = Annotated[str, Depends(managed)]
Recent = Annotated[Person, Depends(recent)]
OwnKey = Annotated[str, Depends(own_key)]
TenantsKey = Annotated[str, Depends(tenants_key)]
Name = Annotated[schemas.KeyNameIn, Depends(json_body(schemas.KeyNameIn))]


@router.get(OWN, response_model=schemas.KeysOut, summary="List your API keys")
def find_own(
    request: Request,
    srv: Srv,
    who: Person,
    page: pages.Number = 1,
    size: pages.Size = 50,
    cursor: pages.Cursor = None,
) -> Any:
    """Newest first. Of expired and revoked keys, the newest 50 are kept."""
    return _list(request, srv, who, None, Page(page, size), cursor)


@router.post(
    OWN,
    status_code=201,
    response_model=schemas.NewKeyOut,
    openapi_extra=takes(schemas.OwnKeyIn),
    summary="Create a personal API key",
)
def create_own(
    srv: Srv,
    who: Recent,
    body: Annotated[schemas.OwnKeyIn, Depends(json_body(schemas.OwnKeyIn))],
    response: Response,
) -> Any:
    """The key acts as you, with your current rights, within its scopes. 403 if you signed in more
    than 2 hours ago, 409 if you already have the maximum of 50 active keys."""
    known, text = srv.api_keys.create(who, None, body.draft())
    response.headers["Location"] = f"{OWN}/{known.key.id}"
    return _out(known) | {"key": text}


@router.get(OWN + "/{key_id}", response_model=schemas.KeyOut, summary="Get one of your API keys")
def get_own(srv: Srv, who: Person, key_id: str) -> Any:
    """The key itself is not included: it is shown once, when it is created."""
    return _out(srv.api_keys.get(who, None, key_id))


@router.patch(
    OWN + "/{key_id}",
    response_model=schemas.KeyOut,
    openapi_extra=KEY_NAME,
    summary="Rename one of your API keys",
)
def rename_own(srv: Srv, who: Person, key_id: OwnKey, body: Name) -> Any:
    """Only the name can be changed."""
    return _out(srv.api_keys.rename(who, None, key_id, body.name))


@router.delete(OWN + "/{key_id}", status_code=204, summary="Revoke one of your API keys")
def revoke_own(srv: Srv, who: Person, key_id: str) -> None:
    """The key stops working immediately, and stays in the list."""
    srv.api_keys.revoke(who, None, key_id)


@router.get(OF_TENANT, response_model=schemas.KeysOut, summary="List the API keys of a tenant")
def find(
    request: Request,
    srv: Srv,
    who: Person,
    tenant_id: Managed,
    page: pages.Number = 1,
    size: pages.Size = 50,
    cursor: pages.Cursor = None,
) -> Any:
    """Newest first. Of expired and revoked keys, the newest 50 are kept."""
    return _list(request, srv, who, tenant_id, Page(page, size), cursor)


@router.post(
    OF_TENANT,
    status_code=201,
    response_model=schemas.NewKeyOut,
    openapi_extra=takes(schemas.TenantKeyIn),
    summary="Create an API key of a tenant",
)
def create(
    srv: Srv,
    tenant_id: Managed,
    who: Recent,
    body: Annotated[schemas.TenantKeyIn, Depends(json_body(schemas.TenantKeyIn))],
    response: Response,
) -> Any:
    """The key acts as the tenant's service account, and keeps working after you leave. 403 if you
    signed in more than 2 hours ago, 409 if the tenant already has the maximum of 100 active
    keys."""
    known, text = srv.api_keys.create(who, tenant_id, body.draft())
    response.headers["Location"] = f"{OF_TENANT.format(tenant_id=tenant_id)}/{known.key.id}"
    return _out(known) | {"key": text}


@router.get(
    OF_TENANT + "/{key_id}", response_model=schemas.KeyOut, summary="Get an API key of a tenant"
)
def get(srv: Srv, who: Person, tenant_id: str, key_id: str) -> Any:
    """The key itself is not included: it is shown once, when it is created."""
    return _out(srv.api_keys.get(who, tenant_id, key_id))


@router.patch(
    OF_TENANT + "/{key_id}",
    response_model=schemas.KeyOut,
    openapi_extra=KEY_NAME,
    summary="Rename an API key of a tenant",
)
def rename(srv: Srv, who: Person, tenant_id: str, key_id: TenantsKey, body: Name) -> Any:
    """Only the name can be changed."""
    return _out(srv.api_keys.rename(who, tenant_id, key_id, body.name))


@router.delete(OF_TENANT + "/{key_id}", status_code=204, summary="Revoke an API key of a tenant")
def revoke(srv: Srv, who: Person, tenant_id: str, key_id: str) -> None:
    """The key stops working immediately, and stays in the list. After the last key is revoked,
    scheduled exports created by keys fail until there is another key or a person takes them
    over."""
    srv.api_keys.revoke(who, tenant_id, key_id)


def _list(
    request: Request, srv: Srv, who: Person, tenant_id: str | None, page: Page, cursor: str | None
) -> Any:
    of = ("api keys", tenant_id or who.user_id)
    asked = srv.cursors.page(cursor, of, page)
    found = srv.api_keys.find(who, tenant_id, asked)
    answer = pages.answer(srv.cursors, of, asked, found, lambda k: (k.key.created_at, k.key.id))
    items = [_out(known) for known in answer["items"]]
    return pages.sent(request, schemas.KeysOut, answer | {"items": items})


def _out(known: KnownKey) -> dict[str, Any]:
    return {
        **vars(known.key),
        "scheduled_export_ids": known.key.schedule_ids,
        "created_by": known.created_by,
    }
