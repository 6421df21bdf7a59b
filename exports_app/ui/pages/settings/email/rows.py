"""A mail setting, as the page shows it."""

from dataclasses import dataclass

from exports_app.services.core.extension_points import EffectiveSetting


@dataclass
class SettingRow:
    name: str
    value: str
    source: str


def row(setting: EffectiveSetting) -> SettingRow:
    return SettingRow(setting.name, setting.value, setting.source)
