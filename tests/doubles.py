"""Stand-ins for the clock, the email channel and whoever listens to changes."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from exports_app.channels._email_rounds import Sender
from exports_app.channels.email import EmailChannel, SmtpSettings
from exports_app.services.core.change_events import Change, Changes
from exports_app.services.core.extension_points import Report
from tests.mailserver import MailServer
from tests.world import DEADLINE

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
"""A Wednesday; in Berlin it is 11:30."""


class FakeClock:
    """Stands still until a test moves it. Threads may read it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def set(self, now: datetime) -> None:
        self.now = now

    def advance(self, **amount: float) -> datetime:
        self.now += timedelta(**amount)
        return self.now


class WatchedEmail(EmailChannel):
    """The real channel; a test may act right before and right after a message is on the wire."""

    def __init__(
        self,
        server: MailServer,
        before: Callable[[str], None] = lambda _: None,
        after: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(
            SmtpSettings(
                host=server.host, port=server.port, tls=server.tls, from_="reports@example.com"
            )
        )
        self._before, self._after = before, after

    @contextmanager
    def open(self, report: Report, check: Callable[[], None]) -> Iterator[Sender]:
        with super().open(report, check) as sender:
            yield _WatchedSender(sender, self._before, self._after)


@dataclass(frozen=True)
class _WatchedSender:
    sender: Sender
    before: Callable[[str], None]
    after: Callable[[str], None]

    def send(self, target: str, message_id: str) -> None:
        self.before(target)
        self.sender.send(target, message_id)
        self.after(target)


class Watch:
    """Waits for what the change signal announces."""

    def __init__(self, changes: Changes) -> None:
        self._condition = threading.Condition()
        self.seen: list[Change] = []
        changes.subscribe(self._note)

    def _note(self, change: Change) -> None:
        with self._condition:
            self.seen.append(change)
            self._condition.notify_all()

    def until(self, what: str, condition: Callable[[], bool], seconds: float = DEADLINE) -> None:
        """Returns once the condition holds; it is asked again after every change. AssertionError
        after `seconds`."""
        with self._condition:
            assert self._condition.wait_for(condition, seconds), f"not within {seconds} s: {what}"
