"""Definitions as YAML: written, and read without what makes YAML unsafe or surprising.

Plain values are those of YAML 1.2's JSON schema, as numbers, true, false and null: ``no`` and
``2026-01-31`` are texts. Tags are refused, so is a key that is given twice.
"""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import yaml

from exports_app.domain import bounds
from exports_app.domain.errors import FieldError, Invalid

SCHEMA_PATH = "/api/definition.schema.json"
LEVELS = 8
"""Of lists and mappings in each other."""
VALUES = 50_000
"""Of a document in all, also those that an alias repeats."""
CHARACTERS = 1024 * 1024
"""Of a document's texts in all, also those that an alias repeats."""
_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_FLAGS = dict.fromkeys(("true", "True", "TRUE"), True) | dict.fromkeys(
    ("false", "False", "FALSE"), False
)
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER = 30
_MOST = 2**63
_DIRECTIVE = re.compile(r"(?:^|[\n\r\x85\u2028\u2029])\ufeff*%")
"""At the start of a line. The parser compares each with all before it, and holds up all else
meanwhile."""
_ONE_LINE = 2**31 - 1
"""No text is wrapped."""


@dataclass
class Document:
    """A value that JSON can hold. lines: where its parts begin, from 1, by JSON pointer."""

    value: Any
    lines: Mapping[str, int]

    def located(self, error: Invalid) -> Invalid:
        """The errors with their lines."""
        return Invalid([self._at(each) for each in error.errors])

    def _at(self, error: FieldError) -> FieldError:
        """In the line of the nearest part around it that stands in the text."""
        place = error.pointer
        while place not in self.lines and place:
            place = place.rpartition("/")[0]
        line = self.lines.get(place)
        return error if line is None else replace(error, detail=f"line {line}: {error.detail}")


