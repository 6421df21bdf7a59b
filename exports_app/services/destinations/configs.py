"""The config of a destination, as its channel declares it: checked, and taken apart into what may
be shown and what is secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import SecretStr, ValidationError
from pydantic.fields import FieldInfo

from exports_app.domain.errors import FieldError, Invalid
from exports_app.outbound.errors import Refused
from exports_app.outbound.guard import Guard
from exports_app.services.core import input_words
from exports_app.services.core.extension_points import CHANNELS, DestinationChannel, Stage
from exports_app.services.core.field_rules import one_of

CONFIG = "/config"
_UNKNOWN = "is not a field of this channel: remove it"
AGAIN = "enter it again: it would go to another place than before"


@dataclass(frozen=True)
class CheckedConfig:
    """config: for the channel, with its secrets. shown: as stored, by the names of the API.
    secrets: the others."""

    config: Any
    shown: dict[str, Any]
    secrets: dict[str, str]


def channels() -> list[DestinationChannel]:
    """Those that deliver to destinations."""
    return [channel for channel in CHANNELS if isinstance(channel, DestinationChannel)]


def channel_of(key: str) -> DestinationChannel:
    """Raises Invalid where there is no such channel."""
    known = {channel.key: channel for channel in channels()}
    if key not in known:
        raise Invalid([FieldError("/channel", one_of(list(known)))])
    return known[key]


def stage_of(key: str) -> Stage:
    """Of a channel. One that is not installed counts as a store: its deliveries fail at once."""
    channel = CHANNELS.get(key)
    return channel.stage if isinstance(channel, DestinationChannel) else Stage.STORE


def secret_names(channel: DestinationChannel) -> list[str]:
    """Of its config's secrets, as in the API."""
    fields: Mapping[str, FieldInfo] = channel.Config.model_fields
    return [field.alias or name for name, field in fields.items() if _is_secret(field)]


def _is_secret(field: FieldInfo) -> bool:
    return field.annotation is SecretStr or SecretStr in get_args(field.annotation)


def checked(
    channel: DestinationChannel,
    given: Mapping[str, Any],
    kept: Mapping[str, str] | None = None,
    shown_before: Mapping[str, Any] | None = None,
) -> CheckedConfig:
    """given: by the names of the API. kept: secrets that stay unless others are given. Raises
    Invalid, also where a kept secret would go to another place than that of `shown_before`."""
    values = {**(kept or {}), **given}
    try:
        config = channel.Config.model_validate(values)
    except ValidationError as e:
        raise Invalid([_error(x) for x in e.errors(include_url=False, include_input=False)]) from e
    secrets = secret_names(channel)
    dumped = config.model_dump(mode="json", by_alias=True)
    shown = {name: value for name, value in dumped.items() if name not in secrets}
    if shown_before is not None and any(
        shown_before.get(name) != shown.get(name) for name in config.secrets_go_to
    ):
        stale = [name for name in kept or () if name not in given]
        if stale:
            raise Invalid([FieldError(f"{CONFIG}/{name}", AGAIN) for name in stale])
    fields: Mapping[str, FieldInfo] = channel.Config.model_fields
    hidden = {
        field.alias or name: value.get_secret_value()
        for name, field in fields.items()
        if _is_secret(field) and (value := getattr(config, name)) is not None
    }
    return CheckedConfig(config, shown, hidden)


def check_addresses(
    checked: CheckedConfig, guard: Guard, before: Mapping[str, Any] | None = None
) -> None:
    """Raises Invalid for URLs that the guard refuses as they are typed. before: the values that it
    changes, by the names of the API: those that stay are not checked again, since ALLOWED_NETWORKS
    may have changed."""
    values = {**checked.shown, **checked.secrets}
    errors = list[FieldError]()
    for name in checked.config.urls:
        url = values.get(name)
        if not url or url == (before or {}).get(name):
            continue
        try:
            guard.check_url(url)
        except Refused as e:
            errors.append(FieldError(f"{CONFIG}/{name}", e.message))
    if errors:
        raise Invalid(errors)


def _error(error: Any) -> FieldError:
    """pydantic's error, without the value."""
    is_unknown = error["type"] == "extra_forbidden"
    detail = _UNKNOWN if is_unknown else input_words.of(error)
    return FieldError(f"{CONFIG}{input_words.pointer(error['loc'])}", detail)
