"""Saved views of the list of scheduled exports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class SavedView:
    """filters: as of `services.schedules.view_filters`. is_shared: with all who may read the
    tenant's scheduled exports; else only its maker has it."""

    id: str
    tenant_id: str
    maker_id: str
    name: str
    filters: dict[str, Any]
    is_shared: bool
    created_at: datetime
    updated_at: datetime
    version: int = 1
