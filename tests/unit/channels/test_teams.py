"""What the channel of Microsoft Teams sends, and what it makes of each answer."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from exports_app import plugins
from exports_app.channels import _asked_wait, teams
from exports_app.domain.errors import DeliveryError, DeliveryUnknown, Invalid
from exports_app.services.core.extension_points import FileDelivery, Place
from exports_app.services.core.highlights import Figure, Highlights
from exports_app.services.destinations import configs
from exports_app.services.destinations.calls import calling
from tests.contracts.channels._http_side import Said
from tests.contracts.channels.teams import SECRETS
from tests.contracts.other_sides import Side, side

plugins.load("exports_app.channels")


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    with side("teams", tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def delivery(there: Side, tmp_path: Path) -> FileDelivery:
    path = tmp_path / "numbers.csv"
    path.write_bytes(b"a,b\r\n1,2\r\n")
    return there.delivery(path)


def card(there: Side) -> dict[str, Any]:
    sent = json.loads(there.world.arrived()[-1])
    assert sent["type"] == "message"
    (attached,) = sent["attachments"]
    assert attached["contentType"] == "application/vnd.microsoft.card.adaptive"
    content: dict[str, Any] = attached["content"]
    assert (content["type"], content["version"]) == ("AdaptiveCard", "1.4")
    return content


def lines(content: dict[str, Any]) -> list[str]:
    """Each a block of plain runs: Teams reads no Markdown there."""
    assert {block["type"] for block in content["body"]} == {"RichTextBlock"}
    return ["".join(run["text"] for run in block["inlines"]) for block in content["body"]]


def test_a_card_has_the_link_and_what_it_is_about(there: Side, delivery: FileDelivery) -> None:
    receipt = there.channel.send(delivery)
    assert receipt.location == teams.ACCEPTED
    content = card(there)
    *found, note = lines(content)
    assert found == [
        "Weekly numbers",
        "Acme, 2 Mar 2026 - 8 Mar 2026",
        "Data: Totals",
        "Rows: 1",
        "File: numbers.csv, 10 bytes",
    ]
    assert note.startswith("You can download the file until 9 Mar 2026, 07:30 (UTC). Anyone")
    (action,) = content["actions"]
    assert action["url"] == "https://exports.example.com/l/1"


def test_a_test_says_that_nobody_knows_whether_it_was_posted(there: Side) -> None:
    assert "the workflow does not tell" in there.channel.test(there.trial()).answer
    assert lines(card(there))[0] == "Test"


def test_the_longest_card_is_small_enough(there: Side, delivery: FileDelivery) -> None:
    long = "\N{FACE WITH TEARS OF JOY}" * 2_000
    report = replace(
        delivery.report,
        export_name=long,
        tenant_name=long,
        file_name=long,
        type_label=long,
        record_count=0,
        is_test=True,
        highlights=Highlights([Figure(long, long, long)] * 50),
    )
    there.channel.send(replace(delivery, report=report, places=(Place(long, long),) * 10))
    assert len(there.world.arrived()[-1]) < teams.MOST_BYTES
    texts = lines(card(there))
    assert len([text for text in texts if text.startswith("Also in: ")]) == 10


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "does not take the card"),
        (401, "copy it again"),
        (403, "copy it again"),
        (404, "does not exist any more"),
        (302, "redirects are not followed"),
        (418, "the server answered 418"),
    ],
)
def test_errors_are_in_words(there: Side, delivery: FileDelivery, status: int, words: str) -> None:
    body = b'{"error":{"code":"WorkflowTriggerIsNotEnabled","message":"x"}}'
    there.world.says = lambda: Said(status, body)
    with pytest.raises(DeliveryError, match=words) as failed:
        there.channel.send(delivery)
    assert failed.value.permanent
    assert "WorkflowTriggerIsNotEnabled" in failed.value.message


@pytest.mark.parametrize("said", [Said(502), Said(504), Said(hangs_up=True)])
def test_a_lost_answer_may_have_been_posted(
    there: Side, delivery: FileDelivery, said: Said
) -> None:
    there.world.says = lambda: said
    with pytest.raises(DeliveryUnknown), calling():
        there.channel.send(delivery)


@pytest.mark.parametrize("said", [Said(500, b"[" * 100_000), Said(503), Said(408)])
def test_a_server_that_fails_is_tried_again(
    there: Side, delivery: FileDelivery, said: Said
) -> None:
    there.world.says = lambda: said
    with pytest.raises(DeliveryError) as failed, calling():
        there.channel.send(delivery)
    assert not failed.value.permanent
    assert not isinstance(failed.value, DeliveryUnknown)


def test_a_stop_during_the_wait_may_have_been_posted(there: Side, delivery: FileDelivery) -> None:
    called, over = Event(), Event()

    def hang() -> Said:
        called.set()
        over.wait()
        return Said(202)

    def check() -> None:
        if called.is_set():
            raise DeliveryError("stopped", permanent=False)

    there.world.says = hang
    try:
        with pytest.raises(DeliveryUnknown, match="stopped"), calling():
            there.channel.send(replace(delivery, check=check))
    finally:
        over.set()


def test_it_waits_as_long_as_the_workflow_asks(
    there: Side, delivery: FileDelivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits = list[float]()
    monkeypatch.setattr(_asked_wait.time, "sleep", waits.append)
    answers = iter([Said(429, headers={"Retry-After": "7"}), Said(202)])
    there.world.says = lambda: next(answers)
    there.channel.send(delivery)
    assert sum(waits) == pytest.approx(7)
    there.world.says = lambda: Said(429, headers={"Retry-After": "86400"})
    with pytest.raises(DeliveryError, match="no more messages for") as limited:
        there.channel.send(delivery)
    assert not limited.value.permanent


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("prod.example.com/workflows", "use an address"),
        ("https://user:secret@prod.example.com/", "leave out the user name"),
        ("https://acme.webhook.office.com/webhookb2/1", "Microsoft has switched off"),
        ("https://outlook.office.com/webhook/1", "Microsoft has switched off"),
    ],
)
def test_a_wrong_address_is_refused_at_once(there: Side, url: str, words: str) -> None:
    with pytest.raises(Invalid) as wrong:
        configs.checked(there.channel, {"url": url})
    (error,) = wrong.value.errors
    assert error.pointer == "/config/url"
    assert words in error.detail


def test_the_address_is_shown_by_its_host_alone(there: Side) -> None:
    found = configs.checked(there.channel, there.world.config)
    assert found.shown == {}
    assert there.channel.describe(found.config) == "a workflow at 127.0.0.1"
    assert SECRETS[0] in found.secrets["url"]
