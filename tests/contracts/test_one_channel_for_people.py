"""Email is one of the channels: no other part of the program names it, or does its work."""

import re

from tests.paths import ROOT

PACKAGE = ROOT / "exports_app"
NAMES = re.compile(
    r"""channels\.email|^\w+ = ["']email["']$|(?:CHANNELS\[|\.get\(|\.require\()["']email""",
    re.MULTILINE,
)
"""Where a channel is meant, and not an address."""
WORK = re.compile(r"base64|zipped\.Package|import Package|MessageTooLarge|DeliveryMode\.ZIP")


def found(pattern: re.Pattern[str], *folders: str) -> set[str]:
    return {
        path.relative_to(PACKAGE).as_posix()
        for folder in folders
        for path in (PACKAGE / folder).rglob("*.py")
        if pattern.search(path.read_text("utf-8"))
    }


def test_one_place_names_the_channel_of_recipients() -> None:
    assert found(NAMES, "engine", "services", "db") == {"services/delivery/channels.py"}


def test_attachments_are_its_own_work() -> None:
    # Which looks for secrets in base64
    secrets = "services/destinations/redaction.py"
    assert found(WORK, "engine", "services/destinations") == {secrets}
