"""Destinations: who may have them, what is secret, what a change does."""

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest
from pydantic import Field, SecretStr

from exports_app.domain.access import Principal
from exports_app.domain.errors import (
    Busy,
    DeliveryError,
    DestinationInUse,
    Forbidden,
    Invalid,
    NameTaken,
    NotFound,
    VersionConflict,
)
from exports_app.domain.runs.states import DeliveryStatus, RunStatus
from exports_app.services.core.extension_points import (
    CHANNELS,
    DestinationPaused,
    FileDelivery,
    Receipt,
    Stage,
    Trial,
    TrialResult,
)
from exports_app.services.core.extension_points.channel_config import ChannelConfig
from exports_app.services.core.records import Destination, DestinationState, Tenant
from exports_app.services.schedules.definitions.service import Definition
from exports_app.wiring import Services
from tests.mailserver import MailServer
from tests.world import (
    Cast,
    claim,
    deliveries_of,
    draft,
    execute,
    make_schedule,
    registered,
    sql,
    trigger_and_execute,
)

SECRET = "correct horse"


class VaultConfig(ChannelConfig):
    host: str = Field(title="Host", max_length=100)
    note: str = Field("", title="Note", max_length=100)
    password: SecretStr = Field(title="Password", max_length=100)
    secrets_go_to = ("host",)


class Vault:
    """A channel with a secret, which a test can have refuse."""

    key, label, icon = "vault", "Vault", "vault"
    description = "Keeps the file."
    stage, most_bytes, Config = Stage.MESSAGE, 0, VaultConfig
    error: DeliveryError | None = None

    def __init__(self) -> None:
        self.got: list[FileDelivery] = []

    def unconfigured(self) -> None:
        return None

    def describe(self, config: VaultConfig) -> str:
        return config.host

    def send(self, delivery: FileDelivery) -> Receipt:
        self.got.append(delivery)
        assert delivery.config.password.get_secret_value() == SECRET
        if self.error:
            raise self.error
        return Receipt(f"vault/{delivery.id}")

    def test(self, trial: Trial) -> TrialResult:
        if self.error:
            raise self.error
        return TrialResult(f"{trial.config.host} answered.")


CONFIG = {"host": "one", "password": SECRET}


@pytest.fixture
def vault() -> Iterator[Vault]:
    with registered(CHANNELS, Vault()) as channel:
        yield channel


def make(services: Services, who: Principal, tenant: Tenant, name: str = "Vault") -> Destination:
    return services.destinations.create(who, tenant.id, "vault", name, CONFIG)


def test_only_those_who_can_change_exports_see_them(
    services: Services, cast: Cast, vault: Vault
) -> None:
    made = make(services, cast.admin.who, cast.acme)
    for who, error in ((cast.viewer.who, Forbidden), (cast.outsider.who, NotFound)):
        with pytest.raises(error):
            services.destinations.get(who, made.id)
        with pytest.raises(error):
            services.destinations.find(who, cast.acme.id)
    with pytest.raises(Invalid) as refused:
        make_schedule(services, cast.outsider.who, cast.globex.id, destination_ids=(made.id,))
    assert refused.value.errors[0].pointer == "/destinationIds/0"


def test_secrets_are_encrypted_kept_and_renewed(
    services: Services, admin: Principal, acme: Tenant, vault: Vault
) -> None:
    made = make(services, admin, acme)
    assert made.config == {"host": "one", "note": ""}
    row = str(sql(services, "SELECT config, secrets FROM destinations"))
    audit = str(sql(services, "SELECT detail FROM audit_entries"))
    assert SECRET not in row + audit + repr(made)
    kept = services.destinations.update(admin, made.id, {"config": {"host": "one", "note": "n"}})
    assert services.destinations.secrets_set(kept) == ["password"]
    with pytest.raises(Invalid) as refused:  # whoever changes the host must know the password
        services.destinations.update(admin, made.id, {"config": {"host": "mine"}}, merge=True)
    assert refused.value.errors[0].pointer == "/config/password"
    services.destinations.update(admin, made.id, {"config": {**CONFIG, "host": "two"}})
    assert services.destinations.place(services.destinations.get(admin, made.id)) == "two"
    assert services.key_rotation.renew("keys").unreadable == 0


