"""A channel of Slack: the file, or a link to it, with a message.

Source: the Slack Web API at docs.slack.dev: auth.test, chat.postMessage,
files.getUploadURLExternal, files.completeUploadExternal, files.delete.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import Field, SecretStr, field_validator

from exports_app.channels import _short_message, _slack_errors
from exports_app.channels._one_line import one_line
from exports_app.channels._short_message import ShortMessage
from exports_app.channels._slack_api import UPLOAD_SECONDS, SlackApi, api_url
from exports_app.domain.errors import DeliveryError
from exports_app.services.core.extension_points import (
    CHANNELS,
    FileDelivery,
    Receipt,
    Stage,
    Trial,
    TrialResult,
)
from exports_app.services.core.extension_points.channel_config import ChannelConfig

SECONDS, SECONDS_OF_TEST = 30.0, 5.0
"""For a request."""
MOST_WAIT, MOST_WAIT_OF_TEST = 60.0, 1.0
"""Seconds that Slack may ask to wait for a call."""
MOST_ANSWER = 200_000
SCOPES = ("files:write", "chat:write")
"""For files; for messages with a link."""
TEST_FILE, TEST_TEXT = "exports-test.txt", b"A test of Exports. It is removed at once.\n"
_ID = re.compile(r"[CGD][A-Z0-9]{6,20}")
_LINK = re.compile(
    r"https://[A-Za-z0-9.-]+/(?:archives|client/[TE][A-Z0-9]+)/([CGD][A-Z0-9]{6,20})(?:[/?#].*)?"
)
_TOKEN = re.compile(r"xoxb-[A-Za-z0-9-]+")


class SlackConfig(ChannelConfig):
    channel: str = Field(
        title="Channel",
        description="Its link or ID: in Slack, open the channel's menu and choose Copy, Copy link."
        " Invite the app to the channel.",
        max_length=500,
    )
    token: SecretStr = Field(
        title="Bot token",
        description="The Bot User OAuth Token of an app with the scopes files:write and"
        " chat:write. It begins with xoxb-.",
        max_length=500,
    )

    @field_validator("channel")
    @classmethod
    def _has_an_id(cls, value: str) -> str:
        found = _LINK.fullmatch(value)
        key = found[1] if found else value
        if not _ID.fullmatch(key):
            raise ValueError(
                "paste the channel's link (in its menu: Copy, Copy link), or its ID, such as"
                " C0123456789"
            )
        return key

    @field_validator("token")
    @classmethod
    def _is_of_a_bot(cls, value: SecretStr) -> SecretStr:
        if not _TOKEN.fullmatch(value.get_secret_value()):
            raise ValueError(
                "use the Bot User OAuth Token from the app's page OAuth & Permissions: it begins"
                " with xoxb-"
            )
        return value


@CHANNELS.decorate
class Slack:
    key, label, icon = "slack", "Slack", "hash"
    description = "Posts the file to a channel, with a message. A file over 1 GB goes as a link."
    stage = Stage.MESSAGE
    most_bytes: int | None = 1_000_000_000  # Slack's own limit
    Config = SlackConfig

    def unconfigured(self) -> str | None:
        api_url()  # a wrong one stops the start
        return None

    def describe(self, config: SlackConfig) -> str:
        return f"the channel {config.channel}"

    def send(self, delivery: FileDelivery) -> Receipt:
        report, channel = delivery.report, delivery.config.channel
        text = _text(_short_message.about(delivery))
        with _api(delivery, SECONDS, MOST_WAIT) as slack:
            if report.link:
                slack.call(
                    "chat.postMessage",
                    posts=True,
                    channel=channel,
                    text=text,
                    # Slack would open the link to show what is behind it
                    unfurl_links="false",
                    unfurl_media="false",
                )
                return Receipt(f"channel {channel}")
            size, name = report.file_size or 0, one_line(report.file_name)
            file_id = slack.upload(name, size, delivery.blocks(), UPLOAD_SECONDS)
            delivery.check()
            shared = _share(slack, channel, file_id, name, text)
            return Receipt(_permalink(slack, shared) or f"channel {channel}", size)

    def test(self, trial: Trial) -> TrialResult:
        channel = trial.config.channel
        with _api(trial, SECONDS_OF_TEST, MOST_WAIT_OF_TEST) as slack:
            _require_scopes(slack.call("auth.test"))
            blocks = iter([TEST_TEXT])
            file_id = slack.upload(TEST_FILE, len(TEST_TEXT), blocks, SECONDS_OF_TEST)
            _share(slack, channel, file_id, TEST_FILE, "")
            slack.call("files.delete", file=file_id)
        return TrialResult(f"A file was posted to the channel {channel} and removed.")


@contextmanager
def _api(given: FileDelivery | Trial, seconds: float, most_wait: float) -> Iterator[SlackApi]:
    from exports_app.outbound import http  # takes 0.1 s to import, and many commands never send

    token = given.config.token.get_secret_value()
    check = given.check
    with http.client(given.guard, seconds=seconds, most=MOST_ANSWER, check=check) as client:
        yield SlackApi(client, token, check, most_wait)


def _share(slack: SlackApi, channel: str, file_id: str, name: str, text: str) -> dict[str, Any]:
    """Post an uploaded file. text: empty: none."""
    comment = {"initial_comment": text} if text else {}
    files = json.dumps([{"id": file_id, "title": name}])
    return slack.call(
        "files.completeUploadExternal", posts=True, files=files, channel_id=channel, **comment
    )


def _permalink(slack: SlackApi, shared: dict[str, Any]) -> str:
    """Of the posted file, for members of the workspace; empty where Slack does not tell."""
    try:
        link = shared["files"][0]["permalink"]
    except (LookupError, TypeError):
        return ""
    return link if isinstance(link, str) and slack.is_own(link) else ""


def _require_scopes(tested: dict[str, Any]) -> None:
    """Raises DeliveryError for a scope that a run would miss."""
    if (scopes := tested["scopes"]) is None:
        return
    has = {scope.strip() for scope in scopes.split(",")}
    if missing := [scope for scope in SCOPES if scope not in has]:
        raise DeliveryError(_slack_errors.missing_scope(" and ".join(missing)))


def _text(message: ShortMessage) -> str:
    """In Slack's mrkdwn, in which names can make no link and mention nobody."""
    lines = [f"*{_escaped(message.title)}*", _escaped(message.about)]
    lines += [f"{_escaped(fact.label)}: {_escaped(fact.value)}" for fact in message.facts]
    if message.note:
        lines.append(_escaped(message.note))
    if message.url:
        lines.append(f"<{_escaped(message.url).replace('|', '%7C')}|{message.button}>")
    return "\n".join(lines)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
