"""Commands that bring data in: seed-demo, create-tenant, import-campaigns."""

import argparse
import sys
from pathlib import Path

from exports_app.cli.output import show
from exports_app.cli.services import open_services, progress_bar
from exports_app.domain.errors import ExportsError
from exports_app.domain.humanize import counted


def seed_demo(args: argparse.Namespace) -> int:
    with open_services(creates=True) as services, progress_bar("rows", args.rows) as progress:
        services.demo.check_allowed()
        made = services.demo.seed_if_empty()
        added = services.demo.fill(args.rows, progress) if args.rows else 0
    state = "Added the demo data" if made else "The demo data was already there"
    if args.rows:
        state += f"; {added:,} rows of metrics added"
    show(args, {"added": made, "rowsAdded": added}, state)
    return 0


def create_tenant(args: argparse.Namespace) -> int:
    with open_services(creates=True) as services:
        limits = {"max_rows": args.max_rows, "max_mb": args.max_mb, "keep_days": args.keep_days}
        tenant = services.provisioning.create_tenant(
            args.slug, args.name, args.timezone, args.brand_color, args.logo_url, **limits
        )
    answer = {"id": tenant.id, "slug": tenant.slug}
    show(args, answer, f"Created tenant {tenant.slug}: {tenant.id}")
    return 0


def import_campaigns(args: argparse.Namespace) -> int:
    with open_services() as services, progress_bar("importing", 1.0) as progress:
        report = services.importer.load(
            sys.stdin.buffer if args.file == Path("-") else args.file,
            args.tenant,
            progress,
            columns=dict(args.column),
            sheet=args.sheet,
            update_details=args.update_details,
            dry_run=args.dry_run,
        )
    if report.bad_lines:
        show(args, report, *report.head_lines())
        for line in report.problem_lines()[: len(report.problems)]:
            print(line, file=sys.stderr)
        more = report.bad_lines - len(report.problems)
        tail = f" ({more:,} more not shown)" if more else ""
        bad_lines = counted(report.bad_lines, "bad line")
        raise ExportsError(f"{bad_lines}{tail}: nothing was imported")
    show(args, report, *report.lines())
    return 0
