"""What can be chosen for a scheduled export."""

from functools import lru_cache

from fastapi import APIRouter, Response

from exports_app.api import parameters
from exports_app.api.access import Who
from exports_app.api.schemas import catalog as schemas
from exports_app.domain.access import require_own_password
from exports_app.services import catalog

router = APIRouter(prefix="/api/catalog", tags=["catalog"], dependencies=[parameters.CHECKED])


@router.get("", response_model=schemas.CatalogOut, summary="Get the catalog")
def get(who: Who) -> Response:
    """Export types with their columns and filters, formats, channels, presets of schedules, periods
    and time zones. It changes with the app and its plugins only. What destinations need is there
    for those who can set them up."""
    require_own_password(who)
    written = _written(catalog.keys(), with_destinations=catalog.sees_destinations(who))
    return Response(written, media_type="application/json")


@lru_cache(maxsize=2)
def _written(_: tuple[tuple[str, ...], ...], *, with_destinations: bool) -> str:
    """Once for what is installed."""
    found = catalog.catalog(with_destinations=with_destinations)
    return schemas.CatalogOut.model_validate(found).model_dump_json(by_alias=True)
