"""The page of destinations without a browser."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from exports_app.domain import bounds
from exports_app.domain.access import Principal
from exports_app.domain.errors import DeliveryError
from exports_app.services.core.extension_points import (
    CHANNELS,
    FileDelivery,
    Receipt,
    Stage,
    Trial,
    TrialResult,
)
from exports_app.services.core.extension_points.channel_config import ChannelConfig, NameTemplate
from exports_app.services.core.records import DestinationState, Tenant
from exports_app.ui.pages.settings.destinations.config_form import FieldKind
from exports_app.ui.pages.settings.destinations.state import DestinationsState
from exports_app.ui.pages.settings.destinations.trial import DestinationTest
from exports_app.wiring import Services
from tests.ui.conftest import SignIn, Tab
from tests.world import make_schedule, registered

SECRET, KEY = "correct horse", "SHA256:abc"


class VaultConfig(ChannelConfig):
    host: str = Field(title="Host", max_length=100)
    port: int = Field(22, title="Port", ge=1, le=65_535)
    password: SecretStr | None = Field(None, title="Password", max_length=100)
    private_key: SecretStr | None = Field(None, title="Private key", max_length=10_000)
    host_key: str | None = Field(None, title="Host key", max_length=100)
    name: NameTemplate = Field("{schedule}.{format}", title="File name")
    overwrite: bool = Field(False, title="Replace")


class Vault:
    """A channel with a secret, whose other side has a key that a person confirms."""

    key, label, icon = "vault", "Vault", "vault"
    description = "Keeps the file."
    stage = Stage.STORE
    most_bytes: int | None = None
    Config = VaultConfig

    def unconfigured(self) -> str | None:
        return None

    def describe(self, config: VaultConfig) -> str:
        return config.host

    def send(self, delivery: FileDelivery) -> Receipt:
        return Receipt(delivery.config.host)

    def test(self, trial: Trial) -> TrialResult:
        if trial.config.host == "down":
            raise DeliveryError("it does not answer")
        if trial.config.host_key is None:
            return TrialResult("it showed its key", {"hostKey": KEY})
        return TrialResult("a file was written and removed")


@pytest.fixture(autouse=True)
def vault() -> Iterator[None]:
    with registered(CHANNELS, Vault()):
        yield


def sent(title: str, host: str, **more: str) -> dict[str, str]:
    config = {"host": host, "port": "22", "name": "{schedule}.{format}"} | more
    return {"destination-name": title} | {f"config-{key}": value for key, value in config.items()}


def test_the_form_is_made_of_the_channels_config_and_keeps_secrets(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(DestinationTest.arrive)
        await tab.do(DestinationsState.refresh)
        page = await tab.state(DestinationsState)
        assert (page.rows, page.loaded, page.is_open) == ([], True, False)
        await tab.do(DestinationsState.begin)
        await tab.do(DestinationsState.choose, "vault")
        assert {one.name: (one.kind, one.value, one.needed) for one in page.fields} == {
            "host": (FieldKind.TEXT, "", True),
            "port": (FieldKind.NUMBER, "22", False),
            "password": (FieldKind.SECRET, "", False),
            "privateKey": (FieldKind.SECRET_LINES, "", False),
            "hostKey": (FieldKind.TEXT, "", False),
            "name": (FieldKind.TEMPLATE, "{schedule}.{format}", False),
            "overwrite": (FieldKind.FLAG, "", False),
        }
        await tab.do(DestinationsState.type_template, "name", "{tenant}/{tick:%H}h/{schedule}")
        (name,) = (one for one in page.fields if one.name == "name")
        assert name.preview.startswith("acme/")
        assert name.preview.endswith("h/weekly-report")
        await tab.do(DestinationsState.type_template, "name", "{nonsense}")
        assert next(one.preview for one in page.fields if one.name == "name") == ""
        assert page.focus.startswith("destination-channel#")
        await tab.do(DestinationsState.save, sent("", "one", port="x"))
        assert page.name_error
        assert [one.name for one in page.fields if one.error] == ["port"]
        assert page.focus.startswith("destination-name#")
        await tab.do(DestinationsState.save, sent("A", "", port="x", name="{nonsense}"))
        assert page.name_error == ""
        wrong = {one.name: one.error for one in page.fields if one.error}
        assert page.focus.startswith("config-host#")
        assert wrong["host"] == "Is required"
        assert "whole number" in wrong["port"]
        assert wrong["name"].startswith("Use one of these fields")
        new = sent("Vault", "one", password=SECRET, privateKey="K" * 9_000, overwrite="on")
        await tab.do(DestinationsState.save, new)
        assert not page.is_open
        assert (await tab.texts())[-1] == "“Vault” saved"
        (row,) = page.rows
        assert (row.word, row.place, row.users, row.used_at) == ("Not used yet", "one", "", "")
        await tab.do(DestinationsState.begin)
        await tab.do(DestinationsState.choose, "vault")
        await tab.do(DestinationsState.save, new)
        assert "name" in page.error
        assert page.is_open
        await tab.do(DestinationsState.edit, row.id)
        assert page.title == "Vault"
        told = {one.name: (one.value, one.is_set) for one in page.fields}
        assert (told["password"], told["overwrite"]) == (("", True), ("true", False))
        changed = sent("Vault 2", "one") | {"config-privateKey-clear": "on"}
        await tab.do(DestinationsState.save, changed)
        stored = services.destinations.get(admin, row.id)
        assert services.destinations.secrets_set(stored) == ["password"]
        assert (stored.name, stored.config["overwrite"]) == ("Vault 2", False)
        assert SECRET not in repr(page.dict()) + repr(await tab.texts())

    asyncio.run(play())


def test_a_test_says_what_came_of_it_and_a_person_confirms_what_it_found(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    create = services.destinations.create
    vault = create(admin, acme.id, "vault", "Vault", {"host": "one", "password": SECRET})
    down = create(admin, acme.id, "vault", "Down", {"host": "down"})
    with services.store.write() as tx:
        paused = {"state": DestinationState.PAUSED, "reason": "confirm the key first"}
        tx.destinations.note_state(vault.id, paused)

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(DestinationTest.arrive)
        await tab.do(DestinationsState.refresh)
        trial = await tab.state(DestinationTest)
        await tab.do(DestinationTest.confirm)  # nothing was proposed
        await tab.do(DestinationTest.test, down.id)
        assert (trial.testing, trial.succeeded, trial.answer) == (
            *(False, False),
            "It does not answer",
        )
        await tab.do(DestinationTest.test, vault.id)
        assert [(one.label, one.value) for one in trial.proposals] == [("Host key", KEY)]
        assert services.destinations.get(admin, vault.id).state is DestinationState.PAUSED
        await tab.do(DestinationTest.confirm)
        assert (trial.tested, trial.proposals) == ("", [])
        stored = services.destinations.get(admin, vault.id)
        assert stored.config["hostKey"] == KEY
        assert stored.state is DestinationState.OK
        assert services.destinations.secrets_set(stored) == ["password"]
        await tab.do(DestinationTest.test, vault.id)
        assert (trial.succeeded, trial.answer) == (True, "A file was written and removed")
        await tab.do(DestinationTest.arrive)
        assert (trial.tested, trial.answer) == ("", "")

    asyncio.run(play())


def test_what_is_confirmed_is_not_put_over_what_was_changed_meanwhile(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    vault = services.destinations.create(admin, acme.id, "vault", "Vault", {"host": "one"})

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(DestinationTest.arrive)
        await tab.do(DestinationsState.refresh)
        await tab.do(DestinationTest.test, vault.id)
        services.destinations.update(admin, vault.id, {"config": {"host": "two"}})
        await tab.do(DestinationTest.confirm)
        assert services.destinations.get(admin, vault.id).config["hostKey"] is None
        assert (await tab.texts())[-1].startswith("Someone else changed this")

    asyncio.run(play())


def test_the_list_says_how_it_goes_and_who_uses_it(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    vault = services.destinations.create(admin, acme.id, "vault", "Vault", {"host": "one"})
    make_schedule(services, admin, name="Nightly", destination_ids=(vault.id,))
    with services.store.write() as tx:
        state = {"failing_since": services.clock(), "reason": "its key is another one"}
        tx.destinations.note_state(vault.id, state | {"state": DestinationState.PAUSED})

    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(DestinationTest.arrive)
        await tab.do(DestinationsState.refresh)
        page = await tab.state(DestinationsState)
        (row,) = page.rows
        assert (row.word, row.reason, row.users) == (
            *("Paused", "Its key is another one"),
            "“Nightly”",
        )
        assert row.since
        assert row.advice
        await tab.do(DestinationsState.activate, vault.id, False)
        (row,) = page.rows
        assert (row.active, row.word, row.reason) == (False, "Switched off", "")
        await tab.do(DestinationsState.ask, vault.id)
        assert (page.ask_name, page.ask_users) == ("Vault", "“Nightly”")
        await tab.do(DestinationsState.delete)
        assert len(services.destinations.find(admin, acme.id)) == 1
        other = services.destinations.create(admin, acme.id, "vault", "Other", {"host": "one"})
        await tab.do(DestinationsState.ask, other.id)
        assert page.ask_users == ""
        await tab.do(DestinationsState.delete)
        assert [one.name for one in page.rows] == ["Vault"]

    asyncio.run(play())


def test_an_unknown_or_a_foreign_one_is_not_there(
    services: Services,
    tab: Tab,
    sign_in: SignIn,
    admin: Principal,
    outsider: Principal,
    acme: Tenant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vault = services.destinations.create(admin, acme.id, "vault", "Vault", {"host": "one"})
    monkeypatch.setenv("EXPORT_FOLDERS", str(tmp_path))

    async def play() -> None:
        from exports_app.ui.framework import actions
        from exports_app.ui.framework.actions import Actor

        await sign_in(admin, acme)
        await tab.do(DestinationTest.arrive)
        page = await tab.state(DestinationsState)
        actions.begin(Actor(outsider, "a session", None))
        for handler in (DestinationsState.edit, DestinationsState.ask, DestinationTest.test):
            await tab.do(handler, vault.id)
        await tab.do(DestinationsState.activate, vault.id, False)
        assert (page.editing, page.asking, page.is_open) == ("", "", False)
        assert services.destinations.get(admin, vault.id).is_active
        assert len(await tab.texts()) >= 1

    asyncio.run(play())


def test_a_longer_field_than_any_config_takes_is_refused(
    services: Services, tab: Tab, sign_in: SignIn, admin: Principal, acme: Tenant
) -> None:
    async def play() -> None:
        await sign_in(admin, acme)
        await tab.do(DestinationTest.arrive)
        await tab.do(DestinationsState.begin)
        await tab.do(DestinationsState.choose, "vault")
        await tab.do(
            DestinationsState.save,
            sent("Vault", "one", privateKey="K" * (bounds.CONFIG_TEXT + 1)),
        )
        assert services.destinations.find(admin, acme.id) == []

    asyncio.run(play())
