"""The sign of a channel that delivers to destinations."""

from typing import Any

import reflex as rx

from exports_app.services.core.extension_points import CHANNELS, DestinationChannel

UNKNOWN = "send"
"""Of a channel that is not installed any more."""


def channel_icon(key: Any, size: int = 13) -> rx.Component:
    """key: of the channel. The pages name what the channel is beside it."""
    known = [
        (channel.key, _sign(channel.icon, size))
        for channel in CHANNELS
        if isinstance(channel, DestinationChannel)
    ]
    other = _sign(UNKNOWN, size)
    return rx.match(key, *known, other) if known else other


def _sign(name: str, size: int) -> rx.Component:
    return rx.icon(name, size=size, aria_hidden="true", class_name="sign")
