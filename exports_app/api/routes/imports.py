"""Campaigns and metrics from a file: the body is the file itself."""

from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import contextmanager_in_threadpool
from starlette.concurrency import run_in_threadpool

from exports_app.api import file_body, parameters
from exports_app.api.access import CampaignWriter, Srv, check_unchanged
from exports_app.api.middleware.slow_clients import has_body
from exports_app.api.repeating import Reading
from exports_app.api.request_body import check_coding
from exports_app.api.routes.campaigns import BASE
from exports_app.api.schemas import kinds
from exports_app.api.schemas.imports import ImportOut
from exports_app.domain import bounds
from exports_app.domain.access import Permission, Principal
from exports_app.domain.errors import ExportsError, FieldError, Invalid, UnsupportedFile
from exports_app.services.campaigns.imports.columns import COLUMN_OPTION
from exports_app.services.campaigns.imports.report import ImportReport
from exports_app.services.campaigns.uploads import LONGEST_NAME, plain_name
from exports_app.services.core.authorization import own_tenant

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = ("application/octet-stream", "text/csv", "text/plain", "text/tab-separated-values", XLSX)
COLUMNS = 100
FILE = {"schema": {"type": "string", "format": "binary"}}
BODY = {"requestBody": {"required": True, "content": dict.fromkeys(TYPES, FILE)}}
PARAMETER = "the parameter column=HEADER=FIELD"

# An import that is repeated stores the same once more
router = APIRouter(
    prefix=BASE, tags=["campaigns"], dependencies=[parameters.CHECKED], route_class=Reading
)


@router.post(
    "/import",
    response_model=ImportOut,
    openapi_extra=BODY,
    summary="Import campaigns and metrics from a file",
)
async def load(
    srv: Srv,
    who: CampaignWriter,
    request: Request,
    tenant_id: Annotated[UUID | None, Query(alias="tenantId")] = None,
    dry_run: Annotated[
        bool, Query(alias="dryRun", description="Only report what the import would do")
    ] = False,
    update_details: Annotated[
        bool,
        Query(
            alias="updateDetails",
            description="Store what the file says of campaigns that exist, e.g. their budget",
        ),
    ] = False,
    sheet: Annotated[
        str, Query(max_length=bounds.NAME, description="Of a workbook. Default: the first one")
    ] = "",
    file_name: Annotated[
        str, Query(alias="fileName", max_length=LONGEST_NAME, description="For the audit")
    ] = "",
    column: Annotated[
        list[Annotated[str, kinds.said(pattern="="), Query(max_length=2 * bounds.NAME)]] | None,
        Query(
            max_length=COLUMNS,
            description="HEADER=FIELD imports a column as a field; HEADER= leaves it out",
        ),
    ] = None,
) -> Any:
    """The body is a CSV file or an Excel workbook of up to 50 MB. The whole file is imported, or
    nothing: 422 names the first 50 bad lines as /lines/NUMBER, with dryRun too."""
    columns = _columns(column or [])
    tenant = await run_in_threadpool(own_tenant, who, Permission.CAMPAIGNS, _text(tenant_id))
    _check_type(request)
    check_coding(request)

    def run(path: Path) -> ImportReport:
        check_unchanged(request)
        options = {"dry_run": dry_run, "update_details": update_details}
        return _imported(srv, who, tenant, path, file_name, columns=columns, sheet=sheet, **options)

    async with contextmanager_in_threadpool(srv.uploads.place_for(who.user_id)):
        async with contextmanager_in_threadpool(srv.files.draft()) as path:
            await file_body.write(request, path)
            return await run_in_threadpool(run, path)


def _imported(
    srv: Srv, who: Principal, tenant_id: str, path: Path, name: str, **options: Any
) -> ImportReport:
    """Raises Invalid where the file, or a line of it, cannot be imported."""
    try:
        report = srv.importer.apply(who, tenant_id, path, plain_name(name), **options)
    except ExportsError as e:
        if type(e) is not ExportsError:
            raise
        why = e.message.replace(COLUMN_OPTION, PARAMETER)
        raise Invalid([FieldError("", why)]) from None
    if report.bad_lines:
        errors = [FieldError(f"/lines/{p.line}", p.reason) for p in report.problems]
        more = report.bad_lines - len(errors)
        raise Invalid(
            [*errors, *([FieldError("", f"has {more:,} more bad lines")] if more else [])]
        )
    return report


def _text(tenant_id: UUID | None) -> str | None:
    return None if tenant_id is None else str(tenant_id)


def _check_type(request: Request) -> None:
    sent = ", ".join(request.headers.getlist("content-type"))
    kind = sent.partition(";")[0].strip().lower()
    if kind and has_body(request.scope) and kind not in TYPES:
        raise UnsupportedFile


def _columns(given: list[str]) -> dict[str, str]:
    """Raises Invalid."""
    parts = [text.rpartition("=") for text in given]
    if wrong := [i for i, (_, sign, _) in enumerate(parts) if not sign]:
        raise Invalid([FieldError(f"/column/{i}", "use HEADER=FIELD") for i in wrong])
    return {header: field for header, _, field in parts}
