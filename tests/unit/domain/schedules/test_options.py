"""What is made of an option's declaration: the checks, the column, the API's field, the form's
text. One of each kind."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError, create_model

from exports_app.api.schemas.options import schema_field
from exports_app.db.models.option_columns import option_column
from exports_app.domain.runs.delivery_mode import DeliveryMode
from exports_app.domain.runs.policies import CatchUp, EmptyMeans, OnUnknown, Overlap, WhenEmpty
from exports_app.domain.schedules.option_kinds import (
    Choice,
    EmailAddress,
    Entry,
    Flag,
    Label,
    Text,
    When,
    WholeNumber,
    option,
    option_values,
    options_of,
)
from exports_app.domain.schedules.options import OPTIONS, RunOptions, ScheduleOptions
from exports_app.services.schedules.validation import wrong_options
from exports_app.ui.pages.scheduled_exports.editor.options import text_of, value_of
from tests.paths import ROOT

MIGRATIONS = ROOT / "alembic" / "versions"


@dataclass(frozen=True, kw_only=True)
class MadeUp:
    tone: str = option(
        Choice({"plain": Label("Plain"), "friendly": Label("Friendly", "With a greeting")}),
        "plain",
        label="Tone",
        since="9999",
    )
    rows: int | None = option(WholeNumber(1, 2000, "rows"), None, label="Rows", since="9999")
    wait: int = option(
        WholeNumber(0, 7200, "seconds", zero="at once", example="5", entry=Entry("minutes", 60)),
        300,
        label="Wait",
        since="9999",
        description="before the start",
        when=When("tone", ("plain",), otherwise=True),
    )
    note: str = option(Text(5), "", label="Note", since="9999")
    answer: str | None = option(EmailAddress(), None, label="Answer", since="9999")
    signed: bool = option(Flag(), False, label="Signed", since="9999")


TONE, ROWS, WAIT, NOTE, ANSWER, SIGNED = options_of(MadeUp)


@pytest.mark.parametrize(
    ("values", "pointer", "detail"),
    [
        ({"tone": "loud"}, "/tone", "must be one of plain, friendly"),
        ({"rows": 0}, "/rows", "must be 1 to 2,000 rows, or null"),
        ({"wait": 7201}, "/wait", "must be 0 to 7,200 seconds; 0: at once"),
        ({"wait": None}, "/wait", "must not be null"),
        ({"note": "too long"}, "/note", "use at most 5 characters"),
        ({"note": "\0"}, "/note", "remove the control characters"),
        (
            {"answer": "nobody"},
            "/answer",
            "is not a valid email address: use the format name@example.com",
        ),
        ({"signed": "yes"}, "/signed", "must be true or false"),
    ],
)
def test_a_wrong_value_is_named(values: dict[str, Any], pointer: str, detail: str) -> None:
    (error,) = wrong_options(replace(MadeUp(), **values), options_of(MadeUp))
    assert (error.pointer, error.detail) == (pointer, detail)


def test_the_usual_values_are_good() -> None:
    assert wrong_options(MadeUp(), options_of(MadeUp)) == []
    assert wrong_options(ScheduleOptions(), OPTIONS) == []


@pytest.mark.parametrize(
    ("declared", "kind", "nullable", "default"),
    [
        (TONE, "VARCHAR(10)", False, "plain"),
        (ROWS, "INTEGER", True, None),
        (WAIT, "INTEGER", False, "300"),
        (NOTE, "TEXT", False, ""),
        (ANSWER, "VARCHAR(320)", True, None),
        (SIGNED, "BOOLEAN", False, "false"),
        (replace(TONE, since="0001"), "VARCHAR(10)", False, None),
    ],
)
def test_its_column(declared: Any, kind: str, nullable: bool, default: str | None) -> None:
    column = option_column(declared)
    assert (str(column.type), column.nullable) == (kind, nullable)
    stored = column.server_default and column.server_default.arg
    assert (None if stored is None else str(stored)) == default


def test_its_field_in_the_api() -> None:
    fields: dict[str, Any] = {
        declared.name: schema_field(declared, is_input=True) for declared in options_of(MadeUp)
    }
    body: type[BaseModel] = create_model("Body", **fields)
    assert body().model_dump() == option_values(MadeUp(), MadeUp)
    assert body.model_fields["wait"].description == "before the start"
    for wrong in ({"tone": "x" * 51}, {"rows": "many"}, {"note": "longer"}, {"signed": "perhaps"}):
        with pytest.raises(ValidationError):
            body(**wrong)


@pytest.mark.parametrize(
    ("declared", "value", "text"),
    [
        (TONE, "friendly", "friendly"),
        (ROWS, None, ""),
        (ROWS, 7, "7"),
        (replace(ROWS, kind=WholeNumber(1, 5_000_000, "rows")), 9_000_000, "9000000"),
        (WAIT, 90, "1.5"),
        (NOTE, "hello", "hello"),
        (ANSWER, None, ""),
        (ANSWER, "ann@example.com", "ann@example.com"),
        (SIGNED, True, "yes"),
        (SIGNED, False, "no"),
    ],
)
def test_its_text_in_the_form_and_back(declared: Any, value: Any, text: str) -> None:
    assert text_of(declared, value) == text
    assert value_of(declared, text) == value


@pytest.mark.parametrize(
    ("declared", "text", "message"),
    [
        (ROWS, "many", "enter a whole number of rows, or leave it empty"),
        (ROWS, "1.5", "enter a whole number of rows, or leave it empty"),
        (WAIT, "-", "enter a number of minutes, e.g. 5"),
        (WAIT, "", "enter a number of minutes, e.g. 5"),
    ],
)
def test_what_is_no_number_is_asked_for(declared: Any, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        value_of(declared, text)


def test_a_condition_on_another_option() -> None:
    assert WAIT.when is not None
    assert (WAIT.when.holds("friendly"), WAIT.when.holds("plain")) == (True, False)


def test_the_choices_of_a_schedule_are_the_domains() -> None:
    enums = {
        "when_empty": WhenEmpty,
        "empty_means": EmptyMeans,
        "delivery": DeliveryMode,
        "overlap": Overlap,
        "catch_up": CatchUp,
        "on_unknown": OnUnknown,
    }
    choices = {one.name: one.kind.values for one in OPTIONS if isinstance(one.kind, Choice)}
    assert choices == {name: list(enum) for name, enum in enums.items()}


@pytest.mark.parametrize("declared", OPTIONS, ids=lambda one: one.name)
def test_a_declaration_holds_together(declared: Any) -> None:
    (migration,) = MIGRATIONS.glob(f"{declared.since}_*.py")
    assert f'"{declared.name}"' in migration.read_text()
    if declared.when is not None:
        other = next(one for one in OPTIONS if one.name == declared.when.option)
        if isinstance(other.kind, Choice):
            assert set(declared.when.values) <= set(other.kind.values)


def test_a_run_takes_no_options_with_it_that_make_runs() -> None:
    left = {one.name for one in OPTIONS} - {one.name for one in options_of(RunOptions)}
    assert left == {"overlap", "catch_up", "catch_up_hours", "jitter_seconds", "pause_after"}
