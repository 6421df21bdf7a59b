"""Commands about accounts: create-user, one-time-password, unproven-accounts,
reset-second-factor."""

import argparse
import getpass
import sys

from exports_app.cli.output import show
from exports_app.cli.services import open_services
from exports_app.domain import bounds
from exports_app.domain.errors import ExportsError

ONE_TIME = "One-time password, valid for one sign-in within 72 hours: {}"


def create_user(args: argparse.Namespace) -> int:
    from exports_app.domain.access import Role
    from exports_app.domain.address_typos import correction
    from exports_app.services.identity import passwords

    if not args.tenant and not args.super_admin:
        raise ExportsError("the user has no role: add --tenant SLUG and --role, or --super-admin")
    if args.role and not args.tenant:
        raise ExportsError("the role needs a tenant: add --tenant SLUG")
    one_time: bool = args.one_time
    password = passwords.one_time() if one_time else _password(from_stdin=args.password_stdin)
    rights = {
        "tenant": args.tenant,
        "role": Role(args.role or "viewer"),
        "super_admin": args.super_admin,
    }
    with open_services(creates=not args.tenant) as services:  # a tenant is in a database
        user = services.provisioning.create_user(
            args.email, args.name, password, one_time=one_time, **rights
        )
    answer = {"id": user.id, "email": user.email}
    lines = [f"Created user {user.email}: {user.id}"]
    if one_time:
        answer["oneTimePassword"] = password
        lines.append(ONE_TIME.format(password))
    show(args, answer, *lines)
    if meant := correction(user.email):
        print(f"Warning: did you mean {meant}?", file=sys.stderr)
    return 0


def one_time_password(args: argparse.Namespace) -> int:
    with open_services() as services:
        password = services.provisioning.give_one_time_password(args.email)
    show(args, {"oneTimePassword": password}, ONE_TIME.format(password))
    return 0


def unproven(args: argparse.Namespace) -> int:
    with open_services() as services:
        emails = services.provisioning.unproven()
    show(args, {"emails": emails}, *emails)
    return 0


def reset_second_factor(args: argparse.Namespace) -> int:
    with open_services() as services:
        had_one = services.provisioning.reset_second_factor(args.email)
    show(
        args,
        {"turnedOff": had_one},
        "Turned off two-factor authentication"
        if had_one
        else "This user does not use two-factor authentication",
    )
    return 0


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        # A longer one is refused as too long
        return sys.stdin.readline(bounds.PASSWORD + 2).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise ExportsError("cannot ask for the password without a terminal: use --password-stdin")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Again: ") != password:
        raise ExportsError("the passwords don't match: no user was created")
    return password
