"""Which JSON answers are compressed, and their ETags."""

import gzip
import json
import threading
from typing import Any

import pytest

from exports_app.api.middleware import whole_answers
from exports_app.api.middleware.whole_answers import takes_gzip
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, Api, schedule_body
from tests.api.conftest import Clients
from tests.world import Cast

PLAIN = {"Accept-Encoding": "identity"}
GZIP = {"Accept-Encoding": "gzip"}


def read(client: Api, path: str, **headers: str) -> Any:
    return client.get(path, headers=GZIP | headers)


def test_a_large_answer_is_compressed_where_the_caller_takes_it(api: Clients) -> None:
    plain = api.admin.get("/api/catalog", headers=PLAIN)
    assert "content-encoding" not in plain.headers
    zipped = read(api.admin, "/api/catalog")
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < len(plain.content) / 2
    assert zipped.json() == plain.json()
    for answer in (plain, zipped):
        assert answer.headers["vary"] == "Accept-Encoding"
    head = api.admin.request("HEAD", "/api/catalog", headers=GZIP)
    for name in ("content-length", "content-encoding", "etag", "vary"):
        assert head.headers[name] == zipped.headers[name]


def test_each_representation_has_its_tag_and_either_is_enough(api: Clients) -> None:
    plain = api.admin.get("/api/catalog", headers=PLAIN).headers["etag"]
    zipped = read(api.admin, "/api/catalog").headers["etag"]
    assert zipped == plain[:-1] + '-gzip"'
    for sent in (plain, zipped):
        for headers, tag in ((PLAIN, plain), (GZIP, zipped)):
            answer = api.admin.get("/api/catalog", headers=headers | {"If-None-Match": sent})
            assert (answer.status_code, answer.content) == (304, b"")
            assert answer.headers["etag"] == tag
            assert answer.headers["vary"] == "Accept-Encoding"
            assert not {"content-encoding", "content-length"} & {*answer.headers}


def test_the_tag_of_a_compressed_version_can_be_changed(api: Clients) -> None:
    body = schedule_body(description="x" * 2_000)
    path = f"{SCHEDULES}/{api.admin.post(SCHEDULES, body).json()['id']}"
    tag = read(api.admin, path).headers["etag"]
    assert tag.endswith('-gzip"')
    assert api.admin.put(path, {"name": "Other"}, headers={"If-Match": tag}).status_code == 200


def test_small_answers_files_and_what_may_be_secret_are_sent_as_they_are(
    api: Clients, ids: dict[str, str], services: Services, cast: Cast
) -> None:
    file = f"{SCHEDULES}/{ids['schedule_id']}/history/{ids['history_id']}/file"
    for _ in range(8):  # more than a kilobyte of each
        api.admin.post("/api/account/keys", {"name": "Nightly", "scopes": ["exports.read"]})
        services.invitations.invite(cast.admin.who, cast.acme.id, f"ann{_}@example.com", "viewer")
    for path in (
        *("/api/live", file, "/api/account/keys", "/api/docs"),
        f"/api/tenants/{cast.acme.id}/invitations",
    ):
        answer = read(api.admin, path)
        assert answer.status_code == 200
        assert "content-encoding" not in answer.headers, path
    assert len(read(api.admin, "/api/account/keys").content) > whole_answers.WORTH_IT


def test_a_large_one_is_compressed_outside_the_event_loop(
    api: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = []
    compress = gzip.compress

    def seen(*args: Any, **options: Any) -> bytes:
        threads.append(threading.current_thread())
        return compress(*args, **options)

    monkeypatch.setattr(gzip, "compress", seen)
    document = read(api.anonymous, "/api/openapi.json")
    assert len(json.dumps(document.json())) > whole_answers.IN_THREAD
    assert threads
    assert threading.main_thread() not in threads


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (["gzip"], True),
        (["br, GZIP;q=0.5"], True),
        (["br", "deflate, gzip ; q=1.0"], True),
        (["*"], True),
        ([], False),
        ([""], False),
        (["identity, br"], False),
        (["gzip;q=0"], False),
        (["gzip;q=0.000, *"], False),
        (["*;q=0"], False),
        (["gzipped"], False),
    ],
)
def test_what_the_caller_takes(sent: list[str], taken: bool) -> None:
    assert takes_gzip(sent) is taken
