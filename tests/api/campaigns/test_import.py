"""Campaigns and metrics from a file, by the API."""

import sqlite3
import tempfile
from pathlib import Path
from typing import Any

import httpx
import pytest

from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, Api, pointers, problem
from tests.api.conftest import Clients
from tests.api.keys.making import of_acme
from tests.world import Cast, unwritable

PATH = f"{CAMPAIGNS}/import"
CSV = b"campaign_name,currency,date,clicks\nSpring,EUR,2026-03-01,5\nSpring,EUR,2026-03-02,7\n"
COUNTS = ("campaignsNew", "campaignsKnown", "daysNew", "daysReplaced")


def send(
    client: Api, content: bytes = CSV, kind: str | None = "text/csv", **asked: Any
) -> httpx.Response:
    headers = {"Content-Type": kind} if kind else {}
    return client.request("POST", PATH, content=content, params=asked, headers=headers)


def names(api: Clients) -> list[str]:
    return [item["name"] for item in api.admin.get(CAMPAIGNS).json()["items"]]


def test_a_file_is_imported_and_again_with_the_same_result(api: Clients) -> None:
    answer = send(api.admin, fileName="C:\\x\\mar\u202ech\x1b.csv")
    assert answer.status_code == 200, answer.text
    assert [answer.json()[count] for count in COUNTS] == [1, 0, 2, 0]
    again = send(api.admin, kind=None)
    assert [again.json()[count] for count in COUNTS] == [0, 1, 0, 2]
    assert names(api) == ["Spring"]
    entries = api.admin.get("/api/audit?area=campaign").json()["items"]
    assert {entry["detail"]["file"] for entry in entries} == {"file", "march.csv"}


def test_a_dry_run_stores_nothing(api: Clients) -> None:
    answer = send(api.admin, dryRun=True)
    assert [answer.json()[count] for count in ("dryRun", *COUNTS)] == [True, 1, 0, 2, 0]
    assert answer.json()["readAs"].startswith("UTF-8")
    assert names(api) == []


@pytest.mark.parametrize("dry_run", [True, False])
def test_bad_lines_are_named_and_nothing_is_stored(api: Clients, dry_run: bool) -> None:
    content = CSV + b"Spring,EUR,2026-03-03,many\n" + b"Autumn,XXXX,2026-03-03,1\n" * 60
    refused = send(api.admin, content, dryRun=dry_run)
    assert pointers(refused)[:2] == ["/lines/4", "/lines/5"]
    assert len(pointers(refused)) == 51
    assert refused.json()["errors"][-1] == {"pointer": "", "detail": "has 11 more bad lines"}
    assert names(api) == []


def test_columns_can_be_named(api: Clients) -> None:
    content = b"Name,currency,date,Notes\nSpring,EUR,2026-03-01,x\n"
    refused = send(api.admin, content)
    assert pointers(refused) == [""]
    assert "the parameter column=HEADER=FIELD" in refused.json()["errors"][0]["detail"]
    assert send(api.admin, content, column=["Name=campaign_name", "Notes="]).status_code == 200
    assert pointers(send(api.admin, content, column=["Name", "Notes="])) == ["/column/0"]


def test_details_are_kept_unless_asked(api: Clients) -> None:
    send(api.admin)
    content = b"campaign_name,currency,date,budget\nSpring,EUR,2026-03-01,9.50\n"
    (kept,) = send(api.admin, content).json()["differences"]
    assert (kept["field"], kept["given"], kept["applied"]) == ("budget", "9.50", False)
    send(api.admin, content, updateDetails=True)
    assert api.admin.get(CAMPAIGNS).json()["items"][0]["budget"] == 9.5


@pytest.mark.parametrize("content", [b"", b"\x89PNG....", b"{}", b"no,known,columns\n1,2,3\n"])
def test_what_is_no_such_file_is_refused(api: Clients, content: bytes) -> None:
    assert pointers(send(api.admin, content)) == [""]


@pytest.mark.parametrize(
    "kind",
    ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"],
)
def test_a_form_is_no_file(api: Clients, kind: str) -> None:
    refused = send(api.admin, kind=kind)
    problem(refused, 415, "unsupported_file_type")
    assert refused.headers["accept"].startswith("text/csv")


def test_it_needs_the_right_in_the_tenant(api: Clients, services: Services, cast: Cast) -> None:
    problem(send(api.anonymous), 401)
    problem(send(api.viewer), 403)
    problem(send(api.outsider, tenantId=cast.acme.id), 404)
    assert pointers(send(api.super_admin)) == ["/tenantId"]
    assert send(api.super_admin, tenantId=cast.acme.id, dryRun=True).status_code == 200
    assert send(of_acme(services, api, cast, "campaigns.write"), dryRun=True).status_code == 200
    problem(send(of_acme(services, api, cast, "exports.write")), 403, "insufficient_scope")


def test_the_size_and_the_number_at_a_time_are_limited(
    api: Clients, services: Services, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("exports_app.api.file_body.LIMIT", len(CSV) - 1)
    problem(send(api.admin), 413, "too_large")
    monkeypatch.undo()
    with services.uploads.place_for(cast.admin.user.id):
        with services.uploads.place_for(cast.admin.user.id):
            problem(send(api.admin), 429, "rate_limited")
    assert send(api.admin).status_code == 200
    drafts = Path(services.settings.data_dir, "drafts")
    assert [path for path in drafts.rglob("*") if path.is_file()] == []


def test_a_folder_of_drafts_that_cannot_be_made_is_told(api: Clients, services: Services) -> None:
    drafts = services.settings.data_dir / "drafts"
    if drafts.exists():
        drafts.rmdir()
    drafts.write_text("not a folder")
    answer = problem(send(api.admin), 503, "store_unavailable")
    assert "disk may be full" in answer["detail"]
    assert names(api) == []


def test_a_folder_of_drafts_that_cannot_be_written_is_told(
    api: Clients, services: Services
) -> None:
    unwritable(services)
    problem(send(api.admin), 503, "store_unavailable")


def test_a_full_folder_of_temporary_files_is_told(
    api: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect = sqlite3.connect

    def full(name: str, *given: Any, **named: Any) -> sqlite3.Connection:
        connection = connect(name, *given, **named)
        if not name:
            connection.execute("PRAGMA max_page_count = 3")
        return connection

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", full)
        problem(send(api.admin), 503, "store_unavailable")
    # Where not even root can write
    monkeypatch.setattr(tempfile, "TemporaryFile", Path("/proc/self/fdinfo/new").open)
    problem(send(api.admin, b"PK\x03\x04", kind=None), 503, "store_unavailable")
    assert names(api) == []


def test_an_idempotency_key_is_passed_over(api: Clients) -> None:
    headers = {"Content-Type": "text/csv", "Idempotency-Key": "one"}
    for _ in range(2):
        answer = api.admin.request("POST", PATH, content=CSV, headers=headers)
        assert answer.status_code == 200