def read(data: bytes) -> Document:
    """Raises Invalid with the line."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid([FieldError("", "is not valid UTF-8")]) from None
    if found := _DIRECTIVE.search(text):
        line = text.count("\n", 0, found.end()) + 1
        raise Invalid([FieldError("", f"line {line}: begins with %: leave directives out")])
    reader = _Reader()
    try:
        for event in yaml.parse(text, yaml.CSafeLoader):
            reader.take(event)
    except yaml.MarkedYAMLError as e:
        mark = e.problem_mark or e.context_mark
        raise _wrong("", f"is not valid YAML: {e.problem or e.context}", mark) from None
    except yaml.reader.ReaderError as e:
        raise Invalid([FieldError("", f"is not valid YAML: {e.reason}")]) from None
    if not reader.has_document:
        raise Invalid([FieldError("", "is empty: it must have schedules")])
    return Document(reader.value, reader.lines)


@dataclass
class _Level:
    """A list or mapping that is not complete. before: the values and characters before it. key: of
    the value that comes next."""

    container: Any
    pointer: str
    anchor: str | None
    before: tuple[int, int]
    key: str | None = None


@dataclass
class _Reader:
    """Takes the parser's events, one at a time: nothing is nested or repeated beyond the limits
    before it is looked at."""

    value: Any = None
    has_document: bool = False
    lines: dict[str, int] = field(default_factory=dict)
    _levels: list[_Level] = field(default_factory=list)
    _anchors: dict[str, tuple[Any, int, int]] = field(default_factory=dict)
    """The value, how many values it has in all, and how many characters."""
    _values: int = 0
    _characters: int = 0

    def take(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent() if self.has_document:
                raise _wrong("", "has a second document: use one file for each tenant", event)
            case yaml.DocumentStartEvent():
                self.has_document = True
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.AliasEvent():
                self._alias(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._begin(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._end()

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        level = self._levels[-1] if self._levels else None
        if level and isinstance(level.container, dict) and level.key is None:
            self._name(level, event)
            return
        place = self._place(event)
        _check_tag(event, place)
        self._count(0, len(event.value), event)
        value = _plain(event, place) if event.implicit[0] else event.value
        self._keep(event.anchor, value, 1, len(event.value))
        self._put(value)

    def _name(self, level: _Level, event: yaml.ScalarEvent) -> None:
        _check_tag(event, level.pointer)
        if len(event.value) > bounds.KEY:
            raise _wrong(level.pointer, "has a name that is too long", event)
        self._count(0, len(event.value), event)
        if event.value in level.container:
            raise _wrong(
                f"{level.pointer}/{_escaped(event.value)}",
                "appears twice: give each field once",
                event,
            )
        level.key = event.value

    def _alias(self, event: yaml.AliasEvent) -> None:
        place = self._place(event)
        if event.anchor not in self._anchors:
            raise _wrong(place, "is an alias of something that it does not follow", event)
        value, values, characters = self._anchors[event.anchor]
        self._count(values - 1, characters, event)
        self._put(value)

    def _begin(self, event: Any) -> None:
        place = self._place(event)
        _check_tag(event, place)
        if len(self._levels) >= LEVELS:
            raise _wrong("", f"has more than {LEVELS} levels of lists and mappings", event)
        container: Any = {} if isinstance(event, yaml.MappingStartEvent) else []
        self._put(container)
        before = (self._values - 1, self._characters)
        self._levels.append(_Level(container, place, event.anchor, before))

    def _end(self) -> None:
        level = self._levels.pop()
        values, characters = level.before
        self._keep(
            level.anchor, level.container, self._values - values, self._characters - characters
        )

    def _keep(self, anchor: str | None, value: Any, values: int, characters: int) -> None:
        if anchor is not None:
            self._anchors[anchor] = (value, values, characters)

    def _count(self, values: int, characters: int, event: Any) -> None:
        self._values += values
        self._characters += characters
        if self._values > VALUES:
            raise _wrong("", f"has more than {VALUES:,} values, with those of aliases", event)
        if self._characters > CHARACTERS:
            raise _wrong("", f"has more than {CHARACTERS:,} characters, with aliases", event)

    def _place(self, event: Any) -> str:
        """The pointer of the value that the event begins."""
        self._count(1, 0, event)
        place = ""
        if self._levels:
            level = self._levels[-1]
            if isinstance(level.container, dict) and level.key is None:
                raise _wrong(level.pointer, "has a list or mapping in place of a name", event)
            part = len(level.container) if level.key is None else _escaped(level.key)
            place = f"{level.pointer}/{part}"
        self.lines[place] = event.start_mark.line + 1
        return place

    def _put(self, value: Any) -> None:
        if not self._levels:
            self.value = value
            return
        level = self._levels[-1]
        if level.key is None:
            level.container.append(value)
        else:
            level.container[level.key], level.key = value, None


def _plain(event: yaml.ScalarEvent, place: str) -> Any:
    text = event.value
    if text in _NULL:
        return None
    if text in _FLAGS:
        return _FLAGS[text]
    if _NUMBER.fullmatch(text):
        number = json.loads(text) if len(text) <= _LONGEST_NUMBER else math.inf
        if not -_MOST <= number < _MOST:
            raise _wrong(place, "is too large", event)
        return number
    return text


def _check_tag(event: Any, place: str) -> None:
    if event.tag is not None:
        raise _wrong(place, "has a tag (!): leave it out, and write texts in quotes", event)


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _wrong(pointer: str, detail: str, at: Any) -> Invalid:
    """at: an event, or a mark in the text."""
    mark = getattr(at, "start_mark", at)
    where = "" if mark is None else f"line {mark.line + 1}: "
    return Invalid([FieldError(pointer, where + detail)])


_NO_BLOCK = re.compile(r"[\x85\u2028\u2029]|^[^\S\n]+$|\A\n+\Z|\n\n\Z", re.MULTILINE)
"""Line breaks of YAML alone, lines of blanks, of which the library makes other ones, and empty
lines at the end, after which it ends the document."""


class _Dumper(yaml.CSafeDumper):  # type: ignore[misc]
    """Texts of several lines as blocks, and no aliases."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the library's method)
        return True


def _text(dumper: yaml.CSafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    if _NO_BLOCK.search(text):
        style = '"'
    if text in _NULL or text in _FLAGS or _NUMBER.fullmatch(text):
        style = "'"  # some of them are texts for YAML 1.1, which the library writes
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def comments(base_url: str) -> tuple[str, ...]:
    """The lines above a definition. The first one is for editors. base_url: of the server."""
    return (
        f"yaml-language-server: $schema={base_url}{SCHEMA_PATH}",
        "Scheduled exports as code: docs/as-code.md. A field that is left out has its default.",
    )


def write(definition: Mapping[str, Any], comments: tuple[str, ...] = ()) -> str:
    """A definition as `Definitions.export` gives it, with lines of comments above it."""
    head = "".join(f"# {line}\n" for line in comments)
    about = {name: value for name, value in definition.items() if name != "schedules"}
    parts = [head + (_dumped(about) if about else "") + "schedules:"]
    every = [_indented(_dumped([one])) for one in definition["schedules"]]
    if not every:
        return parts[0] + " []\n"
    return parts[0] + "\n" + "\n".join(every)


def _indented(text: str) -> str:
    return "\n".join("  " + line if line else "" for line in text.split("\n"))


def _dumped(value: Any) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_ONE_LINE
    )
    return text
