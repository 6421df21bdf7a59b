"""Tenants, users, imports and the demo by the command line."""

from pathlib import Path

import pytest

from tests.integration.launch.cli.process import CSV, PASSWORD, Run, refused, went_well

pytestmark = pytest.mark.usefixtures("migrated")


def test_a_one_time_password_is_printed_once(run: Run) -> None:
    made = went_well(
        run("create-user", "ann@example.com", "--name", "Ann", "--super-admin", "--one-time")
    )
    again = went_well(run("one-time-password", "Ann@example.com"))
    first, second = (out.strip().rpartition(" ")[2] for out in (made, again))
    assert len(first) == len(second) == 16
    assert first != second
    assert "no user" in refused(run("one-time-password", "nobody@example.com"))
    both = run(
        "create-user",
        "b@example.com",
        "--name",
        "B",
        "--super-admin",
        "--one-time",
        "--password-stdin",
    )
    assert both.returncode == 2


def test_who_is_not_proven_is_listed(run: Run, tmp_path: Path) -> None:
    assert went_well(run("unproven-accounts")) == ""
    for email in ("zoe@example.com", "ann@example.com"):
        run("create-user", email, "--name", "N", "--super-admin", "--one-time")
    assert went_well(run("unproven-accounts")) == "ann@example.com\nzoe@example.com\n"


def test_a_taken_slug_and_a_taken_address_are_errors(run: Run) -> None:
    run(
        "create-tenant",
        "acme",
        "--name",
        "Acme",
        "--max-rows",
        "5",
        "--max-mb",
        "6",
        "--keep-days",
        "7",
    )
    assert "another slug" in refused(run("create-tenant", "acme", "--name", "Acme"))
    user = ("create-user", "ann@example.com", "--name", "Ann", "--super-admin", "--password-stdin")
    went_well(run(*user, typed=PASSWORD))
    assert "already" in refused(run(*user, typed=PASSWORD))


@pytest.mark.parametrize(
    ("args", "typed", "reason"),
    [
        (("--password-stdin",), PASSWORD, "--super-admin"),
        (("--super-admin", "--role", "admin", "--password-stdin"), PASSWORD, "--tenant"),
        (("--tenant", "nobody", "--password-stdin"), PASSWORD, "create-tenant"),
        (("--super-admin",), PASSWORD, "--password-stdin"),
        (("--super-admin", "--password-stdin"), "short", "at least"),
        (("--super-admin", "--password-stdin"), "", "at least"),
        (("--super-admin", "--password-stdin"), "SuperAdmin123!", "public password"),
        (("--super-admin", "--password-stdin"), "qwertyuiop", "most common"),
        (("--super-admin", "--password-stdin"), "ann@example.com", "your email address"),
    ],
)
def test_a_user_who_cannot_be_made_is_refused_with_what_to_do(
    run: Run, args: tuple[str, ...], typed: str, reason: str
) -> None:
    assert reason in refused(
        run("create-user", "ann@example.com", "--name", "Ann", *args, typed=typed)
    )


@pytest.mark.parametrize(
    ("args", "typed", "reason"),
    [
        (
            ("create-tenant", "acme", "--name", "x" * 201),
            "",
            "name: enter a name of 1 to 200 characters",
        ),
        (
            ("create-tenant", "acme", "--name", "x" * 100_000),
            "",
            "name is too long: use at most 2,000 characters",
        ),
        (("create-tenant", "a" * 2_001, "--name", "Acme"), "", "slug is too long"),
        (
            ("create-tenant", "acme", "--name", "\u202eemcA"),
            "",
            "name: remove the characters that turn the direction",
        ),
        (
            ("create-tenant", "acme", "--name", "Acme", "--timezone", "x" * 5_000),
            "",
            "timezone is too long",
        ),
        (("create-tenant", "acme", "--name", "Acme", "--keep-days", "9" * 5_000), "", "keep-days"),
        (
            ("create-tenant", "acme", "--name", b"\xff\xfe".decode("utf-8", "surrogateescape")),
            "",
            "not valid UTF-8",
        ),
        (
            ("import-campaigns", "x.csv", "--tenant", b"\xff".decode("utf-8", "surrogateescape")),
            "",
            "not valid UTF-8",
        ),
        (
            ("create-user", "a" * 1_900 + "@b.example", "--name", "Bob", "--super-admin"),
            PASSWORD,
            "address is too long",
        ),
        (
            ("create-user", "b@b.example", "--name", "\u2066Bob", "--super-admin"),
            PASSWORD,
            "turn the direction",
        ),
        (
            ("create-user", "b@b.example", "--name", "Bob", "--super-admin"),
            "x" * 10_000_000,
            "password",
        ),
    ],
)
def test_what_is_too_long_or_no_text_is_refused_in_one_line(
    run: Run, args: tuple[str, ...], typed: str, reason: str
) -> None:
    stdin = ("--password-stdin",) if args[0] == "create-user" else ()
    done = run(*args, *stdin, typed=f"{typed}\n")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert reason in last
    assert "Traceback" not in done.stderr
    assert len(last) < 6_000


def test_bad_lines_are_told_and_end_with_an_error(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "campaigns.csv"
    file.write_text(CSV + "Summer,EUR,someday\n")
    run("create-tenant", "acme", "--name", "Acme")
    done = run("import-campaigns", str(file), "--tenant", "acme")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "line 3: date: must be a date (YYYY-MM-DD); the file has “someday”",
        "exports_app: 1 bad line: nothing was imported",
    ]


def test_a_file_that_is_not_there_is_one_line(run: Run, tmp_path: Path) -> None:
    run("create-tenant", "acme", "--name", "Acme")
    assert "No such file" in refused(
        run("import-campaigns", str(tmp_path / "none.csv"), "--tenant", "acme")
    )
    assert "directory" in refused(run("import-campaigns", str(tmp_path), "--tenant", "acme"))


def test_the_demo_is_seeded_once_and_grows_to_the_rows_asked_for(run: Run) -> None:
    assert "Added" in went_well(run("seed-demo"))
    assert "already" in went_well(run("seed-demo"))
    assert "; 0 rows" not in went_well(run("seed-demo", "--rows", "25000"))
    assert "; 0 rows" in went_well(run("seed-demo", "--rows", "25000"))


@pytest.mark.parametrize(
    "env",
    [
        {"DEMO": "0"},
        {"HOST": "0.0.0.0"},
        {"PUBLIC_URL": "https://x.example"},
        {"PUBLIC_URL": "https://x.example", "DEMO": "1"},
    ],
)
def test_what_is_no_demo_takes_no_demo_data(run: Run, env: dict[str, str]) -> None:
    assert "DEMO=1" in refused(run("seed-demo", **env))


def test_a_database_with_users_of_its_own_takes_no_demo_data(run: Run) -> None:
    went_well(
        run(
            "create-user",
            "ann@example.com",
            "--name",
            "Ann",
            "--super-admin",
            "--password-stdin",
            typed=PASSWORD,
        )
    )
    assert "of its own" in refused(run("seed-demo", "--rows", "1000"))
