"""The MCP server, called by the SDK's own client: over standard input and output, and the errors of
its tools within this process."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from mcp import Client, StdioServerParameters, stdio_client

from exports_app.cli.mcp_server.server import build
from exports_app.cli.remote import KEY, Remote
from tests.e2e.client import Caller
from tests.e2e.server import free_port, start_server
from tests.paths import ROOT

READING = {
    *("list_schedules", "get_schedule", "next_runs", "list_runs", "get_run"),
    *("why_did_it_fail", "preview", "check_cron", "get_catalog"),
}


@dataclass
class Site:
    url: str
    key: str
    reader: str
    """A key with the scope exports.read alone."""
    schedule: dict[str, Any]
    failing: dict[str, Any]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("server")
    with start_server(folder, {"DEMO": "1"}) as server, Caller(server.url) as caller:
        (tenant,) = (one["id"] for one in caller.tenants if one["slug"] == "acme")

        def key(*scopes: str) -> str:
            made = {"name": "Assistant", "scopes": scopes}
            path = f"/api/tenants/{tenant}/keys"
            return str(caller.call("POST", path, 201, json=made)["key"])

        def schedule(name: str, **more: Any) -> dict[str, Any]:
            body = {"tenantId": tenant, "name": name, "exportType": "campaigns", "format": "csv"}
            body |= {"schedule": "0 9 1 1 *", "recipients": ["ann@example.com"]}
            made: dict[str, Any] = caller.call(
                "POST", "/api/scheduled-exports", 201, json=body | more
            )
            return made

        campaign = {"tenantId": tenant, "name": "Gone", "currency": "EUR"}
        gone = caller.call("POST", "/api/campaigns", 201, json=campaign)["id"]
        failing = schedule("It fails", filters={"campaignIds": [gone]}, retryAttempts=1)
        caller.call("DELETE", f"/api/campaigns/{gone}", 204)
        whole = key("exports.read", "exports.write")
        yield Site(server.url, whole, key("exports.read"), schedule("Yearly"), failing)


async def call(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    answer = await client.call_tool(tool, arguments)
    assert not answer.is_error, answer.content
    found: dict[str, Any] = answer.structured_content or {}
    assert json.loads(answer.content[0].text) == found  # type: ignore[union-attr]
    return found


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    answer = await client.call_tool(tool, arguments)
    assert answer.is_error
    return str(answer.content[0].text)  # type: ignore[union-attr]


def within(url: str, key: str, *, allow_writes: bool = False) -> Client:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(KEY, key)
        return Client(build(Remote(url), allow_writes=allow_writes))


def over_stdio(site: Site, *arguments: str) -> Client:
    command = ["-m", "exports_app", "mcp", "--url", site.url, *arguments]
    env = {KEY: site.key, "PATH": os.environ["PATH"]}
    program = StdioServerParameters(command=sys.executable, args=command, env=env, cwd=ROOT)
    return Client(stdio_client(program))


def test_an_assistant_finds_out_runs_and_pauses(site: Site) -> None:
    async def play() -> None:
        async with over_stdio(site, "--allow-writes") as client:
            tools = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert tools.keys() == READING | {"trigger_run", "set_active"}
            for name, tool in tools.items():
                assert tool.description
                assert tool.output_schema
                assert tool.annotations is not None
                assert tool.annotations.read_only_hint is (name in READING)
            listed = await call(client, "list_schedules", q="Yearly")
            (line,) = listed["items"]
            assert (line["id"], line["slug"]) == (site.schedule["id"], "yearly")
            found = await call(client, "get_schedule", schedule="yearly")
            assert (found["recipients"], found["shortened"]) == (["ann@example.com"], False)
            runs = await call(client, "next_runs", schedule="yearly", count=2)
            assert runs["nextRuns"][0] == site.schedule["nextRunAt"]
            assert len(runs["nextRuns"]) == 2
            rows = await call(client, "preview", schedule="yearly")
            assert len(rows["rows"][0]) == len(rows["columns"])
            started = await call(
                client, "trigger_run", schedule="yearly", send_to="nobody", wait=60
            )
            run = await call(client, "get_run", run_id=started["runId"])
            assert (run["status"], run["deliveries"]) == ("completed", [])
            history = await call(client, "list_runs", schedule="yearly", status="completed")
            assert [each["id"] for each in history["items"]] == [run["id"]]
            paused = await call(client, "set_active", schedule="yearly", active=False)
            assert paused["isActive"] is False
            assert (await call(client, "next_runs", schedule="yearly"))["nextRuns"] == []
            await call(client, "set_active", schedule=site.schedule["id"], active=True)
            await call(client, "trigger_run", schedule="it-fails", send_to="nobody", wait=60)
            why = await call(client, "why_did_it_fail", schedule="it-fails")
            assert why["run"]["status"] == "failed"
            assert why["run"]["error"].rstrip(".") in why["explanation"]
            assert why["attempts"][0]["error"]

    asyncio.run(play())


def test_without_allow_writes_it_only_reads(site: Site) -> None:
    async def play() -> None:
        async with within(site.url, site.key) as client:
            tools = (await client.list_tools()).tools
            assert {tool.name for tool in tools} == READING
            cron = await call(client, "check_cron", expression="0 9 * * 1", count=3)
            assert (cron["valid"], len(cron["nextRuns"])) == (True, 3)
            assert cron["error"] is None
            wrong = await call(client, "check_cron", expression="0 9 * *")
            assert (wrong["valid"], wrong["nextRuns"]) == (False, [])
            assert "five fields" in wrong["error"]
            catalog = await call(client, "get_catalog")
            assert "campaigns" in {kind["key"] for kind in catalog["exportTypes"]}
            assert not catalog["shortened"]

    asyncio.run(play())


def test_errors_are_what_the_api_says(site: Site) -> None:
    async def play() -> None:
        absent = "00000000-0000-4000-8000-000000000000"
        async with within(site.url, site.reader, allow_writes=True) as client:
            said = await refused(client, "trigger_run", schedule="yearly", send_to="nobody")
            assert "exports.write" in said
            assert "insufficient_scope" in said
            said = await refused(client, "get_run", run_id=absent)
            assert "(not_found)" in said
            assert "no scheduled export" in await refused(client, "get_schedule", schedule="x")
            assert "only one" in await refused(client, "why_did_it_fail")
            assert "failed" in await refused(client, "why_did_it_fail", schedule="yearly")
            assert "is not the ID of a run" in await refused(client, "get_run", run_id="../users")
        async with within(site.url, "exa_wrong") as client:
            assert "(invalid_token)" in await refused(client, "list_schedules")
        async with within(f"http://127.0.0.1:{free_port()}", site.key) as client:
            assert "cannot reach" in await refused(client, "list_schedules")

    asyncio.run(play())


def test_arguments_that_a_tool_does_not_have_are_refused(site: Site) -> None:
    async def play() -> None:
        async with within(site.url, site.key, allow_writes=True) as client:
            for tool in (await client.list_tools()).tools:
                assert tool.input_schema["additionalProperties"] is False
                assert f"{tool.name} does not know 'no'" in await refused(client, tool.name, no=1)
            runs = (await call(client, "list_runs", schedule="yearly"))["items"]
            asked = {"schedule": "yearly", "send_to": "nobody", "window": {}, "days": 3}
            assert await refused(client, "trigger_run", **asked) == (
                "trigger_run does not know 'days', 'window': "
                "its arguments are schedule, send_to, wait"
            )
            assert (await call(client, "list_runs", schedule="yearly"))["items"] == runs
            assert "it has no arguments" in await refused(client, "get_catalog", no=1)

    asyncio.run(play())
