"""Runs: the history, its messages, attempts, downloads and notices."""

from datetime import datetime

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas.base import Day, Output
from exports_app.domain import bounds
from exports_app.domain.runs.send_to import SendTo


class DeliveryOut(Output):
    channel: str
    target: str
    status: str
    attempts: int
    error: str | None
    sent_at: datetime | None
    sent_as: str | None = Field(description="attach, zip or link; null before it was sent")
    sent_size: int | None = Field(description="bytes of the attachment")


class RunOut(Output):
    id: str
    scheduled_export_id: str
    tenant_id: str
    trigger: str
    triggered_by: str | None
    scheduled_for: datetime | None
    missed_ticks: int
    window_start: Day | None
    window_end: Day | None
    format: str
    status: str
    file_name: str | None
    file_size: int | None
    sha256: str | None
    record_count: int | None
    removed_characters: int | None = Field(description="of texts, which the format cannot hold")
    sent_as: str | None = Field(
        description=(
            "attach, zip or link: the latest, where the mail server refused others as too large; "
            "null before anything was sent"
        )
    )
    sent_size: int | None = Field(description="bytes of the attachment")
    link_expires_at: datetime | None
    links_revoked_at: datetime | None = Field(description="links that were sent before are useless")
    file_removed_at: datetime | None
    recipients: list[str]
    error: str | None
    error_code: str | None
    attempt: int = Field(
        description="the number of the latest attempt, counted on when the run is resent; 0: none"
    )
    next_attempt_at: datetime | None
    created_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    deliveries: list[DeliveryOut] = Field(default_factory=list)


class ListedRunOut(RunOut):
    scheduled_export_name: str = Field(description="as it is now")


class RunsOut(Output):
    items: list[ListedRunOut]
    next_cursor: str | None = Field(
        description="send it as cursor to get older runs; null behind the oldest"
    )


class DownloadOut(Output):
    way: str = Field(description="link, page or api")
    at: datetime
    user_id: str | None = Field(description="null by link")
    target: str | None = Field(description="the recipient whose link it was")
    address: str = Field(description="of the client")
    device: str = Field(description="what the client calls itself")


class DownloadsOut(Output):
    items: list[DownloadOut]
    total: int


class AttemptOut(Output):
    number: int
    started_at: datetime
    ended_at: datetime | None
    outcome: str | None = Field(
        description="as the run's status, or retry, died, stopped; null while it is under way"
    )
    error: str | None
    error_code: str | None


class AttemptsOut(Output):
    items: list[AttemptOut]


class RemovedOut(Output):
    runs: int = Field(description="how many")
    last_created_at: datetime = Field(description="of the newest of them")
    kept_days: int = Field(description="how long runs are kept after they ended")


class HistoryOut(Output):
    items: list[RunOut]
    total: int = Field(description="of the runs that are kept")
    next_cursor: str | None = Field(
        default=None, description="send it as cursor to get older runs; null behind the oldest"
    )
    removed: RemovedOut | None = Field(
        default=None, description="older runs that retention removed; null: none"
    )


class NoticeOut(Output):
    kind: str = Field(description="failing, gave_up, paused or recovered")
    history_id: str | None = Field(description="null where no run is the reason")
    target: str
    status: str
    attempts: int
    error: str | None
    created_at: datetime
    sent_at: datetime | None


class NoticesOut(Output):
    items: list[NoticeOut]


class ReplaceRecipientIn(Input):
    old: bounds.Address = Field(alias="from", description="the address that was refused")
    new: bounds.Address = Field(alias="to", description="the address to send to from now on")
    version: int | None = Field(
        default=None,
        description="of the scheduled export, as you saw it: 409 when someone else was quicker",
    )


class BackfillIn(Input):
    start_date: Day
    end_date: Day
    include_removed: bool = Field(
        default=False,
        description=(
            "also run times whose run may have been removed from the history: their files may "
            "have been sent already"
        ),
    )
    send_to: SendTo = Field(
        default=SendTo.RECIPIENTS,
        description="me: tests, which leave the run times without a run; nobody: only the files",
    )


class BackfillOut(Output):
    created: int = Field(description="runs that wait now")
    existing: int = Field(description="run times on these days that had a run already")
    removed: int = Field(
        default=0,
        description="run times left out, whose run may have been removed from the history",
    )
    history_ids: list[str] = Field(
        description="of the created ones, in the order of their run times"
    )
