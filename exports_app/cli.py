"""The command line: python -m exports_app COMMAND. Errors are one line on stderr and exit code
1."""

import argparse
import getpass
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from exports_app import cli_audit, settings
from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError
from exports_app.plugins import PluginError
from exports_app.settings import SettingsError

if TYPE_CHECKING:
    from exports_app.wiring import Services

Command = Callable[[argparse.Namespace], int]


def main(argv: list[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    args = _parser().parse_args(argv)
    os.umask(0o077)  # the database and the files are the operator's alone
    command: Command = args.run
    try:
        _check_texts(args)
        return command(args)
    except (ExportsError, SettingsError, PluginError) as e:
        print(f"exports_app: {e}", file=sys.stderr)
    except OSError as e:
        print(f"exports_app: {e.filename or args.command}: {e.strerror or e}", file=sys.stderr)
    except KeyboardInterrupt:
        print("exports_app: stopped", file=sys.stderr)
    return 1


def _check_texts(args: argparse.Namespace) -> None:
    """Raises ExportsError for an argument that nothing could take, before anything is opened."""
    for name, text in vars(args).items():
        if not isinstance(text, str):
            continue
        option = name.replace("_", "-")
        if len(text) > bounds.URL:
            raise ExportsError(f"{option} is too long: {bounds.at_most(bounds.URL)}")
        if any(
            "\ud800" <= c <= "\udfff" for c in text
        ):  # what Python makes of bytes that are no UTF-8
            raise ExportsError(f"{option} is not valid UTF-8 text")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m exports_app", description="Scheduled exports with email delivery."
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, run: Command, text: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=text, description=text)
        one.set_defaults(run=run)
        return one

    serve = add("serve", _serve, "Serve the web pages, the API and the engine until it is stopped.")
    serve.add_argument("--host", help="where to listen (default: HOST, else 127.0.0.1)")
    serve.add_argument("--port", help="where to listen (default: PORT, else 3720)")
    serve.add_argument(
        "--backend-only",
        action="store_true",
        help="without web pages: nothing is built, no Node is needed",
    )

    add(
        "worker",
        _worker,
        "Make and send exports beside other workers and servers, over one PostgreSQL, until it is stopped.",
    )

    add("migrate", _migrate, "Bring the database to the newest schema.")

    seed = add("seed-demo", _seed_demo, "Fill an empty database with demo data.")
    seed.add_argument(
        "--rows",
        type=_positive,
        metavar="N",
        help="have at least N rows of daily metrics, for trying large exports",
    )

    tenant = add("create-tenant", _create_tenant, "Make a tenant.")
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

    user = add("create-user", _create_user, "Make a user; asks for the password.")
    user.add_argument("email")
    user.add_argument("--name", required=True)
    user.add_argument("--tenant", help="slug of the tenant to join")
    user.add_argument(
        "--role", choices=["admin", "viewer"], help="in that tenant (default: viewer)"
    )
    user.add_argument("--super-admin", action="store_true", help="every permission in every tenant")
    way = user.add_mutually_exclusive_group()
    way.add_argument(
        "--password-stdin",
        action="store_true",
        help="read the password from the first line of stdin",
    )
    way.add_argument(
        "--one-time",
        action="store_true",
        help="print a password that works once within 72 hours, to set one's own",
    )

    again = add(
        "one-time-password",
        _one_time_password,
        "Give a user a one-time password, and sign them out everywhere.",
    )
    again.add_argument("email")

    add(
        "unproven-accounts",
        _unproven,
        "List the accounts whose mailbox is not proven yet; a reset by mail proves it.",
    )

    campaigns = add(
        "import-campaigns",
        _import_campaigns,
        "Import campaigns and their daily metrics; all of the file or nothing.",
    )
    campaigns.add_argument("file", type=Path, help="CSV in UTF-8, see docs/importing.md")
    campaigns.add_argument("--tenant", required=True, help="slug of the tenant that gets them")

    second = add(
        "reset-second-factor",
        _reset_second_factor,
        "Remove a user's second factor; they are signed out everywhere.",
    )
    second.add_argument("email")

    text = "Make a new generated secret key; encrypt stored secrets and sign the audit with the newest key."
    keys = add("rotate-keys", _rotate_keys, text)
    keys.add_argument(
        "--forget-previous",
        action="store_true",
        help="make no new key, and accept the current one alone",
    )

    cli_audit.add_commands(
        add("audit", cli_audit.run, "Check who did what for tampering, and export it.")
    )

    add("doctor", _doctor, "Check the installation, and say what is wrong with it.")
    return parser


def _days(text: str) -> int:
    days = _positive(text)
    if days > 36_500:
        raise argparse.ArgumentTypeError("must be at most 36500")
    return days


def _positive(text: str) -> int:
    if (
        len(text) > 9
        or not text.isascii()
        or not text.isdecimal()
        or not 1 <= int(text) <= 100_000_000
    ):
        raise argparse.ArgumentTypeError("must be a whole number from 1 to 100000000")
    return int(text)


@contextmanager
def _services() -> Iterator["Services"]:
    """The services over a migrated database, for a command beside a running server or without
    one."""
    from exports_app import log, wiring

    held = settings.get()
    log.configure("warning")
    services = wiring.build(held)
    try:
        wiring.migrate_database(services)
        yield services
    finally:
        services.close()


def _serve(args: argparse.Namespace) -> int:
    # Into the environment: the process that serves reads its settings there again
    for name in ("host", "port"):
        if (value := getattr(args, name)) is not None:
            os.environ[name.upper()] = value
    held = settings.get()
    from exports_app.launch.serve import serve

    return serve(held, backend_only=args.backend_only)


def _worker(_: argparse.Namespace) -> int:
    held = settings.get()
    from exports_app.engine.worker_process import work

    return work(held)


def _migrate(_: argparse.Namespace) -> int:
    from exports_app import log, wiring
    from exports_app.db import migrate

    held = settings.get()
    log.configure("warning")
    services = wiring.build(held)
    try:
        was_current = migrate.is_current(services.database)
        migrate.upgrade(services.database)
    finally:
        services.close()
    print("the database was up to date" if was_current else "the database is up to date now")
    return 0


def _seed_demo(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    with (
        _services() as services,
        Progress(
            console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
        ) as progress,
    ):
        task = progress.add_task("rows", total=args.rows)
        services.demo.check_allowed()
        made = services.demo.seed_if_empty()
        added = (
            services.demo.fill(args.rows, lambda done: progress.update(task, completed=done))
            if args.rows
            else 0
        )
    print(
        f"{'the demo data is in' if made else 'the demo data was there already'}; {added:,} rows of metrics added for size"
    )
    return 0


def _create_tenant(args: argparse.Namespace) -> int:
    with _services() as services:
        limits = {"max_rows": args.max_rows, "max_mb": args.max_mb, "keep_days": args.keep_days}
        tenant = services.provisioning.create_tenant(
            args.slug, args.name, args.timezone, args.brand_color, args.logo_url, **limits
        )
    print(f"tenant {tenant.slug} made: {tenant.id}")
    return 0


def _create_user(args: argparse.Namespace) -> int:
    from exports_app.domain.access import Role
    from exports_app.services.identity import passwords

    if not args.tenant and not args.super_admin:
        raise ExportsError("say what the user may do: --tenant SLUG with --role, or --super-admin")
    if args.role and not args.tenant:
        raise ExportsError("say in which tenant the role holds: add --tenant SLUG")
    one_time: bool = args.one_time
    password = passwords.one_time() if one_time else _password(from_stdin=args.password_stdin)
    rights = {
        "tenant": args.tenant,
        "role": Role(args.role or "viewer"),
        "super_admin": args.super_admin,
    }
    with _services() as services:
        user = services.provisioning.create_user(
            args.email, args.name, password, one_time=one_time, **rights
        )
    print(f"user {user.email} made: {user.id}")
    if one_time:
        _show_one_time(password)
    return 0


def _one_time_password(args: argparse.Namespace) -> int:
    with _services() as services:
        password = services.provisioning.give_one_time_password(args.email)
    _show_one_time(password)
    return 0


def _unproven(_: argparse.Namespace) -> int:
    with _services() as services:
        for email in services.provisioning.unproven():
            print(email)
    return 0


def _show_one_time(password: str) -> None:
    print(f"one-time password, for one login within 72 hours: {password}")


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline(bounds.PASSWORD + 2).rstrip(
            "\r\n"
        )  # one that goes on is too long, and refused as that
    if not sys.stdin.isatty():
        raise ExportsError("there is no terminal to ask for the password: use --password-stdin")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise ExportsError("the two passwords differ: nothing was made")
    return password


def _import_campaigns(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    with _services() as services:
        with Progress(
            console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
        ) as progress:
            task = progress.add_task("importing", total=1.0)
            result = services.importer.load(
                args.file, args.tenant, lambda part: progress.update(task, completed=part)
            )
        for problem in result.problems:
            print(f"line {problem.line}: {problem.reason}", file=sys.stderr)
        if result.bad_lines:
            more = result.bad_lines - len(result.problems)
            tail = f" ({more:,} more are not shown)" if more else ""
            raise ExportsError(
                f"{_count(result.bad_lines, 'bad line')}{tail}: nothing was imported"
            )
    print(f"imported {_count(result.days, 'day')} of {_count(result.campaigns, 'campaign')}")
    return 0


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _reset_second_factor(args: argparse.Namespace) -> int:
    with _services() as services:
        had_one = services.provisioning.reset_second_factor(args.email)
    print("the second factor was removed" if had_one else "this user has no second factor")
    return 0


def _rotate_keys(args: argparse.Namespace) -> int:
    from exports_app.services.keys import secret_keys

    held = settings.get()
    generated = secret_keys.is_generated(held)
    if args.forget_previous and not generated:
        raise ExportsError(
            "SECRET_KEY is set: remove SECRET_KEY_PREVIOUS from the settings instead, then restart"
        )
    if generated and not args.forget_previous:
        secret_keys.rotate(held)
        print(
            f"a new secret key is in {held.data_dir / secret_keys.CURRENT}; the ones before it are still accepted"
        )
    with _services() as services:
        done = services.key_rotation.renew()
    print(f"{_count(done.renewed, 'stored secret')} encrypted with the newest key")
    print(f"{_count(done.checkpoints, 'checkpoint')} of the audit signed with the newest key")
    if done.unreadable:
        lost = _count(done.unreadable, "stored secret")
        raise ExportsError(
            f"no key decrypts {lost}: add the missing key to ENCRYPTION_KEY_PREVIOUS, then run this again"
        )
    if args.forget_previous:
        print(f"{_count(secret_keys.forget_previous(held), 'previous key')} no longer accepted")
    elif generated:
        print(
            "once what the older keys signed has expired: rotate-keys --forget-previous (docs/operating.md, Rotating keys)"
        )
    for name in (
        ("encryption_key_previous",)
        if generated
        else ("encryption_key_previous", "secret_key_previous")
    ):
        if getattr(held, name).get_secret_value():
            when = "once what it signed has expired" if name.startswith("secret") else "now"
            print(f"you may remove {name.upper()} {when}")
    return 0


def _doctor(_: argparse.Namespace) -> int:
    from exports_app.doctor.examination import examine

    held = settings.get()
    healthy = True
    for finding in examine(held):
        healthy &= finding.good
        print(f"{finding.word:4} {finding.what}: {finding.detail}")
    return 0 if healthy else 1
