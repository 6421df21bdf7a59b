"""The fields under "Advanced": what a schedule does on bad days, as text, from a stored schedule
and back."""

import re
from collections.abc import Mapping
from typing import Any

from exports_app.domain.errors import FieldError, Invalid
from exports_app.domain.runs.policies import MOST_CAUGHT_UP, CatchUp, OnUnknown, Overlap
from exports_app.services.core.records import Schedule

OVERLAP = {
    Overlap.SKIP: ("Skip this one", "The history says that it was skipped, and why"),
    Overlap.QUEUE_ONE: ("Run this one afterwards", "One waits; what comes meanwhile is skipped"),
    Overlap.ALLOW: ("Run both at once", "A later one may be finished first"),
}
CATCH_UP = {
    CatchUp.LATEST: (
        "Only the latest missed run",
        "Its history says how many were missed before it",
    ),
    CatchUp.NONE: ("No missed run", "The history says what was missed"),
    CatchUp.ALL: (
        f"All missed runs, at most {MOST_CAUGHT_UP}",
        "One after the other, for the days each would have covered",
    ),
}
ON_UNKNOWN = {
    OnUnknown.RESEND: (
        "Send it again",
        "Few see it twice: most mail programs show the same message once",
    ),
    OnUnknown.HOLD: (
        "Hold it until somebody decides",
        "The history asks: it arrived, or send again",
    ),
}
"""Value -> its words, and what happens then."""

EMPTY = {
    "overlap": str(Overlap.SKIP),
    "catch_up": str(CatchUp.LATEST),
    "catch_up_hours": "168",
    "jitter_seconds": "0",
    "pause_after": "5",
    "on_unknown": str(OnUnknown.RESEND),
    "retry_attempts": "",
    "retry_base_seconds": "",
}
"""The fields as they stand in the form, and what a new one begins with."""
CHOSEN = ("overlap", "catch_up", "on_unknown")
_NUMBERS = {"catch_up_hours": "hours", "jitter_seconds": "seconds", "pause_after": "failed runs"}
_OPTIONAL = {"retry_attempts": "attempts", "retry_base_seconds": "seconds"}
"""Empty: as the server is set."""
ONCE = "1"
"""An attempt that no other one follows."""


def texts(schedule: Schedule) -> dict[str, str]:
    found = {name: getattr(schedule, name) for name in EMPTY}
    return {name: "" if value is None else str(value) for name, value in found.items()}


def unused(values: Mapping[str, str]) -> set[str]:
    """Those that another one's choice makes pointless: the form does not show them, and what they
    hold is left as it was."""
    hours = {"catch_up_hours"} if values["catch_up"] != CatchUp.ALL else set()
    return hours | ({"retry_base_seconds"} if values["retry_attempts"] == ONCE else set())


def read(values: Mapping[str, str]) -> dict[str, Any]:
    """As the service takes them. Raises Invalid where a number is none; whether it may be so large
    is the service's rule."""
    errors: list[FieldError] = []
    found: dict[str, Any] = {name: values[name] for name in CHOSEN}
    asked = _NUMBERS | _OPTIONAL
    for name in asked.keys() - unused(values):
        text = values[name].strip()
        if re.fullmatch(r"[0-9]{1,6}", text):
            found[name] = int(text)
        elif name in _OPTIONAL and not text:
            found[name] = None
        else:
            or_nothing = ", or leave it empty" if name in _OPTIONAL else ""
            errors.append(
                FieldError(f"/{name}", f"give a whole number of {asked[name]}{or_nothing}")
            )
    if errors:
        raise Invalid(errors)
    return found


def differ(values: Mapping[str, str]) -> bool:
    """Whether any of them is not as usual."""
    return any(values[name] != EMPTY[name] for name in EMPTY.keys() - unused(values))
