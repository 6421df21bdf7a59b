"""The secrets of a destination in the database."""

import json
from collections.abc import Mapping
from typing import Any

from exports_app.domain.errors import DeliveryError
from exports_app.services.core import input_words
from exports_app.services.core.extension_points import CHANNELS, DestinationChannel
from exports_app.services.core.records import Destination
from exports_app.services.keys.encryption import Encryption, Unreadable

UNREADABLE = (
    "its secrets cannot be decrypted with this server's ENCRYPTION_KEY: enter them again, or give"
    " the server the key they were encrypted with"
)


class DestinationSecrets:
    def __init__(self, encryption: Encryption) -> None:
        self._encryption = encryption

    def sealed(self, secrets: Mapping[str, str]) -> str | None:
        return self._encryption.encrypt(json.dumps(dict(secrets))) if secrets else None

    def of(self, destination: Destination) -> dict[str, str]:
        """Raises DeliveryError where no key decrypts them."""
        if destination.secrets is None:
            return {}
        try:
            found: dict[str, str] = json.loads(self._encryption.decrypt(destination.secrets))
        except Unreadable:
            raise DeliveryError(UNREADABLE) from None
        return found

    def channel_and_config(self, destination: Destination) -> tuple[DestinationChannel, Any]:
        """What delivers there, and with which config. Raises DeliveryError where the channel is not
        installed or configured, or does not take the config any more."""
        channel = CHANNELS.get(destination.channel)
        if not isinstance(channel, DestinationChannel):
            raise DeliveryError(CHANNELS.absence(destination.channel))
        if reason := channel.unconfigured():
            raise DeliveryError(reason)
        values = {**destination.config, **self.of(destination)}
        try:
            return channel, channel.Config.model_validate(values)
        except ValueError as e:  # pydantic's error is one
            raise DeliveryError(f"its settings are not valid any more: {_first(e)}") from None


def _first(error: Any) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    where = "/".join(map(str, first["loc"]))
    return f"{where}: {input_words.of(first)}"
