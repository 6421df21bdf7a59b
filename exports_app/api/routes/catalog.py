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
    and time zones. It changes with the app and its plugins only."""
    require_own_password(who)
    return Response(_written(catalog.keys()), media_type="application/json")


@lru_cache(maxsize=1)
def _written(_: tuple[tuple[str, ...], ...]) -> str:
    """Once for what is installed."""
    return schemas.CatalogOut.model_validate(catalog.catalog()).model_dump_json(by_alias=True)
