"""What the tools answer: the parts of the API's answers that an assistant needs, kept short.

Long texts and lists are cut: an assistant reads all of what a tool answers. `shortened` says so.
"""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

TEXT = 1_000
"""Characters of a text."""
ITEMS = 50
"""Entries of a list."""
ROWS = 10
"""Rows of a preview."""
CELL = 200
"""Characters of a cell of a preview."""
WHOLE = 60_000
"""Characters of an answer."""


class Answer(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)


class Whole(Answer):
    shortened: bool = Field(
        False, description="Whether long texts or lists were cut; the web pages show them whole"
    )


class ScheduleLine(Answer):
    id: str
    slug: str | None = None
    name: str
    export_type: str
    format: str
    schedule: str = Field(description="Cron expression, in the time zone")
    timezone: str
    is_active: bool
    next_run_at: str | None = None
    last_run_at: str | None = None
    last_status: str | None = None
    failures: int = Field(0, description="Scheduled runs that failed in a row")
    tags: list[str] = Field(default_factory=list)


class ScheduleList(Whole):
    items: list[ScheduleLine]
    total: int
    next_cursor: str | None = Field(None, description="Send it as cursor to get the next page")


class ScheduleAnswer(ScheduleLine, Whole):
    tenant_id: str
    description: str | None = None
    recipients: list[str]
    filters: dict[str, Any]
    paused_reason: str | None = None
    created_at: str
    updated_at: str


class NextRuns(Answer):
    name: str
    is_active: bool
    timezone: str
    next_runs: list[str] = Field(description="UTC. A paused scheduled export has none")


class RunLine(Answer):
    id: str
    scheduled_export_id: str
    scheduled_export_name: str | None = None
    status: str
    trigger: str
    scheduled_for: str | None = None
    created_at: str
    started_at: str | None = None
    completed_at: str | None = None
    record_count: int | None = Field(None, description="Rows of the file")
    file_name: str | None = None
    error: str | None = None
    error_code: str | None = None


class RunList(Whole):
    items: list[RunLine]
    next_cursor: str | None = Field(None, description="Send it as cursor to get older runs")


class Delivery(Answer):
    target: str
    status: str
    attempts: int
    error: str | None = None


class RunAnswer(RunLine, Whole):
    window_start: str | None = None
    window_end: str | None = None
    file_size: int | None = Field(None, description="Bytes")
    attempt: int
    next_attempt_at: str | None = None
    deliveries: list[Delivery]


class Attempt(Answer):
    number: int
    started_at: str
    ended_at: str | None = None
    outcome: str | None = None
    error: str | None = None
    error_code: str | None = None


class Failure(Whole):
    run: RunLine
    explanation: str = Field(description="What happened, in one paragraph")
    attempts: list[Attempt]
    failed_deliveries: list[Delivery]


class Preview(Whole):
    columns: list[str]
    rows: list[list[str]] = Field(description="The first rows of the file")
    total: int | None = Field(None, description="Rows of the file; null: not known")
    window: str = Field(description="The days it covers")


class CronAnswer(Answer):
    valid: bool
    description: str | None = None
    error: str | None = None
    next_runs: list[str] = Field(default_factory=list, description="UTC")


class Choice(Answer):
    key: str
    label: str
    description: str = ""


class ExportType(Choice):
    columns: list[str] = Field(description="Their keys")


class Catalog(Whole):
    export_types: list[ExportType]
    formats: list[Choice]
    channels: list[Choice]
    presets: list[dict[str, str]] = Field(description="Common schedules, as cron expressions")
    periods: list[Choice]


class Started(Answer):
    run_id: str
    status: str


def cut(value: Any) -> tuple[Any, bool]:
    """The JSON value with texts of TEXT characters and lists of ITEMS entries at most, and whether
    anything was cut."""
    if isinstance(value, str):
        return (value, False) if len(value) <= TEXT else (f"{value[:TEXT]}…", True)
    if isinstance(value, list):
        parts = [cut(item) for item in value[:ITEMS]]
        return [part for part, _ in parts], len(value) > ITEMS or any(was for _, was in parts)
    if isinstance(value, dict):
        fields = {key: cut(item) for key, item in value.items()}
        return {key: part for key, (part, _) in fields.items()}, any(w for _, w in fields.values())
    return value, False
