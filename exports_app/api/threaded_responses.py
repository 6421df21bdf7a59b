"""Large answers, serialized in the thread of their route. FastAPI itself does it on the event loop,
which serves no other request meanwhile."""

from typing import Any

from fastapi import Response
from pydantic import BaseModel


def in_thread(model: type[BaseModel], content: Any) -> Response:
    """The answer as JSON, as FastAPI would write it. For routes that are plain functions, which run
    in a thread."""
    return Response(
        model.model_validate(content).model_dump_json(by_alias=True), media_type="application/json"
    )
