"""A card in a chat or channel of Microsoft Teams, through a workflow.

Sources: Microsoft's "Create incoming webhooks with Workflows for Microsoft Teams", the schema of
Adaptive Cards 1.4.
"""

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from exports_app.channels import _asked_wait, _short_message
from exports_app.channels._short_message import ShortMessage
from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.outbound import guard as guards
from exports_app.outbound.errors import Refused
from exports_app.services.core.extension_points import (
    CHANNELS,
    FileDelivery,
    Receipt,
    Stage,
    Trial,
    TrialResult,
)
from exports_app.services.core.extension_points.channel_config import ChannelConfig

if TYPE_CHECKING:
    import httpx

MOST_BYTES = 28 * 1024
"""Of a message to Teams."""
SECONDS, SECONDS_OF_TEST = 30.0, 10.0
"""For a request."""
MOST_WAIT, MOST_WAIT_OF_TEST = 60.0, 5.0
"""Seconds that Teams may ask to wait."""
TRIES = 3
ACCEPTED = "accepted by the workflow; whether it posted the card is not known"
_RETIRED = re.compile(r"(?:.*\.)?webhook\.office\.com|outlook\.office(?:365)?\.com")
"""Hosts of the connectors of Office 365, which Microsoft has switched off."""
_CODE = re.compile(r"[A-Za-z0-9_]{1,60}")
_WORDS = {
    400: "the workflow does not take the card: make it from the template “Send webhook alerts to a"
    " channel” or “… to a chat”",
    401: "the workflow does not take the address: copy it again from the workflow, and let anyone"
    " trigger it",
    404: "the workflow does not exist any more: make a new one, and enter its address",
    413: "the card is too large for the workflow",
}
_WORDS |= {403: _WORDS[401], 410: _WORDS[404]}


class TeamsConfig(ChannelConfig):
    urls = ("url",)

    url: SecretStr = Field(
        title="Address of the workflow",
        description="In Teams, open the channel's menu, choose Workflows, then a template that"
        " sends webhook alerts, and copy the address. Whoever has it can post.",
        max_length=2_000,
    )

    @field_validator("url")
    @classmethod
    def _is_of_a_workflow(cls, value: SecretStr) -> SecretStr:
        try:
            parts = guards.split(value.get_secret_value())
        except Refused as e:
            raise ValueError(e.message) from None
        if _RETIRED.fullmatch(str(parts.hostname)):
            raise ValueError(
                "this is a connector of Office 365, which Microsoft has switched off: make a"
                " workflow in Teams, and enter its address"
            )
        return value


@CHANNELS.decorate
class Teams:
    key, label, icon = "teams", "Microsoft Teams", "users"
    description = "Posts a card with a download link to a chat or channel."
    stage = Stage.MESSAGE
    most_bytes: int | None = 0  # a workflow takes no files
    Config = TeamsConfig

    def unconfigured(self) -> str | None:
        return None

    def describe(self, config: TeamsConfig) -> str:
        return f"a workflow at {urlsplit(config.url.get_secret_value()).hostname}"

    def send(self, delivery: FileDelivery) -> Receipt:
        body = _body(_short_message.about(delivery))
        _post(delivery, body, SECONDS, MOST_WAIT)
        return Receipt(ACCEPTED)

    def test(self, trial: Trial) -> TrialResult:
        message = ShortMessage("Test", "Files of Exports will be announced here.", (), "", "", "")
        _post(trial, _body(message), SECONDS_OF_TEST, MOST_WAIT_OF_TEST)
        return TrialResult(
            "The workflow accepted a test card. Look in Teams whether it was posted: the workflow"
            " does not tell."
        )


def _post(given: FileDelivery | Trial, body: bytes, seconds: float, most_wait: float) -> None:
    """Raises DeliveryError unless the workflow accepts it."""
    from exports_app.outbound import http  # takes 0.1 s to import, and many commands never send

    url = given.config.url.get_secret_value()
    headers = {"Content-Type": "application/json"}
    with http.client(given.guard, seconds=seconds, check=given.check) as client:
        for _ in range(TRIES):
            try:
                answer = client.post(url, content=body, headers=headers)
            except DeliveryError as e:  # it was stopped while it waited
                raise DeliveryUnknown(e.message) from e
            if answer.status_code != 429:
                break
            _asked_wait.wait(
                answer.headers.get("Retry-After"), most_wait, given.check, "Microsoft Teams"
            )
    if not answer.is_success:
        raise _error(answer)


def _error(answer: "httpx.Response") -> DeliveryError:
    status = answer.status_code
    said = f"{status}{_reason(answer)}"
    if answer.is_redirect:
        return DeliveryError(f"the server answered {said}: redirects are not followed")
    if status in {502, 504}:  # from between us and the workflow, which may run
        return DeliveryUnknown(f"the server answered {said}: the card may have been posted")
    if answer.is_server_error or status in {408, 429}:
        return DeliveryError(f"the server answered {said}", permanent=False)
    answered = f"the server answered {said}"
    why = _WORDS.get(status)
    return DeliveryError(f"{why} ({answered})" if why else answered)


def _reason(answer: "httpx.Response") -> str:
    """The code of the error. The text beside it may have parts of the address, which is a
    secret."""
    try:
        code = answer.json()["error"]["code"]
    except (ValueError, RecursionError, LookupError, TypeError):
        return ""
    return f", {code}" if isinstance(code, str) and _CODE.fullmatch(code) else ""


def _body(message: ShortMessage) -> bytes:
    """At most MOST_BYTES: the texts of a short message are short."""
    content: dict[str, Any] = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            _text(_run(message.title, size="Large", weight="Bolder")),
            _text(_run(message.about)),
            *(
                _text(_run(f"{fact.label}: ", isSubtle=True), _run(fact.value))
                for fact in message.facts
            ),
            *([_text(_run(message.note, isSubtle=True))] if message.note else []),
        ],
    }
    if message.url:
        content["actions"] = [
            {"type": "Action.OpenUrl", "title": message.button, "url": message.url}
        ]
    card = {
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": None,
        "content": content,
    }
    sent = {"type": "message", "summary": message.title, "attachments": [card]}
    return json.dumps(sent, ensure_ascii=False, separators=(",", ":")).encode()


def _text(*runs: dict[str, Any]) -> dict[str, Any]:
    """In place of a TextBlock or FactSet, which read Markdown in names."""
    return {"type": "RichTextBlock", "spacing": "Small", "inlines": runs}


def _run(text: str, **more: object) -> dict[str, Any]:
    return {"type": "TextRun", "text": text, **more}
