"""Calls of Slack's Web API, through the guard."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from pydantic import BaseModel, field_validator

from exports_app import environment
from exports_app.channels import _asked_wait, _slack_errors
from exports_app.domain.errors import DeliveryError, DeliveryUnknown
from exports_app.outbound.errors import NoAnswer, Unreachable

if TYPE_CHECKING:
    import httpx

UPLOAD_SECONDS = 1_800.0
"""For a file of the largest size over a line of 5 Mbit/s."""
TRIES = 3
"""Of a call that Slack answers with 429."""


class SlackSettings(BaseModel):
    """slack_api_url: https, without a slash at the end."""

    slack_api_url: str = "https://slack.com/api"

    @field_validator("slack_api_url")
    @classmethod
    def _is_an_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"https", "http"} or not parts.hostname:
            raise ValueError("use an address such as https://slack.com/api")
        return value.rstrip("/")


def api_url() -> str:
    """Raises SettingsError."""
    read: SlackSettings = environment.read(SlackSettings)
    return read.slack_api_url


class SlackApi:
    """most_wait: seconds that Slack may ask to wait, for each call. check: called meanwhile."""

    def __init__(
        self, http: "httpx.Client", token: str, check: Callable[[], None], most_wait: float
    ) -> None:
        self._http = http
        self._url = api_url()
        self._headers = {"Authorization": f"Bearer {token}"}
        self._check = check
        self._most_wait = most_wait

    def call(self, method: str, *, posts: bool = False, **fields: str) -> dict[str, Any]:
        """The answer, with ``ok: true``; ``scopes`` are those of the token. posts: whether this
        call posts something, which may have been done where no answer comes. Raises DeliveryError,
        DeliveryUnknown, and what `outbound` raises."""
        for left in reversed(range(TRIES)):
            with _nothing_posted(unless=posts):
                answer = self._http.post(
                    f"{self._url}/{method}", data=fields, headers=self._headers
                )
            found = _read(answer, posts=posts)
            if found.get("ok") is True:
                return found | {"scopes": answer.headers.get("X-OAuth-Scopes")}
            if answer.status_code != 429 and found.get("error") not in _slack_errors.RATE_LIMITED:
                break
            if left:
                after = answer.headers.get("Retry-After")
                _asked_wait.wait(after, self._most_wait, self._check, "Slack")
        raise _slack_errors.of(found, posts=posts)

    def upload(self, name: str, size: int, blocks: Iterator[bytes], seconds: float) -> str:
        """Upload a file, which nobody sees yet. Returns its ID."""
        place = self.call("files.getUploadURLExternal", filename=name, length=str(size))
        url, file_id = str(place.get("upload_url")), str(place.get("file_id"))
        if not self.is_own(url):
            raise DeliveryError("Slack named an address for the file that is not Slack's")
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        with _nothing_posted():
            answer = self._http.post(
                url, content=blocks, headers=headers, extensions={"seconds": seconds}
            )
        if not answer.is_success:
            status = answer.status_code
            passes = answer.is_server_error or status in {408, 429}
            raise DeliveryError(
                f"Slack did not take the file: it answered {status}", permanent=not passes
            )
        return file_id

    def is_own(self, url: str) -> bool:
        """Whether an address of an answer is at Slack."""
        own, found = urlsplit(self._url), _split(url)
        if found is None or found.scheme != own.scheme:
            return False
        host = found.hostname or ""
        return host == own.hostname or host.endswith(f".{own.hostname}")


def _split(url: str) -> SplitResult | None:
    try:
        return urlsplit(url)
    except ValueError:
        return None


@contextmanager
def _nothing_posted(*, unless: bool = False) -> Iterator[None]:
    """Without an answer nothing was posted yet: another attempt makes no second message. unless:
    the call was the one that posts, and may have been carried out, also where the run was stopped
    meanwhile."""
    try:
        yield
    except NoAnswer as e:
        if unless:
            raise
        raise Unreachable(e.message) from e
    except DeliveryError as e:
        if unless:
            raise DeliveryUnknown(e.message) from e
        raise


def _read(answer: "httpx.Response", *, posts: bool) -> dict[str, Any]:
    if answer.status_code == 429:
        return {"ok": False, "error": "ratelimited"}
    try:
        found = json.loads(answer.content)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and "ok" in found:
        return found
    status = answer.status_code
    if answer.is_success or answer.is_server_error:
        raise _slack_errors.unclear(f"Slack gave no clear answer ({status})", posts=posts)
    raise DeliveryError(f"Slack answered {status}")
