"""Common schedules with names."""

from dataclasses import dataclass

CUSTOM = "custom"
"""The key of any other expression."""


@dataclass(frozen=True)
class Preset:
    key: str
    label: str
    expression: str


PRESETS = (
    Preset("weekly_monday", "Every Monday at 9 AM", "0 9 * * 1"),
    Preset("daily", "Every Day at 8 AM", "0 8 * * *"),
    Preset("weekly_friday", "Every Friday at 5 PM", "0 17 * * 5"),
    Preset("monthly", "First day of month at 9 AM", "0 9 1 * *"),
    Preset("every_3_hours", "Every 3 hours", "0 */3 * * *"),
)


def preset_of(expression: str) -> str:
    """The key of the preset with exactly this text, white space aside; CUSTOM where there is
    none."""
    text = " ".join(expression.split())
    return next((p.key for p in PRESETS if p.expression == text), CUSTOM)