def test_names_versions_and_uses_are_checked(
    services: Services, admin: Principal, acme: Tenant, vault: Vault
) -> None:
    made = make(services, admin, acme)
    with pytest.raises(NameTaken):
        make(services, admin, acme)
    with pytest.raises(VersionConflict):
        services.destinations.update(admin, made.id, {"name": "Other"}, version=7)
    schedule = make_schedule(services, admin, destination_ids=(made.id,))
    with pytest.raises(DestinationInUse):
        services.destinations.delete(admin, made.id)
    services.schedules.update(admin, schedule.id, {"destination_ids": ()})
    services.destinations.delete(admin, made.id)
    with pytest.raises(NotFound):
        services.destinations.get(admin, made.id)
    assert make(services, admin, acme).id != made.id


def test_a_channel_may_get_a_link_and_its_destination_follows_the_results(
    services: Services, admin: Principal, acme: Tenant, vault: Vault, mail: MailServer
) -> None:
    made = make(services, admin, acme)
    schedule = make_schedule(services, admin, destination_ids=(made.id,))
    vault.error = DestinationPaused("its key has changed")
    run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.PARTIAL
    paused = services.destinations.get(admin, made.id)
    assert (paused.state, paused.reason) == (DestinationState.PAUSED, "its key has changed")
    vault.error = None
    services.run_actions.resend(admin, schedule.id, run.id)
    again = execute(services, claim(services))
    assert again.status is RunStatus.PARTIAL  # nobody has looked
    services.destinations.test(admin, made.id)
    services.run_actions.resend(admin, schedule.id, run.id)
    done = execute(services, claim(services))
    assert (done.status, done.sent_as) == (RunStatus.COMPLETED, "link")
    (delivery,) = [one for one in deliveries_of(services, run) if one.destination_id]
    assert (delivery.status, delivery.sent_as) == (DeliveryStatus.ACCEPTED, "link")
    link = vault.got[-1].report.link
    assert link is not None
    assert f"/api/files/{delivery.id}?" in link.url("")
    assert len(mail.messages) == 1  # it was sent once


def test_a_destination_that_is_off_is_skipped_and_a_test_goes_to_nobody_else(
    services: Services, admin: Principal, acme: Tenant, vault: Vault
) -> None:
    made = make(services, admin, acme)
    schedule = make_schedule(services, admin, recipients=(), destination_ids=(made.id,))
    services.destinations.update(admin, made.id, {"is_active": False})
    run = trigger_and_execute(services, admin, schedule)
    (delivery,) = deliveries_of(services, run)
    assert (run.status, delivery.status) == (RunStatus.SKIPPED, DeliveryStatus.SKIPPED)
    assert run.error_code == "destinations_off"
    assert "switched off" in (delivery.error or "")
    assert vault.got == []


def test_definitions_name_destinations(
    services: Services, admin: Principal, acme: Tenant, vault: Vault
) -> None:
    made = make(services, admin, acme)
    wanted = draft(slug="one", recipients=()) | {"destinations": ("Vault",)}
    services.definitions.apply(admin, acme.id, Definition([wanted]), prune=False)
    (shown,) = services.definitions.export(admin, acme.id)["schedules"]
    assert shown["destinations"] == ["Vault"]
    assert "destinationIds" not in shown
    plan = services.definitions.plan(admin, acme.id, Definition([draft(slug="one")]), prune=False)
    (change,) = plan.changes
    assert ("destinations", ["Vault"], []) in [(f.field, f.old, f.new) for f in change.fields]
    unknown = Definition([wanted | {"destinations": ("Other",)}])
    with pytest.raises(Invalid) as refused:
        services.definitions.apply(admin, acme.id, unknown, prune=False)
    assert refused.value.errors[0].pointer == "/schedules/0/destinations/0"
    assert made.name == "Vault"


