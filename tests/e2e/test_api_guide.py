"""docs/api.md, walked as its readers would: each command works, and answers as it says. The
integrations in docs/integrations do their job with the real server."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e import guide
from tests.e2e.client import DEMO, Caller, wait_until
from tests.e2e.server import start_server
from tests.paths import ROOT

TENANT = "acme"
ADMIN = "admin@acme.test"
MOST_LINES = {
    "run_and_download.sh": 6,
    "run_step.py": 20,
    "new_runs.py": 12,
    "openapi_python_client.yml": 7,
}
PATIENCE = 60


class Site:
    """A server, an admin, a key, and a scheduled export that nobody but a program starts."""

    def __init__(self, caller: Caller, url: str) -> None:
        self.caller = caller
        sign_in = {"email": ADMIN, "password": DEMO["password"]}
        token = caller.call("POST", "/api/auth/login", 200, json=sign_in)["accessToken"]
        (self.tenant,) = (one["id"] for one in caller.tenants if one["slug"] == TENANT)
        scopes = ["exports.read", "exports.write", "campaigns.write", "tenant.manage"]
        made = {"name": "Guide", "scopes": scopes}
        key = caller.call("POST", f"/api/tenants/{self.tenant}/keys", 201, json=made)["key"]
        self.env = os.environ | {"URL": url, "KEY": key, "TOKEN": token}

    def schedule(self, name: str, **more: Any) -> str:
        body = {
            "tenantId": self.tenant,
            "name": name,
            "exportType": "campaigns",
            "format": "csv",
            "schedule": "0 0 1 1 *",
            "recipients": ["ann@example.com"],
        }
        made = self.caller.call("POST", "/api/scheduled-exports", 201, json=body | more)
        return str(made["id"])

    def ended(self, cursor: str) -> list[Any]:
        """The runs behind a cursor of the key."""
        answer = httpx.get(
            f"{self.env['URL']}/api/runs/ended",
            params={"cursor": cursor},
            headers={"Authorization": f"Bearer {self.env['KEY']}"},
        )
        items: list[Any] = answer.raise_for_status().json()["items"]
        return items

    def run(self, folder: Path, program: str, **env: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            self.command(program),
            cwd=folder,
            env=self.env | env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def command(self, program: str) -> list[str]:
        shell = "bash" if program.endswith(".sh") else sys.executable
        return [shell, str(guide.INTEGRATIONS / program)]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("server")
    share = folder / "share"
    share.mkdir()
    settings = {"DEMO": "1", "EXPORT_FOLDERS": str(share)}
    with start_server(folder, settings) as server, Caller(server.url) as caller:
        yield Site(caller, server.url)


def test_every_example_works(site: Site, tmp_path: Path) -> None:
    guide.walk(tmp_path, site.env)


def test_schedules_as_code(site: Site, tmp_path: Path) -> None:
    """docs/as-code.md, from the export to a plan that finds no changes."""
    program = tmp_path / "exports-app"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -W error -m exports_app "$@"\n')
    program.chmod(0o700)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    key = {"EXPORTS_APP_KEY": site.env["KEY"]}
    guide.walk(tmp_path, site.env | env | key, ROOT / "docs" / "as-code.md")


@pytest.mark.parametrize(
    "wrong",
    [
        "```bash\nfalse\ntrue\n```",
        '```bash\necho \'{"a": 1}\'\n```\n```json\n{"a": 1, "b": 2}\n```',
        '```bash\necho \'[{"a": 1}]\'\n```\n```json\n[{"a": "1"}]\n```',
        "```bash\necho one\n```\n```text\ntwo…\n```",
        "```bash\ntrue\n```\nElsewhere:\n```json\n{}\n```",
    ],
)
def test_a_wrong_example_is_found(wrong: str, tmp_path: Path) -> None:
    document = tmp_path / "wrong.md"
    document.write_text(wrong + "\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        guide.walk(tmp_path, os.environ, document)


@pytest.mark.parametrize(("name", "most"), MOST_LINES.items())
def test_integrations_are_short_and_quoted(name: str, most: int) -> None:
    assert MOST_LINES.keys() == guide.integrations().keys()
    text = guide.integrations()[name]
    code = [line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]
    assert len(code) <= most
    assert f"\n{text}```\n" in guide.DOCUMENT.read_text(encoding="utf-8")


def test_the_shell_downloads_a_file(site: Site, tmp_path: Path) -> None:
    done = site.run(tmp_path, "run_and_download.sh", SCHEDULE=site.schedule("By shell"))
    assert done.returncode == 0, done.stderr
    (file,) = tmp_path.iterdir()
    assert file.suffix == ".csv"
    assert file.read_text(encoding="utf-8-sig").count("\n") > 1


def test_a_step_is_safe_to_repeat(site: Site, tmp_path: Path) -> None:
    schedule = site.schedule("By a step")
    for _ in range(2):
        done = site.run(tmp_path, "run_step.py", SCHEDULE=schedule, ONCE="nightly-2026-11-30")
        assert done.returncode == 0, done.stderr
    assert len(site.caller.history(schedule)) == 1


def test_a_step_fails_clearly(site: Site, tmp_path: Path) -> None:
    campaign = {"tenantId": site.tenant, "name": "Gone", "currency": "EUR"}
    gone = site.caller.call("POST", "/api/campaigns", 201, json=campaign)["id"]
    schedule = site.schedule("It fails", filters={"campaignIds": [gone]}, retryAttempts=1)
    site.caller.call("DELETE", f"/api/campaigns/{gone}", 204)
    failed = site.run(tmp_path, "run_step.py", SCHEDULE=schedule, ONCE="failing")
    assert failed.returncode == 1
    assert "is failed: " in failed.stderr
    no_file = site.run(tmp_path, "run_and_download.sh", SCHEDULE=schedule)
    assert no_file.returncode == 1
    assert '"status":"failed"' in no_file.stderr
    assert not list(tmp_path.iterdir())
    refused = site.run(tmp_path, "run_step.py", SCHEDULE=schedule, ONCE="refused", KEY="exa_wrong")
    assert refused.returncode == 1
    assert "invalid_token" in refused.stderr
    refused = site.run(tmp_path, "run_and_download.sh", SCHEDULE=schedule, KEY="exa_wrong")
    assert refused.returncode != 0
    assert "invalid_token" in refused.stderr


def test_new_runs_are_seen_once(site: Site, tmp_path: Path) -> None:
    """Also those that end while it does not run."""
    schedule, out = site.schedule("Polled"), tmp_path / "out"
    trigger = f"/api/scheduled-exports/{schedule}/trigger?wait=60"

    def end_one() -> str:
        answer = site.caller.call("POST", trigger, 202, json={"recipients": []})
        return str(answer["historyId"])

    def nothing_left() -> bool:
        return not site.ended((tmp_path / "cursor").read_text())

    runs = list[str]()
    for _ in range(2):
        runs.append(end_one())  # while it does not run
        command = site.command("new_runs.py")
        with (
            out.open("a") as file,
            subprocess.Popen(command, cwd=tmp_path, env=site.env, stdout=file) as program,
        ):
            try:
                wait_until("it sees that", lambda: runs[-1] in out.read_text(), PATIENCE)
                runs.append(end_one())  # while it waits
                wait_until("it sees that too", lambda: runs[-1] in out.read_text(), PATIENCE)
                wait_until("it keeps the cursor", nothing_left, PATIENCE)
            finally:
                program.terminate()
    seen = [line.split()[0] for line in out.read_text().splitlines()]
    assert [run for run in seen if run in runs] == runs
