"""The commands export, plan and apply over the database. Over HTTP: tests/e2e/test_api_guide.py."""

import json
from pathlib import Path

import pytest

from exports_app.cli.definitions import lines
from exports_app.cli.remote import Remote
from exports_app.domain.errors import ExportsError
from tests.integration.launch.cli.process import Run, free_port, refused, went_well

ACME = ("--tenant", "acme")
UNCHANGED = "No changes. 3 scheduled exports are as in the file\n"
SUPER = ("--as", "super@admin.com")
NEW = """\
tenant: acme
schedules:
  - slug: new
    name: "New\\u001b[2J"
    exportType: campaigns
    format: csv
    schedule: 0 9 * * 1
    recipients: [ann@example.com]
"""


@pytest.fixture
def demo(migrated: None, run: Run) -> None:
    assert migrated is None
    went_well(run("seed-demo"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "exports.yaml"


@pytest.mark.usefixtures("demo")
def test_a_file_is_exported_planned_and_applied(run: Run, file: Path) -> None:
    exported = went_well(run("export", *ACME))
    file.write_text(exported)
    assert went_well(run("plan", str(file))) == UNCHANGED
    assert went_well(run("apply", str(file), *SUPER)) == UNCHANGED  # asks nothing
    named = went_well(run("export", *ACME, "--json"))
    assert json.loads(named)["tenant"] == "acme"

    file.write_text(exported.replace("name: Weekly report", "name: Weekly figures"))
    changes = run("plan", str(file), "--detailed-exitcode")
    assert changes.returncode == 2
    first, field, *_ = changes.stdout.splitlines()
    assert first == '~ weekly-report  "Weekly figures"'
    assert field == '    name: "Weekly report" → "Weekly figures"'
    applied = went_well(run("apply", str(file), "--yes", *SUPER))
    assert applied == changes.stdout + "Applied: 0 created, 1 updated, 0 deleted\n"
    assert run("plan", str(file), "--detailed-exitcode").returncode == 0
    again = json.loads(went_well(run("apply", str(file), "--yes", "--json", *SUPER)))
    assert (again["changes"], again["unchanged"]) == ([], 3)

    pruned = went_well(run("plan", "-", "--prune", "--json", *ACME, typed="schedules: []"))
    assert json.loads(pruned)["toDelete"] == 3


@pytest.mark.usefixtures("demo")
def test_what_is_refused_says_why(run: Run, file: Path) -> None:
    file.write_text(NEW)
    without = run("apply", "-", *SUPER, typed=NEW.replace("\\u001b[2J", ""))
    assert refused(without) == "exports_app: cannot ask for confirmation here: use --yes"
    assert "Plan: 1 to create" in without.stdout
    assert "--as EMAIL" in refused(run("apply", str(file), "--yes"))
    assert "choose a tenant with --tenant SLUG: acme, globex" in refused(run("export"))
    assert "is larger than 1 MiB" in refused(run("plan", "-", *ACME, typed="#" * 1024 * 1025))
    wrong = run("plan", str(file), *ACME)  # a name with a control character
    assert wrong.returncode == 1
    assert wrong.stderr.splitlines() == [
        f"exports_app: {file} is not valid:",
        "  /schedules/0/name: line 4: remove the control characters, such as line breaks and tabs",
    ]
    broken = run("plan", "-", *ACME, typed="schedules: [")
    assert broken.stderr.splitlines()[1].startswith("  line 2: is not valid YAML")
    other = run("plan", str(file), "--tenant", "globex")
    assert other.stderr.splitlines()[1].startswith("  /tenant: line 1: is another tenant")


def test_a_server_is_called_with_a_key(run: Run, file: Path) -> None:
    file.write_text(NEW)
    url = f"http://127.0.0.1:{free_port()}"
    assert "set EXPORTS_APP_KEY to an API key" in refused(run("export", "--url", url))
    away = run("export", "--url", url, EXPORTS_APP_KEY="exa_x")
    assert f"cannot reach {url}: " in refused(away)


def test_the_address_may_come_from_the_environment(run: Run) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    env = {"EXPORTS_APP_URL": url, "EXPORTS_APP_KEY": "exa_x"}
    for command in (["export"], ["plan", "-"], ["apply", "-", "--yes"]):
        away = run(*command, typed="schedules: []", **env)
        assert f"cannot reach {url}: " in refused(away)
    both = run("apply", "-", "--yes", *SUPER, typed="schedules: []", **env)
    assert "--as is for the database: leave it out with --url" in refused(both)


@pytest.mark.parametrize("url", ["ftp://x", "x", "http://", "https://a:b@x", "file:///etc/passwd"])
def test_an_address_that_is_none_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORTS_APP_KEY", "exa_x")
    with pytest.raises(ExportsError, match="must be an address"):
        Remote(url)


def test_the_schema_is_printed(run: Run) -> None:
    assert json.loads(went_well(run("export", "--schema")))["title"] == "Scheduled exports as code"


def test_a_plan_in_lines() -> None:
    """Long values are cut, and nothing in them steers a terminal."""
    fields = [
        {"field": "description", "old": None, "new": "x" * 400},
        {"field": "tags", "old": ["a", "b"], "new": ["b", "c"]},
        {"field": "recipients", "old": ["a", "b"], "new": ["b", "a"]},
        {"field": "name", "old": "\x1b[2J", "new": "Ü"},
    ]
    change = {"kind": "update", "slug": "s", "name": "Ü", "fields": fields}
    counts = {"toCreate": 0, "toUpdate": 1, "toDelete": 0, "unchanged": 1_000, "others": 2}
    title, text, tags, order, name, _, total, others = lines(counts | {"changes": [change]})
    assert (title, text[-3:]) == ('~ s  "Ü"', "xx…")
    assert tags.strip() == 'tags: - "a", + "c"'
    assert order.strip() == 'recipients: ["a", "b"] → ["b", "a"]'
    assert name.strip() == 'name: "\\u001b[2J" → "Ü"'
    assert total == "Plan: 0 to create, 1 to update, 0 to delete, 1,000 unchanged"
    assert others == "2 scheduled exports are not in the file: they stay as they are"
    single = counts | {"changes": [], "unchanged": 1, "others": 1}
    assert list(lines(single)) == [
        "No changes. 1 scheduled export is as in the file",
        "1 scheduled export is not in the file: it stays as it is",
    ]
