"""What the Slack channel sends, and what it makes of each answer."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event

import httpx
import pytest

from exports_app import environment, plugins
from exports_app.channels import _asked_wait, slack
from exports_app.channels._slack_api import SlackApi, api_url
from exports_app.domain.errors import DeliveryError, DeliveryUnknown, Invalid
from exports_app.services.core.extension_points import CHANNELS, Link, Place
from exports_app.services.destinations import configs
from exports_app.services.destinations.calls import calling
from tests.contracts.channels._http_side import Said
from tests.contracts.channels.slack import CHANNEL, SECRETS
from tests.contracts.other_sides import AT, Side, side

plugins.load("exports_app.channels")
COMPLETE, POST = "files.completeUploadExternal", "chat.postMessage"
LINK = Link(AT, lambda _: "https://exports.example.com/l/1?a=1&b=2")


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Side]:
    with side("slack", tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What it waited, without waiting."""
    found = list[float]()
    monkeypatch.setattr(_asked_wait.time, "sleep", found.append)
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.csv"
    path.write_bytes(b"a,b\r\n1,2\r\n")
    return path


def send(there: Side, file: Path, **changes: object) -> str:
    """Returns the location."""
    delivery = there.delivery(file)
    report = replace(delivery.report, **changes)
    with calling():
        return there.channel.send(replace(delivery, report=report)).location


def fields(there: Side, method: str) -> dict[str, str]:
    (found,) = (given for name, given in there.world.calls if name == method)
    return dict(found)


def test_a_file_is_uploaded_and_then_posted_with_what_it_is_about(there: Side, file: Path) -> None:
    location = send(there, file)
    assert location.startswith("http://127.0.0.1:")
    given = fields(there, "files.getUploadURLExternal")
    assert given == {"filename": "numbers.csv", "length": "10"}
    posted = fields(there, COMPLETE)
    assert posted["initial_comment"].splitlines() == [
        "*Weekly numbers*",
        "Acme, 2 Mar 2026 - 8 Mar 2026",
        "Data: Totals",
        "Rows: 1",
        "File: numbers.csv, 10 bytes",
    ]
    assert json.loads(posted["files"])[0]["title"] == "numbers.csv"
    assert there.world.arrived() == [b"a,b\r\n1,2\r\n"]


def test_a_link_is_posted_that_slack_does_not_open(there: Side, file: Path) -> None:
    assert send(there, file, link=LINK) == f"channel {CHANNEL}"
    posted = fields(there, POST)
    assert posted["unfurl_links"] == posted["unfurl_media"] == "false"
    note, link = posted["text"].splitlines()[-2:]
    assert note.startswith("You can download the file until 9 Mar 2026, 07:30 (UTC). Anyone")
    assert link == "<https://exports.example.com/l/1?a=1&amp;b=2|Download the file>"


def test_names_make_no_links_and_mention_nobody(there: Side, file: Path) -> None:
    send(there, file, export_name="<!channel> <https://evil.example|x>\n&", record_count=0)
    text = fields(there, COMPLETE)["initial_comment"]
    assert "&lt;!channel&gt; &lt;https://evil.example|x&gt; &amp;" in text
    assert "<" not in text
    assert "the file has no rows" in text


def test_a_message_names_the_places_where_the_file_is_too(there: Side, file: Path) -> None:
    delivery = replace(there.delivery(file), places=(Place("Share", "/srv/acme/numbers.csv"),))
    there.channel.send(delivery)
    text = fields(there, COMPLETE)["initial_comment"]
    assert "Also in: Share: /srv/acme/numbers.csv" in text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("not_in_channel", "/invite @"),
        ("channel_not_found", "check the ID"),
        ("is_archived", "archived"),
        ("token_revoked", "copy the Bot User OAuth Token again"),
        ("restricted_action", "ask an admin of the workspace"),
        ("something_new", "something_new"),
        ("<script>", "an error without a name"),
    ],
)
def test_errors_are_in_words(there: Side, file: Path, code: str, words: str) -> None:
    there.world.errors = {COMPLETE: code}
    with pytest.raises(DeliveryError, match=words) as failed:
        send(there, file)
    assert failed.value.permanent


