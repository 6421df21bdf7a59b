"""What is left of the caller's rate limit: noted in the state of the request, for its answer."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request

from exports_app.domain.allowance import Allowance

_NAME = "allowance"


def note(request: Request, allowance: Allowance) -> None:
    setattr(request.state, _NAME, allowance)


def noted(state: Mapping[str, Any]) -> Allowance | None:
    """state: of the ASGI scope."""
    return state.get(_NAME)
