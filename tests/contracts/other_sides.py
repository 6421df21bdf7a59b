"""The other sides of channels that deliver to destinations.

`tests/contracts/channels/<key>.py` has one for each:

- ``World(folder, patch)``. folder: an empty one of the test's own; patch: for settings.
- ``config``: of a destination there, by the names of the API, with its secrets.
- ``arrived()``: the contents of the files, or the texts of the messages, that are there now.
- ``refuse()``: from now on nothing is accepted, for good.
- ``close()``: where there is something to close; then nobody answers. Otherwise ``vanish()`` does
  that, or ``nowhere`` is the config of a place where nobody answers.
- ``echo(text)``: where the channel shows words of the other side: from now on nothing is accepted,
  and the answer has this text. Returns the config for it.
- ``SECRETS``: texts in the config that nobody may see.
"""

import importlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import file_digest
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from exports_app.domain.name_templates import NameValues
from exports_app.outbound.guard import Guard
from exports_app.services.core.extension_points import (
    CHANNELS,
    DestinationChannel,
    FileDelivery,
    Link,
    Report,
    Trial,
)
from exports_app.services.destinations import configs
from tests.paths import ROOT

EXAMPLE = "webdav"
"""The channel of docs/extending.md."""
AT = datetime(2026, 3, 9, 7, 30, tzinfo=UTC)
ID = "3f2b8c1e-5a94-4d7b-9c3e-1f6a2b7d8e90"
NAMES = NameValues(
    *("acme", "Weekly numbers", date(2026, 3, 2), date(2026, 3, 8), AT, "csv", ID),
)
GUARD = Guard([ip_network("127.0.0.0/8")])


def example() -> str:
    """Its code."""
    text = (ROOT / "docs" / "extending.md").read_text("utf-8")
    section = text.split("\n## A delivery channel\n")[1].split("\n## ")[0]
    return re.findall(r"(?s)```python\n(.*?)```", section)[0]


@contextmanager
def with_example() -> Iterator[DestinationChannel]:
    """It is registered until the block ends."""
    held = dict(CHANNELS._items)
    CHANNELS._items.pop(EXAMPLE, None)
    exec(compile(example(), "extending.md", "exec"), {"__name__": "example"})
    channel = CHANNELS[EXAMPLE]
    assert isinstance(channel, DestinationChannel)
    try:
        yield channel
    finally:
        CHANNELS._items.clear()
        CHANNELS._items.update(held)


@dataclass(frozen=True)
class Side:
    channel: DestinationChannel
    world: Any
    secrets: tuple[str, ...]
    config: Any
    gone: list[bool] = field(default_factory=list)

    def vanish(self) -> Any:
        """From now on nobody answers there. Returns the config of such a place."""
        if nowhere := getattr(self.world, "nowhere", None):
            return configs.checked(self.channel, nowhere).config
        self.gone.append(True)
        (getattr(self.world, "vanish", None) or self.world.close)()
        return self.config

    def delivery(
        self, file: Path, check: Callable[[], None] = lambda: None, of: str = ID
    ) -> FileDelivery:
        with file.open("rb") as content:
            sha256 = file_digest(content, "sha256").hexdigest()
        return FileDelivery(
            config=self.config,
            report=self._report(file),
            id=of,
            names=NAMES,
            sha256=sha256,
            guard=GUARD,
            check=check,
        )

    def _report(self, file: Path) -> Report:
        size = file.stat().st_size
        most = self.channel.most_bytes
        is_link = most is not None and size > most
        return Report(
            tenant_name="Acme",
            brand_color="#000000",
            logo_url=None,
            export_name=NAMES.schedule,
            type_label="Totals",
            format_label="CSV",
            window="2 Mar 2026 - 8 Mar 2026",
            timezone="UTC",
            created_at=AT,
            record_count=1,
            file_path=file,
            file_name="numbers.csv",
            file_size=size,
            mime="text/csv",
            link=Link(AT, lambda _: "https://exports.example.com/l/1") if is_link else None,
        )

    def trial(self) -> Trial:
        return Trial(self.config, ID, NAMES, GUARD)


@contextmanager
def side(key: str, folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Side]:
    """Raises AssertionError where there is no file with it."""
    try:
        module = importlib.import_module(f"tests.contracts.channels.{key}")
    except ModuleNotFoundError as e:
        if not (e.name or "").startswith("tests."):
            raise
        raise AssertionError(
            f"add tests/contracts/channels/{key}.py with World (see tests/contracts/other_sides.py)"
        ) from e
    channel = CHANNELS[key]
    assert isinstance(channel, DestinationChannel)
    world, found = module.World(folder, patch), None
    try:
        config = configs.checked(channel, world.config).config
        found = Side(channel, world, module.SECRETS, config)
        yield found
    finally:
        if not (found and found.gone):
            getattr(world, "close", lambda: None)()
