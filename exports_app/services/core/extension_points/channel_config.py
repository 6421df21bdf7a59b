"""The base of the configs of channels that deliver to destinations."""

import re
from typing import Annotated, ClassVar, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from exports_app.domain import name_templates

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
"""What no database, server or file name takes."""


class ChannelConfig(BaseModel):
    """What a destination of the channel needs. The API, the form and the documents are made of the
    fields: their titles, descriptions, limits and defaults. A field of type SecretStr is a secret:
    it is encrypted in the database, and never shown again. In the API names are in camel case."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        str_strip_whitespace=True,
        hide_input_in_errors=True,
        regex_engine="python-re",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _is_text(cls, value: object) -> object:
        if isinstance(value, str) and _NO_TEXT.search(value):
            raise ValueError("remove the characters that are no text, such as NUL")
        return value

    secrets_go_to: ClassVar[tuple[str, ...]] = ()
    """Names, as in the API, of the fields that say who gets the secrets, such as the host: where
    one changes, the secrets have to be entered again."""

    urls: ClassVar[tuple[str, ...]] = ()
    """Names, as in the API, of the fields whose URLs are connected to through the guard. They are
    checked at save, too, as far as that needs no lookup of a name."""


def _without_fault(template: str) -> str:
    if why := name_templates.fault(template):
        raise ValueError(why)
    return template


NameTemplate: TypeAlias = Annotated[
    str,
    Field(max_length=name_templates.MOST, json_schema_extra={"format": "name-template"}),
    AfterValidator(_without_fault),
]
"""The name of a file, perhaps within folders, see `domain.name_templates`."""
