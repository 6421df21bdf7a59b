"""What a file does not give keeps its value, and the report says what changed."""

import pytest

from exports_app.domain.access import Principal, Role
from exports_app.domain.errors import ExportsError, Forbidden, NotFound
from exports_app.services.campaigns.imports.report import ImportReport
from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Action, Campaign, Page, Tenant
from exports_app.wiring import Services
from tests.integration.campaigns.importer.files import (
    GOOD,
    Load,
    LoadFile,
    campaigns_of,
    csv,
    problems,
)

NEEDED = "campaign_name,currency,date"


def stored(services: Services) -> list[tuple[object, ...]]:
    with services.database.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT impressions, clicks, conversions, spend, revenue FROM campaign_metrics"
            " ORDER BY date"
        )
        return [tuple(row) for row in rows]


def figures(report: ImportReport) -> tuple[int, int, int, int]:
    known = report.campaigns_known
    return report.days_new, report.days_replaced, report.campaigns_new, known


def test_a_column_that_is_not_there_keeps_its_values(services: Services, load: Load) -> None:
    assert figures(load(csv(GOOD))) == (1, 0, 1, 0)
    report = load(f"{NEEDED},conversions\nSummer,EUR,2026-01-02,7\nSummer,EUR,2026-01-03,8\n")
    assert figures(report) == (1, 1, 0, 1)
    assert stored(services) == [(100, 10, 7, 1230, 4500), (0, 0, 8, 0, 0)]
    load(f"{NEEDED}\nSummer,EUR,2026-01-02\n")
    assert stored(services)[0] == (100, 10, 7, 1230, 4500)


def test_an_empty_cell_clears(services: Services, load: Load) -> None:
    load(csv(GOOD))
    load(f"{NEEDED},clicks,spend\nSummer,EUR,2026-01-02,,-\n")
    assert stored(services) == [(100, 0, 1, 0, 4500)]


def test_cells_that_excel_left_out_at_the_end_of_a_line_keep_their_values(
    services: Services, load: Load
) -> None:
    load(csv(GOOD))
    report = load(f"{NEEDED},clicks,spend\nSummer,EUR,2026-01-02,9\nNew,EUR,2026-01-03,1,1\n")
    assert stored(services) == [(100, 9, 1, 1230, 4500), (0, 1, 0, 100, 0)]
    assert any(note.startswith("1 line without the last columns") for note in report.notes)


@pytest.mark.parametrize("end", ["", "\n"])
def test_a_file_that_was_cut_off_is_refused(services: Services, load: Load, end: str) -> None:
    report = load(f"{NEEDED},clicks,spend\nA,EUR,2026-01-01,5,1\nA,EUR,2026-01-02,5{end}")
    assert [line for line, _ in problems(report)] == ([] if end else [3])
    assert len(stored(services)) == (2 if end else 0)


def details(report: ImportReport) -> list[tuple[str, str, str, bool]]:
    return [(d.field, d.stored, d.given, d.applied) for d in report.differences]


DIFFERENT = GOOD.replace(
    "search,active,EUR,1000.50,2026-01-01,,", "social,paused,EUR,99,,2026-12-31,"
)
CHANGES = [
    ("channel", "search", "social"),
    ("status", "active", "paused"),
    ("budget", "1000.50", "99.00"),
    ("start_date", "2026-01-01", ""),
    ("end_date", "", "2026-12-31"),
]


def test_details_that_differ_are_named_and_kept(
    services: Services, acme: Tenant, load: Load
) -> None:
    load(csv(GOOD))
    before = campaigns_of(services, acme)
    report = load(csv(DIFFERENT))
    assert details(report) == [(*change, False) for change in CHANGES]
    assert report.differences_count == 5
    assert campaigns_of(services, acme) == before


def test_details_that_differ_are_changed_where_that_is_asked(
    services: Services, acme: Tenant, load_file: LoadFile
) -> None:
    load_file(csv(GOOD))
    report = load_file(csv(DIFFERENT), update_details=True)
    assert details(report) == [(*change, True) for change in CHANGES]
    (one,) = campaigns_of(services, acme)
    assert (one.channel, one.status, one.budget, one.start_date) == ("social", "paused", 9900, None)
    root = Principal("root", is_super_admin=True)
    entries, _ = services.audit.find(root, acme.id, AuditFilter(), Page())
    (changed,) = (e.detail["changed"] for e in entries if e.action == Action.CAMPAIGN_UPDATED)
    assert changed["budget"] == [100_050, 9900]


