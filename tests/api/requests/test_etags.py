"""ETag, If-None-Match and If-Match."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from exports_app.services.core.interfaces import AuditFilter
from exports_app.services.core.records import Page, new_id
from exports_app.services.runs.history import RunFile
from exports_app.wiring import Services
from tests.api.client import CAMPAIGNS, SCHEDULES, Api, problem
from tests.api.conftest import Clients
from tests.api.routes import CASES, call
from tests.doubles import FakeClock
from tests.world import sql

READ = [case for case in CASES if case.method == "GET" and case.good == 200]
OTHERS = ("/file", "/csv", "/api/account/keys/{key_id}")
"""No JSON, tested below; and the key of `ids` is the tenant's."""


def test_every_json_answer_has_one_and_is_not_sent_again(api: Clients, ids: dict[str, str]) -> None:
    for case in READ:
        if case.path.endswith(OTHERS):
            continue
        tag = call(api.admin, case, ids).headers["etag"]
        for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            again = call(api.admin, case, ids, headers={"If-None-Match": sent})
            assert (again.status_code, again.content) == (304, b""), case
            assert again.headers["etag"] == tag
            assert "content-type" not in again.headers


@pytest.mark.parametrize("path", ["health", "live", "ready", "problems", "problems/not_found"])
def test_answers_to_anyone_have_one(api: Clients, path: str) -> None:
    tag = api.anonymous.get(f"/api/{path}").headers["etag"]
    again = api.anonymous.get(f"/api/{path}", headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")


def test_each_get_has_one_by_the_document(api: Clients) -> None:
    paths = api.anonymous.get("/api/openapi.json").json()["paths"]
    reads = {path: item["get"]["responses"] for path, item in paths.items() if "get" in item}
    assert {path for path, answers in reads.items() if "304" not in answers} == set()
    assert all("ETag" in answers["200"]["headers"] for answers in reads.values())


class TestTheAuditAsTable:
    PATH = "/api/audit/csv"

    def test_is_not_sent_again_nor_noted_while_it_is_the_same(
        self, api: Clients, ids: dict[str, str]
    ) -> None:
        path = f"{self.PATH}?area=schedule"
        first = api.admin.get(path)
        tag = first.headers["etag"]
        assert tag.startswith('W/"')
        assert api.admin.request("HEAD", path).headers["etag"] == tag
        for method in ("GET", "HEAD"):
            again = api.admin.request(method, path, headers={"If-None-Match": tag})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert again.headers["cache-control"] == "no-store"
        noted = api.admin.get("/api/audit?area=audit").json()["items"]
        assert [entry["action"] for entry in noted] == ["audit.downloaded"]
        problem(api.viewer.get(path, headers={"If-None-Match": tag}), 403)

    def test_is_another_one_when_its_entries_or_filters_are_others(
        self, api: Clients, ids: dict[str, str], services: Services, clock: FakeClock
    ) -> None:
        def tag(client: Api = api.admin, query: str = "") -> str:
            return str(client.request("HEAD", f"{self.PATH}?{query}").headers["etag"])

        clock.advance(seconds=1)
        tags = [tag(), tag(query="area=schedule"), tag(query="q=x"), tag(api.outsider)]
        assert tag() == tags[0]
        api.admin.put(f"{SCHEDULES}/{ids['schedule_id']}", {"name": "Other"})
        clock.advance(seconds=1)
        tags.append(tag())
        oldest, *_ = sql(services, "SELECT id FROM audit_entries ORDER BY at, id")
        with services.store.write() as tx:  # of a server whose clock is behind
            (entry,) = tx.audit.find(None, AuditFilter(), Page(1, 1))[0]
            tx.audit.add([replace(entry, id=new_id(), at=entry.at - timedelta(milliseconds=1))])
        tags.append(tag())
        sql(services, "DROP TRIGGER audit_entries_are_not_removed")
        sql(services, "DELETE FROM audit_entries WHERE id = ?", oldest.id)  # as after an export
        tags.append(tag())
        assert len(set(tags)) == len(tags)


def test_definitions_and_their_schema_have_one(api: Clients, ids: dict[str, str]) -> None:
    definition = f"/api/tenants/{ids['tenant_id']}/definition"
    yaml = {"Accept": "application/yaml"}
    tags = set[str]()
    for path, kind in ((definition, {}), (definition, yaml), ("/api/definition.schema.json", {})):
        tag = api.admin.get(path, headers=kind).headers["etag"]
        again = api.admin.get(path, headers=kind | {"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
        tags.add(tag)
    assert len(tags) == 3


def test_an_answer_that_has_changed_is_sent(api: Clients, campaign: dict[str, Any]) -> None:
    path = f"{CAMPAIGNS}/{campaign['id']}"
    tag = api.admin.get(path).headers["etag"]
    api.admin.put(path, {"name": "Other"})
    answer = api.admin.get(path, headers={"If-None-Match": tag})
    assert answer.json()["name"] == "Other"
    assert answer.headers["etag"] != tag


def test_head_has_it_too(api: Clients, schedule: dict[str, Any]) -> None:
    path = f"{SCHEDULES}/{schedule['id']}"
    tag = api.admin.get(path).headers["etag"]
    assert api.admin.request("HEAD", path).headers["etag"] == tag
    headers = {"If-None-Match": tag}
    assert api.admin.request("HEAD", path, headers=headers).status_code == 304


def test_errors_and_what_has_no_version_have_none(api: Clients, schedule: dict[str, Any]) -> None:
    path = f"{SCHEDULES}/{schedule['id']}"
    assert "etag" not in api.admin.get("/api/nope").headers
    assert "etag" not in api.admin.put(path, {"name": ""}).headers
    assert "etag" not in api.admin.post(f"{path}/trigger").headers


def test_the_tag_of_a_file_is_its_hash(api: Clients, ids: dict[str, str]) -> None:
    run = f"{SCHEDULES}/{ids['schedule_id']}/history/{ids['history_id']}"
    tag = f'"{api.admin.get(run).json()["sha256"]}"'
    file = api.admin.get(f"{run}/file")
    assert file.headers["etag"] == tag
    ranged = {"Range": "bytes=0-3", "If-Range": tag}
    part = api.admin.get(f"{run}/file", headers=ranged)
    assert (part.status_code, part.content) == (206, file.content[:4])
    whole = api.admin.get(f"{run}/file", headers=ranged | {"If-Range": '"other"'})
    assert (whole.status_code, whole.content) == (200, file.content)


class TestFiles:
    @pytest.fixture
    def path(self, ids: dict[str, str]) -> str:
        return f"{SCHEDULES}/{ids['schedule_id']}/history/{ids['history_id']}"

    def test_a_file_that_the_caller_has_is_not_sent_nor_noted(
        self, api: Clients, path: str
    ) -> None:
        tag = api.admin.get(f"{path}/file").headers["etag"]
        for sent in (tag, f"W/{tag}", f'"x", {tag}', "*"):
            for method in ("GET", "HEAD"):
                headers = {"If-None-Match": sent, "Range": "bytes=0-3"}
                answer = api.admin.request(method, f"{path}/file", headers=headers)
                assert (answer.status_code, answer.content) == (304, b"")
                assert answer.headers["etag"] == tag
                assert answer.headers["cache-control"] == "private, no-store"
        assert api.admin.get(f"{path}/downloads").json()["total"] == 1

    def test_another_file_is_sent_and_noted_once(self, api: Clients, path: str) -> None:
        answer = api.admin.get(f"{path}/file", headers={"If-None-Match": '"other"'})
        assert (answer.status_code, bool(answer.content)) == (200, True)
        assert api.admin.get(f"{path}/downloads").json()["total"] == 1

    def test_links_do_so_too(
        self, api: Clients, services: Services, ids: dict[str, str], path: str
    ) -> None:
        sha256 = api.admin.get(path).json()["sha256"]
        file = RunFile(Path(__file__), "a.csv", "text/csv", sha256)
        noted = []

        def find(*_: str | int, noted_: list[bool] = noted, **options: bool) -> RunFile:
            noted_.append(options["noted"])
            return file

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(services.download_links, "file", find)
            link = f"/api/files/{ids['history_id']}"
            answer = api.anonymous.get(link, headers={"If-None-Match": f'"{sha256}"'})
            assert (answer.status_code, noted) == (304, [False])
            assert api.anonymous.get(link).status_code == 200
        assert noted == [False, True]


class TestIfMatch:
    @pytest.fixture
    def path(self, schedule: dict[str, Any]) -> str:
        return f"{SCHEDULES}/{schedule['id']}"

    def test_a_change_is_made_to_the_version_that_was_read(self, api: Clients, path: str) -> None:
        tag = api.admin.get(path).headers["etag"]
        assert tag.startswith('"1-')
        first = api.admin.put(path, {"name": "One"}, headers={"If-Match": tag})
        assert first.json()["version"] == 2
        problem(
            api.admin.put(path, {"name": "Two"}, headers={"If-Match": tag}),
            412,
            "precondition_failed",
        )
        assert api.admin.get(path).json()["name"] == "One"

    @pytest.mark.parametrize("sent", ['"1"', '"1-other"', '"7", "1"', "*"])
    def test_the_version_alone_counts(self, api: Clients, path: str, sent: str) -> None:
        answer = api.admin.put(path, {"name": "One"}, headers={"If-Match": sent})
        assert answer.status_code == 200

    @pytest.mark.parametrize("sent", ['W/"1"', '"2"', "1", '"11"', '""', "x"])
    def test_all_else_is_another_one(self, api: Clients, path: str, sent: str) -> None:
        for method, where in (("PUT", ""), ("DELETE", ""), ("POST", "/transfer")):
            body = {"ownerId": "00000000-0000-4000-8000-000000000011"} if where else {}
            answer = api.admin.request(method, path + where, json=body, headers={"If-Match": sent})
            detail = problem(answer, 412, "precondition_failed")["detail"]
            assert ("in double quotes" in detail) == (sent in {"1", "x", 'W/"1"'})
        assert api.admin.get(path).json()["version"] == 1

    def test_a_body_with_another_version_does_not_match(self, api: Clients, path: str) -> None:
        answer = api.admin.put(path, {"version": 2}, headers={"If-Match": '"1"'})
        problem(answer, 412, "precondition_failed")

    def test_any_version_by_it_and_another_in_the_body_is_a_conflict_of_versions(
        self, api: Clients, path: str
    ) -> None:
        answer = api.admin.put(path, {"name": "One", "version": 7}, headers={"If-Match": "*"})
        problem(answer, 409, "version_conflict")

    def test_it_deletes_what_was_read(self, api: Clients, path: str) -> None:
        tag = api.admin.get(path).headers["etag"]
        assert api.admin.delete(path, headers={"If-Match": tag}).status_code == 204
