"""Runs: the history, its messages, attempts, downloads and notices."""

from pydantic import Field

from exports_app.api.request_body import Input
from exports_app.api.schemas import kinds
from exports_app.api.schemas.base import At, Day, Output
from exports_app.domain.runs.send_to import SendTo


class DeliveryOut(Output):
    channel: kinds.ChannelOut
    target: str = Field(description="Email address, or name of the destination")
    destination_id: kinds.Uuid | None = Field(description="null if it goes to a recipient")
    status: kinds.DeliveryStatusOut
    attempts: int
    error: str | None
    sent_at: At | None
    sent_as: kinds.SentAsOut | None = Field(
        description="attach, zip, link or file; null until it is sent"
    )
    sent_size: int | None = Field(description="Size of the attachment or file in bytes")
    location: str | None = Field(
        description="Where a destination has the file; null until it is sent, and for recipients"
    )


class RunOut(Output):
    id: kinds.Uuid
    scheduled_export_id: kinds.Uuid
    tenant_id: kinds.Uuid
    trigger: kinds.TriggerOut
    triggered_by: kinds.Uuid | None
    scheduled_for: At | None = Field(
        description="The scheduled time that it is for; null for manual runs and reruns"
    )
    missed_ticks: int
    window_start: Day | None
    window_end: Day | None
    format: kinds.FormatOut
    status: kinds.RunStatusOut
    file_name: str | None
    file_size: int | None
    sha256: kinds.Sha256Out | None
    record_count: int | None
    removed_characters: int | None = Field(
        description="Number of characters removed because the format does not support them"
    )
    sent_as: kinds.SentAsOut | None = Field(
        description=(
            "attach, zip or link: the last one tried, if the mail server refused larger "
            "ones; null until something is sent"
        )
    )
    sent_size: int | None = Field(description="Size of the attachment in bytes")
    link_expires_at: At | None
    links_revoked_at: At | None = Field(description="Links sent before this time no longer work")
    file_removed_at: At | None
    recipients: list[kinds.EmailOut]
    error: str | None
    error_code: str | None
    attempt: int = Field(
        description=(
            "Number of the latest attempt, which keeps counting after a resend; 0 before the first"
        )
    )
    next_attempt_at: At | None
    created_at: At
    started_at: At | None
    completed_at: At | None
    deliveries: list[DeliveryOut] = Field(default_factory=list)


class ListedRunOut(RunOut):
    scheduled_export_name: str = Field(description="The current name")


class RunsOut(Output):
    items: list[ListedRunOut]
    next_cursor: str | None = Field(
        description="Send it as cursor to get older runs; null on the last page"
    )


class EndedRunsOut(Output):
    items: list[ListedRunOut]
    next_cursor: str = Field(description="Keep it, and send it as cursor next time")
    has_more: bool = Field(description="Whether more are available now")


class DownloadOut(Output):
    way: kinds.WayOut = Field(description="link, page or api")
    at: At
    user_id: kinds.Uuid | None = Field(description="null for downloads by link")
    target: str | None = Field(description="Recipient whose link was used")
    address: str = Field(description="IP address of the client")
    device: str = Field(description="The client's user agent")


class DownloadsOut(Output):
    items: list[DownloadOut]
    total: int


class AttemptOut(Output):
    number: int
    started_at: At
    ended_at: At | None
    outcome: kinds.OutcomeOut | None = Field(
        description="A run status, or retry, died or stopped; null while in progress"
    )
    error: str | None
    error_code: str | None


class AttemptsOut(Output):
    items: list[AttemptOut]


class RemovedOut(Output):
    runs: int = Field(description="Number of removed runs")
    last_created_at: At = Field(description="When the newest removed run was created")
    kept_days: int = Field(description="Number of days for which ended runs are kept")


class HistoryOut(Output):
    items: list[RunOut]
    total: int = Field(description="Number of runs in the history")
    next_cursor: str | None = Field(
        default=None, description="Send it as cursor to get older runs; null on the last page"
    )
    removed: RemovedOut | None = Field(
        default=None, description="Older runs removed by retention; null if none"
    )


class NoticeOut(Output):
    kind: kinds.NoticeKindOut = Field(description="failing, gave_up, paused or recovered")
    history_id: kinds.Uuid | None = Field(description="null if no run caused the notice")
    target: str
    status: kinds.DeliveryStatusOut
    attempts: int
    error: str | None
    created_at: At
    sent_at: At | None


class NoticesOut(Output):
    items: list[NoticeOut]


class ReplaceRecipientIn(Input):
    old: kinds.Email = Field(alias="from", description="The refused address")
    new: kinds.Email = Field(alias="to", description="The new address")
    version: int | None = Field(
        default=None,
        description=(
            "Version of the scheduled export that you saw: 409 if someone has changed it since"
        ),
    )


class RerunIn(Input):
    send_to: SendTo = Field(
        default=SendTo.RECIPIENTS,
        description="me: a test, to you alone; nobody: only the file. A test is always sent to you",
    )


class BackfillIn(Input):
    start_date: Day
    end_date: Day
    include_removed: bool = Field(
        default=False,
        description=(
            "Also scheduled times whose run may have been removed from the history: their "
            "files may already have been sent"
        ),
    )
    send_to: SendTo = Field(
        default=SendTo.RECIPIENTS,
        description=(
            "me: as test runs, which don't count as the runs of these times; nobody: files only"
        ),
    )


class BackfillOut(Output):
    created: int = Field(description="Number of runs queued")
    existing: int = Field(description="Scheduled times on these days that already had a run")
    removed: int = Field(
        default=0,
        description=(
            "Scheduled times left out because their run may have been removed from the history"
        ),
    )
    history_ids: list[kinds.Uuid] = Field(
        description="IDs of the queued runs, in the order of their scheduled times"
    )