def test_empty_channels_and_states_and_missing_columns_are_no_difference(
    services: Services, load: Load
) -> None:
    load(csv(GOOD.replace("active", "paused")))
    assert load(f"{NEEDED},channel,status\nSummer,EUR,2026-01-02,,\n").differences == []


def test_details_that_do_not_fit_together_are_refused(load_file: LoadFile, load: Load) -> None:
    load(csv(GOOD))
    report = load_file(
        f"{NEEDED},end_date\nSummer,EUR,2026-01-02,2025-01-01\n", update_details=True
    )
    assert problems(report) == [(2, "endDate: must not be before the start date")]


def test_a_dry_run_says_the_same_and_writes_nothing(
    services: Services, acme: Tenant, load_file: LoadFile
) -> None:
    load_file(csv(GOOD))
    before = campaigns_of(services, acme), stored(services)
    content = csv(DIFFERENT, GOOD.replace("Summer", "Winter"))
    planned = load_file(content, update_details=True, dry_run=True)
    assert (campaigns_of(services, acme), stored(services)) == before
    done = load_file(content, update_details=True)
    assert figures(planned) == figures(done) == (1, 1, 1, 1)
    assert planned.differences == done.differences
    assert planned.lines()[-1] == done.lines()[-1].replace("imported", "would import")


class TestNames:
    @pytest.mark.parametrize(
        "spelling",
        ["Caf\u00e9 A", "Cafe\u0301 A", "Caf\u00e9\u00a0A", " Caf\u00e9  A ", "Caf\u00e9\u200b A"],
    )
    def test_that_look_alike_are_one_campaign_and_that_is_said(
        self, services: Services, acme: Tenant, load: Load, spelling: str
    ) -> None:
        name = "Caf\u00e9 A"
        load(csv(GOOD.replace("Summer", name)))
        report = load(csv(GOOD.replace("Summer", spelling)))
        assert figures(report) == (0, 1, 0, 1)
        joined = [(j.given, j.kept, j.line) for j in report.joined]
        assert joined == ([] if spelling == name else [(spelling, name, 2)])
        assert [c.name for c in campaigns_of(services, acme)] == [name]

    def test_that_look_alike_within_a_file_are_one_campaign(
        self, services: Services, acme: Tenant, load: Load
    ) -> None:
        later = GOOD.replace("Summer", "Summer ").replace("2026-01-02", "2026-01-03")
        report = load(csv(GOOD, later))
        assert [(j.given, j.kept, j.line) for j in report.joined] == [("Summer ", "Summer", 3)]
        assert [c.name for c in campaigns_of(services, acme)] == ["Summer"]
        assert problems(load(csv(GOOD, GOOD.replace("Summer", "Summer\u00a0")))) == [
            (3, "line 2 already has this campaign and date: include each day once")
        ]

    @pytest.mark.parametrize(("first", "later", "line"), [("=1", "'=1", 3), ("'=1", "=1", 2)])
    def test_with_and_without_an_apostrophe_are_one_campaign_and_that_is_said(
        self, load: Load, first: str, later: str, line: int
    ) -> None:
        report = load(f"{NEEDED}\n{first},EUR,2026-01-02\n{later},EUR,2026-01-03\n")
        said = f'line {line}: "\'=1" was matched to "=1", which differs in the apostrophe only'
        assert [text for text in report.lines() if "matched" in text] == [said]
        assert load(f"{NEEDED}\n'=1,EUR,2026-01-04\n").joined == []

    def test_in_another_case_are_two_campaigns(
        self, services: Services, acme: Tenant, load: Load
    ) -> None:
        load(csv(GOOD, GOOD.replace("Summer", "SUMMER")))
        assert len(campaigns_of(services, acme)) == 2

    def test_the_exact_name_wins(self, services: Services, acme: Tenant, load: Load) -> None:
        twins = [
            Campaign(f"00000000-0000-4000-8000-00000000000{i}", acme.id, name, "a", "b", "EUR")
            for i, name in enumerate(("Summer", "Summer "))
        ]
        with services.store.write() as tx:
            tx.campaigns.add(twins)
        assert load(csv(GOOD)).joined == []
        assert "several" in load(csv(GOOD.replace("Summer", "Summer\u00a0"))).problems[0].reason


