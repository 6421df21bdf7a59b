"""HEAD, OPTIONS and the Allow header, on every route."""

import re
from urllib.parse import urlsplit

import pytest
from fastapi.routing import iter_route_contexts

from exports_app.services.core.records import Campaign
from exports_app.wiring import Services
from tests.api.client import ABSENT, CAMPAIGNS, SCHEDULES, problem, schedule_body
from tests.api.conftest import Clients
from tests.api.routes import CASES
from tests.mailserver import MailServer
from tests.world import BROWSER, Cast, claim, deliveries_of, execute, sign_in_code

READ = [case for case in CASES if case.method == "GET" and case.good == 200]
ASSETS = "/api/docs/assets/swagger-ui.css"


def methods_of_all_paths(api: Clients) -> dict[str, set[str]]:
    """Of each path that the app has; ids in it are those of nothing."""
    found = {ASSETS: {"GET"}}
    for route in iter_route_contexts(api.anonymous.app.routes):
        if route.methods and route.path:
            path = re.sub(r"{\w+}", ABSENT, route.path)
            found[path] = found.get(path, set()) | set(route.methods)
    return found


def test_options_and_a_wrong_method_name_all_methods_of_the_path(api: Clients) -> None:
    paths = methods_of_all_paths(api)
    assert len(paths) > 60
    for path, methods in paths.items():
        head = {"HEAD"} if "GET" in methods else set()
        answer = api.anonymous.request("OPTIONS", path)
        assert (answer.status_code, answer.content) == (204, b""), path
        assert set(answer.headers["allow"].split(", ")) >= methods | head | {"OPTIONS"}, path
        wrong = api.anonymous.request("TRACE", path)
        problem(wrong, 405, "method_not_allowed")
        assert wrong.headers["allow"] == answer.headers["allow"]


def test_a_path_of_its_own_has_only_its_own_methods(api: Clients) -> None:
    """It also fits the path of a single scheduled export, whose id it is not."""
    path = f"{SCHEDULES}/deleted"
    assert api.admin.request("OPTIONS", path).headers["allow"] == "GET, HEAD, OPTIONS"
    refused = api.admin.request("DELETE", path)
    problem(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "GET, HEAD, OPTIONS"


def test_options_of_an_unknown_path_is_not_found(api: Clients) -> None:
    problem(api.anonymous.request("OPTIONS", "/api/nope"), 404, "path_not_found")


def test_head_answers_as_get_without_the_body(api: Clients, ids: dict[str, str]) -> None:
    paths = [case.path.format(**ids) for case in READ]
    paths += ["/api/health", "/api/openapi.json", "/api/docs", "/api/docs/start.js", ASSETS]
    for path in [*paths, "/api/metrics", "/.well-known/security.txt", "/api/nope"]:
        for client in (api.admin, api.anonymous):
            got, head = client.get(path), client.request("HEAD", path)
            assert (head.status_code, head.content) == (got.status_code, b""), path
            names = {*got.headers} - {"x-request-id", "ratelimit"}
            assert {name: head.headers.get(name) for name in names} == {
                name: got.headers[name] for name in names
            }, path


def test_an_answer_without_a_body_has_no_type(api: Clients, ids: dict[str, str]) -> None:
    for path in (f"{SCHEDULES}/{{schedule_id}}", f"{CAMPAIGNS}/{{campaign_id}}"):
        answer = api.admin.delete(path.format(**ids))
        assert answer.status_code == 204
        assert not {"content-type", "content-length"} & {*answer.headers}


def test_head_of_a_path_without_get_is_refused(api: Clients) -> None:
    answer = api.anonymous.request("HEAD", "/api/auth/login")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST, OPTIONS"


@pytest.mark.parametrize(
    "path", ["/api/session/end", "/api/session/{code}", "/api/download/{code}"]
)
def test_head_uses_up_no_code(api: Clients, services: Services, cast: Cast, path: str) -> None:
    code = sign_in_code(services, cast.viewer.user)
    for given in (code, "unknown"):
        answer = api.anonymous.request("HEAD", path.format(code=given))
        assert (answer.status_code, answer.headers.get("set-cookie")) == (204, None)
    assert services.sessions.redeem(code, BROWSER)


def test_head_of_files_tells_their_size_and_is_no_download(
    api: Clients, services: Services, campaigns: dict[str, Campaign], mail: MailServer
) -> None:
    assert campaigns
    made = api.admin.post(SCHEDULES, schedule_body(delivery="link", filters={})).json()
    api.admin.post(f"{SCHEDULES}/{made['id']}/trigger")
    run = execute(services, claim(services))
    assert mail.wait_for(1)
    assert run.link_expires_at
    (delivery, *_) = deliveries_of(services, run)
    link = urlsplit(services.download_links.url(run, delivery, run.link_expires_at))
    run_path = f"{SCHEDULES}/{made['id']}/history/{run.id}"
    for answer in (
        api.anonymous.request("HEAD", f"{link.path}?{link.query}"),
        api.admin.request("HEAD", f"{run_path}/file"),
    ):
        assert (answer.status_code, answer.content) == (200, b"")
        assert int(answer.headers["content-length"]) == run.file_size
        assert f'filename="{run.file_name}"' in answer.headers["content-disposition"]
    assert api.admin.get(f"{run_path}/downloads").json()["total"] == 0


def test_head_of_the_audit_as_a_table_is_no_download(api: Clients) -> None:
    answer = api.admin.request("HEAD", "/api/audit/csv")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/csv")
    actions = {entry["action"] for entry in api.admin.get("/api/audit").json()["items"]}
    assert "audit.downloaded" not in actions
    problem(api.viewer.get("/api/audit/csv"), 403)
    assert api.viewer.request("HEAD", "/api/audit/csv").status_code == 403
