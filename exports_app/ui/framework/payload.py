"""How large the values may be that a page sends to a handler. Looked at before the handler runs.

Every value has a limit by its type, so that a new handler has one too. A handler that takes a
longer text says so: ``@action(permission, longest={"text": bounds.PASTED})``.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid

TEXT = 1_000
"""Characters of a text."""
FIELDS = 20
"""Of a form."""
NAME = 100
"""Characters of a field's name."""
ENTRIES = 200
"""Of a list."""
NUMBER = 2**53
"""The largest whole number that a browser counts by."""


def check(values: Iterable[tuple[str, Any]], longest: Mapping[str, int]) -> None:
    """values: by the parameters' names. longest: characters, of those texts, also of a field of a
    form, or of all of its fields, that have a limit of their own. Raises Invalid."""
    for name, value in values:
        most, is_form = longest.get(name, TEXT), isinstance(value, dict)
        if why := _wrong_form(value, longest, most) if is_form else wrong(value, most):
            raise Invalid([FieldError(f"/{name}", why)])


def wrong(value: Any, most: int = TEXT) -> str | None:
    """Why a value is not looked at; None where it is."""
    if isinstance(value, dict):
        return _wrong_form(value, {}, TEXT)
    if isinstance(value, list):
        return f"choose at most {ENTRIES}" if len(value) > ENTRIES else _first(value)
    return _wrong_plain(value, most)


def _wrong_plain(value: Any, most: int = TEXT) -> str | None:
    match value:
        case str():
            return f"this text is too long: {bounds.at_most(most)}" if len(value) > most else None
        case int() | float():
            return (
                None if -NUMBER <= value <= NUMBER else "this number is too large"
            )  # NaN is neither
        case None:
            return None
        case _:
            return "this value is not allowed here"


def _wrong_form(form: Mapping[Any, Any], longest: Mapping[str, int], most: int) -> str | None:
    if len(form) > FIELDS or any(not isinstance(name, str) or len(name) > NAME for name in form):
        return f"there are too many fields: send at most {FIELDS}"
    found = (_wrong_plain(value, longest.get(name, most)) for name, value in form.items())
    return next((why for why in found if why), None)


def _first(values: Iterable[Any]) -> str | None:
    return next((why for value in values if (why := _wrong_plain(value))), None)