class TestIds:
    """Of our own exports."""

    HEADER = f"campaign_id,{NEEDED},clicks\n"

    def test_the_id_wins_over_the_name_which_is_not_changed(
        self, services: Services, acme: Tenant, campaigns: dict[str, Campaign], load: Load
    ) -> None:
        spring = campaigns["Spring"]
        content = f"{self.HEADER}{spring.id},Former,{spring.currency},2026-01-02,1\n"
        report = load(content)
        assert figures(report)[2:] == (0, 1)
        assert [(d.field, d.stored, d.given) for d in report.differences] == [
            ("campaign_name", "Spring", "Former")
        ]
        assert "Former" not in {c.name for c in campaigns_of(services, acme)}

    @pytest.mark.parametrize("campaign_id", ["", "123", "00000000-0000-0000-0000-000000000000"])
    def test_without_a_known_id_the_name_decides(
        self, campaigns: dict[str, Campaign], load: Load, campaign_id: str
    ) -> None:
        currency = campaigns["Spring"].currency
        report = load(f"{self.HEADER}{campaign_id},Spring,{currency},2026-01-02,1\n")
        assert figures(report)[2:] == (0, 1)

    def test_another_tenants_id_is_not_known(
        self, services: Services, globex: Tenant, campaigns: dict[str, Campaign], load: Load
    ) -> None:
        before = campaigns_of(services, globex)
        report = load(f"{self.HEADER}{campaigns['Rival'].id},Rival,EUR,2026-01-02,1\n")
        assert figures(report)[2:] == (1, 0)
        assert campaigns_of(services, globex) == before

    def test_two_unknown_ids_for_one_name_are_refused(
        self, services: Services, acme: Tenant, load: Load
    ) -> None:
        lines = [f"00000000-0000-4000-8000-00000000000{i},X,EUR,2026-01-0{i},1" for i in (1, 2)]
        report = load(self.HEADER + "\n".join(lines) + "\n")
        assert [line for line, _ in problems(report)] == [3]
        assert "another campaign_id" in report.problems[0].reason
        assert campaigns_of(services, acme) == []

    def test_two_names_for_one_campaign_are_refused(
        self, campaigns: dict[str, Campaign], load: Load
    ) -> None:
        spring = campaigns["Spring"]
        lines = (
            f"{spring.id},X,{spring.currency},2026-01-02,1",
            f",Spring,{spring.currency},2026-01-02,1",
        )
        assert problems(load(self.HEADER + "\n".join(lines) + "\n")) == [
            (3, "is the same campaign as in line 2, spelled differently: use one spelling")
        ]


class TestPeople:
    """Who import in the pages, where the command line asks nobody."""

    def test_need_the_right_to_write(
        self, services: Services, acme: Tenant, load_file: LoadFile
    ) -> None:
        file = load_file.file(csv(GOOD))
        viewer = Principal("u", roles={acme.id: Role.VIEWER})
        for who, refusal in ((viewer, Forbidden), (Principal("u"), NotFound)):
            with pytest.raises(refusal):
                services.importer.preview(who, acme.id, file)
            with pytest.raises(refusal):
                services.importer.apply(who, acme.id, file, "campaigns.csv")
        assert stored(services) == []

    def test_choose_which_column_fills_which_field(
        self, services: Services, acme: Tenant, load_file: LoadFile, admin: Principal
    ) -> None:
        file = load_file.file("Kampagne;EUR;Tag;Klicks;Notiz\nSommer;EUR;1.3.2026;5;x\n")
        seen = services.importer.preview(admin, acme.id, file)
        assert seen.missing == ("campaign_name", "currency", "date")
        mapping = ("campaign_name", "currency", "date", "clicks", "")
        seen = services.importer.preview(admin, acme.id, file, mapping=mapping)
        assert seen.rows[0].values["date"] == "2026-03-01"
        report = services.importer.apply(admin, acme.id, file, "a.csv", mapping=mapping)
        assert report.notes == ["columns ignored: Notiz"]
        assert stored(services) == [(0, 5, 0, 0, 0)]

    @pytest.mark.parametrize(
        ("mapping", "reason"),
        [
            (("campaign_name", "currency"), "columns of the file have changed"),
            (("campaign_name", "currency", "day"), "unknown field 'day'"),
            (("campaign_name", "currency", "currency"), "two columns"),
            (("campaign_name", "currency", ""), "choose a column for date"),
        ],
    )
    def test_are_told_what_is_wrong_with_their_choice(
        self,
        services: Services,
        acme: Tenant,
        load_file: LoadFile,
        admin: Principal,
        mapping: tuple[str, ...],
        reason: str,
    ) -> None:
        file = load_file.file("a,b,c\nA,EUR,2026-01-01\n")
        with pytest.raises(ExportsError, match=reason):
            services.importer.apply(admin, acme.id, file, "a.csv", mapping=mapping)
