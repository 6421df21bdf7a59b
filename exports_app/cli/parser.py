"""The commands and their arguments."""

import argparse
from collections.abc import Callable
from pathlib import Path

from exports_app.cli import (
    accounts,
    audit,
    backups,
    configuration,
    data,
    keys,
    maintenance,
    processes,
)

Command = Callable[[argparse.Namespace], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]
"""Adds a command: its name, what runs it, and its help."""


def build_parser() -> argparse.ArgumentParser:
    """The arguments of each command; `run` in them runs it."""
    parser = argparse.ArgumentParser(
        prog="python -m exports_app", description="Scheduled exports with email delivery."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        return command

    _add_processes(add)
    _add_seed_demo(add)
    _add_create_tenant(add)
    _add_create_user(add)
    _add_accounts(add)
    _add_import_campaigns(add)
    _add_keys(add)
    _add_accept_settings(add)
    _add_backups(add)
    maintenance.add_commands(add("maintenance", maintenance.run, maintenance.TEXT))
    text = "Check who did what for tampering, and export it."
    audit.add_commands(add("audit", audit.run, text))
    text = (
        "Show every setting, its value and where it comes from; of secrets, only if they are set."
    )
    add("config", configuration.config, text).add_argument(
        "--json", action="store_true", help="one JSON object"
    )
    text = (
        "Check the installation, and say what is wrong with it. Exit code 0: nothing is wrong; 1:"
        " something is."
    )
    add("doctor", processes.doctor, text).add_argument(
        "--json", action="store_true", help="one JSON object, with a stable code for each finding"
    )
    return parser


def _add_processes(add: Add) -> None:
    text = "Serve the web pages, the API and the engine until it is stopped."
    serve = add("serve", processes.serve, text)
    serve.add_argument("--host", help="where to listen (default: HOST, else 127.0.0.1)")
    serve.add_argument("--port", help="where to listen (default: PORT, else 3720)")
    serve.add_argument(
        "--backend-only",
        action="store_true",
        help="without web pages: nothing is built, no Node is needed",
    )
    text = (
        "Make and send exports beside other workers and servers, over one PostgreSQL, until it is"
        " stopped."
    )
    add("worker", processes.worker, text)
    add("migrate", processes.migrate, "Bring the database to the newest schema.")
    text = "Build the web pages, which `serve` does as well where it may write into its own folder."
    add("build-pages", processes.build_pages, text)


def _add_seed_demo(add: Add) -> None:
    seed = add("seed-demo", data.seed_demo, "Fill an empty database with demo data.")
    seed.add_argument(
        "--rows",
        type=_positive,
        metavar="N",
        help="have at least N rows of daily metrics, for trying large exports",
    )


def _add_create_tenant(add: Add) -> None:
    tenant = add("create-tenant", data.create_tenant, "Make a tenant.")
    tenant.add_argument(
        "slug",
        help="short name of lower-case letters, digits and hyphens; file names begin with it",
    )
    tenant.add_argument("--name", required=True, help="the name that people see")
    tenant.add_argument(
        "--timezone", help="IANA zone of schedules that name none (default: TZ, else UTC)"
    )
    tenant.add_argument("--brand-color", help="#RRGGBB, for the emails")
    tenant.add_argument("--logo-url", help="https address of a picture, for the emails")
    tenant.add_argument("--max-rows", type=_positive, help="of one file (default: EXPORT_MAX_ROWS)")
    tenant.add_argument("--max-mb", type=_positive, help="of one file (default: EXPORT_MAX_MB)")
    tenant.add_argument(
        "--keep-days", type=_days, help="how long files are kept (default: RETENTION_DAYS)"
    )


def _add_create_user(add: Add) -> None:
    user = add("create-user", accounts.create_user, "Make a user; asks for the password.")
    user.add_argument("email")
    user.add_argument("--name", required=True)
    user.add_argument("--tenant", help="slug of the tenant to join")
    user.add_argument(
        "--role", choices=["admin", "viewer"], help="in that tenant (default: viewer)"
    )
    user.add_argument("--super-admin", action="store_true", help="every permission in every tenant")
    password = user.add_mutually_exclusive_group()
    password.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from the first line of stdin",
    )
    password.add_argument(
        "--one-time",
        action="store_true",
        help="print a password that works once within 72 hours, to set one's own",
    )


