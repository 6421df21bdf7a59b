"""Every mail of the app, read by GNU Mailutils, whose parser was written by others in another
language. `apt-get install mailutils` installs it on Debian."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32, default
from pathlib import Path

import pytest

from tests.integration.delivery.mails.samples import NASTY, every_mail

pytestmark = pytest.mark.long
LOCALE = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "HOME": "/nonexistent"}
SEPARATOR = b"From reports@example.com Mon Nov 23 08:00:05 2026\n"


def program(name: str) -> str:
    """Its path. The test fails without it: what is not tried is not known to work."""
    path = shutil.which(name)
    assert path, f"{name} is missing: install GNU Mailutils (Debian: apt-get install mailutils)"
    return path


def run(*command: str) -> str:
    done = subprocess.run(command, env=LOCALE, capture_output=True, timeout=120, check=False)
    assert done.stderr == b""
    assert done.returncode in {0, 1}  # 1 of frm: no message is new
    return done.stdout.decode()


def mailbox(messages: Sequence[bytes], path: Path) -> str:
    """The messages as a file in the format mbox (RFC 4155)."""
    lines = (re.sub(rb"(?m)^(>*From )", rb">\1", raw.replace(b"\r\n", b"\n")) for raw in messages)
    path.write_bytes(b"".join(SEPARATOR + message + b"\n" for message in lines))
    return str(path)


def subject(raw: bytes) -> str:
    """By the older one of Python's parsers."""
    return str(make_header(decode_header(message_from_bytes(raw, policy=compat32)["Subject"])))


@pytest.fixture(params=NASTY)
def mails(request: pytest.FixtureRequest, tmp_path: Path) -> list[bytes]:
    file = tmp_path / "file"
    file.write_bytes(bytes(range(256)))
    return [raw for _, raw in every_mail(NASTY[request.param], file)]


def test_mailutils_reads_the_same_headers(mails: list[bytes], tmp_path: Path) -> None:
    box = mailbox(mails, tmp_path / "box")
    listed = run(program("frm.mailutils"), "--no-config", "-l", box).splitlines()
    assert [line.split("\t", 2)[2].split() for line in listed] == [
        subject(raw).split() for raw in mails
    ]


def test_mailutils_reads_the_same_parts(mails: list[bytes], tmp_path: Path) -> None:
    box, decoded = mailbox(mails, tmp_path / "box"), tmp_path / "decoded"
    run(program("decodemail"), "--no-config", "--charset=utf-8", box, str(decoded))
    read = decoded.read_bytes().split(SEPARATOR)[1:]
    assert len(read) == len(mails)
    for theirs, raw in zip(read, mails, strict=True):
        found = message_from_bytes(theirs, policy=default)
        sent = message_from_bytes(raw, policy=default)
        assert [part.get_content_type() for part in found.walk()] == [
            part.get_content_type() for part in sent.walk()
        ]
        for kind in ("plain", "html"):
            assert text(found, kind) == text(sent, kind)


def text(message: object, kind: str) -> list[str]:
    part = message.get_body((kind,))  # type: ignore[attr-defined]
    return re.sub(r"(?m)^>From ", "From ", part.get_content()).split()
