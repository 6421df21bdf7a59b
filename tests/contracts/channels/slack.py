"""Slack: its Web API, and a place for files at an address that it hands out."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.contracts.channels._http_side import Asked, HttpSide, Said

SECRETS = ("xoxb-1234-abcdefghijkl",)
CHANNEL = "C0123456789"


class World:
    """errors: what a method answers from now on. calls: the methods and what they were given."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        del folder
        self.errors = dict[str, Said | str]()
        self.calls = list[tuple[str, dict[str, str]]]()
        self.scopes = "files:write,chat:write"
        self.upload_host = ""
        """In place of its own."""
        self.on_call: Callable[[str], None] = lambda _: None
        self._uploaded = dict[str, bytes]()
        self._posted = dict[str, bytes]()
        self._side = HttpSide(self._answer)
        self.url = f"{self._side.url}/api"
        patch.setenv("SLACK_API_URL", self.url)
        self.config = {
            "channel": f"https://acme.slack.com/archives/{CHANNEL}/p1772000000000100",
            "token": SECRETS[0],
        }

    def arrived(self) -> list[bytes]:
        return [*self._posted.values()]

    def refuse(self) -> None:
        self.errors = {"files.completeUploadExternal": "not_in_channel"}

    def echo(self, text: str) -> dict[str, str]:
        self.errors = {"files.getUploadURLExternal": text}
        return self.config

    def close(self) -> None:
        self._side.close()

    def _answer(self, asked: Asked) -> Said:
        _, where, name = asked.path.split("/")
        if where == "upload":
            assert "Authorization" not in asked.headers
            self.on_call("upload")
            if isinstance(error := self.errors.get("upload"), Said):
                return error
            self._uploaded[name] = asked.body
            return Said(body=f"OK - {asked.size}".encode())
        assert asked.headers["Authorization"] == f"Bearer {SECRETS[0]}"
        given = {key: value[0] for key, value in parse_qs(asked.body.decode()).items()}
        self.calls.append((name, given))
        self.on_call(name)
        error = self.errors.get(name)
        if isinstance(error, Said):
            return error
        found = {"ok": False, "error": error} if error else {"ok": True, **self._done(name, given)}
        return Said(body=json.dumps(found).encode(), headers={"X-OAuth-Scopes": self.scopes})

    def _done(self, method: str, given: dict[str, str]) -> dict[str, Any]:
        match method:
            case "files.getUploadURLExternal":
                key = f"F{len(self.calls)}"
                return {"upload_url": f"{self.upload_host or self._side.url}/upload/{key}"} | {
                    "file_id": key
                }
            case "files.completeUploadExternal":
                (file,) = json.loads(given["files"])
                assert given["channel_id"] == CHANNEL
                self._posted[file["id"]] = self._uploaded[file["id"]]
                return {"files": [{**file, "permalink": f"{self._side.url}/files/{file['id']}"}]}
            case "files.delete":
                del self._posted[given["file"]]
            case "chat.postMessage":
                self._posted[str(len(self.calls))] = given["text"].encode()
        return {}
