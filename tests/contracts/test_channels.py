"""What every channel that delivers to destinations promises, the example of docs/extending.md
too."""

import tracemalloc
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import structlog

from exports_app import plugins
from exports_app.domain.errors import DeliveryError
from exports_app.services.core.extension_points import Stage
from exports_app.services.destinations import calls, configs
from exports_app.services.destinations.calls import calling
from exports_app.services.destinations.redaction import HIDDEN
from tests.contracts.other_sides import EXAMPLE, ID, Side, side, with_example

plugins.load("exports_app.channels")
KEYS = [*(channel.key for channel in configs.channels()), EXAMPLE]
OTHER = ID.replace("3", "4")
CONTENT = b"a,b\r\n1,2\r\n"


@pytest.fixture(params=dict.fromkeys(KEYS))
def there(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Side]:
    folder = tmp_path / "there"
    folder.mkdir()
    with with_example(), side(request.param, folder, monkeypatch) as found:
        yield found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.csv"
    path.write_bytes(CONTENT)
    return path


def test_the_config_says_all_that_a_form_needs(there: Side) -> None:
    schema = there.channel.Config.model_json_schema(by_alias=True)
    assert schema["additionalProperties"] is False
    for name, field in schema["properties"].items():
        assert field.get("title"), name
        for kind in (field, *field.get("anyOf", ())):
            if kind.get("type") == "string" and "enum" not in kind:
                assert kind.get("maxLength"), name
    hidden = {n for n, f in schema["properties"].items() if "writeOnly" in str(f)}
    assert hidden == set(configs.secret_names(there.channel))
    assert there.channel.label
    assert there.channel.description.endswith(".")
    assert there.channel.icon


def test_a_file_arrives_and_the_receipt_says_where(there: Side, file: Path) -> None:
    with calling():
        receipt = there.channel.send(there.delivery(file))
    (arrived,) = there.world.arrived()
    if there.channel.stage is Stage.STORE:
        assert arrived == CONTENT
    assert receipt.location
    assert there.channel.describe(there.config)


def test_a_second_attempt_makes_no_second_copy_in_a_store(there: Side, file: Path) -> None:
    """As after a death between the acceptance and its note."""
    with calling():
        first = there.channel.send(there.delivery(file))
        second = there.channel.send(there.delivery(file))
    if there.channel.stage is Stage.STORE:
        assert there.world.arrived() == [CONTENT]
        assert first.location == second.location


def test_a_refusal_is_an_error_of_the_delivery(there: Side, file: Path) -> None:
    there.world.refuse()
    with pytest.raises(DeliveryError) as refused, calling():
        there.channel.send(there.delivery(file))
    assert refused.value.permanent
    assert CONTENT not in there.world.arrived()
    with pytest.raises(DeliveryError), calling():
        there.channel.test(there.trial())


def test_who_cannot_be_reached_gets_it_later(there: Side, file: Path) -> None:
    """Whatever is tried again gets the file under the same id."""
    delivery = replace(there.delivery(file), config=there.vanish())
    with pytest.raises(DeliveryError) as refused, calling():
        there.channel.send(delivery)
    assert not refused.value.permanent
    assert not [secret for secret in there.secrets if secret in refused.value.message]


def test_a_stop_leaves_no_file_in_a_store(there: Side, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    large.write_bytes(b"x" * 1_000_000)
    asked = 0

    def stop() -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise DeliveryError("stopped", permanent=False)

    delivery = there.delivery(large, stop)
    if delivery.report.link:
        return  # nothing is transferred
    with pytest.raises(DeliveryError) as stopped, calling():
        there.channel.send(delivery)
    assert not stopped.value.permanent
    assert there.world.arrived() == []


def test_a_large_file_takes_little_memory(there: Side, tmp_path: Path) -> None:
    large = tmp_path / "large.csv"
    with large.open("wb") as file:
        file.truncate(30_000_000)
    first, delivery = there.delivery(large, of=OTHER), there.delivery(large)
    with calling():
        there.channel.send(first)  # what it imports, and keeps
        tracemalloc.start()
        try:
            there.channel.send(delivery)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 2_000_000


def test_a_test_leaves_nothing_behind(there: Side) -> None:
    with calling():
        result = there.channel.test(there.trial())
    assert result.answer.endswith(".")
    if there.channel.stage is Stage.STORE:
        assert there.world.arrived() == []


def test_nobody_sees_its_secrets(there: Side, file: Path) -> None:
    seen: list[Any] = []
    with structlog.testing.capture_logs() as logs, calling():
        seen.append(there.channel.send(there.delivery(file)))
        seen.append(there.channel.test(there.trial()))
    seen += [
        there.channel.describe(there.config),
        configs.checked(there.channel, there.world.config).shown,
        logs,
        repr(there.config),
        str(there.config),
    ]
    there.world.refuse()
    with structlog.testing.capture_logs() as logs:
        for call in (
            lambda: there.channel.send(there.delivery(file, of=OTHER)),
            lambda: there.channel.test(there.trial()),
        ):
            with pytest.raises(DeliveryError) as refused, calling():
                call()
            seen.append(refused.value.message)
    seen.append(logs)
    assert not [secret for secret in there.secrets if secret in str(seen)]


def test_no_answer_shows_a_secret_that_the_other_side_repeats(there: Side, file: Path) -> None:
    if not hasattr(there.world, "echo"):
        return  # it shows no words of the other side
    for secret in there.secrets:
        pair = b64encode(f"ann:{secret}".encode()).decode()
        for said in (secret, secret[:-2], quote(secret), pair, secret.encode().hex()):
            config = configs.checked(there.channel, there.world.echo(said)).config
            told = []
            with pytest.raises(DeliveryError) as refused:
                calls.send(there.channel, replace(there.delivery(file), config=config))
            told.append(refused.value.message)
            with pytest.raises(DeliveryError) as refused:
                calls.test(there.channel, replace(there.trial(), config=config))
            told.append(refused.value.message)
            shown = " ".join(told)
            assert said not in shown
            if said == secret:
                assert told[0].count(HIDDEN) == 1
