"""The commands audit verify and audit export."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from exports_app import settings
from exports_app.cli.output import add_json, show
from exports_app.cli.services import progress_bar, read_only_services

if TYPE_CHECKING:
    from exports_app.services.audit.export_file import Exported, FileReport
    from exports_app.services.audit.verification import VerificationReport

VERIFY = (
    "Recompute all hashes. If an entry was tampered with, prints the first wrong one; exit code 1."
)
EXPORT = (
    "Write all entries sealed since the last export to a new file. Retention may then remove them."
)


def add_commands(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="audit_command", required=True, metavar="COMMAND")

    verify = commands.add_parser("verify", help=VERIFY, description=VERIFY)
    what = verify.add_mutually_exclusive_group()
    what.add_argument("--tenant", metavar="SLUG", help="only this tenant's entries")
    what.add_argument(
        "--file", type=Path, metavar="FILE", help="check an exported file, without the database"
    )

    export = commands.add_parser("export", help=EXPORT, description=EXPORT)
    export.add_argument("file", type=Path, help="file to create, in JSON Lines format")
    export.add_argument("--tenant", metavar="SLUG", help="only this tenant's entries")
    export.add_argument(
        "--whole",
        action="store_true",
        help=("all remaining entries, including those exported before"),
    )
    export.add_argument(
        "--accept-key",
        action="store_true",
        help=(
            "export even if the SECRET_KEY that signed earlier seals or checkpoints is no "
            "longer available"
        ),
    )
    for command in (verify, export):
        add_json(command)


def run(args: argparse.Namespace) -> int:
    if args.audit_command == "export":
        return _export(args)
    return _verify_file(args) if args.file else _verify(args)


def _verify(args: argparse.Namespace) -> int:
    with read_only_services() as services, progress_bar("entries") as progress:
        report = services.audit_verification.check(args.tenant, progress)
    ok = not report.all_faults
    show(args, {"ok": ok, "report": report}, *_report_lines(report))
    if not ok:
        print(
            "exports_app: the audit log failed verification: see "
            + ("faults" if args.json else "the lines that begin with BAD"),
            file=sys.stderr,
        )
    return 0 if ok else 1


def _report_lines(report: "VerificationReport") -> Iterator[str]:
    for chain in report.chains:
        checked = f"{_entries(chain.entries)} up to position {chain.position}, hash {chain.hash}"
        yield (
            f"BAD  {chain.name}: {chain.fault} (before it: {checked})"
            if chain.fault
            else f"ok   {chain.name}: {checked}"
        )
    for fault in report.faults:
        yield f"BAD  {fault}"
    if report.waiting_since:
        yield f"     entries since {report.waiting_since:%Y-%m-%d %H:%M:%S} UTC are not sealed yet"


def _verify_file(args: argparse.Namespace) -> int:
    """Needs no database; with the settings of the server also its signature is checked."""
    from exports_app.services.audit.export_file import check_file
    from exports_app.services.keys import secret_keys
    from exports_app.services.keys.derived_keys import AUDIT_SEALS, Keys

    current = settings.get()
    keys = Keys(secret_keys.signing(current)).accepted(AUDIT_SEALS) if current.has_key else []
    with progress_bar("lines") as progress:
        report = check_file(args.file, keys, lambda done: progress(done, 0))
    fault = report.fault
    if keys and not fault and not report.signed:
        fault = "the file was not signed with this server's SECRET_KEY"
    answer = {"ok": not fault, "chains": report.chains, "signed": report.signed, "fault": fault}
    show(args, answer, *_file_lines(report, fault, with_key=bool(keys)))
    if fault:
        print(
            "exports_app: the file failed verification: see "
            + ("fault" if args.json else "the line that begins with BAD"),
            file=sys.stderr,
        )
    return 1 if fault else 0


def _file_lines(report: "FileReport", fault: str | None, *, with_key: bool) -> Iterator[str]:
    for chain in report.chains:
        yield f"ok   {_span(chain)}"
    if not with_key and not fault:
        yield "     the signature was not checked: there is no SECRET_KEY"
    if fault:
        yield f"BAD  {fault}"


def _export(args: argparse.Namespace) -> int:
    with read_only_services() as services:
        exported = services.audit_export.write(
            args.file, args.tenant, whole=args.whole, accept_key=args.accept_key
        )
    show(args, {"chains": exported}, *map(_span, exported))
    return 0


def _entries(number: int) -> str:
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def _span(chain: "Exported") -> str:
    places = f"positions {chain.first} to {chain.last}"
    return f"{chain.name}: {_entries(chain.entries)}, {places}, hash {chain.hash}"
