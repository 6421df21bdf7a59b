"""Preparations and checks before a server or a worker starts."""

from collections.abc import Callable
from urllib.parse import urlsplit

from exports_app import __version__, environment, log, plugins, setting_urls
from exports_app.db import migrate, triggers, urls
from exports_app.db.engine import Database
from exports_app.db.process_registry import ProcessRegistry
from exports_app.domain.errors import ExportsError
from exports_app.services.core.extension_points import CHANNELS
from exports_app.services.delivery import channels
from exports_app.settings import Settings, loopback
from exports_app.wiring import Services


def migrate_database(services: Services) -> None:
    """Migrate the embedded database to the newest schema. Raises ExportsError where another
    database is not migrated."""
    if migrate.is_current(services.database):
        return
    if not services.settings.embedded:
        raise ExportsError(
            "the database is not migrated: run 'python -m exports_app migrate' first"
        )
    migrate.upgrade(services.database)


def prepare(services: Services) -> None:
    """Before a server answers: schema, demo data, folders, mail settings. Raises SettingsError or
    ExportsError with one line."""
    migrate_database(services)
    if lacking := triggers.warning(services.database):
        log.get(__name__).error(lacking)
    services.files.prepare()
    services.installation.confirm()
    if versions := version_warning(services.database, services.process_registry):
        log.get(__name__).warning(versions)
    if refusal := demo_refusal(services.settings, services.provisioning.demo_password_users):
        raise ExportsError(refusal)
    for left_out in plugins.left_out():
        log.get(__name__).warning(str(left_out))
    for channel in CHANNELS:
        channel.unconfigured()  # a bad setting stops the start
    for warning in environment.warnings():
        log.get(__name__).warning(warning)
    if services.settings.is_demo:
        services.demo.seed_if_empty()
    _announce(services)


def _announce(services: Services) -> None:
    """What this process works with, in one line each. Raises SettingsError."""
    say = log.get(__name__)
    say.info(f"exports_app {__version__} starts")
    say.info(
        "the address that people use",
        url=setting_urls.without_secrets(services.settings.base_url),
    )
    say.info("the database", **urls.place(urls.parse(services.database.url)))
    if reason := channels.unconfigured():
        say.warning("exports are made but not sent", channel=channels.DEFAULT, reason=reason)
    else:
        say.info("the mail server", channel=channels.DEFAULT, server=channels.server())


def version_warning(database: Database, registry: ProcessRegistry) -> str:
    """A warning about servers and workers of other versions; empty where there are none. Raises
    Unavailable."""
    if database.embedded or not (others := registry.other_versions()):
        return ""
    named = ", ".join(f"{count} of version {version}" for version, count in others.items())
    return (
        f"servers or workers of other versions run beside this one ({__version__}): {named}."
        " Finish the upgrade soon (docs/deploying.md, Upgrade with two servers)"
    )


def proxy_warning(s: Settings) -> str:
    """A warning about a proxy that is not trusted, or whose address is not known; empty where there
    is none.

    The server speaks plain HTTP: an https address means that a proxy does TLS. So does a public
    name of a loopback HOST.
    """
    if s.trusted_proxies and not s.public_url:
        return (
            "TRUSTED_PROXIES is set without PUBLIC_URL: links in emails lead to"
            f" {s.base_url}, and cookies are not limited to https. Set PUBLIC_URL to the address"
            " that people use"
        )
    at_proxy = s.public_url.startswith("https:") or loopback(s.host)
    if (
        not s.public_url
        or s.trusted_proxies
        or not at_proxy
        or loopback(urlsplit(s.public_url).hostname or "")
    ):
        return ""
    return (
        "PUBLIC_URL is set without TRUSTED_PROXIES: all visitors share the proxy's address in "
        "limits and in the audit."
        " Name the address that the proxy connects from, e.g. TRUSTED_PROXIES=127.0.0.1"
    )


def demo_refusal(s: Settings, demo_password_users: Callable[[], list[str]]) -> str:
    """Why no server or worker may start with these settings because of the demo; empty where it
    may."""
    if s.demo and s.public_url:
        return (
            "DEMO=1 does not go with PUBLIC_URL, since everyone knows the password of the demo: "
            "remove one of the two"
            " (docs/settings.md, From demo to real)"
        )
    if not s.is_demo and (users := demo_password_users()):
        return (
            f"{users[0]} still has the public password of the demo, but this server is not a demo: "
            "start with an empty"
            " DATA_DIR, or change the password first (docs/settings.md, From demo to real)"
        )
    return ""
