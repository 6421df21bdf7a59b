"""docs/webhooks.md: its examples are those of the code, and its programs verify what we sign."""

import base64
import json
import os
import re
import secrets
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from exports_app.launch import env
from exports_app.services.events import examples, payloads
from exports_app.services.events.kinds import EventType
from exports_app.services.webhooks import receiving, signing
from tests.paths import ROOT
from tools import webhook_events

TEXT = (ROOT / "docs" / "webhooks.md").read_text()
BODY = json.dumps(examples.of(EventType.RUN_COMPLETED)).encode()
ID = "msg_1"


def block(language: str, part: str) -> str:
    """The code block that has this in it."""
    found = re.findall(rf"(?ms)^```{language}\n(.*?)^```$", TEXT)
    [code] = [one for one in found if part in one]
    return str(code)


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> str:
    made = signing.new_secret()
    monkeypatch.setenv("WEBHOOK_SECRET", made)
    return made


def signed(*keys: str) -> dict[str, str]:
    return signing.headers(keys, ID, datetime.now(UTC), BODY)


@pytest.mark.parametrize("kind", list(EventType))
def test_each_event_has_its_example(kind: EventType) -> None:
    example = examples.of(kind)
    assert payloads.MODELS[kind].model_validate(example["data"])
    assert webhook_events.section(kind) in TEXT, "run python -m tools.webhook_events"


def test_the_page_says_the_same() -> None:
    for name, meaning in receiving.HEADERS.items():
        assert f"| `{name}` | {meaning} |\n" in TEXT
    assert [
        f"```{language}\n{program.code}```\n" in TEXT
        for language, program in zip(("python", "js", ""), receiving.PROGRAMS, strict=True)
    ] == [True] * 3


def test_a_secret_is_one_of_standard_webhooks() -> None:
    raw = base64.b64decode(signing.new_secret().removeprefix("whsec_"), validate=True)
    assert len(raw) == 32


def test_python(secret: str) -> None:
    names: dict[str, Any] = {}
    exec(block("python", "def receive"), names)
    other = signing.new_secret()
    assert names["receive"](BODY, signed(secret)) == json.loads(BODY)
    assert names["receive"](BODY, signed(other, secret)) == json.loads(BODY)
    with pytest.raises(WebhookVerificationError):
        names["receive"](BODY, signed(other))
    with pytest.raises(WebhookVerificationError):
        names["receive"](BODY + b" ", signed(secret))


def test_node(secret: str) -> None:
    env.prepare()
    node = shutil.which("node")
    assert node is not None
    program = block("js", "function verify") + (
        "const [body, ...all] = JSON.parse(process.argv[1]);\n"
        "for (const headers of all) {\n"
        "  try { console.log(verify(body, headers).type); } catch (e) { console.log(e.message); }\n"
        "}\n"
    )
    other = signing.new_secret()
    old = signing.headers([secret], ID, datetime(2026, 1, 1, tzinfo=UTC), BODY)
    unsigned = {k: v for k, v in signed(secret).items() if k != "webhook-signature"}
    sent = [BODY.decode(), signed(secret), signed(other, secret), signed(other), old, {}, unsigned]
    done = subprocess.run(
        [node, "-e", program, json.dumps(sent)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == [
        *("export.run.completed", "export.run.completed"),
        *("not ours", "too old", "not ours", "not ours"),
    ]


def test_the_command_line(secret: str, tmp_path: Path) -> None:
    (tmp_path / "body.json").write_bytes(BODY)
    headers = signed(secret)
    right = headers["webhook-signature"]
    for signature, said in (
        (right, "valid\n"),
        (f"v1,{secrets.token_hex()} {right}", "valid\n"),  # after the secret was rotated
        (f"{right} v1,{secrets.token_hex()}", "valid\n"),
        (f"{right}x", ""),
        ("", ""),
        ("v1," + secrets.token_hex(), ""),
    ):
        values = {"ID": ID, "TIMESTAMP": headers["webhook-timestamp"], "SIGNATURE": signature}
        done = subprocess.run(
            ["sh", "-c", block("", "openssl")],
            env=os.environ | values,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.stdout, done.stderr) == (said, "")
