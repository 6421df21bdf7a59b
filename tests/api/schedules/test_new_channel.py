"""A channel that is one new file is everywhere at once: the example of docs/extending.md."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from exports_app.doctor import extensions
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, pointers, schedule_body
from tests.api.conftest import Clients
from tests.contracts.channels.webdav import SECRETS
from tests.contracts.other_sides import EXAMPLE, example, side, with_example
from tests.world import Cast, claim, execute


def test_the_example_is_short() -> None:
    assert example().count("\n") < 60


def test_it_appears_in_catalog_api_doctor_and_runs(
    api: Clients,
    services: Services,
    cast: Cast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services.guard, "_allowed", (ip_network("127.0.0.0/8"),))
    folder = tmp_path / "there"
    folder.mkdir()
    with with_example(), side(EXAMPLE, folder, monkeypatch) as there:
        (shown,) = [
            one for one in api.admin.get("/api/catalog").json()["channels"] if one["key"] == EXAMPLE
        ]
        assert shown["config"]["properties"]["password"]["writeOnly"] is True
        body = {"channel": EXAMPLE, "name": "Share", "config": {"folder": 1, "other": 2}}
        wrong = pointers(api.admin.post("/api/destinations", body))
        assert wrong == ["/config/folder", "/config/other"]
        made = api.admin.post("/api/destinations", body | {"config": there.world.config})
        assert made.status_code == 201, made.text
        assert (made.json()["secrets"], made.json()["place"]) == (
            ["password"],
            there.world.config["folder"],
        )
        assert made.json()["state"] == "unused"
        said = {one.what: one.detail for one in extensions.examine(services.settings)}
        assert said[EXAMPLE] == (
            "nothing to set up; each destination has its own test; 1 active destination, 0 failing"
            " or paused"
        )
        path = f"/api/destinations/{made.json()['id']}"
        assert api.admin.post(f"{path}/test").json()["outcome"] == "accepted"
        values = {"recipients": [], "destinationIds": [made.json()["id"]]}
        schedule = api.admin.post(SCHEDULES, schedule_body(**values)).json()
        services.schedules.trigger(cast.admin.who, schedule["id"])
        run = execute(services, claim(services))
        answer = api.admin.get(f"/api/runs/{run.id}")
        (delivery,) = answer.json()["deliveries"]
        assert (delivery["status"], delivery["sentAs"]) == ("accepted", "file")
        assert delivery["location"].startswith(there.world.config["folder"])
        assert len(there.world.arrived()) == 1
        assert api.admin.get(path).json()["state"] == "ok"
        there.world.refuse()
        refused = api.admin.post(f"{path}/test").json()
        assert refused["outcome"] == "refused"
        assert "403" in refused["answer"]
        everything = made.text + answer.text + str(refused) + api.admin.get(path).text
        assert SECRETS[0] not in everything


def test_what_is_no_text_is_refused(
    api: Clients, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EXPORT_FOLDERS", str(tmp_path))
    for field in ("name", "folder"):
        body = {"channel": "folder", "name": "Share", "config": {field: "a\x00b"}}
        assert pointers(api.admin.post("/api/destinations", body)) == [f"/config/{field}"]
    body = {"channel": "folder", "name": "Share", "config": {"a/b~": 1}}
    assert pointers(api.admin.post("/api/destinations", body)) == ["/config/a~1b~0"]
