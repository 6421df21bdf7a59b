"""Reading settings from the environment, `.env` and `*_FILE` secrets."""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import Any, get_args

from dotenv import dotenv_values
from dotenv.parser import parse_stream
from pydantic import BaseModel, SecretStr, ValidationError
from pydantic.fields import FieldInfo

ENV_FILE_NAME = "EXPORTS_APP_ENV_FILE"
"""Variable of processes that the server starts in another folder."""
ENV_FILE = os.environ.get(ENV_FILE_NAME, ".env")
"""Files that settings name are relative to its folder."""
ALIKE = 0.8
"""How alike a name is to that of a setting (difflib's ratio) to count as a misspelling."""
OF_OTHERS = ("AWS_", "POSTGRES_", "COMPOSE_", "REFLEX_", "GRANIAN_", "NPM_CONFIG_")
"""What libraries and compose read from the same file."""
NO_NAME = (
    " is not a setting; if it is part of the value before it, put that value in quotes, from its"
    " first line to its last"
)

MAX_BYTES = 1_048_576
"""Of `.env` and of a file that a `*_FILE` names."""
_PLAIN = re.compile(r"[A-Z_][A-Z0-9_]*|[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Setting:
    """A setting as it was read. value: as the program has it, a SecretStr for a secret."""

    value: object
    is_secret: bool


_known = dict[str, bool]()
"""Names that settings are read under, and whether they are secrets, which NAME_FILE may name."""
_read = dict[str, Setting]()


class SettingsError(Exception):
    """A setting is wrong: the start stops with this one line."""


def keep_folder() -> None:
    """Read `.env` and the files of secrets from the current folder also when it changes, in this
    process and those it starts."""
    global ENV_FILE  # noqa: PLW0603 (of the process, as its current folder is)
    ENV_FILE = os.environ[ENV_FILE_NAME] = str(Path(ENV_FILE).absolute())


def _env_file() -> dict[str, str]:
    _env_lines()  # raises for a line that dotenv would leave out
    values = dotenv_values(stream=StringIO(_env_text()))
    names = [binding.key for binding in parse_stream(StringIO(_env_text())) if binding.key]
    # In the order of the lines, since two names may differ in case only: the last one counts
    return {name.upper(): value for name in names if (value := values[name]) is not None}


def _env_text() -> str:
    try:
        return _text_of(ENV_FILE, ENV_FILE)
    except FileNotFoundError:
        return ""


def _text_of(file: str, name: str) -> str:
    """name: of the file, for people. Raises FileNotFoundError, SettingsError."""
    try:
        # Without waiting: settings are read again and again, and a pipe has a writer once at most
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as content:
            if stat.S_ISFIFO(os.fstat(handle).st_mode):
                raise SettingsError(f"{name} cannot be read: it is a pipe, and must be a file")
            found = content.read(MAX_BYTES + 1) or b""
    except FileNotFoundError:
        raise
    except OSError as e:
        raise SettingsError(f"{name} cannot be read: {e.strerror}") from None
    except ValueError:
        raise SettingsError(f"{name} cannot be read: its path has a NUL") from None
    if len(found) > MAX_BYTES:
        raise SettingsError(f"{name} cannot be read: it has more than {MAX_BYTES:,} bytes")
    try:
        return found.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SettingsError(f"{name} cannot be read: it is not UTF-8 text") from None


def _env_lines() -> dict[str, list[int]]:
    """The upper-case names in `.env`, and the lines of each. Raises SettingsError for a line that
    is none."""
    lines = dict[str, list[int]]()
    for name, number in _env_names():
        lines.setdefault(name.upper(), []).append(number)
    return lines


def _env_names() -> Iterator[tuple[str, int]]:
    """The names in `.env` as they are written, and the line of each. Raises SettingsError."""
    for binding in parse_stream(StringIO(_env_text())):
        text = binding.original.string
        # The parser counts empty lines before a name to it
        number = binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
        if binding.error or (binding.key and binding.value is None):
            # Without its text, which may be a secret
            raise SettingsError(
                f"line {number} of {ENV_FILE} cannot be read: write NAME=value, and a value with "
                "spaces or # in quotes"
            )
        if binding.key:
            yield binding.key, number


def _plain_names() -> set[str]:
    """The names in `.env` that may be shown. Of a value of several lines without quotes, the second
    line counts as a name up to its =, and may be a key. Raises SettingsError."""
    return {name.upper() for name, _ in _env_names() if _PLAIN.fullmatch(name)}


def unknown_names() -> dict[str, str]:
    """The names in `.env` that no setting has, each with a sentence that says so. Raises
    SettingsError where one is a misspelling of a setting. Once the settings were read."""
    known = {*_known, *(f"{name}_FILE" for name in _secrets())}
    plain = _plain_names()
    unknown = dict[str, str]()
    for name, lines in _env_lines().items():
        if name in known or name.startswith(OF_OTHERS):
            continue
        there = f"line {lines[-1]} of {ENV_FILE}"
        there += f": {name} is not a setting" if name in plain else NO_NAME
        if alike := get_close_matches(name, known, 1, ALIKE):
            raise SettingsError(f"{there}; do you mean {alike[0]}?")
        unknown[name] = there
    return unknown


def misspelt_variables() -> list[str]:
    """A sentence for each variable of the real environment that looks like a misspelt setting. It
    may belong to another program, so it stops no start. Once the settings were read."""
    known = [*_known, *(f"{name}_FILE" for name in _known)]
    return [
        f"the environment has {name}, which is not a setting; do you mean {alike[0]}?"
        for name in sorted(_real())
        if name not in known
        and not name.startswith(OF_OTHERS)
        and (alike := get_close_matches(name, known, 1, ALIKE))
    ]


def repeated_names() -> list[str]:
    """A sentence for each name that `.env` has more than once. Raises SettingsError."""
    real = _real()
    plain = _plain_names()
    return [
        f"{ENV_FILE} has {name if name in plain else 'one name'} in the lines"
        f" {', '.join(map(str, lines[:-1]))} and {lines[-1]}: "
        + (f"line {lines[-1]} counts" if name not in real else "the environment's counts")
        for name, lines in _env_lines().items()
        if len(lines) > 1
    ]


def warnings() -> list[str]:
    """A sentence for everything in `.env` and the environment that should be looked at. Raises
    SettingsError for what stops a start. Once the settings were read."""
    return [*repeated_names(), *unknown_names().values(), *misspelt_variables()]


def sources() -> dict[str, str]:
    """Where each setting that has a value comes from: upper-case names to texts. Raises
    SettingsError. Once the settings were read."""
    lines, real = _env_lines(), _real()
    values = _env_file() | real
    origins = {name: f"line {numbers[-1]} of {ENV_FILE}" for name, numbers in lines.items()}
    origins |= dict.fromkeys(real, "the environment")
    origins |= {
        name: f"{name}_FILE: {file}" for name in _secrets() if (file := values.get(f"{name}_FILE"))
    }
    return {
        name: origin
        for name, origin in origins.items()
        if values.get(name) or values.get(f"{name}_FILE")
    }


def settings_read() -> dict[str, Setting]:
    """All settings that were read so far, by their upper-case names."""
    return dict(_read)


def environment() -> dict[str, str]:
    """Upper-case names to values: .env below the real environment, `NAME_FILE` read for the secrets
    of the settings that are known so far. Raises SettingsError."""
    values = _env_file() | _real()
    for name in _secrets():
        if not (file := values.get(f"{name}_FILE")):
            continue
        if values.get(name):
            raise SettingsError(f"{name} and {name}_FILE are both set: remove one of them")
        try:
            values[name] = _text_of(str(Path(ENV_FILE).parent / file), f"{name}_FILE").strip()
        except FileNotFoundError as e:
            raise SettingsError(f"{name}_FILE cannot be read: {e.strerror}") from None
    return {name: value for name, value in values.items() if value != ""}


def _secrets() -> list[str]:
    return [name for name, is_secret in list(_known.items()) if is_secret]


def _real() -> dict[str, str]:
    return {name.upper(): value for name, value in os.environ.items()}


def read(model: type[BaseModel], prefix: str = "") -> Any:
    """An instance of a settings class from the environment. prefix: e.g. ``SMTP_``. Raises
    SettingsError naming the setting."""
    # An alias where Python's keywords forbid the name
    fields = {info.alias or name: (name, info) for name, info in model.model_fields.items()}
    names = {key: (prefix + key).upper() for key in fields}
    _known.update({names[key]: _is_secret(info) for key, (_, info) in fields.items()})
    variables = environment()
    values = {key: variables[name] for key, name in names.items() if name in variables}
    try:
        instance = model.model_validate(values)
    except ValidationError as e:
        first = e.errors(include_input=False, include_url=False)[0]
        name = (prefix + str(first["loc"][0])).upper() + " " if first["loc"] else ""
        if first["type"] == "string_pattern_mismatch":  # a regular expression explains nothing
            raise SettingsError(f"{name}must be {_form_of(model, str(first['loc'][0]))}") from None
        raise SettingsError(
            f"{name}{first['msg'].removeprefix('Value error, ').replace('Input should', 'must', 1)}"
        ) from None
    for key, (attribute, info) in fields.items():
        _read[names[key]] = Setting(getattr(instance, attribute), _is_secret(info))
    return instance


def _is_secret(info: FieldInfo) -> bool:
    return SecretStr in {info.annotation, *get_args(info.annotation)}


def _form_of(model: type[BaseModel], key: str) -> str:
    """How the value of a field with a pattern is written: its description."""
    fields = {info.alias or name: info for name, info in model.model_fields.items()}
    return fields[key].description or "written as .env.example shows"
