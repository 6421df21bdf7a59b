"""The command import-campaigns."""

import os
import threading
from pathlib import Path

import pytest

from tests.integration.launch.cli.process import CSV, Run, refused, went_well

pytestmark = pytest.mark.usefixtures("tenant")
ARGS = ("--tenant", "acme")
READ = "read as UTF-8, commas"


@pytest.fixture
def tenant(migrated: None, run: Run) -> None:
    run("create-tenant", "acme", "--name", "Acme")


def file_of(folder: Path, text: str) -> str:
    file = folder / "campaigns.csv"
    file.write_text(text)
    return str(file)


def test_standard_input_and_pipes_are_read(run: Run, tmp_path: Path) -> None:
    for name in ("-", "/dev/stdin"):
        assert READ in went_well(run("import-campaigns", name, *ARGS, typed=CSV))
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(CSV,))
    writer.start()
    assert "0 days new, 1 replaced" in went_well(run("import-campaigns", str(pipe), *ARGS))
    writer.join()
    assert "the file is empty" in refused(run("import-campaigns", "-", *ARGS))


def test_a_dry_run_is_said_and_writes_nothing(run: Run, tmp_path: Path) -> None:
    file = file_of(tmp_path, CSV)
    for _ in range(2):
        said = went_well(run("import-campaigns", file, *ARGS, "--dry-run"))
        assert said.splitlines()[-1] == (
            "would import 1 day of 1 campaign: 1 day new, 0 replaced; 1 campaign new"
        )


def test_details_are_named_and_changed_where_that_is_asked(run: Run, tmp_path: Path) -> None:
    went_well(run("import-campaigns", file_of(tmp_path, CSV), *ARGS))
    file = file_of(tmp_path, "campaign_name,currency,date,status\nSummer ,EUR,2026-01-02,paused\n")
    said = went_well(run("import-campaigns", file, *ARGS)).splitlines()
    assert said[1:3] == [
        'line 2: "Summer " was matched to "Summer", which differs in spaces or Unicode form only',
        (
            'line 2: "Summer": status: paused in the file, active stored: not changed '
            "(change it with --update-details)"
        ),
    ]
    said = went_well(run("import-campaigns", file, *ARGS, "--update-details")).splitlines()
    assert said[2] == 'line 2: "Summer": status: paused in the file, active stored: changed'


def test_what_a_file_holds_steers_no_terminal(run: Run, tmp_path: Path) -> None:
    header = "campaign_name,currency,date,clicks\n"
    went_well(run("import-campaigns", file_of(tmp_path, header + "A,EUR,2026-01-02,1\n"), *ARGS))
    file = file_of(tmp_path, header + "A\t,EUR,2026-01-02,1\nB,EUR,2026-01-02,#\x1b[2J\n")
    done = run("import-campaigns", file, *ARGS)
    assert done.stdout == "read as UTF-8, commas\n"
    assert "#\\x1b[2J" in done.stderr
    assert "\x1b" not in done.stderr
    file = file_of(tmp_path, header + "A\t,EUR,2026-01-02,1\n")
    assert '"A\\t" was matched to "A"' in went_well(run("import-campaigns", file, *ARGS))


def test_columns_are_named_and_left_out(run: Run, tmp_path: Path) -> None:
    file = file_of(tmp_path, "Kampagne;Währung;Date;Notiz\nSommer;EUR;1.3.2026;x\n")
    assert "--column HEADER=FIELD" in refused(run("import-campaigns", file, *ARGS))
    columns = ("--column", "Kampagne=campaign_name", "--column", "währung=currency")
    assert "unknown: 'Notiz'" in refused(run("import-campaigns", file, *ARGS, *columns))
    columns += ("--column", "Notiz=")
    said = went_well(run("import-campaigns", file, *ARGS, *columns)).splitlines()
    assert said[:2] == [
        "read as UTF-8, semicolons, dates as day, month, year",
        "columns ignored: Notiz",
    ]
    wrong = ("--column", "Kampange=campaign_name")
    assert "no column 'Kampange'" in refused(run("import-campaigns", file, *ARGS, *wrong))
    assert run("import-campaigns", file, *ARGS, "--column", "x").returncode == 2