def test_a_folder_is_never_left(
    services: Services, admin: Principal, acme: Tenant, root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (root / "acme").symlink_to(outside)
    share = services.destinations.create(admin, acme.id, "folder", "S", {"name": "{schedule}"})
    schedule = make_schedule(services, admin, recipients=(), destination_ids=(share.id,))
    run = trigger_and_execute(services, admin, schedule)
    assert run.status is RunStatus.FAILED
    assert "only real folders" in (run.error or "")
    assert list(outside.iterdir()) == []
    with pytest.raises(Invalid):
        services.destinations.create(admin, acme.id, "folder", "T", {"folder": str(outside)})


def test_what_is_wrong_with_all_emails_keeps_no_destination_waiting(
    services: Services,
    admin: Principal,
    super_admin: Principal,
    acme: Tenant,
    vault: Vault,
    mail: MailServer,
) -> None:
    """Stores come before emails, and other messages after them."""
    made = make(services, admin, acme)
    to = ("a@acme.example", "b@acme.example")
    schedule = make_schedule(services, admin, recipients=to, destination_ids=(made.id,))
    services.schedules.trigger(admin, schedule.id)
    services.quotas.change(super_admin, acme.id, {"messages_per_day": 1})
    run = execute(services, claim(services))
    assert (run.status, run.error_code) == (RunStatus.PARTIAL, "quota_exceeded")
    [delivery] = [one for one in deliveries_of(services, run) if one.destination_id]
    assert delivery.status is DeliveryStatus.ACCEPTED
    assert (len(vault.got), mail.messages) == (1, [])


def test_a_run_outlasts_that_a_destinations_name_is_given_away(
    services: Services, admin: Principal, acme: Tenant, vault: Vault
) -> None:
    first, second = make(services, admin, acme, name="A"), make(services, admin, acme, name="B")
    schedule = make_schedule(services, admin, recipients=(), destination_ids=(first.id, second.id))
    services.schedules.trigger(admin, schedule.id)
    services.schedules.update(admin, schedule.id, {"destination_ids": (second.id,)})
    services.destinations.delete(admin, first.id)
    services.destinations.update(admin, second.id, {"name": "A"})
    run = execute(services, claim(services))
    assert sorted(one.target for one in deliveries_of(services, run)) == ["A", "A (2)"]
    assert len(vault.got) == 1


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("channel", "field", "config"),
    [
        ("teams", "url", {}),
        (
            "bucket",
            "endpoint",
            {"bucket": "files", "region": "auto", "keyId": "key", "secretKey": "secret"},
        ),
    ],
)
def test_addresses_are_checked_at_save(
    services: Services,
    admin: Principal,
    acme: Tenant,
    monkeypatch: pytest.MonkeyPatch,
    channel: str,
    field: str,
    config: dict[str, str],
) -> None:
    """As far as they need no lookup: those of names are checked where they are connected to."""
    there, guard = services.destinations, services.guard
    monkeypatch.setattr(guard, "_allowed", (ip_network("127.0.0.0/8"),))
    given = {**config, field: "http://127.0.0.1:1"}
    made = there.create(admin, acme.id, channel, "Local", given)
    monkeypatch.setattr(guard, "_allowed", ())
    assert there.update(admin, made.id, {"config": given, "is_active": False}).version == 2
    for url in ("http://127.0.0.2", "http://1.1.1.1", "https://10.0.0.1"):
        new = {**config, field: url}
        for act in (
            lambda new=new: there.create(admin, acme.id, channel, "New", new),
            lambda new=new: there.update(admin, made.id, {"config": new}),
        ):
            with pytest.raises(Invalid) as error:
                act()
            assert [one.pointer for one in error.value.errors] == [f"/config/{field}"]


def test_a_tenant_tests_two_destinations_at_the_same_time(
    services: Services,
    admin: Principal,
    acme: Tenant,
    share: Destination,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of each process: another tenant's test finds a place while these wait."""
    there, under_way = services.destinations, list[str]()

    def test(*_: object) -> TrialResult:
        under_way.append("test")
        return there.test(admin, share.id)  # the next one, before this one has ended

    monkeypatch.setattr("exports_app.services.destinations.calls.test", test)
    with pytest.raises(Busy, match="wait for the answers"):
        there.test(admin, share.id)
    assert len(under_way) == 2
    monkeypatch.setattr(
        "exports_app.services.destinations.calls.test", lambda *_: TrialResult("Done.")
    )
    assert there.test(admin, share.id).answer == "Done."
