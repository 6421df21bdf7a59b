"""API keys."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import At, Instant, Output, PageOut
from exports_app.domain import bounds
from exports_app.domain.access import SCOPES
from exports_app.services.accounts.api_key_rules import KeyDraft

ALL_SCOPES = ", ".join(sorted(SCOPES))
KeyName = Annotated[bounds.KeyName, kinds.said(minLength=1)]
Schedules = Annotated[list[UUID], Field(max_length=bounds.KEY_SCHEDULES), kinds.said(minItems=1)]
Tenants = Annotated[list[UUID], Field(max_length=bounds.KEY_TENANTS), kinds.said(minItems=1)]


class TenantKeyIn(Input):
    name: KeyName
    scopes: kinds.Scopes = Field(description=f"Any of {ALL_SCOPES}")
    expires_at: Instant | None = Field(
        None, description=f"Within the next {bounds.KEY_DAYS} days; null or left out: never"
    )
    scheduled_export_ids: Schedules | None = Field(
        None,
        description=(
            "Limit the key to these scheduled exports, with exports.read and "
            "exports.write; null or left out: no limit"
        ),
    )

    def draft(self) -> KeyDraft:
        ids = self.scheduled_export_ids
        of = None if ids is None else [str(each) for each in ids]
        return KeyDraft(self.name, self.scopes, self.expires_at, schedule_ids=of)


class OwnKeyIn(TenantKeyIn):
    tenant_ids: Tenants | None = Field(
        None, description="Limit the key to these tenants; null or left out: all of yours"
    )

    def draft(self) -> KeyDraft:
        of = None if self.tenant_ids is None else [str(each) for each in self.tenant_ids]
        draft = super().draft()
        return KeyDraft(draft.name, draft.scopes, draft.expires_at, of, draft.schedule_ids)


class KeyNameIn(Input):
    name: KeyName


class KeyOut(Output):
    id: kinds.Uuid
    name: str
    prefix: str = Field(description="First characters of the key, to tell keys apart")
    scopes: list[kinds.ScopeOut]
    tenant_ids: list[kinds.Uuid] | None = Field(description="null: not limited")
    scheduled_export_ids: list[kinds.Uuid] | None = Field(description="null: not limited")
    created_at: At
    created_by: str = Field(description="Name of the person")
    expires_at: At | None = Field(description="null: never")
    revoked_at: At | None
    last_used_at: At | None = Field(description="Accurate to a minute; null: never")
    last_used_address: str | None


class NewKeyOut(KeyOut):
    key: str = Field(description="Shown only once: store it like a password")


class KeysOut(PageOut):
    items: list[KeyOut]
