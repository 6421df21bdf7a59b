"""Our own exports can be imported again."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from exports_app.domain.table import Chunk, Table, completer
from exports_app.export_types.campaign import CampaignDays
from exports_app.formats.csv import Csv
from exports_app.formats.excel import Excel
from exports_app.services.core.records import Campaign, Tenant, new_id
from exports_app.wiring import Services
from tests.integration.campaigns.importer.files import LoadFile, campaigns_of

NAMES = ("=SUM(clicks) challenge", "'=quoted", "-5%", "@home", "a;=b", "\t=tab", "plain", "'plain'")
Export = Callable[[Csv | Excel], bytes]


@pytest.fixture
def export(services: Services, acme: Tenant, tmp_path: Path) -> Export:
    """A file of two days of campaigns with these names, which the tenant has not."""
    ids = [campaign_id for campaign_id in (new_id() for _ in NAMES) for _ in range(2)]
    names = [name for name in NAMES for _ in range(2)]
    days = [date(2026, 11, day).isoformat() for _ in NAMES for day in (1, 2)]
    count = len(names)
    stored: Chunk = [ids, names, days, [10] * count, [5] * count, [0] * count, ["EUR"] * count]
    columns = CampaignDays().columns()
    chunk = completer(columns)([*stored, [1234] * count, [100_050] * count])

    def run(file_format: Csv | Excel) -> bytes:
        file = tmp_path / "export"
        file_format.write(Table(columns, iter([chunk])), file)
        return file.read_bytes()

    return run


@pytest.mark.parametrize("file_format", [Csv(), Excel()], ids=["csv", "excel"])
def test_an_export_is_imported_with_its_names(
    services: Services, acme: Tenant, load_file: LoadFile, export: Export, file_format: Csv | Excel
) -> None:
    content = export(file_format)
    report = load_file(content)
    assert (report.bad_lines, report.days_new, report.campaigns_new) == (0, 16, 8)
    assert {c.name for c in campaigns_of(services, acme)} == (
        set(NAMES) if isinstance(file_format, Csv) else set(NAMES) - {"'=quoted"} | {"=quoted"}
    )
    again = load_file(content)
    assert (again.days_replaced, again.campaigns_known, again.joined) == (16, 8, [])


def test_a_name_of_excel_with_a_quote_is_kept_where_a_campaign_has_it(
    services: Services, acme: Tenant, load_file: LoadFile, export: Export
) -> None:
    with services.store.write() as tx:
        tx.campaigns.add([Campaign(new_id(), acme.id, "'=quoted", "other", "active", "EUR")])
    report = load_file(export(Excel()))
    assert (report.campaigns_known, report.campaigns_new) == (1, 7)
    assert "=quoted" not in {c.name for c in campaigns_of(services, acme)}