def test_the_scope_that_is_missing_is_named(there: Side, file: Path) -> None:
    body = b'{"ok":false,"error":"missing_scope","needed":"files:write"}'
    there.world.errors = {"files.getUploadURLExternal": Said(body=body)}
    with pytest.raises(DeliveryError, match="lacks the scope files:write"):
        send(there, file)
    there.world.errors, there.world.scopes = {}, "files:write,team:read"
    with pytest.raises(DeliveryError, match="lacks the scope chat:write"):
        there.channel.test(there.trial())


def clears(there: Side, method: str) -> Callable[[str], None]:
    """The error of a method is over after its second call."""
    asked = list[str]()

    def count(name: str) -> None:
        asked.append(name)
        if asked.count(method) > 2:
            there.world.errors.pop(method, None)

    return count


def test_a_limited_call_waits_as_long_as_slack_asks(
    there: Side, file: Path, waits: list[float]
) -> None:
    there.world.errors = {COMPLETE: Said(429, headers={"Retry-After": "30"})}
    there.world.on_call = clears(there, COMPLETE)
    send(there, file)
    assert sum(waits) == pytest.approx(60)
    assert len(there.world.arrived()) == 1


def test_a_longer_wait_is_left_to_the_retries_of_the_run(
    there: Side, file: Path, waits: list[float]
) -> None:
    there.world.errors = {COMPLETE: Said(429, headers={"Retry-After": "3600"})}
    with pytest.raises(DeliveryError, match="no more messages for") as limited:
        send(there, file)
    assert not limited.value.permanent
    there.world.errors = {COMPLETE: "ratelimited"}  # without saying how long
    with pytest.raises(DeliveryError, match="ratelimited") as limited:
        send(there, file)
    assert not limited.value.permanent
    assert sum(waits) == pytest.approx(2)


def test_a_wait_ends_where_the_run_is_stopped(there: Side, file: Path, waits: list[float]) -> None:
    there.world.errors = {COMPLETE: Said(429, headers={"Retry-After": "30"})}

    def check() -> None:
        if waits:
            raise DeliveryError("stopped", permanent=False)

    with pytest.raises(DeliveryError, match="stopped"), calling():
        there.channel.send(there.delivery(file, check))
    assert len(waits) == 1


HANGS_UP, DOWN = Said(hangs_up=True), Said(503, b"<html>")


@pytest.mark.parametrize("method", ["files.getUploadURLExternal", "upload"])
@pytest.mark.parametrize("said", [HANGS_UP, DOWN])
def test_nothing_was_posted_before_the_last_call(
    there: Side, file: Path, method: str, said: Said
) -> None:
    there.world.errors = {method: said}
    with pytest.raises(DeliveryError) as failed:
        send(there, file)
    assert not failed.value.permanent
    assert not isinstance(failed.value, DeliveryUnknown)


@pytest.mark.parametrize("said", [HANGS_UP, DOWN, "fatal_error", Said(body=b"[" * 100_000)])
@pytest.mark.parametrize(("method", "link"), [(COMPLETE, None), (POST, LINK)])
def test_the_message_may_have_been_posted_without_a_clear_answer(
    there: Side, file: Path, said: Said | str, method: str, link: Link | None
) -> None:
    there.world.errors = {method: said}
    with pytest.raises(DeliveryUnknown):
        send(there, file, link=link)


