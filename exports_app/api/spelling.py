"""Which field or parameter may be meant by a name that the route does not have."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel

MOST = 3
"""Names of a request that are compared: each costs time, and who misspells more reads the list."""
LONGEST = 50
"""Characters of a name that is compared."""
LIKENESS = 0.7
"""From 0 to 1: `isactive` and `isActive` are 0.875, `recipents` and `recipients` 0.95."""


def meant(name: str, known: Collection[str]) -> str:
    """``did you mean `x`? `` where one is close, else nothing."""
    if len(name) > LONGEST:
        return ""
    close = get_close_matches(name, known, n=1, cutoff=LIKENESS)
    return f"did you mean `{close[0]}`? " if close else ""


def fields_at(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The names in JSON of the fields of the object that is there in a body of the model; none
    where it is not known."""
    found: type[BaseModel] | None = model
    for part in location:
        if isinstance(part, int):
            continue  # the entry of a list, whose annotation names the model too
        fields = found.model_fields.values() if found else ()
        annotation = next((field.annotation for field in fields if field.alias == part), None)
        found = _model_in(annotation)
    return [field.alias or name for name, field in found.model_fields.items()] if found else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_model_in, get_args(annotation))), None)
