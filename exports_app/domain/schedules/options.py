"""The options of a scheduled export, each declared once. The table, the records, the API, the form,
the run's snapshot and the checks use these declarations. A new option needs its declaration here, a
migration and its place in the form (docs/extending.md)."""

from dataclasses import dataclass

from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.runs.policies import (
    MOST_CAUGHT_UP,
    CatchUp,
    EmptyMeans,
    OnUnknown,
    Overlap,
    WhenEmpty,
)
from exports_app.domain.schedules.option_kinds import (
    Choice,
    EmailAddress,
    Entry,
    Label,
    When,
    WholeNumber,
    option,
    options_of,
)


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """How a run makes its file and sends it."""

    when_empty: str = option(
        Choice(
            {
                WhenEmpty.SEND: Label("Send the file anyway"),
                WhenEmpty.SKIP: Label("Skip the run, send nothing"),
                WhenEmpty.FAIL: Label("Fail the run"),
            }
        ),
        WhenEmpty.SEND.value,
        label="When there is no data",
        since="0001",
    )
    empty_means: str = option(
        Choice(
            {
                EmptyMeans.NO_METRICS: Label(
                    "No campaign has metrics", "Rows of zeros don't count as data"
                ),
                EmptyMeans.NO_ROWS: Label("The file has no rows", "Rows of zeros count as data"),
            }
        ),
        EmptyMeans.NO_METRICS.value,
        label="No data means",
        description=(
            "What counts as no data. no_metrics: none of the campaigns has metrics in the "
            "period, even if the file would have a row of zeros for each; no_rows: the "
            "file would have no rows"
        ),
        when=When("when_empty", (WhenEmpty.SEND,), otherwise=True),
        since="0046",
    )
    delivery: str = option(
        Choice(
            {
                DeliveryMode.AUTO: Label("Attachment; ZIP or link if large"),
                DeliveryMode.ATTACH: Label("Always an attachment"),
                DeliveryMode.ZIP: Label("Always a ZIP attachment"),
                DeliveryMode.LINK: Label("Always a download link"),
            }
        ),
        DeliveryMode.AUTO.value,
        label="Delivery",
        hint="Many mail servers refuse large attachments",
        description="How the file is delivered: auto, attach, zip or link",
        since="0004",
    )
    link_days: int = option(
        WholeNumber(1, 365, "days", example="7"),
        7,
        label="Link expires after (days)",
        hint="Anyone with the link can download the file",
        description="Days until a download link expires",
        when=When("delivery", (DeliveryMode.AUTO, DeliveryMode.LINK)),
        since="0004",
    )
    reply_to: str | None = option(
        EmailAddress(),
        None,
        label="Reply-to address",
        hint="Default: the server's reply-to address, or else the owner's",
        description=("Email address for replies; null: SMTP_REPLY_TO, or else the owner's"),
        since="0025",
    )
    time_limit: int = option(
        WholeNumber(10, 86_400, "seconds", example="60", entry=Entry("minutes", 60)),
        3600,
        label="Time limit (minutes)",
        hint="Stops if the file takes longer",
        description="Time limit for creating the file, in seconds",
        since="0004",
    )


@dataclass(frozen=True, kw_only=True)
class TickOptions:
    """When a schedule creates runs. They are not part of a run's snapshot."""

    overlap: str = option(
        Choice(
            {
                Overlap.SKIP: Label(
                    "Skip the new run", "The history shows that it was skipped, and why"
                ),
                Overlap.QUEUE_ONE: Label(
                    "Queue the new run", "One run waits; further ones are skipped"
                ),
                Overlap.ALLOW: Label("Run both at once", "The later run may finish first"),
            }
        ),
        Overlap.SKIP.value,
        label="If the previous run is still running",
        description="If the previous run is still running: skip, queue_one or allow",
        since="0005",
    )
    catch_up: str = option(
        Choice(
            {
                CatchUp.LATEST: Label(
                    "Only the latest missed run",
                    "Its details show how many were missed before it",
                ),
                CatchUp.NONE: Label("No missed runs", "The history shows what was missed"),
                CatchUp.ALL: Label(
                    f"All missed runs, up to {MOST_CAUGHT_UP}",
                    "One after another, each for its own dates",
                ),
            }
        ),
        CatchUp.LATEST.value,
        label="After downtime, run",
        description="Runs missed during downtime: latest, none or all (at most 100)",
        since="0005",
    )
    catch_up_hours: int = option(
        WholeNumber(1, 8760, "hours"),
        168,
        label="How far back (hours)",
        hint="Older runs are left out. 168 hours are a week",
        description="With catchUp all: how many hours back missed runs are run",
        when=When("catch_up", (CatchUp.ALL,)),
        since="0005",
    )
    jitter_seconds: int = option(
        WholeNumber(0, 3600, "seconds"),
        0,
        label="Maximum start delay (seconds)",
        hint="Spreads start times",
        description=(
            "Maximum delay of a run's start, in seconds, which spreads start times; fixed for "
            "each schedule"
        ),
        since="0005",
    )
    pause_after: int = option(
        WholeNumber(0, 1000, "failed runs", zero="never"),
        5,
        label="Pause after consecutive failures",
        hint="0: never. The owner and the admins are emailed",
        description="Number of consecutive failed runs after which it is paused; 0: never",
        since="0005",
    )


@dataclass(frozen=True, kw_only=True)
class RetryOptions:
    """Retries, and unknown messages."""

    on_unknown: str = option(
        Choice(
            {
                OnUnknown.RESEND: Label(
                    "Resend it",
                    "Most email apps show the same message only once",
                ),
                OnUnknown.HOLD: Label(
                    "Hold it for review",
                    "Confirm or resend it in the history",
                ),
            }
        ),
        OnUnknown.RESEND.value,
        label="If an email may not have arrived",
        description=("If a message may or may not have arrived: resend, or hold for review"),
        since="0005",
    )
    retry_attempts: int | None = option(
        WholeNumber(1, 50, "attempts"),
        None,
        label="Maximum attempts per run",
        description="Maximum attempts per run, including the first; null: the server's default",
        from_settings=True,
        since="0005",
    )
    retry_base_seconds: int | None = option(
        WholeNumber(1, 14_400, "seconds"),
        None,
        label="First retry delay, up to (seconds)",
        hint=". Each further delay is 4 times as long",
        description=(
            "Maximum delay after the first failed attempt, in seconds; null: the server's default"
        ),
        when=When("retry_attempts", ("1",), otherwise=True),
        from_settings=True,
        since="0005",
    )


@dataclass(frozen=True, kw_only=True)
class RunOptions(RetryOptions, FileOptions):
    """The options in a run's snapshot."""


@dataclass(frozen=True, kw_only=True)
class ScheduleOptions(RetryOptions, TickOptions, FileOptions):
    """All options. The fields of the last base come first."""


OPTIONS = options_of(ScheduleOptions)
"""In the order of the OpenAPI document."""
