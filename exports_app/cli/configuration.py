"""`python -m exports_app config`: every setting, its value and its source, without secrets."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from pydantic import SecretStr

from exports_app import environment, plugins, setting_urls, settings
from exports_app.environment import Setting
from exports_app.services.core.extension_points import CHANNELS

DEFAULT = "default"


@dataclass(frozen=True)
class Shown:
    """A setting for people and programs. value: of a secret only `set` or `not set`, of an address
    all but what may be a secret."""

    name: str
    value: str
    source: str
    secret: bool


def config(args: argparse.Namespace) -> int:
    """Print every setting. Raises SettingsError for a setting that stops a start too."""
    settings.get()
    plugins.load("exports_app.channels")
    for channel in CHANNELS:
        channel.unconfigured()  # reads its settings
    shown = list(_shown())
    if args.json:
        print(json.dumps({"settings": [asdict(setting) for setting in shown]}, indent=2))
        return 0
    for setting in shown:
        print(f"{setting.name}={setting.value}  ({setting.source})")
    return 0


def _shown() -> Iterator[Shown]:
    sources = environment.sources()
    for name, setting in sorted(environment.settings_read().items()):
        source = sources.get(name, DEFAULT)
        yield Shown(name, _text(name, setting), source, setting.is_secret)


def _text(name: str, setting: Setting) -> str:
    value = setting.value
    if setting.is_secret or isinstance(value, SecretStr):
        secret = value.get_secret_value() if isinstance(value, SecretStr) else value
        if secret and name.endswith("_URL"):
            return setting_urls.without_secrets(str(secret))
        return "set" if secret else "not set"
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, tuple | list | frozenset):
        return ",".join(map(str, value))
    text = f"{value:.15g}" if isinstance(value, float) else str(value)
    return setting_urls.without_secrets(text) if "://" in text else text