def _add_accounts(add: Add) -> None:
    text = "Give a user a one-time password, and sign them out everywhere."
    add("one-time-password", accounts.one_time_password, text).add_argument("email")
    text = "List the accounts whose mailbox is not proven yet; a reset by mail proves it."
    add("unproven-accounts", accounts.unproven, text)


def _add_import_campaigns(add: Add) -> None:
    text = "Import campaigns and their daily metrics; all of the file or nothing."
    campaigns = add("import-campaigns", data.import_campaigns, text)
    campaigns.add_argument(
        "file", type=Path, help="CSV or .xlsx, - for standard input; see docs/importing.md"
    )
    campaigns.add_argument("--tenant", required=True, help="slug of the tenant that gets them")
    campaigns.add_argument("--sheet", default="", help="name of the workbook's sheet to read")
    campaigns.add_argument(
        "--column",
        action="append",
        default=[],
        type=_column,
        metavar="HEADER=FIELD",
        help="the field that a column fills; HEADER= leaves the column out; may be repeated",
    )
    campaigns.add_argument(
        "--update-details",
        action="store_true",
        help="change status, budget, dates and channel of known campaigns to what the file says",
    )
    campaigns.add_argument(
        "--dry-run", action="store_true", help="say what would be imported, and write nothing"
    )


def _add_keys(add: Add) -> None:
    text = "Turn off a user's two-factor authentication; they are signed out everywhere."
    add("reset-second-factor", accounts.reset_second_factor, text).add_argument("email")
    text = (
        "Make a new generated secret key; encrypt stored secrets and sign the audit with the newest"
        " key."
    )
    add("rotate-keys", keys.rotate_keys, text).add_argument(
        "--forget-previous",
        action="store_true",
        help="make no new key, and accept the current one alone",
    )


def _add_accept_settings(add: Add) -> None:
    text = (
        "Take the keys, the file store and the time zone of these settings as those of the"
        " installation, after the earlier ones were lost or moved. All servers and workers must be"
        " stopped."
    )
    add("accept-settings", processes.accept_settings, text)


def _add_backups(add: Add) -> None:
    text = (
        "Copy database, files and key into a new folder, beside a running server. For SQLite;"
        " PostgreSQL has pg_dump."
    )
    made = add("backup", backups.backup, text)
    made.add_argument("folder", type=Path, metavar="DIR", help="a folder that does not exist yet")
    text = "Put a backup in the place of the data; the server must be stopped."
    restored = add("restore", backups.restore, text)
    restored.add_argument("folder", type=Path, metavar="DIR", help="of a backup")
    restored.add_argument(
        "--force",
        action="store_true",
        help="also where there is data, which is kept under another name beside it",
    )
    text = (
        "After PostgreSQL was restored: hold runs and messages that may have been sent after the"
        " backup. All servers and workers must be stopped."
    )
    add("hold-restored", backups.hold_restored, text).add_argument(
        "--backup", default="a backup", metavar="NAME", help="what was restored, for the audit"
    )


def _column(text: str) -> tuple[str, str]:
    header, sign, field = text.rpartition("=")
    if not sign or not header.strip():
        raise argparse.ArgumentTypeError("must be HEADER=FIELD, or HEADER= to leave it out")
    return header, field.strip()


def _days(text: str) -> int:
    days = _positive(text)
    if days > 36_500:
        raise argparse.ArgumentTypeError("must be at most 36500")
    return days


def _positive(text: str) -> int:
    decimal = len(text) <= 9 and text.isascii() and text.isdecimal()
    if not decimal or not 1 <= int(text) <= 100_000_000:
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 100000000")
    return int(text)
