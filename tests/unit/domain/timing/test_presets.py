"""The schedules to choose by name."""

import pytest

from exports_app.domain.timing import cron
from exports_app.domain.timing.presets import CUSTOM, PRESETS, Preset, preset_of


def test_the_presets_are_these() -> None:
    assert [(p.label, p.expression) for p in PRESETS] == [
        ("Every Monday at 9 AM", "0 9 * * 1"),
        ("Every Day at 8 AM", "0 8 * * *"),
        ("Every Friday at 5 PM", "0 17 * * 5"),
        ("First day of month at 9 AM", "0 9 1 * *"),
        ("Every 3 hours", "0 */3 * * *"),
    ]
    assert len({p.key for p in PRESETS} | {CUSTOM}) == 6


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.key)
def test_every_preset_is_valid_and_known_by_its_text(preset: Preset) -> None:
    cron.parse(preset.expression)
    assert (
        preset_of(preset.expression)
        == preset_of(f"  {preset.expression.replace(' ', '  ')}\n")
        == preset.key
    )


@pytest.mark.parametrize("expression", ["", "0 9 * * MON", "5 9 * * 1", "nonsense"])
def test_any_other_text_is_custom(expression: str) -> None:
    assert preset_of(expression) == CUSTOM
