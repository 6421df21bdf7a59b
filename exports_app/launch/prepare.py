"""Bring the database up to date before anything serves it."""

from exports_app import log, wiring
from exports_app.settings import Settings


def prepare(settings: Settings) -> None:
    """Migrate and seed, then close every connection: the worker is forked, and SQLite's connections
    must not be.

    Raises SettingsError or ExportsError with one line.
    """
    log.configure(settings.log_level)
    if warning := wiring.proxy_warning(settings):
        log.get(__name__).warning(warning)
    services = wiring.build(settings)
    try:
        wiring.prepare(services)
    finally:
        services.close()
