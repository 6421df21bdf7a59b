"""The audit's chain in an exported file."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exports_app.domain.access import Principal
from exports_app.domain.errors import ExportsError
from exports_app.services.audit.export_file import check_file
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Page
from exports_app.wiring import Services
from tests.integration.audit.chain.entries import unlocked, write
from tests.world import Cast


class TestExport:
    def test_a_file_holds_everything_and_can_be_checked_by_itself(
        self, services: Services, cast: Cast, ids: list[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "audit.jsonl"
        exported = services.audit_export.write(file)
        assert {one.name: one.entries for one in exported} == {
            "tenant acme": 10,
            "tenant globex": 3,
            "installation": 2,
        }
        report = services.audit_export.verify_file(file)
        assert (report.fault, report.signed, report.chains) == (None, True, exported)
        assert check_file(file, []).fault is None
        assert not check_file(file, [b"another key"]).signed
        lines = [json.loads(line) for line in file.read_text().splitlines()]
        assert [
            line["entry"]["id"]
            for line in lines
            if "entry" in line and line["entry"]["tenant_id"] == cast.acme.id
        ] == ids

    def test_it_is_noted_and_the_next_one_begins_there(
        self, services: Services, cast: Cast, ids: list[str], tmp_path: Path, super_admin: Principal
    ) -> None:
        services.audit_export.write(tmp_path / "1.jsonl", "acme")
        found, _ = services.audit.find(super_admin, cast.acme.id, AuditFilter("audit"), Page())
        assert [(one.action, one.actor_name) for one in found] == [
            (Action.AUDIT_EXPORTED, "the command line")
        ]
        write(services, cast.acme.id, 2)
        (second,) = services.audit_export.write(tmp_path / "2.jsonl", "acme")
        assert (second.first, second.last) == (11, 13)
        assert services.audit_export.verify_file(tmp_path / "2.jsonl").fault is None
        whole = services.audit_export.write(tmp_path / "3.jsonl", "acme", whole=True)
        assert (whole[0].first, whole[0].last) == (1, 14)

    def test_no_file_is_overwritten(
        self, services: Services, ids: list[str], tmp_path: Path
    ) -> None:
        (tmp_path / "audit.jsonl").write_text("mine")
        with pytest.raises(ExportsError, match="name a new file"):
            services.audit_export.write(tmp_path / "audit.jsonl")
        assert [(f.name, f.read_text()) for f in tmp_path.glob("*.jsonl")] == [
            ("audit.jsonl", "mine")
        ]

    def test_what_was_tampered_with_is_not_exported(
        self, services: Services, ids: list[str], tmp_path: Path
    ) -> None:
        unlocked(services, f"UPDATE audit_entries SET actor_name = 'X' WHERE id = '{ids[3]}'")
        with pytest.raises(ExportsError, match=f"failed verification: tenant acme: entry {ids[3]}"):
            services.audit_export.write(tmp_path / "audit.jsonl")
        assert list(tmp_path.glob("*audit*")) == []

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            (
                lambda lines: lines.pop(4),
                (
                    "line 5, entry {4}: position 4 was expected: an entry was removed, "
                    "inserted or moved"
                ),
            ),
            (lambda lines: lines.insert(4, lines[3]), "line 5, entry {2}: position 4 was expected"),
            (
                lambda lines: lines.__setitem__(4, lines[4].replace("No. 4", "No. 5")),
                "line 5, entry {3}: it was changed",
            ),
            (
                lambda lines: lines.pop(),
                "the file ends before its end: entries after position 10 were cut off",
            ),
            (lambda lines: lines.pop(10), "line 11: the end of tenant acme does not fit"),
            (lambda lines: lines.pop(0), "not an audit export"),
            (lambda lines: lines.__setitem__(4, "nonsense"), "line 5 cannot be read"),
            (lambda lines: lines.clear(), "the file is empty"),
        ],
    )
    def test_a_file_that_was_tampered_with_is_named(
        self,
        services: Services,
        ids: list[str],
        tmp_path: Path,
        change: Callable[[list[str]], Any],
        fault: str,
    ) -> None:
        file = tmp_path / "audit.jsonl"
        services.audit_export.write(file, "acme")
        lines = file.read_text().splitlines()
        change(lines)
        file.write_text("".join(f"{line}\n" for line in lines))
        assert fault.format(*ids) in (services.audit_export.verify_file(file).fault or "")
