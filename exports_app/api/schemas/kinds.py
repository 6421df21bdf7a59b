"""What the OpenAPI document says of fields beyond their type: the values that they can have, and
formats. It is read when the document is built, when all plugins are known. The services check it
and word the errors."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Annotated, Any

from annotated_types import Len, MaxLen
from pydantic import BeforeValidator, GetJsonSchemaHandler, WithJsonSchema
from pydantic_core import CoreSchema

from exports_app.domain import bounds
from exports_app.domain.access import SCOPES, Permission, Role
from exports_app.domain.runs.delivery_mode import FILE, DeliveryMode
from exports_app.domain.runs.states import AttemptOutcome, DeliveryStatus, RunStatus, Trigger
from exports_app.domain.schedules import slugs
from exports_app.domain.timing.period import Period
from exports_app.services.accounts.invitation_acceptance import AcceptanceStep
from exports_app.services.core.export_filters import GroupByFilter, declared
from exports_app.services.core.extension_points import CHANNELS, EXPORT_TYPES, FORMATS
from exports_app.services.core.records import NotificationKind
from exports_app.services.core.records.audit import Action
from exports_app.services.core.records.downloads import DownloadWay
from exports_app.services.tenants.invitations import InvitationStatus
from exports_app.services.tenants.members import ROLES


def _none_if_blank(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


EMPTY_IS_NULL = BeforeValidator(_none_if_blank)
"""For a text that may be null: forms and spreadsheets know no other way to say so. Blanks alone are
an empty text."""


@dataclass(frozen=True)
class Among:
    """The field has one of these values."""

    values: Callable[[], Iterable[str]]

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        schema = {key: part for key, part in handler(core).items() if key != "maxLength"}
        return schema | {"enum": [str(value) for value in self.values()]}


@dataclass(frozen=True)
class Such:
    """The field has values like these; there may be others, e.g. of a plugin that was removed."""

    values: Callable[[], Iterable[str]]

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(core) | {"examples": [str(value) for value in self.values()]}


@dataclass(frozen=True)
class Said:
    """Adds to the schema of the field, e.g. a format."""

    more: tuple[tuple[str, Any], ...]

    def __get_pydantic_json_schema__(
        self, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return handler(core) | dict(self.more)


def said(**more: Any) -> Said:
    return Said(tuple(more.items()))


def zones() -> Iterable[str]:
    return ("Europe/Berlin", "America/New_York", "UTC")


def crons() -> Iterable[str]:
    return ("0 9 * * 1", "*/15 * * * *")


def either(values: Callable[[], Iterable[str]]) -> Among:
    """One of these values, or empty."""
    return Among(lambda: ("", *values()))


def order(by: Iterable[str]) -> Among:
    """How a list is sorted: by one of these, with a leading - for descending."""
    return Among(lambda: (sign + key for key in by for sign in ("", "-")))


def order_or_usual(by: Iterable[str]) -> Among:
    """As `order`; empty: the usual order."""
    return either(order(by).values)


def groupings() -> Iterable[str]:
    """Of all export types."""
    declared_by = (declared(each, GroupByFilter) for each in EXPORT_TYPES)
    return dict.fromkeys(value for each in declared_by if each for value in each.values)


COLOR = "^#[0-9A-Fa-f]{6}$"
CURRENCY = "^[A-Z]{3}$"
CURRENCIES = Such(lambda: ("EUR", "USD", "GBP"))
"""ISO 4217."""

Uuid = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]
"""An ID on its way out."""

ExportType = Annotated[bounds.Key, Among(EXPORT_TYPES.keys)]
Format = Annotated[bounds.Key, Among(FORMATS.keys)]
PeriodKey = Annotated[bounds.Key, Among(lambda: Period)]
RoleKey = Annotated[bounds.Key, Among(lambda: ROLES)]
Scope = Annotated[bounds.Key, Among(lambda: sorted(SCOPES))]
Email = Annotated[bounds.Address, said(format="email")]
Zone = Annotated[bounds.Zone, Such(zones)]
CronText = Annotated[bounds.CronText, Such(crons)]
UUID = "[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
Slug = Annotated[bounds.Slug, said(pattern=f"^({slugs.FORM})?$")]
OwnSlug = Annotated[bounds.Slug, said(pattern=f"^{slugs.FORM}$")]
Channel = Annotated[bounds.Channel, said(minLength=1, pattern=r"\S")]
Status = Annotated[bounds.Status, said(minLength=1, pattern=r"\S")]
Name = Annotated[bounds.Name, said(minLength=1)]
Currency = Annotated[str, MaxLen(bounds.CURRENCY), said(pattern=CURRENCY), CURRENCIES]
GroupBy = Annotated[bounds.Key, Among(groupings)]
Password = Annotated[bounds.Password, said(format="password")]
LogoUrl = Annotated[bounds.Url, Such(lambda: ("https://example.com/logo.png",))]
Color = Annotated[bounds.Color, said(pattern=COLOR)]
KeepDays = Annotated[int, said(minimum=1, maximum=bounds.KEEP_DAYS)]
KeepRunsDays = Annotated[int, said(minimum=bounds.LEAST_KEEP_RUNS_DAYS, maximum=bounds.KEEP_DAYS)]
Scopes = Annotated[list[Scope], Len(max_length=20), said(minItems=1)]

ExportTypeOut = Annotated[str, Such(EXPORT_TYPES.keys)]
FormatOut = Annotated[str, Such(FORMATS.keys)]
RunStatusOut = Annotated[str, Among(lambda: RunStatus)]
TriggerOut = Annotated[str, Among(lambda: Trigger)]
DeliveryStatusOut = Annotated[str, Among(lambda: DeliveryStatus)]
OutcomeOut = Annotated[str, Among(lambda: AttemptOutcome)]
NoticeKindOut = Annotated[str, Among(lambda: NotificationKind)]
WayOut = Annotated[str, Among(lambda: DownloadWay)]
RoleOut = Annotated[str, Among(lambda: Role)]
SentAsOut = Annotated[
    str, Among(lambda: [*(mode for mode in DeliveryMode if mode is not DeliveryMode.AUTO), FILE])
]
ScopeOut = Annotated[str, Among(lambda: sorted(SCOPES))]
PermissionOut = Annotated[str, Among(lambda: Permission)]
GroupByOut = Annotated[str, Among(groupings)]
ChannelOut = Annotated[str, Such(CHANNELS.keys)]
InvitationStatusOut = Annotated[str, Among(lambda: InvitationStatus)]
AcceptanceStepOut = Annotated[str, Among(lambda: AcceptanceStep)]
AuditActionOut = Annotated[str, Among(lambda: Action)]
ZoneOut = Annotated[str, Such(zones)]
CronOut = Annotated[str, Such(crons)]
CurrencyOut = Annotated[str, said(pattern=CURRENCY), CURRENCIES]
ColorOut = Annotated[str, said(pattern=COLOR)]
Sha256Out = Annotated[str, said(pattern="^[0-9a-f]{64}$")]
PointerOut = Annotated[str, said(format="json-pointer")]
PathOut = Annotated[str, said(format="uri-reference")]
EmailOut = Annotated[str, said(format="email")]
UriOut = Annotated[str, said(format="uri")]
