"""The channel that delivers, and its capabilities. No other module names a channel."""

from exports_app.domain.errors import ExportsError, RunError
from exports_app.services.core.extension_points import (
    CHANNELS,
    CanNotify,
    CanPreview,
    Channel,
    DeliversToPeople,
    Diagnosable,
    HasServer,
    LimitsAttachments,
    Message,
    Report,
)

DEFAULT = "email"
"""The key of the channel that delivers files and notifications, as stored in
`deliveries.channel`."""


class NothingIsSent(ExportsError):
    """Why the default channel sends nothing."""

    code = "not_sent"


def delivering() -> DeliversToPeople:
    """The channel of a run's messages to its recipients. Raises RunError where it is not
    installed."""
    channel = CHANNELS.require(DEFAULT)
    if not isinstance(channel, DeliversToPeople):
        raise RunError(f"the channel {DEFAULT} sends nothing to recipients", code="plugin_missing")
    return channel


def notifier() -> CanNotify:
    """The channel of messages to people about their exports and accounts. Raises NothingIsSent."""
    if reason := unconfigured():
        raise NothingIsSent(reason)
    channel = _default()
    if not isinstance(channel, CanNotify):
        raise NothingIsSent(f"the channel {DEFAULT} sends no notifications")
    return channel


def diagnosable() -> Diagnosable | None:
    """The default channel, if it shows its settings and sends tests."""
    channel = _default()
    return channel if isinstance(channel, Diagnosable) else None


def unconfigured() -> str | None:
    """Why nothing is sent; None where the channel is configured."""
    channel = _default()
    return CHANNELS.absence(DEFAULT) if channel is None else channel.unconfigured()


def server() -> str:
    """Of the default channel, which is configured, in words; empty where it has none."""
    channel = _default()
    return channel.server() if isinstance(channel, HasServer) else ""


def preview(report: Report) -> Message | None:
    """The message as recipients will see it; None where the channel has no preview."""
    channel = _default()
    return channel.preview(report) if isinstance(channel, CanPreview) else None


def attaches(size: int, limit: int) -> bool:
    """Whether a file of `size` bytes may be attached to a message. limit: bytes of the encoded
    attachment."""
    channel = _default()
    return not isinstance(channel, LimitsAttachments) or channel.attached_size(size) <= limit


def _default() -> Channel | None:
    return CHANNELS.get(DEFAULT)
