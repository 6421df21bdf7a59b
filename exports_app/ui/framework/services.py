"""The services that the framework hands to pages. No other module of ui knows the composition
root."""

from typing import Any, cast

from exports_app import wiring
from exports_app.wiring import Services


class _OfProcess:
    """Looked up at each use: importing a page must open no database."""

    def __getattr__(self, name: str) -> Any:
        return getattr(wiring.services(), name)


services = cast(Services, _OfProcess())
