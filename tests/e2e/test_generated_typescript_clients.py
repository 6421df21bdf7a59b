"""The API's document pleases Spectral, and the clients that openapi-typescript and
@hey-api/openapi-ts make of it compile and do the main job with the real server."""

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import httpx

from exports_app.launch.env import REFLEX
from tests.e2e.client import Caller
from tests.e2e.server import start_server
from tests.paths import ROOT

SOURCES = ROOT / "tests" / "e2e" / "typescript"
MAKE_TYPES = (
    *("openapi-typescript", "openapi.json", "-o", "schema.d.ts"),
    "--default-non-nullable=false",  # else fields with a default must be sent
)


def run(folder: Path, *command: str, **env: str) -> str:
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | REFLEX | {"PATH": path} | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, f"{' '.join(command)}: {said}"
    return said


def test_generated_typescript_clients_do_the_main_job(tmp_path: Path) -> None:
    folder = tmp_path / "clients"
    shutil.copytree(SOURCES, folder)
    run(folder, "npm", "ci", "--ignore-scripts")
    with start_server(tmp_path / "server", {"DEMO": "1"}) as server, Caller(server.url) as caller:
        document = httpx.get(f"{server.url}/api/openapi.json")
        (folder / "openapi.json").write_bytes(document.content)
        run(folder, "npx", "spectral", "lint", "openapi.json", "--fail-severity", "hint")
        run(folder, "npx", *MAKE_TYPES)
        run(folder, "npx", "openapi-ts", "-i", "openapi.json", "-o", "sdk")
        run(folder, "npx", "tsc", "-p", ".")
        tenant = caller.tenants[0]["id"]
        scopes = {"name": "TypeScript", "scopes": ["exports.read", "exports.write"]}
        key = caller.call("POST", f"/api/tenants/{tenant}/keys", 201, json=scopes)["key"]
        env = {"URL_OF_API": server.url, "KEY": key, "TENANT": tenant}
        for program in ("by_fetch", "by_sdk"):
            assert "downloaded true" in run(folder, "node", f"out/{program}.js", **env)
