"""The commands and their arguments."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from exports_app import __version__
from exports_app.cli import (
    accounts,
    audit,
    backups,
    completion,
    configuration,
    data,
    definitions,
    keys,
    maintenance,
    processes,
    runs,
    schedules,
)
from exports_app.cli.mcp_server import command as mcp
from exports_app.cli.output import add_json

Command = Callable[[argparse.Namespace], int]
Add = Callable[[str, Command, str], argparse.ArgumentParser]
"""Adds a command: its name, what runs it, and its help."""
NO_JSON = frozenset(
    {"serve", "worker", "mcp", "completion", "maintenance", "audit", "schedules", "runs"}
    | {"export", "plan", "apply"}
)
"""They answer nothing, a script, or add --json themselves, some to commands of their own."""


def build_parser() -> argparse.ArgumentParser:
    """The arguments of each command; `run` in them runs it."""
    parser = argparse.ArgumentParser(
        prog=_program(), description="Scheduled exports with email delivery."
    )
    parser.add_argument("--version", action="version", version=f"exports_app {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        if name not in NO_JSON:
            add_json(command)
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
    schedules.add_commands(add("schedules", schedules.run, schedules.TEXT))
    runs.add_commands(add("runs", runs.run, runs.TEXT))
    definitions.add_export(add("export", definitions.export, definitions.EXPORT))
    definitions.add_plan(add("plan", definitions.plan, definitions.PLAN))
    definitions.add_apply(add("apply", definitions.apply, definitions.APPLY))
    text = "Check the audit log for tampering, and export it."
    audit.add_commands(add("audit", audit.run, text))
    mcp.add_arguments(add("mcp", mcp.run, mcp.TEXT))
    text = "Show every setting with its value and source. For secrets, only whether they are set."
    add("config", configuration.config, text)
    text = "Check the installation for problems. Exit code 0: no problems; 1: problems found."
    add("doctor", processes.doctor, text)
    completion.add_commands(add("completion", completion.run, completion.TEXT))
    return parser


def _program() -> str:
    """As the user called it."""
    is_script = Path(sys.argv[0]).name == completion.PROGRAM
    return completion.PROGRAM if is_script else "python -m exports_app"


def _add_processes(add: Add) -> None:
    text = "Run the web pages, the API and the engine until stopped."
    serve = add("serve", processes.serve, text)
    serve.add_argument("--host", help="address to listen on (default: HOST, or 127.0.0.1)")
    serve.add_argument("--port", help="port to listen on (default: PORT, or 3720)")
    serve.add_argument(
        "--backend-only",
        action="store_true",
        help="without the web pages: nothing is built, and Node is not needed",
    )
    text = (
        "Run a worker, which creates and sends exports, until stopped. Any number of "
        "workers and servers can share one PostgreSQL."
    )
    add("worker", processes.worker, text)
    add("migrate", processes.migrate, "Upgrade the database to the newest schema.")
    text = "Build the web pages. `serve` does this itself if it can write to its own folder."
    add("build-pages", processes.build_pages, text)


def _add_seed_demo(add: Add) -> None:
    seed = add("seed-demo", data.seed_demo, "Fill an empty database with demo data.")
    seed.add_argument(
        "--rows",
        type=_positive,
        metavar="N",
        help="add demo metrics until there are at least N rows, for trying large exports",
    )


def _add_create_tenant(add: Add) -> None:
    tenant = add("create-tenant", data.create_tenant, "Create a tenant.")
    tenant.add_argument(
        "slug",
        help="short name (lower-case letters, digits, hyphens); file names begin with it",
    )
    tenant.add_argument("--name", required=True, help="display name")
    tenant.add_argument(
        "--timezone", help="default IANA time zone of new scheduled exports (default: TZ, or UTC)"
    )
    tenant.add_argument("--brand-color", help="#RRGGBB, for the emails")
    tenant.add_argument("--logo-url", help="https URL of an image, for the emails")
    tenant.add_argument(
        "--max-rows", type=_positive, help=("maximum rows of a file (default: EXPORT_MAX_ROWS)")
    )
    tenant.add_argument(
        "--max-mb", type=_positive, help=("maximum size of a file in MB (default: EXPORT_MAX_MB)")
    )
    tenant.add_argument(
        "--keep-days", type=_days, help="days to keep files (default: RETENTION_DAYS)"
    )


def _add_create_user(add: Add) -> None:
    user = add("create-user", accounts.create_user, "Create a user. Asks for the password.")
    user.add_argument("email")
    user.add_argument("--name", required=True)
    user.add_argument("--tenant", help="slug of the tenant to join")
    user.add_argument(
        "--role", choices=["admin", "viewer"], help="role in that tenant (default: viewer)"
    )
    user.add_argument(
        "--super-admin", action="store_true", help=("give all permissions in all tenants")
    )
    password = user.add_mutually_exclusive_group()
    password.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from the first line of standard input",
    )
    password.add_argument(
        "--one-time",
        action="store_true",
        help="print a password that works once within 72 hours, for choosing their own",
    )


def _add_accounts(add: Add) -> None:
    text = "Give a user a one-time password, and sign them out everywhere."
    add("one-time-password", accounts.one_time_password, text).add_argument("email")
    text = (
        "List the accounts whose email address is not confirmed. A password reset by email "
        "confirms it."
    )
    add("unproven-accounts", accounts.unproven, text)


def _add_import_campaigns(add: Add) -> None:
    text = "Import campaigns and their daily metrics. Imports the whole file or nothing."
    campaigns = add("import-campaigns", data.import_campaigns, text)
    campaigns.add_argument(
        "file", type=Path, help="CSV or .xlsx file, or - for standard input; see docs/importing.md"
    )
    campaigns.add_argument("--tenant", required=True, help="slug of the tenant to import into")
    campaigns.add_argument("--sheet", default="", help="name of the sheet to read")
    campaigns.add_argument(
        "--column",
        action="append",
        default=[],
        type=_column,
        metavar="HEADER=FIELD",
        help="import the column HEADER as FIELD; HEADER= ignores the column; can be repeated",
    )
    campaigns.add_argument(
        "--update-details",
        action="store_true",
        help="update the status, budget, dates and channel of existing campaigns from the file",
    )
    campaigns.add_argument(
        "--dry-run", action="store_true", help="show what would be imported, without importing it"
    )


def _add_keys(add: Add) -> None:
    text = "Turn off a user's two-factor authentication, and sign them out everywhere."
    add("reset-second-factor", accounts.reset_second_factor, text).add_argument("email")
    text = (
        "Generate a new secret key. Encrypts stored secrets and signs the audit log with "
        "the newest key."
    )
    add("rotate-keys", keys.rotate_keys, text).add_argument(
        "--forget-previous",
        action="store_true",
        help="keep the current key, and stop accepting previous ones",
    )


def _add_accept_settings(add: Add) -> None:
    text = (
        "Accept the keys, file store and time zone in the settings as those of the "
        "installation, after the previous ones were lost or moved. All servers and "
        "workers must be stopped."
    )
    add("accept-settings", processes.accept_settings, text)


def _add_backups(add: Add) -> None:
    text = (
        "Back up the database, files and key to a new folder. The server can keep "
        "running. For SQLite; for PostgreSQL use pg_dump."
    )
    made = add("backup", backups.backup, text)
    made.add_argument("folder", type=Path, metavar="DIR", help="folder to create")
    text = "Restore a backup. The server must be stopped."
    restored = add("restore", backups.restore, text)
    restored.add_argument("folder", type=Path, metavar="DIR", help="folder of the backup")
    restored.add_argument(
        "--force",
        action="store_true",
        help="restore even if there is data; it is kept beside it under another name",
    )
    text = (
        "After restoring PostgreSQL: hold runs and messages that may have been sent after "
        "the backup. All servers and workers must be stopped."
    )
    add("hold-restored", backups.hold_restored, text).add_argument(
        "--backup", default="a backup", metavar="NAME", help="name of the backup, for the audit log"
    )


def _column(text: str) -> tuple[str, str]:
    header, sign, field = text.rpartition("=")
    if not sign or not header.strip():
        raise argparse.ArgumentTypeError("must be HEADER=FIELD, or HEADER= to ignore the column")
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
