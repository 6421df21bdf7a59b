"""`GET /api/catalog`: what programs may choose, and that the app takes what it names."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from exports_app.domain.timing import cron
from exports_app.domain.timing.period import Period
from exports_app.services.core.extension_points import CHANNELS, EXPORT_TYPES, FORMATS
from exports_app.services.core.records import Campaign
from exports_app.wiring import Services
from tests.api.client import SCHEDULES, Api, schedule_body
from tests.api.conftest import Clients
from tests.api.keys.making import own
from tests.world import Cast, registered

PATH = "/api/catalog"


@pytest.fixture
def catalog(api: Clients) -> dict[str, Any]:
    answer = api.viewer.get(PATH)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def test_names_all_that_is_installed(catalog: dict[str, Any]) -> None:
    for part, registry in (
        ("exportTypes", EXPORT_TYPES),
        ("formats", FORMATS),
        ("channels", CHANNELS),
    ):
        assert [each["key"] for each in catalog[part]] == registry.keys()
    assert [each["key"] for each in catalog["periods"]] == list(Period)
    assert {"key": "last_7_days", "label": "Last 7 days"} in catalog["periods"]
    assert catalog["zones"] == list(cron.zones())
    csv = next(each for each in catalog["formats"] if each["key"] == "csv")
    assert csv == {"key": "csv", "label": "CSV", "mime": "text/csv", "extension": "csv"}
    email = next(each for each in catalog["channels"] if each["key"] == "email")
    assert set(email["config"]["properties"]) == {"recipients", "replyTo"}


def test_columns_are_those_of_the_files(catalog: dict[str, Any]) -> None:
    for each in catalog["exportTypes"]:
        columns = EXPORT_TYPES[each["key"]].columns()
        assert each["columns"] == [
            {"key": one.key, "label": one.label, "kind": one.kind} for one in columns
        ]


def test_what_it_names_is_taken(
    admin_api: Api, catalog: dict[str, Any], campaigns: dict[str, Campaign]
) -> None:
    values = {
        "campaignIds": [campaigns["Spring"].id],
        "startDate": "2026-01-01",
        "endDate": "2026-01-31",
    }
    for each in catalog["exportTypes"]:
        schema = each["filters"]
        names = [name for name in schema["properties"] if name != "period"]
        given = {name: values.get(name) or schema["properties"][name]["enum"][-1] for name in names}
        for filters in (given, {name: given[name] for name in schema["required"]}):
            body = schedule_body(exportType=each["key"], filters=filters)
            assert admin_api.post(SCHEDULES, body).status_code == 201, (each["key"], filters)
        left_out = set(schema["properties"]) - set(schema["required"])
        if len(left_out) < len(schema["properties"]):
            body = schedule_body(exportType=each["key"], filters={})
            assert admin_api.post(SCHEDULES, body).status_code == 422
    for preset in catalog["presets"]:
        body = schedule_body(schedule=preset["expression"], timezone=catalog["zones"][-1])
        assert admin_api.post(SCHEDULES, body).status_code == 201


def test_a_plugin_that_comes_later_is_in_it(api: Clients, catalog: dict[str, Any]) -> None:
    class Parquet:
        key, label, mime, extension = "parquet", "Parquet", "application/x-parquet", "parquet"

        def write(self, *_: object) -> int:
            return 0

    with registered(FORMATS, Parquet()):
        now = [each["key"] for each in api.viewer.get(PATH).json()["formats"]]
    assert now == [*(each["key"] for each in catalog["formats"]), "parquet"]


def test_readers_see_no_folders_of_the_server(
    api: Clients,
    services: Services,
    cast: Cast,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("EXPORT_FOLDERS", str(tmp_path))
    schedule = api.admin.post(SCHEDULES, schedule_body()).json()["id"]
    key = partial(own, services, api, cast.admin)
    of_one = key("exports.read", "exports.write", schedule_ids=[schedule])
    for reader in (api.viewer, key("exports.read"), of_one):
        answer = reader.get(PATH)
        assert str(tmp_path) not in answer.text
        channels = {each["key"]: each for each in answer.json()["channels"]}
        assert channels["folder"]["config"] == {}
        assert channels["email"]["config"]
    for writer in (api.admin, key("exports.read", "exports.write")):
        assert str(tmp_path) in writer.get(PATH).text
