"""A mail setting, as the page shows it."""

from dataclasses import dataclass

from exports_app.services.core.extension_points import EffectiveSetting


@dataclass
class SettingRow:
    name: str
    value: str
    source: str


def row(one: EffectiveSetting) -> SettingRow:
    return SettingRow(one.name, one.value, one.source)
