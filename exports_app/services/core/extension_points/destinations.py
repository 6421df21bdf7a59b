"""Channels that deliver to destinations: places that a tenant has set up once, for many scheduled
exports."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from exports_app.domain.errors import DeliveryError
from exports_app.domain.name_templates import NameValues
from exports_app.services.core.extension_points.channel import Channel
from exports_app.services.core.extension_points.messages import Report

if TYPE_CHECKING:  # a process that makes a file imports this package, and connects to nothing
    from exports_app.outbound.guard import Guard

BLOCK = 64 * 1024
"""Bytes of a file that are in memory at a time."""


class Stage(StrEnum):
    """STORE: keeps the file. MESSAGE: tells people about it, after the file is in the stores."""

    STORE = "store"
    MESSAGE = "message"


class DestinationPaused(DeliveryError):
    """The destination is not used any more until a person has looked at it"""

    code = "destination_paused"


@dataclass(frozen=True)
class Place:
    """Where a store has the file. name: of the destination."""

    name: str
    location: str


@dataclass(frozen=True)
class FileDelivery:
    """One delivery of a finished file to a destination.

    config: the channel's `Config`, with its secrets. report: the file and what it is about;
    `report.link` is set where a link stands for the file. id: the same at every attempt, and of no
    other delivery. names: for `name_templates.rendered`. sha256: of the file, in hex. guard: of
    connections to addresses that users name.
    """

    config: Any
    report: Report
    id: str
    names: NameValues
    sha256: str
    guard: "Guard"
    places: tuple[Place, ...] = ()
    """Where the stores of the same run have the file already."""
    check: Callable[[], None] = lambda: None
    """To be called a few times a second while the channel waits, in the thread that sends. If it
    raises, stop, and raise DeliveryError with permanent=False, or DeliveryUnknown."""

    def blocks(self, size: int = BLOCK) -> Iterator[bytes]:
        """The file's content. Raises DeliveryError where it cannot be read, and what `check`
        raises."""
        try:
            with self.report.file_path.open("rb") as file:
                while block := file.read(size):
                    self.check()
                    yield block
        except OSError as e:
            raise DeliveryError(
                f"the file {self.report.file_name} cannot be read: {e.strerror}", permanent=False
            ) from e


@dataclass(frozen=True)
class Receipt:
    """What the other side accepted. location: where the file or the message is, for people and
    without secrets; at most 2,000 characters. size: bytes that were sent."""

    location: str = ""
    size: int | None = None


@dataclass(frozen=True)
class Trial:
    """A test of a destination. id: for a name that no other test uses. names: of an example run."""

    config: Any
    id: str
    names: NameValues
    guard: "Guard"
    check: Callable[[], None] = lambda: None


@dataclass(frozen=True)
class TrialResult:
    """answer: what was done, in one sentence. proposed: values of the config that a person has to
    confirm, by their names in the API, e.g. the fingerprint of a host key."""

    answer: str
    proposed: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class DestinationChannel(Channel, Protocol):
    """A channel that delivers to destinations."""

    description: str
    """One sentence for the person who chooses."""
    icon: str
    """Of lucide."""
    stage: Stage
    most_bytes: int | None
    """A larger file goes as a link; None: any size; 0: a link always. A store gets no links: a
    larger file fails."""
    Config: type[Any]
    """A `channel_config.ChannelConfig`."""

    def describe(self, config: Any) -> str:
        """Where it delivers to, in a few words without secrets."""

    def send(self, delivery: FileDelivery) -> Receipt:
        """Deliver; returns once the other side has accepted it. A second attempt with the same id
        must not make a second copy if possible.

        Raises DeliveryError with the other side's answer and how to fix it, permanent=False where
        a retry may help; DeliveryUnknown where the file may have arrived nevertheless;
        DestinationPaused where a person has to look first.
        """

    def test(self, trial: Trial) -> TrialResult:
        """Try it within 30 seconds, and leave nothing behind. Raises as `send`."""
