"""Reading settings from the environment, `.env` and `*_FILE` secrets."""

import os
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import BaseModel, ValidationError

ENV_FILE = ".env"
FROM_FILE = (
    "SECRET_KEY",
    "SECRET_KEY_PREVIOUS",
    "ENCRYPTION_KEY",
    "ENCRYPTION_KEY_PREVIOUS",
    "DATABASE_URL",
    "REDIS_URL",
    "METRICS_TOKEN",
    "SMTP_PASS",
)


class SettingsError(Exception):
    """A setting is wrong: the start stops with this one line."""


def _env_file() -> dict[str, str]:
    try:
        return {k.upper(): v for k, v in dotenv_values(ENV_FILE).items() if v is not None}
    except (OSError, UnicodeDecodeError) as e:
        raise SettingsError(f"{ENV_FILE} cannot be read: {e}") from None


def sources() -> dict[str, str]:
    """Where each setting that has a value comes from: upper-case names to texts. Raises
    SettingsError."""
    written = _env_file()
    real = _real()
    values = written | real
    origins = dict.fromkeys(written, f"the file {ENV_FILE}") | dict.fromkeys(
        real, "the environment"
    )
    origins |= {
        name: f"the file that {name}_FILE names" for name in FROM_FILE if values.get(f"{name}_FILE")
    }
    return {
        name: origin
        for name, origin in origins.items()
        if values.get(name) or values.get(f"{name}_FILE")
    }


def environment() -> dict[str, str]:
    """Upper-case names to values: .env below the real environment, `NAME_FILE` read for secrets.
    Raises SettingsError."""
    values = _env_file() | _real()
    for name in FROM_FILE:
        if file := values.get(f"{name}_FILE"):
            try:
                values[name] = Path(file).read_text().strip()
            except OSError as e:
                raise SettingsError(f"{name}_FILE cannot be read: {e.strerror}") from None
            except UnicodeDecodeError:
                raise SettingsError(f"{name}_FILE is not UTF-8 text") from None
    return {name: value for name, value in values.items() if value != ""}


def _real() -> dict[str, str]:
    return {name.upper(): value for name, value in os.environ.items()}


def read(model: type[BaseModel], prefix: str = "") -> Any:
    """An instance of a settings class from the environment. prefix: e.g. ``SMTP_``. Raises
    SettingsError naming the setting."""
    variables = environment()
    # An alias where Python's keywords forbid the name
    keys = [info.alias or name for name, info in model.model_fields.items()]
    names = {key: (prefix + key).upper() for key in keys}
    values = {key: variables[name] for key, name in names.items() if name in variables}
    try:
        return model.model_validate(values)
    except ValidationError as e:
        first = e.errors(include_input=False, include_url=False)[0]
        name = (prefix + str(first["loc"][0])).upper() + " " if first["loc"] else ""
        if first["type"] == "string_pattern_mismatch":  # a regular expression explains nothing
            raise SettingsError(f"{name}must be {_form_of(model, str(first['loc'][0]))}") from None
        raise SettingsError(
            f"{name}{first['msg'].removeprefix('Value error, ').replace('Input should', 'must', 1)}"
        ) from None


def _form_of(model: type[BaseModel], key: str) -> str:
    """How the value of a field with a pattern is written: its description."""
    fields = {info.alias or name: info for name, info in model.model_fields.items()}
    return fields[key].description or "written as .env.example shows"
