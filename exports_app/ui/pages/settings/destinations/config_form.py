"""The fields of a destination's form, as the config model of its channel declares them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from exports_app.domain import name_templates
from exports_app.domain.name_templates import NameValues
from exports_app.services.core.extension_points import DestinationChannel
from exports_app.services.core.records import new_id

LINES = 2_000
"""A text that may be longer has several lines, such as a private key."""
PREFIX = "config-"
"""Begins the name of each field in the form."""
CLEAR = "-clear"
"""Ends the name of the tick that removes a secret."""


class FieldKind(StrEnum):
    TEXT = "text"
    LINES = "lines"
    NUMBER = "number"
    CHOICE = "choice"
    FLAG = "flag"
    SECRET = "secret"  # noqa: S105  (a kind of field)
    SECRET_LINES = "secret lines"  # noqa: S105
    TEMPLATE = "template"


@dataclass
class ConfigField:
    """name: in the API. value: never that of a secret. is_set: of a secret that is stored.
    preview: of a template, the name of an example."""

    name: str
    label: str
    hint: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)
    """An empty one: none."""
    most: int = 0
    needed: bool = False
    is_set: bool = False
    error: str = ""
    preview: str = ""


def fields_of(
    channel: DestinationChannel,
    example: NameValues,
    config: Mapping[str, Any] | None = None,
    secrets: Collection[str] = (),
) -> list[ConfigField]:
    """config, secrets: of a stored destination; None: a new one, with the defaults."""
    schema = channel.Config.model_json_schema(by_alias=True)
    needed = set(schema.get("required", ()))
    found = []
    for name, declared in schema.get("properties", {}).items():
        of = _resolved(declared, schema.get("$defs", {}))
        kind = _kind(of)
        value = of.get("default") if config is None else config.get(name, of.get("default"))
        choices = [str(one) for one in of.get("enum", ())]
        choices = ["", *choices] if choices and of.get("nullable") else choices
        if value is None and choices:
            value = choices[0]
        found.append(
            ConfigField(
                name,
                str(of.get("title", name)),
                str(of.get("description", "")),
                kind.value,
                "" if value is None or is_secret(kind) else _text(value),
                choices,
                int(of.get("maxLength", 0)) or name_templates.MOST,
                name in needed,
                name in secrets,
            )
        )
    return [with_preview(one, one.value, example) for one in found]


def _resolved(declared: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of a field that may be null, or that is defined elsewhere, as one."""
    whole = dict(declared)
    either = whole.pop("anyOf", ())
    inner = [one for one in either if one.get("type") != "null"]
    whole["nullable"] = len(inner) < len(either)
    if "$ref" in whole:
        inner.append({"$ref": whole.pop("$ref")})
    for one in inner:
        of = known[str(one["$ref"]).rpartition("/")[2]] if "$ref" in one else one
        whole = {**of, **whole}
    return whole


def _kind(of: Mapping[str, Any]) -> FieldKind:
    has_lines = int(of.get("maxLength", 0)) > LINES and "enum" not in of
    if of.get("writeOnly"):
        return FieldKind.SECRET_LINES if has_lines else FieldKind.SECRET
    if "enum" in of:
        return FieldKind.CHOICE
    if of.get("format") == "name-template":
        return FieldKind.TEMPLATE
    simple = {"boolean": FieldKind.FLAG, "integer": FieldKind.NUMBER, "number": FieldKind.NUMBER}
    return simple.get(str(of.get("type")), FieldKind.LINES if has_lines else FieldKind.TEXT)


def is_secret(kind: str) -> bool:
    return kind in {FieldKind.SECRET, FieldKind.SECRET_LINES}


def _text(value: Any) -> str:
    return ("true" if value else "") if isinstance(value, bool) else str(value)


def with_preview(of: ConfigField, value: str, example: NameValues) -> ConfigField:
    """With this value, of which nothing wrong is known, and what a template makes of it."""
    if of.kind != FieldKind.TEMPLATE:
        return replace(of, value=value, error="")
    wrong = name_templates.fault(value)
    shown = "" if wrong else name_templates.rendered(value, example)
    return replace(of, value=value, preview=shown, error="")


def example_of(tenant: str, now: datetime) -> NameValues:
    """A run of last week's data. tenant: its slug. now: in its zone."""
    day = now.date()
    return NameValues(tenant, "Weekly report", day, day, now, "csv", new_id())


def given(fields: list[ConfigField], form: Mapping[str, Any]) -> dict[str, Any]:
    """What was sent, as the service takes it: a secret that stays is left out, and so is an empty
    field, which has its default then."""
    found: dict[str, Any] = {}
    for one in fields:
        sent = form.get(f"{PREFIX}{one.name}")
        text = str(sent or "")[: one.most + 1]
        if one.kind == FieldKind.FLAG:
            found[one.name] = bool(sent)
        elif is_secret(one.kind) and form.get(f"{PREFIX}{one.name}{CLEAR}") and not text:
            found[one.name] = None
        elif one.kind == FieldKind.NUMBER and text.isdecimal():
            found[one.name] = int(text)
        elif text.strip():
            found[one.name] = text
    return found
