"""Migrate the database before the server uses it."""

from exports_app import log, startup, wiring
from exports_app.settings import Settings


def prepare(settings: Settings) -> None:
    """Migrate and seed the database, then close every connection.

    The worker is forked, and an SQLite connection must not be. Raises SettingsError or
    ExportsError with one line.
    """
    log.configure(settings.log_level, settings.log_format)
    if warning := startup.proxy_warning(settings):
        log.get(__name__).warning(warning)
    services = wiring.build(settings)
    try:
        startup.prepare(services)
    finally:
        services.close()
