"""Plugins and channels: whether all are loaded, and whether messages can be sent."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.exc import SQLAlchemyError

from exports_app import environment, plugins, wiring
from exports_app.db import models
from exports_app.db.engine import Database
from exports_app.db.repositories import table
from exports_app.doctor.finding import Finding, is_new, limited
from exports_app.domain.errors import DeliveryError, ExportsError
from exports_app.domain.humanize import counted
from exports_app.environment import SettingsError
from exports_app.services.core.extension_points import (
    CHANNELS,
    EXPORT_TYPES,
    FORMATS,
    CanCheck,
    Channel,
    DestinationChannel,
)
from exports_app.services.core.records import DestinationState
from exports_app.services.delivery import channels
from exports_app.settings import Settings


def examine(settings: Settings) -> Iterator[Finding]:
    try:
        wiring.load_plugins()
    except plugins.PluginError as e:
        yield Finding(False, "plugins", str(e))
        return
    for left_out in plugins.left_out():
        yield Finding(False, "plugins", str(left_out))
    yield from limited("plugins", lambda: _schedules(settings))
    if channels.DEFAULT not in CHANNELS:
        yield Finding(False, channels.DEFAULT, CHANNELS.absence(channels.DEFAULT))
    for channel in CHANNELS:
        yield from limited(channel.key, partial(_channel_findings, channel, settings))
    yield from _environment()


def _environment() -> Iterator[Finding]:
    """Once the channels have read their settings."""
    try:
        warnings = environment.warnings()
    except SettingsError as e:
        yield Finding(False, "settings", str(e))
        return
    for text in warnings:
        yield Finding(True, "settings", text, warning=True)


def _schedules(settings: Settings) -> Iterator[Finding]:
    """Active schedules and destinations whose export type, format or channel is not loaded."""
    schedules, destinations = table(models.ScheduleRow), table(models.DestinationRow)
    for registry, of, column, what in (
        (EXPORT_TYPES, schedules, "export_type", "active scheduled export"),
        (FORMATS, schedules, "format", "active scheduled export"),
        (CHANNELS, destinations, "channel", "destination"),
    ):
        needed = _needed(settings, of, column)
        for key in sorted(key for key in needed if key not in registry):
            fails = f"{counted(needed[key], what)} will fail"
            yield Finding(False, "plugins", f"{fails}: {registry.absence(key)}")


def _needed(
    settings: Settings, of: Table, column: str, *conditions: ColumnElement[bool]
) -> dict[str, int]:
    """How many active ones have each value; empty where the database does not answer."""
    if is_new(settings):
        return {}
    live = (of.c.is_active, of.c.deleted_at.is_(None))
    query = select(of.c[column], func.count()).where(*live, *conditions).group_by(of.c[column])
    try:
        database = Database(settings.url)
    except ExportsError:
        return {}  # the check of the database says what is wrong
    try:
        with database.read() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}
    except (ExportsError, SQLAlchemyError):
        return {}
    finally:
        database.dispose()


def _channel_findings(channel: Channel, settings: Settings) -> list[Finding]:
    found = _channel(channel, settings)
    if isinstance(channel, DestinationChannel):
        found = replace(found, detail=found.detail + _destinations(channel.key, settings))
    return [found]


def _destinations(channel: str, settings: Settings) -> str:
    """How many the channel has, as the rest of a finding."""
    of = table(models.DestinationRow)
    by_state = _needed(settings, of, "state", of.c.channel == channel)
    if not by_state:
        return ""
    failing = sum(
        by_state.get(one, 0) for one in (DestinationState.FAILING, DestinationState.PAUSED)
    )
    return f"; {counted(sum(by_state.values()), 'active destination')}, {failing} failing or paused"


def _channel(channel: Channel, settings: Settings) -> Finding:
    name = channel.key
    try:
        if reason := channel.unconfigured():
            needed = bool(settings.public_url) and name == channels.DEFAULT
            return Finding(True, name, f"not sent: {reason}", warning=needed)
    except SettingsError as e:
        return Finding(False, name, str(e))
    if not isinstance(channel, CanCheck):
        is_set_up = "configured; cannot be checked before the first message"
        if isinstance(channel, DestinationChannel):
            is_set_up = "nothing to set up; each destination has its own test"
        return Finding(True, name, is_set_up)
    try:
        return Finding(True, name, channel.check())
    except DeliveryError as e:
        return Finding(False, name, e.message)