@pytest.mark.parametrize(("method", "is_unknown"), [("upload", False), (COMPLETE, True)])
def test_a_slow_answer_is_as_none(
    there: Side, file: Path, monkeypatch: pytest.MonkeyPatch, method: str, is_unknown: bool
) -> None:
    monkeypatch.setattr(slack, "SECONDS", 0.3)
    monkeypatch.setattr(slack, "UPLOAD_SECONDS", 0.3)
    over = Event()
    there.world.on_call = lambda name: over.wait() if name == method else None
    try:
        with pytest.raises(DeliveryError, match="no complete answer") as failed:
            send(there, file)
    finally:
        over.set()
    assert not failed.value.permanent
    assert isinstance(failed.value, DeliveryUnknown) is is_unknown


@pytest.mark.parametrize(("method", "is_unknown"), [("upload", False), (COMPLETE, True)])
def test_a_stop_ends_the_wait_for_an_answer(
    there: Side, file: Path, method: str, is_unknown: bool
) -> None:
    called, over = Event(), Event()

    def hang(name: str) -> None:
        if name == method:
            called.set()
            over.wait()

    def check() -> None:
        if called.is_set():
            raise DeliveryError("stopped", permanent=False)

    there.world.on_call = hang
    try:
        with pytest.raises(DeliveryError, match="stopped") as stopped, calling():
            there.channel.send(there.delivery(file, check))
    finally:
        over.set()
    assert not stopped.value.permanent
    assert isinstance(stopped.value, DeliveryUnknown) is is_unknown


@pytest.mark.parametrize(
    "host", ["http://127.0.0.1.evil.example", "http://127.0.0.1@evil.example", "http://10.0.0.1"]
)
def test_the_file_goes_to_slack_alone(there: Side, file: Path, host: str) -> None:
    there.world.upload_host = host
    with pytest.raises(DeliveryError, match="is not Slack's") as failed:
        send(there, file)
    assert failed.value.permanent
    assert there.world.arrived() == []


def test_what_is_at_slack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_API_URL", "https://slack.com/api")
    api = SlackApi(httpx.Client(), "", lambda: None, 0)
    assert api.is_own("https://files.slack.com/upload/v1/ABC")
    assert not api.is_own("http://files.slack.com/upload/v1/ABC")
    assert not api.is_own("https://notslack.com/upload")
    assert not api.is_own("https://[/")


@pytest.mark.parametrize(
    "given",
    [
        CHANNEL,
        f"https://acme.slack.com/archives/{CHANNEL}",
        f"https://acme.slack.com/archives/{CHANNEL}/p1772000000000100?thread_ts=1",
        f"https://app.slack.com/client/T0123456789/{CHANNEL}",
        f" {CHANNEL} ",
    ],
)
def test_a_channel_is_an_id_or_a_link(there: Side, given: str) -> None:
    values = {"channel": given, "token": SECRETS[0]}
    found = configs.checked(there.channel, values)
    assert found.shown == {"channel": CHANNEL}
    assert there.channel.describe(found.config) == f"the channel {CHANNEL}"


@pytest.mark.parametrize("given", ["#general", "general", "https://example.com/C0123456789", ""])
def test_a_name_is_no_channel(there: Side, given: str) -> None:
    with pytest.raises(Invalid) as wrong:
        configs.checked(there.channel, {"channel": given, "token": "xoxb-1"})
    (error,) = wrong.value.errors
    assert error.pointer == "/config/channel"
    assert "paste the channel's link" in error.detail


@pytest.mark.parametrize("token", ["xoxp-1-a", "xapp-1", "xoxb-1\nX: y", ""])
def test_a_token_is_that_of_a_bot(there: Side, token: str) -> None:
    with pytest.raises(Invalid) as wrong:
        configs.checked(there.channel, {"channel": CHANNEL, "token": token})
    assert "begins with xoxb-" in wrong.value.errors[0].detail


def test_a_wrong_address_of_the_api_is_a_wrong_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_API_URL", "slack.com")
    with pytest.raises(environment.SettingsError, match="SLACK_API_URL"):
        CHANNELS["slack"].unconfigured()
    monkeypatch.setenv("SLACK_API_URL", "https://slack-gov.com/api/")
    assert api_url() == "https://slack-gov.com/api"
