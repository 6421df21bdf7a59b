"""A report to send, and an SMTP server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exports_app.services.core.extension_points import Report
from tests.integration.delivery.email.messages import CONTENT
from tests.mailserver import MailServer, mail_server


@pytest.fixture
def report(tmp_path: Path) -> Report:
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    return Report(
        tenant_name="Acme",
        brand_color="#1D4ED8",
        logo_url="https://cdn.example.com/logo.png",
        export_name="Weekly campaigns",
        type_label="Campaign totals",
        format_label="CSV",
        window="16 Nov 2026 - 22 Nov 2026",
        timezone="Europe/Berlin",
        created_at=datetime(2026, 11, 23, 8, 0, 5, tzinfo=UTC),
        record_count=1234567,
        file_path=file,
        file_name="acme_weekly-campaigns.csv",
        file_size=1_234_567,
        mime="text/csv; charset=utf-8",
    )


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running
