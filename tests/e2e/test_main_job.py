"""From the schedule to the inbox, through the real server: what the product is for."""

import csv
import hashlib
import io
import os
import signal
import socket
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.e2e.client import Caller, wait_until
from tests.e2e.server import Server, start_server
from tests.mailserver import MailServer, mail_server

FINISHED = {"completed", "partial", "failed", "skipped", "cancelled"}


def smtp(port: int) -> dict[str, str]:
    return {
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(port),
        "SMTP_TLS": "none",
        "SMTP_FROM": "Exports <exports@acme.test>",
        "DEMO": "1",
    }


def finished(caller: Caller, schedule_id: str) -> list[dict[str, Any]]:
    return [run for run in caller.history(schedule_id) if run["status"] in FINISHED]


def schedule(caller: Caller, **values: Any) -> dict[str, Any]:
    body = {
        "tenantId": caller.tenants[0]["id"],
        "name": "Every minute, 100% «ünïcode»",
        "exportType": "campaigns",
        "format": "csv",
        "schedule": "* * * * *",
        "recipients": ["ann@example.com", "bob@example.com"],
        "filters": {"period": "last_30_days"},
    }
    made: dict[str, Any] = caller.call("POST", "/api/scheduled-exports", 201, json=body | values)
    return made


def test_a_schedule_comes_due_and_its_file_arrives_by_email(tmp_path: Path) -> None:
    with (
        mail_server() as mails,
        start_server(tmp_path, smtp(mails.port)) as server,
        Caller(server.url) as caller,
    ):
        made = schedule(caller)
        due_at = make_due(tmp_path / "data" / "exports.db", made["id"])
        run = wait_until("a finished run", lambda: finished(caller, made["id"]), 90)[-1]
        mails.wait_for(2, 10)
        check_run(run, due_at)
        content = check_file(caller, run)
        check_mails(mails, run, content)
        check_database(tmp_path / "data" / "exports.db", run, content)


def make_due(file: Path, schedule_id: str) -> datetime:
    """Its next run is that of the minute which has just begun, so that the test need not wait for
    another one."""
    minute = datetime.now(UTC).replace(second=0, microsecond=0)
    with closing(sqlite3.connect(file, timeout=30)) as db, db:
        told = minute.strftime("%Y-%m-%d %H:%M:%S.%f")
        db.execute("UPDATE scheduled_exports SET next_run_at = ? WHERE id = ?", (told, schedule_id))
    return minute


def check_run(run: dict[str, Any], due_at: datetime) -> None:
    assert (run["status"], run["trigger"], run["attempt"], run["missedTicks"]) == (
        "completed",
        "schedule",
        1,
        0,
    ), run
    assert datetime.fromisoformat(run["scheduledFor"]) == due_at
    assert sorted(d["target"] for d in run["deliveries"]) == ["ann@example.com", "bob@example.com"]
    assert {d["status"] for d in run["deliveries"]} == {"accepted"}


def check_file(caller: Caller, run: dict[str, Any]) -> bytes:
    answer = caller.http.get(
        f"/api/scheduled-exports/{run['scheduledExportId']}/history/{run['id']}/file"
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/csv")
    assert quote(run["fileName"], safe="") in answer.headers["content-disposition"]
    assert len(answer.content) == run["fileSize"]
    assert hashlib.sha256(answer.content).hexdigest() == run["sha256"]
    return answer.content


def check_mails(mails: MailServer, run: dict[str, Any], content: bytes) -> None:
    first = [m for m in mails.messages if m.rcpt_tos == ["ann@example.com"]]
    assert first
    message = first[0].message
    assert message["To"] == "ann@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert "Every minute, 100% «ünïcode»" in message["Subject"]
    html, plain = message.get_body(("html",)), message.get_body(("plain",))
    assert html is not None
    assert plain is not None
    for fact in (run["fileName"], str(run["recordCount"]), "Every minute, 100% «ünïcode»"):
        assert fact in html.get_content()
        assert fact in plain.get_content()
    (attachment,) = message.iter_attachments()
    assert attachment.get_content_type() == "text/csv"
    assert attachment.get_filename() == run["fileName"]
    assert attachment.get_payload(decode=True) == content
    assert len({m.message["Message-ID"] for m in mails.messages}) == len(mails.messages)


def check_database(file: Path, run: dict[str, Any], content: bytes) -> None:
    """The file against the tables themselves: every campaign of the tenant, its clicks and spend in
    the window."""
    rows = {r["campaign_id"]: r for r in csv.DictReader(io.StringIO(content.decode(), newline=""))}
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as db:
        query = """
            SELECT c.id, coalesce(sum(m.clicks), 0), coalesce(sum(m.spend), 0) FROM campaigns c
            LEFT JOIN campaign_metrics m ON m.campaign_id = c.id AND m.date BETWEEN ? AND ?
            WHERE c.tenant_id = ? GROUP BY c.id"""
        wanted = db.execute(
            query, (run["windowStart"], run["windowEnd"], run["tenantId"])
        ).fetchall()
        runs = db.execute(
            "SELECT count(*) FROM export_history WHERE id = ? AND status = 'completed'",
            (run["id"],),
        ).fetchone()
    db.close()
    assert runs == (1,)
    assert len(rows) == run["recordCount"] == len(wanted) > 0
    for campaign_id, clicks, spend in wanted:
        assert rows[campaign_id]["clicks"] == str(clicks)
        assert rows[campaign_id]["spend"] == f"{spend // 100}.{spend % 100:02d}"
    assert any(clicks for _, clicks, _ in wanted)


def kill(server: Server) -> None:
    os.killpg(server.process.pid, signal.SIGKILL)
    server.process.wait()


@pytest.mark.long
def test_a_run_whose_server_is_killed_is_finished_once_by_the_next_one(tmp_path: Path) -> None:
    # A mail server that accepts connections and never says a word holds the run in `processing`
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with (
            start_server(tmp_path, smtp(silent.getsockname()[1])) as server,
            Caller(server.url) as caller,
        ):
            made = schedule(caller, schedule="0 0 1 1 *", recipients=["ann@example.com"])
            run_id = caller.call("POST", f"/api/scheduled-exports/{made['id']}/trigger", 202)[
                "historyId"
            ]
            connection, _ = silent.accept()  # the worker has made the file and is about to send
            with connection:
                (before,) = caller.history(made["id"])
                assert (before["id"], before["status"], before["attempt"]) == (
                    run_id,
                    "processing",
                    1,
                )
                assert before["deliveries"][0]["status"] == "sending"
                kill(server)

    with (
        mail_server() as mails,
        start_server(tmp_path, smtp(mails.port)) as server,
        Caller(server.url) as caller,
    ):
        (after,) = wait_until("the run finished", lambda: finished(caller, made["id"]), 30)
        assert (after["id"], after["status"], after["attempt"]) == (run_id, "completed", 2)
        assert after["sha256"] == before["sha256"]
        assert [(d["status"], d["attempts"]) for d in after["deliveries"]] == [("accepted", 2)]
        assert len(caller.history(made["id"])) == 1
    assert len(mails.messages) == 1
