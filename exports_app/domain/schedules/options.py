"""The options of a scheduled export, each declared once. The table, the records, the API, the form,
the run's snapshot and the checks use these declarations. A new option needs its declaration here, a
migration and its place in the form (docs/extending.md)."""

from dataclasses import dataclass

from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.runs.policies import (
    MOST_CAUGHT_UP,
    CatchUp,
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
                WhenEmpty.SEND: Label("Send a file without rows"),
                WhenEmpty.SKIP: Label("Skip the run, write to nobody"),
                WhenEmpty.FAIL: Label("Fail the run"),
            }
        ),
        WhenEmpty.SEND.value,
        label="When there is no data",
        since="0001",
    )
    delivery: str = option(
        Choice(
            {
                DeliveryMode.AUTO: Label("Attached; as ZIP or link when it is large"),
                DeliveryMode.ATTACH: Label("Always attached"),
                DeliveryMode.ZIP: Label("Always attached as ZIP"),
                DeliveryMode.LINK: Label("Always as a download link"),
            }
        ),
        DeliveryMode.AUTO.value,
        label="The file goes",
        hint="A large one would be refused by many mail servers",
        description="auto, attach, zip or link",
        since="0004",
    )
    link_days: int = option(
        WholeNumber(1, 365, "days", example="7"),
        7,
        label="A link works for, in days",
        hint="Anyone with the link can download",
        description="how long a download link can be used",
        when=When("delivery", (DeliveryMode.AUTO, DeliveryMode.LINK)),
        since="0004",
    )
    reply_to: str | None = option(
        EmailAddress(),
        None,
        label="Replies go to",
        hint="An email address. Empty: the server's address for replies, or else the owner's",
        description=(
            "the email address that replies to its messages go to; null: SMTP_REPLY_TO, else its"
            " owner's"
        ),
        since="0025",
    )
    time_limit: int = option(
        WholeNumber(10, 86_400, "seconds", example="60", entry=Entry("minutes", 60)),
        3600,
        label="Time limit, in minutes",
        hint="Making the file is given up after it",
        description="seconds that making the file may take",
        since="0004",
    )


@dataclass(frozen=True, kw_only=True)
class TickOptions:
    """When a schedule creates runs. They are not part of a run's snapshot."""

    overlap: str = option(
        Choice(
            {
                Overlap.SKIP: Label(
                    "Skip this one", "The history says that it was skipped, and why"
                ),
                Overlap.QUEUE_ONE: Label(
                    "Run this one afterwards", "One waits; what comes meanwhile is skipped"
                ),
                Overlap.ALLOW: Label("Run both at once", "A later one may be finished first"),
            }
        ),
        Overlap.SKIP.value,
        label="If the previous run is still going",
        description="a tick while an earlier one's run has not ended: skip, queue_one or allow",
        advanced=True,
        since="0005",
    )
    catch_up: str = option(
        Choice(
            {
                CatchUp.LATEST: Label(
                    "Only the latest missed run",
                    "Its history says how many were missed before it",
                ),
                CatchUp.NONE: Label("No missed run", "The history says what was missed"),
                CatchUp.ALL: Label(
                    f"All missed runs, at most {MOST_CAUGHT_UP}",
                    "One after the other, for the days each would have covered",
                ),
            }
        ),
        CatchUp.LATEST.value,
        label="After a downtime, run",
        description="ticks missed in a downtime: latest, none or all (at most 100)",
        advanced=True,
        since="0005",
    )
    catch_up_hours: int = option(
        WholeNumber(1, 8760, "hours"),
        168,
        label="How far back, in hours",
        hint="Older ones are left out. A week has 168",
        description="how old a missed tick may be that catchUp all makes up",
        when=When("catch_up", (CatchUp.ALL,)),
        advanced=True,
        since="0005",
    )
    jitter_seconds: int = option(
        WholeNumber(0, 3600, "seconds"),
        0,
        label="Delay the start by up to, in seconds",
        hint="By a fixed part of it, so that not all start at once",
        description="a run starts up to so much later than its tick, always as much",
        advanced=True,
        since="0005",
    )
    pause_after: int = option(
        WholeNumber(0, 1000, "failed runs", zero="never"),
        5,
        label="Pause after failed runs in a row",
        hint="0: never. The owner and the admins get an email",
        description="failed runs in a row that pause it; 0: never",
        advanced=True,
        since="0005",
    )


@dataclass(frozen=True, kw_only=True)
class RetryOptions:
    """Retries, and unknown messages."""

    on_unknown: str = option(
        Choice(
            {
                OnUnknown.RESEND: Label(
                    "Send it again",
                    "Few see it twice: most mail programs show the same message once",
                ),
                OnUnknown.HOLD: Label(
                    "Hold it until someone decides",
                    "The history asks: it arrived, or send again",
                ),
            }
        ),
        OnUnknown.RESEND.value,
        label="If it is not sure that an email arrived",
        description=(
            "a message that may have arrived or not: resend it, or hold it for a decision"
        ),
        advanced=True,
        since="0005",
    )
    retry_attempts: int | None = option(
        WholeNumber(1, 50, "attempts"),
        None,
        label="Attempts at a run, in all",
        description="at a run, the first one too; null: as the server is set",
        from_settings=True,
        advanced=True,
        since="0005",
    )
    retry_base_seconds: int | None = option(
        WholeNumber(1, 14_400, "seconds"),
        None,
        label="First wait, at most, in seconds",
        hint="; then times 4",
        description="the longest wait after the first failed attempt; null: as the server is set",
        when=When("retry_attempts", ("1",), otherwise=True),
        from_settings=True,
        advanced=True,
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
