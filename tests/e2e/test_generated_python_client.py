"""A client that openapi-python-client makes from the API's document: it is made without a warning,
its types are right, and it does the main job with the real server."""

import importlib
import json
import os
import subprocess
import sys
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.e2e.client import DEMO
from tests.e2e.guide import INTEGRATIONS
from tests.e2e.server import start_server
from tests.programs import of_packages

NAME = "generated_exports_client"
CONFIG = INTEGRATIONS / "openapi_python_client.yml"


def run(*arguments: str | Path, cwd: Path) -> str:
    path = f"{of_packages('ruff').parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [*map(str, arguments)],
        cwd=cwd,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


def generate(document: dict[str, Any], folder: Path) -> None:
    (folder / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    options = (
        "--path",
        "openapi.json",
        "--meta",
        "none",
        "--output-path",
        NAME,
        "--config",
        CONFIG,
    )
    said = run(
        of_packages("openapi-python-client"), "generate", *options, "--fail-on-warning", cwd=folder
    )
    assert "Warning" not in said
    # Without client.py, which is the same for every document
    strict = ("--strict", "--follow-imports=silent", "--cache-dir", folder / "types")
    run(sys.executable, "-m", "mypy", *strict, f"{NAME}/api", f"{NAME}/models", cwd=folder)


def part(path: str) -> Any:
    return importlib.import_module(f"{NAME}.{path}")


def main_job(url: str) -> bytes:
    """Sign in, make a key; with the key: list, create, run, wait, download."""
    client = part("client")
    login = part("models.login_in").LoginIn(email=DEMO["email"], password=DEMO["password"])
    with client.Client(base_url=url) as stranger:
        token = part("api.auth.sign_in").sync(client=stranger, body=login).access_token
    with client.AuthenticatedClient(base_url=url, token=token) as person:
        tenant = part("api.auth.get_me").sync(client=person).tenants[0]
        models = part("models")
        wanted = models.TenantKeyIn(
            name="Generated",
            scopes=[models.TenantKeyInScopesItem(s) for s in ("exports.read", "exports.write")],
        )
        make = part("api.api_keys.create_tenant_key").sync
        key = make(tenant_id=tenant.id, client=person, body=wanted).key
    with client.AuthenticatedClient(base_url=url, token=key, timeout=httpx.Timeout(90)) as program:
        return _work(program, tenant.id)


def _work(program: Any, tenant_id: Any) -> bytes:
    api, models = "api.scheduled_exports", part("models")
    before = part(f"{api}.list_schedules").sync(client=program, tenant_id=tenant_id)
    body = models.ScheduleIn(
        name="By a generated client",
        tenant_id=tenant_id,
        export_type=models.ScheduleInExportType("campaigns"),
        format_=models.ScheduleInFormat("csv"),
        schedule="0 0 1 1 *",
        recipients=["ann@example.com"],
    )
    made = part(f"{api}.create_schedule").sync(client=program, body=body)
    after = part(f"{api}.list_schedules").sync(client=program, tenant_id=tenant_id)
    assert (after.total, made.is_active) == (before.total + 1, True)
    order = models.TriggerIn(recipients=[])
    started = part(f"{api}.trigger_schedule").sync_detailed(
        schedule_id=made.id, client=program, body=order, wait=60
    )
    assert started.status_code == HTTPStatus.ACCEPTED
    run = part("api.runs.get_run").sync(run_id=started.parsed.history_id, client=program, wait=60)
    assert run.status == "completed"
    file = part(f"{api}.download_run_file").sync(
        schedule_id=made.id, history_id=run.id, client=program
    )
    return bytes(file.payload.read())


def test_a_generated_python_client_does_the_main_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    with start_server(tmp_path / "server", {"DEMO": "1"}) as server:
        document = httpx.get(f"{server.url}/api/openapi.json").json()
        generate(document, tmp_path)
        try:
            assert main_job(server.url).decode("utf-8-sig").count("\n") > 1
        finally:
            for name in [n for n in sys.modules if n.partition(".")[0] == NAME]:
                del sys.modules[name]
